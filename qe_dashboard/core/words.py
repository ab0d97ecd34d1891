"""Words for people that several parts need."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Say how many: `1 order`, `2 orders`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
