"""The venue's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from qe_dashboard.sim_venue.days import (
    day_start,
    next_day_start,
    previous_day_start,
    quarterly_expiries,
    settlement,
    third_friday,
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("at", "start"),
    [
        (utc(2026, 11, 20, 15, 0), utc(2026, 11, 19, 22, 0)),
        (utc(2026, 11, 20, 21, 59, 59), utc(2026, 11, 19, 22, 0)),
        (utc(2026, 11, 20, 22, 0), utc(2026, 11, 20, 22, 0)),
        # Summer: New York is an hour closer to UTC.
        (utc(2026, 7, 1, 20, 59), utc(2026, 6, 30, 21, 0)),
        (utc(2026, 7, 1, 21, 0), utc(2026, 7, 1, 21, 0)),
    ],
)
def test_the_day_begins_at_five_in_the_afternoon_in_new_york(at: datetime, start: datetime) -> None:
    assert day_start(at) == start


@pytest.mark.parametrize(
    ("at", "hours"), [(utc(2026, 3, 8, 12), 23), (utc(2026, 11, 1, 12), 25), (utc(2026, 11, 20), 24)]
)
def test_a_day_is_longer_or_shorter_when_clocks_change(at: datetime, hours: int) -> None:
    assert next_day_start(at) - day_start(at) == timedelta(hours=hours)
    assert previous_day_start(next_day_start(at)) == day_start(at)


def test_third_fridays() -> None:
    assert [third_friday(2026, month) for month in (3, 6, 9, 12)] == [
        date(2026, 3, 20),
        date(2026, 6, 19),
        date(2026, 9, 18),
        date(2026, 12, 18),
    ]
    # A month that begins on a Friday.
    assert third_friday(2027, 1) == date(2027, 1, 15)


def test_the_next_quarters_roll_when_the_first_settles() -> None:
    settles = settlement(date(2026, 12, 18))
    assert settles == utc(2026, 12, 18, 14, 30)
    before = quarterly_expiries(settles - timedelta(seconds=1), count=2)
    assert before == (date(2026, 12, 18), date(2027, 3, 19))
    assert quarterly_expiries(settles, count=2) == (date(2027, 3, 19), date(2027, 6, 18))
