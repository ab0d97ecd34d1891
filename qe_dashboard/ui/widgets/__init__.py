"""Widgets: what draws and takes keys. They get presented lines and know nothing of the engine."""
