"""Composition root: the only place that names concrete brokers, journals and settings together (D31)."""
