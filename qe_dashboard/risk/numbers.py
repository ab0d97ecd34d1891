"""Numbers as gates read and write them: usable or not, and as text without exponents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from qe_dashboard.model.known import Maybe, Unknown

UNKNOWN = "unknown"
OFF = "off"


Value: TypeAlias = "Decimal | int | str | tuple[Value, ...] | list[Value] | None"
"""A figure or word of a verdict before anybody reads it; `words` says how each kind reads."""


def words(value: Value) -> str:
    """Write a value: a tuple is a phrase (`BUY 10`), a list is set off by commas, None is unknown."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, tuple):
        return " ".join(words(each) for each in value)
    if isinstance(value, list):
        return ", ".join(words(each) for each in value)
    return number(value)


def is_positive(value: Decimal | int | None) -> bool:
    """Tell whether a value can serve as a size, price or limit: None, NaN, zero and less cannot (fail closed)."""
    if isinstance(value, Decimal):
        # First: an ordering comparison with NaN raises.
        return value.is_finite() and value > 0
    return value is not None and value > 0


def number(value: Decimal | int | None) -> str:
    """Write a number without exponent and trailing zeros; None as unknown."""
    if value is None:
        return UNKNOWN
    exact = Decimal(value)
    if not exact.is_finite():
        return str(exact)
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def finite(maybe: Maybe[Decimal]) -> Decimal | None:
    """Return a known, finite value, else None."""
    if isinstance(maybe, Unknown) or not maybe.value.is_finite():
        return None
    return maybe.value


def reason_of(maybe: Maybe[Decimal]) -> str:
    """Say why `finite` gave None."""
    return maybe.reason if isinstance(maybe, Unknown) else f"the value reported is {maybe.value}"


def clock_time(at: datetime) -> str:
    """Write a time of day, in UTC."""
    return f"{at:%H:%M:%S} UTC"
