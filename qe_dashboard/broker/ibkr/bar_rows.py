"""How bars are asked for and read: durations, sizes, times. Pure."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qe_dashboard.broker.ibkr.values import needed, number, utc_time
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Bar

BAR_SIZES = {
    1: "1 secs",
    5: "5 secs",
    10: "10 secs",
    15: "15 secs",
    30: "30 secs",
    60: "1 min",
    120: "2 mins",
    180: "3 mins",
    300: "5 mins",
    600: "10 mins",
    900: "15 mins",
    1200: "20 mins",
    1800: "30 mins",
    3600: "1 hour",
    7200: "2 hours",
    10800: "3 hours",
    14400: "4 hours",
    28800: "8 hours",
    86400: "1 day",
}
DAY_S = 86_400
# The shortest session that matters, US stocks without their extended hours, is 6.5 h: days asked for are enough days.
SHORTEST_SESSION_S = 23_400
# IBKR's longest durations per step: an hour of half-minutes and less, a year in days.
LONGEST_IN_SECONDS = 3_600
LONGEST_IN_DAYS = 365
FORMAT_UTC = 2


def duration(bar_seconds: int, count: int) -> str:
    """Return IBKR's duration text that holds at least `count` bars where IBKR allows that many."""
    if bar_seconds < 30:
        return f"{min(max(bar_seconds * count, 60), LONGEST_IN_SECONDS)} S"
    if bar_seconds >= DAY_S:
        days = count
    else:
        # One day more: right after the open "1 D" holds hardly a bar.
        days = math.ceil(bar_seconds * count / SHORTEST_SESSION_S) + 1
    return f"{days} D" if days <= LONGEST_IN_DAYS else f"{math.ceil(days / LONGEST_IN_DAYS)} Y"


def bar_of(raw: Any, *, instrument: Instrument, seconds: int, now: datetime) -> Bar:
    """Read one bar. Raises Undecodable, above all for a time that cannot be (R38)."""
    return Bar(
        instrument_id=instrument.id,
        start=_start(raw.date, instrument, now),
        seconds=seconds,
        open=needed(raw.open, "a bar's open"),
        high=needed(raw.high, "a bar's high"),
        low=needed(raw.low, "a bar's low"),
        close=needed(raw.close, "a bar's close"),
        volume=_volume(raw.volume),
    )


def _start(raw: object, instrument: Instrument, now: datetime) -> datetime:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        # A daily bar names the day only: it starts at midnight where the exchange is.
        raw = datetime.combine(raw, time(), tzinfo=ZoneInfo(instrument.time_zone))
    return utc_time(raw, now).astimezone(UTC)


def _volume(raw: object) -> Decimal:
    value = number(raw)
    # -1 where the data has no volume (mid points, currencies).
    return Decimal(0) if value is None or value < 0 else value


def what_to_show(instrument: Instrument) -> str:
    """Return which prices make the bars: currencies have no trades."""
    return "MIDPOINT" if instrument.sec_type is SecType.FOREX else "TRADES"
