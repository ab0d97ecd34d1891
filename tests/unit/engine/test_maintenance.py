"""Planned outages: the published windows to the minute, over both changes of the clock, and what they excuse (R43)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from qe_dashboard.engine.maintenance import Part, Region, Schedule, excuse, expected_outages, token_ends_at
from qe_dashboard.model.connection import LinkCause

ET, CET, HKT = ZoneInfo("America/New_York"), ZoneInfo("Europe/Zurich"), ZoneInfo("Asia/Hong_Kong")
SECOND = timedelta(seconds=1)
AMERICA = Schedule(Region.NORTH_AMERICA)
RESET = "nightly reset of IBKR's servers"


def at(zone: ZoneInfo, day: str, clock: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone, fold=fold).astimezone(UTC)


def due(schedule: Schedule, now: datetime, part: Part = Part.UPSTREAM) -> str:
    return excuse(schedule, part, began=now, now=now)


# 2026-01-06 is a Tuesday in winter, 2026-07-07 one in summer.
EDGES = [
    (Region.NORTH_AMERICA, ET, "2026-01-05", "23:45", "2026-01-06", "01:45", "01:45 ET"),
    (Region.NORTH_AMERICA, ET, "2026-07-06", "23:45", "2026-07-07", "01:45", "01:45 ET"),
    (Region.EUROPE, CET, "2026-01-06", "05:45", "2026-01-06", "07:45", "01:45 ET"),
    (Region.EUROPE, CET, "2026-07-07", "05:45", "2026-07-07", "07:45", "01:45 ET"),
    (Region.ASIA, HKT, "2026-01-06", "04:30", "2026-01-06", "06:05", "17:05 ET"),
    (Region.ASIA, HKT, "2026-07-07", "20:15", "2026-07-07", "21:15", "09:15 ET"),
]


@pytest.mark.parametrize(("region", "zone", "day", "begin", "last_day", "end", "back"), EDGES)
def test_the_reset_of_a_region_holds_from_its_first_second_to_its_last(
    region: Region, zone: ZoneInfo, day: str, begin: str, last_day: str, end: str, back: str
) -> None:
    schedule, first, over = Schedule(region), at(zone, day, begin), at(zone, last_day, end)
    assert due(schedule, first) == f"{RESET}, usually back by {back}"
    assert due(schedule, over - SECOND) != ""
    assert due(schedule, over) == ""
    assert due(schedule, first - timedelta(minutes=1)) != ""
    assert due(schedule, first - timedelta(minutes=1) - SECOND) == ""


def test_the_end_is_told_in_the_zone_of_the_clock_on_screen() -> None:
    began = at(ET, "2026-01-06", "00:30")
    told = excuse(AMERICA, Part.UPSTREAM, began=began, now=began, zone="America/Chicago")
    assert told == f"{RESET}, usually back by 00:45 CT"
    sunday = at(ET, "2026-01-11", "12:00")
    assert excuse(AMERICA, Part.LINK, began=sunday, now=sunday, zone="America/Chicago") == (
        "weekly login, void since 00:00 CT: log in by hand (2FA)"
    )


def test_what_began_before_the_window_or_outlasts_it_is_no_planned_outage() -> None:
    inside, over = at(ET, "2026-01-06", "00:30"), at(ET, "2026-01-06", "01:45")
    hours_ago = inside - timedelta(hours=3)
    assert excuse(AMERICA, Part.UPSTREAM, began=hours_ago, now=inside) == ""
    assert excuse(AMERICA, Part.UPSTREAM, began=inside, now=over - SECOND) != ""
    assert excuse(AMERICA, Part.UPSTREAM, began=inside, now=over) == ""


def test_the_night_to_saturday_belongs_to_the_weekend() -> None:
    friday = at(ET, "2026-01-09", "22:58:59")
    assert due(AMERICA, friday) == ""
    weekend = "weekend maintenance of IBKR's servers, usually back by 03:00 ET"
    for region in Region:
        assert due(Schedule(region), at(ET, "2026-01-09", "23:00")) == weekend
        assert due(Schedule(region), at(ET, "2026-01-10", "02:59:59")) == weekend
    assert due(AMERICA, at(ET, "2026-01-10", "03:00")) == ""


def test_the_night_the_clock_goes_back_ends_at_the_second_0145() -> None:
    """2026-11-01, a Sunday: 01:45 ET comes twice, an hour apart."""
    once, twice = at(ET, "2026-11-01", "01:45"), at(ET, "2026-11-01", "01:45", fold=1)
    assert twice - once == timedelta(hours=1)
    assert due(AMERICA, once) != ""
    assert due(AMERICA, twice - SECOND) != ""
    assert due(AMERICA, twice) == ""


def test_the_night_the_clock_goes_on_keeps_its_window() -> None:
    """2026-03-08, a Sunday: 02:00 to 03:00 ET does not exist, the window ends before it."""
    assert due(AMERICA, at(ET, "2026-03-08", "01:44:59")) != ""
    assert due(AMERICA, at(ET, "2026-03-08", "01:45")) == ""


def test_the_daily_restart_excuses_a_link_for_five_minutes_of_this_machine() -> None:
    schedule = Schedule(Region.NORTH_AMERICA, time(23, 45), CET)
    began = at(CET, "2026-07-07", "23:45")
    words = "daily restart of the gateway, usually back by 17:50 ET"
    assert due(schedule, began, Part.LINK) == words
    assert due(schedule, began + timedelta(minutes=5) - SECOND, Part.LINK) == words
    assert due(schedule, began + timedelta(minutes=5), Part.LINK) == ""
    assert due(AMERICA, began, Part.LINK) == ""


@pytest.mark.parametrize(("day", "clock"), [("2026-03-29", "02:30"), ("2026-10-25", "02:30")])
def test_a_restart_time_that_is_skipped_or_comes_twice_is_meant_both_ways(day: str, clock: str) -> None:
    schedule = Schedule(Region.ASIA, time(2, 30), CET)
    for fold in (0, 1):
        assert due(schedule, at(CET, day, clock, fold=fold), Part.LINK).startswith("daily restart")


@pytest.mark.parametrize(
    "cause",
    [
        LinkCause.CLIENT_ID_TAKEN,
        LinkCause.WRONG_ACCOUNT,
        LinkCause.NAME_UNKNOWN,
        LinkCause.UNREACHABLE,
        LinkCause.ASKED,
    ],
)
def test_a_link_that_needs_somebody_to_act_is_never_planned(cause: LinkCause) -> None:
    now = at(ET, "2026-01-06", "00:30")
    assert excuse(AMERICA, Part.LINK, began=now, now=now, cause=LinkCause.NOTHING_LISTENS) != ""
    assert excuse(AMERICA, Part.LINK, began=now, now=now, cause=cause) == ""


def test_another_login_is_never_planned() -> None:
    assert due(AMERICA, at(ET, "2026-01-06", "00:30"), Part.LOGIN) == ""


def test_the_weekly_login_explains_a_lost_link_until_futures_open() -> None:
    words = "weekly login, void since 01:00 ET: log in by hand (2FA)"
    assert due(AMERICA, at(ET, "2026-01-11", "00:58:59"), Part.LINK).startswith("nightly")
    assert due(AMERICA, at(ET, "2026-01-11", "01:00"), Part.LINK) == words
    assert due(AMERICA, at(ET, "2026-01-11", "17:59:59"), Part.LINK) == words
    assert due(AMERICA, at(ET, "2026-01-11", "18:00"), Part.LINK) == ""
    assert due(AMERICA, at(ET, "2026-01-11", "12:00"), Part.UPSTREAM) == ""


def test_the_reminder_runs_from_saturday_evening_to_the_end_of_the_token() -> None:
    end = at(ET, "2026-01-11", "01:00")
    assert token_ends_at(AMERICA, at(ET, "2026-01-10", "19:59:59")) is None
    assert token_ends_at(AMERICA, at(ET, "2026-01-10", "20:00")) == end
    assert token_ends_at(AMERICA, end - SECOND) == end
    assert token_ends_at(AMERICA, end) is None


def test_the_calendar_lists_each_kind_once_next_first() -> None:
    now = at(ET, "2026-01-06", "12:00")
    rows = expected_outages(Schedule(Region.NORTH_AMERICA, time(22, 0), ET), now)
    assert [(row.name, row.begins_at, row.is_now) for row in rows] == [
        ("daily restart of the gateway", at(ET, "2026-01-06", "22:00"), False),
        (RESET, at(ET, "2026-01-06", "23:45"), False),
        ("weekend maintenance of IBKR's servers", at(ET, "2026-01-09", "23:00"), False),
        ("weekly login", at(ET, "2026-01-11", "01:00"), False),
    ]
    assert all(row.words for row in rows)
    [first, *_] = expected_outages(AMERICA, at(ET, "2026-01-06", "00:30"))
    assert (first.name, first.is_now, first.ends_at) == (RESET, True, at(ET, "2026-01-06", "01:45"))


def test_nothing_is_planned_for_the_simulated_venue() -> None:
    now = at(ET, "2026-01-06", "00:30")
    assert expected_outages(Schedule(), now) == ()
    assert due(Schedule(), now) == ""
    assert token_ends_at(Schedule(), at(ET, "2026-01-10", "23:00")) is None
