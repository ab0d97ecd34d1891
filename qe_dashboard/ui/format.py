"""Numbers, times and foreign text as they appear on screen; nothing else in the front end formats them.

`—` is a value never received, `?` one that cannot be true (R50); zero is written only when it is known to be zero.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from qe_dashboard.model.instrument import ZONE_LABELS

DASH = "—"
UNKNOWN = "?"

# Brokers mark an unset number with 1.797e308; no price, size or account worth showing comes near this.
_ABSURD = Decimal(10) ** 15
# The finest tick in the field is 1e-8; a float's noise beyond it is no information.
_MOST_DIGITS = 8
# Above this an exact amount is wider than its column and its cents say nothing.
_EXACT_PNL_BELOW = Decimal(100_000)
_COMPACT_STEPS = (
    (Decimal(10) ** 12, "T"),
    (Decimal(10) ** 9, "B"),
    (Decimal(10) ** 6, "M"),
    (Decimal(1000), "K"),
)
LOCAL_ZONE = "local"
"""Stands for the machine's own zone wherever a zone name goes."""


def plain(text: str) -> str:
    """Make foreign text one printable line: control characters would drive the terminal, newlines break rows."""
    if text.isprintable():
        return text
    cleaned = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return " ".join(cleaned.split())


def sentence_case(text: str) -> str:
    """Begin a sentence with a capital letter, whoever wrote it; the name of a key stays as it is."""
    return text if text.startswith("ctrl+") else text[:1].upper() + text[1:]


def first_sentence(text: str) -> str:
    """Return a text's first sentence without its stop: what happened, before what to do about it."""
    return plain(text).partition(". ")[0].rstrip(". ")


def price(value: Decimal | None, decimals: int) -> str:
    """Write a price with the instrument's decimals; a finer, off-tick price keeps its own digits (D25)."""
    if value is None:
        return DASH
    if _is_absurd(value):
        return UNKNOWN
    return _fixed(value, max(decimals, _digits_needed(value)))


def average(value: Decimal | None, decimals: int) -> str:
    """Write an average price, rounded to the instrument's decimals: it lies between ticks by nature."""
    return DASH if value is None else _rounded(value, decimals)


def quantity(value: Decimal | None) -> str:
    """Write shares or contracts: whole, else with all the digits there are and at least two."""
    if value is None:
        return DASH
    if _is_absurd(value):
        return UNKNOWN
    digits = _digits_needed(value)
    return _fixed(value, max(digits, 2) if digits else 0)


def money(value: Decimal | None) -> str:
    """Write an amount to the cent; the currency stands in the heading."""
    return DASH if value is None else _rounded(value, 2)


def signed(value: Decimal | None, decimals: int = 2) -> str:
    """Write a change with its sign; zero has none."""
    if value is None:
        return DASH
    if _is_absurd(value):
        return UNKNOWN
    text = _fixed(value, decimals)
    return f"+{text}" if value > 0 and _is_nonzero(text) else text


def percent(value: Decimal | None) -> str:
    """Write a signed percentage, two decimals, percent sign included; `value` 1 is 1 %."""
    return DASH if value is None else f"{signed(value)}%"


def compact(value: Decimal | None) -> str:
    """Write three significant digits and a letter: `1.25M`, `12.5K`, `999`; below a thousand, whole."""
    if value is None:
        return DASH
    if _is_absurd(value):
        return UNKNOWN
    size = abs(value)
    for index, (step, letter) in enumerate(_COMPACT_STEPS):
        # 999 950 rounds to 1.00M, never to 1000K.
        if size >= step * (Decimal("0.9995") if index < len(_COMPACT_STEPS) - 1 else 1):
            scaled = value / step
            digits = 2 if abs(scaled) < Decimal("9.995") else 1 if abs(scaled) < Decimal("99.95") else 0
            return _fixed(scaled, digits) + letter
    return _fixed(value, 0)


def pnl(value: Decimal | None) -> str:
    """Write profit or loss: signed and exact to the cent while that is readable, else compact."""
    if value is None:
        return DASH
    if _is_absurd(value) or abs(value) < _EXACT_PNL_BELOW:
        return signed(value)
    return f"+{compact(value)}" if value > 0 else compact(value)


def age(elapsed: timedelta | None) -> str:
    """Write elapsed time in its largest unit: `12s`, `4m`, `2h`, `3d`. A time in the future is `?`."""
    if elapsed is None:
        return DASH
    seconds = int(elapsed.total_seconds() // 1)
    if seconds < -1:
        return UNKNOWN
    seconds = max(seconds, 0)
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def age_since(then: datetime | None, now: datetime | None) -> str:
    """Write how long ago something was; `—` when either end is missing."""
    return DASH if then is None or now is None else age(now - then)


def countdown(left: timedelta) -> str:
    """Write the time left in two units: `5h30m`, `29m05s`, `12s`; what is over reads `0s`."""
    seconds = max(int(left.total_seconds()), 0)
    if seconds >= 86400:
        return f"{seconds // 86400}d{seconds % 86400 // 3600:02d}h"
    if seconds >= 3600:
        return f"{seconds // 3600}h{seconds % 3600 // 60:02d}m"
    if seconds >= 60:
        return f"{seconds // 60}m{seconds % 60:02d}s"
    return f"{seconds}s"


def clock(at: datetime | None, zone: str) -> str:
    """Write a time of day in a zone, `hh:mm:ss`."""
    return DASH if at is None else f"{at.astimezone(zone_info(zone)):%H:%M:%S}"


def moment(at: datetime | None, zone: str, now: datetime | None) -> str:
    """Write a time of day, and the day as well when it is not today's: `10:29:31`, `05 Jan 10:29`."""
    if at is None:
        return DASH
    local = at.astimezone(zone_info(zone))
    is_today = now is None or now.astimezone(zone_info(zone)).date() == local.date()
    return f"{local:%H:%M:%S}" if is_today else f"{local:%d %b %H:%M}"


def span(begin: datetime, end: datetime, zone: str) -> str:
    """Write a span of time within the coming week: `Sun 01:00-01:30 ET`, the end's day only when it is another."""
    first, last = begin.astimezone(zone_info(zone)), end.astimezone(zone_info(zone))
    until = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%a %H:%M}"
    return f"{first:%a %H:%M}-{until} {zone_label(begin, zone)}"


def milliseconds(value: float) -> str:
    """Write a duration in milliseconds, with a digit after the point where that says something."""
    return f"{value:.1f} ms" if value < 10 else f"{value:,.0f} ms"


def skew(seconds: float | None) -> str:
    """Write another clock's lead over ours, good to half a second; `—` = not measured."""
    return DASH if seconds is None else f"{seconds:+.1f} s"


def zone_label(at: datetime, zone: str) -> str:
    """Return the short word for a zone: `ET`, `UTC`, else its abbreviation at that time."""
    known = ZONE_LABELS.get(zone)
    return known if known is not None else (at.astimezone(zone_info(zone)).tzname() or zone)


@lru_cache(maxsize=32)
def zone_info(zone: str) -> tzinfo | None:
    """Return a zone for `astimezone`, None being the machine's own.

    A name the machine does not know is shown in UTC, and labelled so, rather than not at all.
    """
    if zone == LOCAL_ZONE:
        return None
    # At first use: no clock is shown before the engine named a zone, and the first paint waits for every import.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _is_absurd(value: Decimal) -> bool:
    return not value.is_finite() or abs(value) >= _ABSURD


def _digits_needed(value: Decimal) -> int:
    """Count digits after the point, trailing zeros left out."""
    exponent = value.normalize().as_tuple().exponent
    return min(-exponent, _MOST_DIGITS) if isinstance(exponent, int) and exponent < 0 else 0


def _rounded(value: Decimal, decimals: int) -> str:
    return UNKNOWN if _is_absurd(value) else _fixed(value, decimals)


def _fixed(value: Decimal, decimals: int) -> str:
    text = f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN):,f}"
    # A small loss rounds to zero, and a zero has no sign.
    return text if _is_nonzero(text) else text.lstrip("-")


def _is_nonzero(text: str) -> bool:
    return any(char in "123456789" for char in text)
