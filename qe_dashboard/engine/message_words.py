"""How a venue's message is worded on screen: our plain reading first, the venue's own words with the code after it."""

from __future__ import annotations

from qe_dashboard.model.reports import VenueMessage


def reading(message: VenueMessage) -> str:
    """Return what it means, what it means for orders and what to press; empty for an unknown code (C2)."""
    return " ".join(part for part in (message.plain, message.for_orders, message.press) if part)


def log_words(message: VenueMessage) -> str:
    """Return one line for the LOG."""
    words = reading(message)
    code = f" [{message.code}]" if message.code else ""
    return f'{words} "{message.text}"{code}' if words else f"{message.text}{code}"


def banner_words(message: VenueMessage) -> str:
    """Return a message for a reader who has to act on it; the venue's own words stand in the LOG."""
    return reading(message) or message.text


def order_reading(message: VenueMessage) -> str:
    """Return what stands beside the venue's own words on an order; empty when there is nothing to add."""
    words = reading(message)
    return f"[{message.code}] {words}" if words else ""
