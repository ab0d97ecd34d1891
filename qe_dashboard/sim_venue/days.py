"""The venue's calendar: a day runs from 17:00 to 17:00 New York; futures expire on third Fridays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_STARTS = time(17, 0)
# Index futures settle at the opening of their last day.
_SETTLES = time(9, 30)
_FRIDAY = 4


def day_start(at: datetime) -> datetime:
    """Return when the venue day of a moment began (aware UTC)."""
    local = at.astimezone(NEW_YORK)
    day = local.date() if local.time() >= _DAY_STARTS else local.date() - timedelta(days=1)
    return _day_begins(day)


def next_day_start(at: datetime) -> datetime:
    """Return when the venue day of a moment ends; 23 or 25 hours after its start when clocks change."""
    return _day_begins(day_start(at).astimezone(NEW_YORK).date() + timedelta(days=1))


def previous_day_start(at: datetime) -> datetime:
    """Return when the venue day before that of a moment began."""
    return _day_begins(day_start(at).astimezone(NEW_YORK).date() - timedelta(days=1))


def _day_begins(day: date) -> datetime:
    return datetime.combine(day, _DAY_STARTS, NEW_YORK).astimezone(UTC)


def third_friday(year: int, month: int) -> date:
    """Return the third Friday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(_FRIDAY - first.weekday()) % 7 + 14)


def settlement(expiry: date) -> datetime:
    """Return the moment a future of this expiry stops trading (aware UTC)."""
    return datetime.combine(expiry, _SETTLES, NEW_YORK).astimezone(UTC)


def quarterly_expiries(now: datetime, *, count: int) -> tuple[date, ...]:
    """Return the next third Fridays of March, June, September and December that have not settled yet."""
    found: list[date] = []
    year, month = now.year, 3
    while len(found) < count:
        expiry = third_friday(year, month)
        if settlement(expiry) > now:
            found.append(expiry)
        year, month = (year, month + 3) if month < 12 else (year + 1, 3)
    return tuple(found)
