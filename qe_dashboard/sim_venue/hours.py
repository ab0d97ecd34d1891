"""When contracts trade: always, or at the hours of their real markets. Holidays are not modelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Session
from qe_dashboard.sim_venue.days import NEW_YORK, next_day_start

_FRIDAY = 4
_SHOWN_DAYS = 8
# The longest real closure, Friday 16:00 to Monday 09:30, lies within this many days.
_SEARCH_DAYS = 5
ALWAYS_OPEN = Session(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


class Hours(StrEnum):
    """ALWAYS: open at any hour, so that the first minute works (design section 11). REAL: the markets' own."""

    ALWAYS = "always"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class _Times:
    """A trading day of a market in New York time; a start later than the end lies on the evening before."""

    start: time
    end: time

    def on(self, day: date) -> Session:
        begins = day - timedelta(days=1) if self.start > self.end else day
        return Session(
            datetime.combine(begins, self.start, NEW_YORK).astimezone(UTC),
            datetime.combine(day, self.end, NEW_YORK).astimezone(UTC),
        )


_STOCK_LIQUID = _Times(time(9, 30), time(16))
_STOCK_EXTENDED = _Times(time(4), time(20))
_FUTURE = _Times(time(18), time(17))
_FOREX = _Times(time(17, 15), time(17))


def _times(sec_type: SecType, *, extended: bool) -> _Times:
    if sec_type is SecType.FUTURE:
        return _FUTURE
    if sec_type is SecType.FOREX:
        return _FOREX
    return _STOCK_EXTENDED if extended else _STOCK_LIQUID


class Calendar:
    """Sessions of every kind of contract under one setting. All times aware UTC."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._found: dict[tuple[SecType, bool], tuple[datetime, Session]] = {}

    def is_open(self, sec_type: SecType, at: datetime, *, extended: bool) -> bool:
        """Tell whether a kind of contract trades; `extended` counts the hours outside the regular ones in."""
        return self.session(sec_type, at, extended=extended).start <= at

    def next_open(self, sec_type: SecType, at: datetime, *, extended: bool) -> datetime:
        """Return when trading goes on; a time not after `at` when it is open."""
        return self.session(sec_type, at, extended=extended).start

    def session(self, sec_type: SecType, at: datetime, *, extended: bool) -> Session:
        """Return the session of a moment, or the next one when it lies in none."""
        if self.hours is Hours.ALWAYS:
            return ALWAYS_OPEN
        known = self._found.get((sec_type, extended))
        if known is not None and known[0] <= at < known[1].end:
            return known[1]
        found = next(item for item in self._from(sec_type, at, extended=extended) if item.end > at)
        self._found[sec_type, extended] = (min(at, found.start), found)
        return found

    def day_end(self, sec_type: SecType, at: datetime, *, extended: bool) -> datetime:
        """Return when a DAY order sent at a moment expires."""
        if self.hours is Hours.ALWAYS:
            return next_day_start(at)
        return self.session(sec_type, at, extended=extended).end

    def next_close(self, sec_type: SecType, at: datetime) -> datetime:
        """Return the next closing auction after a moment; a venue that never closes holds one every day."""
        times = _times(sec_type, extended=False)
        day = at.astimezone(NEW_YORK).date()
        while True:
            if self.hours is Hours.ALWAYS or _trades_on(day):
                close = times.on(day).end
                if close > at:
                    return close
            day += timedelta(days=1)

    def last_open(self, sec_type: SecType, at: datetime) -> datetime:
        """Return the latest moment not after `at` at which anything traded, extended hours included."""
        if self.is_open(sec_type, at, extended=True):
            return at
        start = at - timedelta(days=_SEARCH_DAYS)
        ends = [item.end for item in self._from(sec_type, start, extended=True) if item.end <= at]
        return ends[-1] - timedelta(microseconds=1)

    def closures(
        self, sec_type: SecType, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, datetime]]:
        """Yield the stretches between two moments in which nothing trades, extended hours included."""
        if self.hours is Hours.ALWAYS:
            return
        at = start
        while at < end:
            session = self.session(sec_type, at, extended=True)
            if session.start > at:
                yield at, min(session.start, end)
            at = session.end

    def shown(self, sec_type: SecType, now: datetime, *, extended: bool) -> tuple[Session, ...]:
        """Return the sessions a contract's description lists: those of today and the days after it."""
        if self.hours is Hours.ALWAYS:
            return (ALWAYS_OPEN,)
        return tuple(self._from(sec_type, now, extended=extended, days=_SHOWN_DAYS))

    def _from(
        self, sec_type: SecType, at: datetime, *, extended: bool, days: int = _SEARCH_DAYS + 1
    ) -> Iterator[Session]:
        times, today = _times(sec_type, extended=extended), at.astimezone(NEW_YORK).date()
        for ahead in range(days + 1):
            day = today + timedelta(days=ahead)
            if _trades_on(day):
                yield times.on(day)


def _trades_on(day: date) -> bool:
    """Tell whether a trading day bears this date; Sunday evening belongs to Monday."""
    return day.weekday() <= _FRIDAY
