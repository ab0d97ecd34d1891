"""Bar sizes and durations in the words of the TWS API."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from qe_dashboard.gateway_sim.encode_data import UNKNOWN_COUNT, BarRow
from qe_dashboard.gateway_sim.timestamps import stamp
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Bar
from qe_dashboard.sim_venue.bar_kinds import BarKind

DAY_SECONDS = 86_400
TRADES = ("TRADES", "ADJUSTED_LAST")
# There are no splits and dividends to adjust for.
BAR_KINDS = {kind.value: kind for kind in BarKind} | {"ADJUSTED_LAST": BarKind.TRADES}
# What TWS keeps up to date, and makes five-second bars of.
LIVE_KINDS = ("TRADES", "MIDPOINT", "BID", "ASK")
# How TWS writes a volume and an average that do not exist.
_NONE = Decimal(-1)
EPOCH_FORMAT = 2
# A venue day is named after the date it ends on: it begins at 17:00 of the day before.
_INTO_NAMED_DAY = timedelta(hours=12)

_UNITS = {"sec": 1, "min": 60, "hour": 3600, "day": DAY_SECONDS}
_BAR_SIZE = re.compile(r"(\d{1,3}) (sec|min|hour|day)s?", re.ASCII)
_BAR_SIZES = frozenset(
    [1, 5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 28800, DAY_SECONDS]
)
_DURATION = re.compile(r"(\d{1,6}) ([SDWMY])", re.ASCII)
_DURATION_SECONDS = {
    "S": 1,
    "D": DAY_SECONDS,
    "W": 7 * DAY_SECONDS,
    "M": 30 * DAY_SECONDS,
    "Y": 365 * DAY_SECONDS,
}


def bar_seconds(text: str) -> int | None:
    """Return the length of `5 mins`, None when it is no size that this gateway serves."""
    match = _BAR_SIZE.fullmatch(text.strip())
    if match is None:
        return None
    seconds = int(match[1]) * _UNITS[match[2]]
    return seconds if seconds in _BAR_SIZES else None


def duration_seconds(text: str) -> int | None:
    """Return the length of `2 D`, None when it is none."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        return None
    return int(match[1]) * _DURATION_SECONDS[match[2]]


_PERIOD = re.compile(r"(\d{1,4}) (sec|min|hour|day|week|month)s?", re.ASCII)
_PERIOD_UNITS = _UNITS | {"week": 7 * DAY_SECONDS, "month": 30 * DAY_SECONDS}
# A histogram is made of minutes; a month of them is what one answer can be made of without a pause.
_LONGEST_PERIOD = 31 * DAY_SECONDS


def period_seconds(text: str) -> int | None:
    """Return the length of a histogram's `3 days`, None when it is none."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        return None
    seconds = int(match[1]) * _PERIOD_UNITS[match[2]]
    return seconds if 0 < seconds <= _LONGEST_PERIOD else None


def bar_row(bar: Bar, instrument: Instrument, *, what: str, date_format: int, version: int) -> BarRow:
    """Put a bar into the form of the wire, its date as the client asked for it; quotes have no volume."""
    is_traded = what in TRADES
    return BarRow(
        when=_bar_date(bar, instrument, date_format=date_format, version=version),
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume if is_traded else _NONE,
        # The venue keeps no trades below a bar, so the average is the bar's typical price.
        average=round((bar.high + bar.low + bar.close) / 3, 4) if is_traded else _NONE,
        count=UNKNOWN_COUNT,
    )


def trading_date(at: datetime, instrument: Instrument) -> str:
    """Return the date of the venue day that begins at a moment."""
    local = stamp(at + _INTO_NAMED_DAY, zone=instrument.time_zone, version=10**6)
    return local[:8]


def _bar_date(bar: Bar, instrument: Instrument, *, date_format: int, version: int) -> str:
    if bar.seconds >= DAY_SECONDS:
        return trading_date(bar.start, instrument)
    if date_format == EPOCH_FORMAT:
        return str(int(bar.start.timestamp()))
    return stamp(bar.start, zone=instrument.time_zone, version=version)
