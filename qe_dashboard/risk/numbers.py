"""Numbers as gates read and write them: usable or not, and as text without exponents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.known import Maybe, Unknown

UNKNOWN = "unknown"
OFF = "off"


def is_positive(value: Decimal | int | None) -> bool:
    """Tell whether a value can serve as a size, price or limit: None, NaN, zero and less cannot (fail closed)."""
    if value is None:
        return False
    number = Decimal(value)
    return number.is_finite() and number > 0


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
