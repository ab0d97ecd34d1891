"""The outage timeline: begin and end once each, lengths by the steady clock, the newest hundred (R49)."""

from datetime import UTC, datetime, timedelta

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.engine.health_views import OutageLine
from qe_dashboard.engine.maintenance import Part, Region, Schedule
from qe_dashboard.engine.outages import KEPT, Outages
from qe_dashboard.model.connection import LinkCause

NIGHT = datetime(2026, 1, 6, 5, 30, tzinfo=UTC)  # 00:30 ET, inside the reset
NOON = datetime(2026, 1, 6, 17, 0, tzinfo=UTC)


class Timeline:
    def __init__(self, start: datetime = NOON) -> None:
        self.clock = ManualClock(start)
        self.edges: list[OutageLine] = []
        self.outages = Outages(self.clock, on_edge=self.edges.append)
        self.outages.schedule = Schedule(Region.NORTH_AMERICA)


def test_an_outage_begins_once_and_ends_once() -> None:
    line = Timeline()
    line.outages.down("data link", Part.LINK, "closed by the gateway")
    line.clock.advance(3)
    line.outages.down("data link", Part.LINK, "nothing listens on 4002")
    line.clock.advance(4)
    line.outages.up("data link")
    line.outages.up("data link")
    ended = OutageLine("data link", NOON, NOON + timedelta(seconds=7), "nothing listens on 4002")
    assert line.outages.lines() == (ended,)
    assert line.edges == [OutageLine("data link", NOON, None, "closed by the gateway"), ended]


def test_its_length_does_not_follow_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Timeline()
    line.outages.down("upstream", Part.UPSTREAM, "1100")
    line.clock.advance(5)
    monkeypatch.setattr(line.clock, "_start", NOON - timedelta(hours=1))
    line.outages.up("upstream")
    assert line.outages.lines()[0].ended_at == NOON + timedelta(seconds=5)


def test_the_newest_come_first_and_a_hundred_are_kept() -> None:
    line = Timeline()
    for number in range(KEPT + 5):
        line.outages.down(f"farm {number}", Part.DATA, "broken")
        line.clock.advance(1)
        line.outages.up(f"farm {number}")
    line.outages.down("data link", Part.LINK, "closed")
    lines = line.outages.lines()
    assert (len(lines), lines[0].what, lines[0].ended_at, lines[1].what) == (
        KEPT,
        "data link",
        None,
        f"farm {KEPT + 4}",
    )


def test_a_planned_outage_is_calm_while_its_window_is_on() -> None:
    line = Timeline(NIGHT)
    line.outages.down("upstream", Part.UPSTREAM, "1100")
    words = "nightly reset of IBKR's servers, usually back by 01:45 ET"
    assert line.outages.expected_now() == words
    line.clock.advance(75 * 60 - 1)
    assert line.outages.expected_now() == words
    line.clock.advance(1)
    assert line.outages.expected_now() == ""
    line.outages.down("upstream", Part.UPSTREAM, "1100 again")
    assert line.outages.lines()[0].expected == words, "it was due when it began"


def test_one_thing_that_was_not_planned_ends_the_calm() -> None:
    line = Timeline(NIGHT)
    line.outages.down("upstream", Part.UPSTREAM, "1100")
    line.outages.down("data link", Part.LINK, "326", cause=LinkCause.CLIENT_ID_TAKEN)
    assert line.outages.expected_now() == ""
    line.outages.up("data link")
    assert line.outages.expected_now() != ""


def test_a_cause_that_shows_later_takes_the_excuse_back() -> None:
    line = Timeline(NIGHT)
    line.outages.down("data link", Part.LINK, "closed", cause=LinkCause.CLOSED)
    assert line.outages.lines()[0].expected != ""
    line.outages.down("data link", Part.LINK, "326", cause=LinkCause.CLIENT_ID_TAKEN)
    assert line.outages.lines()[0].expected == ""


def test_a_broken_farm_does_not_make_a_planned_outage_an_alarm() -> None:
    line = Timeline(NIGHT - timedelta(hours=6))
    line.outages.down("quotes farm usfarm", Part.DATA, "broken")
    line.clock.advance(6 * 3600)
    line.outages.down("upstream", Part.UPSTREAM, "1100")
    assert line.outages.expected_now() != ""


def test_nothing_down_is_nothing_expected() -> None:
    assert Timeline(NIGHT).outages.expected_now() == ""
