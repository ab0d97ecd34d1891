"""Keyboard-driven terminal trading dashboard for Interactive Brokers."""

__version__ = "0.1.0.dev0"
