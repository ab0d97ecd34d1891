"""From the library's values to the model's: sentinels become None, floats enter as Decimal(repr(x)) (D25, D31)."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

# What the API sends for "no value": Java's and Python's largest double, 32 and 64 bit integers at their top.
UNSET_DOUBLE = 1.7976931348623157e308
UNSET_INTEGERS = frozenset({2147483647, 9223372036854775807})
# The wire rounds the largest double in more than one spelling; nothing real comes near.
LARGEST_REAL = 1e300
# R38: a time outside is a decoding fault (a daily bar once became 1970), not a time.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
TOLERATED_FUTURE = timedelta(days=2)


class Undecodable(Exception):
    """A row of the broker cannot be read; the book it belongs to becomes Unknown, never shorter (R01)."""


def number(raw: object) -> Decimal | None:
    """Return a finite number, or None for any spelling of "not set"."""
    if raw is None or isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return None if raw in UNSET_INTEGERS else Decimal(raw)
    if isinstance(raw, float):
        return _from_float(raw)
    if isinstance(raw, Decimal):
        return raw if raw.is_finite() and abs(raw) < LARGEST_REAL else None
    if isinstance(raw, str):
        return _from_text(raw)
    raise Undecodable(f"{raw!r} is not a number")


def _from_float(raw: float) -> Decimal | None:
    if not math.isfinite(raw) or abs(raw) >= LARGEST_REAL:
        return None
    # repr is the shortest text that names this float: 196.1, not its binary neighbour. 100.0 becomes 100.
    return Decimal(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else Decimal(repr(raw))


def _from_text(raw: str) -> Decimal | None:
    if not raw.strip():
        return None
    try:
        value = Decimal(raw.strip())
    except InvalidOperation:
        raise Undecodable(f"{raw!r} is not a number") from None
    return value if value.is_finite() and abs(value) < LARGEST_REAL else None


def needed(raw: object, what: str) -> Decimal:
    """Return a number that must be there. Raises Undecodable, never a default (R45)."""
    value = number(raw)
    if value is None:
        raise Undecodable(f"{what} is missing")
    return value


def plain(value: Decimal) -> Decimal:
    """Return the same number in a form whose text has no exponent: Decimal('1E+2') would go to the wire as such."""
    return Decimal(format(value, "f"))


def price(raw: object) -> Decimal | None:
    """Return a day price (open, high, low, close): the API sends -1 and 0 for "none yet"."""
    value = number(raw)
    return None if value is None or value == -1 or value == 0 else value


def utc_time(raw: object, now: datetime) -> datetime:
    """Return an aware UTC time. Raises Undecodable for a naive one or one outside 1990 to two days ahead (R38)."""
    if not isinstance(raw, datetime) or raw.tzinfo is None:
        raise Undecodable(f"{raw!r} is not a time with a zone")
    at = raw.astimezone(UTC)
    if not EARLIEST < at < now + TOLERATED_FUTURE:
        raise Undecodable(f"{at:%Y-%m-%d %H:%M} cannot be the time of this")
    return at


def day(text: str) -> date | None:
    """Return the day of YYYYMMDD, None for anything shorter. Raises Undecodable for eight wrong characters."""
    if len(text) < 8:
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        raise Undecodable(f"{text!r} is not a day") from None
