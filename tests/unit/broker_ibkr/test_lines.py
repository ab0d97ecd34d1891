"""A wanted line's life in virtual time: proven, renewed once, silent, proven again (R39, R40)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from qe_dashboard.broker.ibkr.contracts import instrument_from_row
from qe_dashboard.broker.ibkr.line_budget import LineBudget, to_release
from qe_dashboard.broker.ibkr.line_words import silent_lines
from qe_dashboard.broker.ibkr.lines import Line, LineWatch, session_now
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.model.connection import LineKind, LineState
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument, Session
from support.ibkr_rows import raw_contract

AAPL = instrument_from_row(raw_contract())


def stock(number: int) -> Instrument:
    return replace(AAPL, id=InstrumentId(f"S{number}.STK.USD"), symbol=f"S{number}", con_id=number)


class Desk:
    """A watch of lines, and what is due after time has passed."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.watch = LineWatch(clock=self.clock, first_tick_s=30, silent_s=600)

    def add(self, instrument: Instrument = AAPL, kind: LineKind = LineKind.QUOTES) -> Line:
        return self.watch.add(instrument, kind)

    def tick(self, line: Line) -> None:
        self.watch.ticked(line, self.clock.now(), self.clock.monotonic())

    def pass_(self, seconds: float) -> tuple[list[Line], list[Line]]:
        self.clock.advance(seconds)
        due = self.watch.due()
        return list(due.renew), list(due.silent)

    def open_for(self, hours: float, *, since_hours: float = 1) -> Instrument:
        """Return a stock whose market opened some hours ago and closes some hours from now."""
        now = self.clock.now()
        session = Session(now - timedelta(hours=since_hours), now + timedelta(hours=hours))
        return replace(AAPL, liquid_hours=(session,))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_no_first_tick_renews_once_and_then_is_silent_and_said_once(desk: Desk) -> None:
    line = desk.add()
    assert desk.pass_(100) == ([], [])  # not asked for yet: the link may be down
    desk.watch.asked(line)
    assert desk.pass_(29.9) == ([], [])
    assert desk.pass_(0.1) == ([line], [])
    assert desk.pass_(100) == ([], [])  # waits for the wire
    desk.watch.asked(line)
    assert desk.pass_(29.9) == ([], [])
    assert desk.pass_(0.1) == ([], [line])
    assert (line.state, line.why) == (LineState.SILENT, "nothing came for 30 s, also after asking again")
    assert desk.pass_(10_000) == ([], [])


def test_a_tick_at_any_time_proves_it_and_renewals_start_over(desk: Desk) -> None:
    line = desk.add()
    desk.watch.asked(line)
    desk.pass_(30)
    desk.watch.asked(line)
    desk.pass_(30)
    assert line.state is LineState.SILENT
    desk.tick(line)
    assert (line.state, line.why, line.last_tick_at) == (LineState.PROVEN, "", desk.clock.now())
    desk.watch.restore("1101")
    desk.watch.asked(line)
    assert desk.pass_(30) == ([line], [])


def test_a_proven_line_may_be_quiet_for_ten_minutes_of_its_session(desk: Desk) -> None:
    line = desk.add(desk.open_for(8))
    desk.watch.asked(line)
    desk.tick(line)
    assert desk.pass_(599) == ([], [])
    desk.tick(line)
    assert desk.pass_(599) == ([], [])
    assert desk.pass_(1) == ([line], [])
    assert line.state is LineState.WAITING
    desk.watch.asked(line)
    assert desk.pass_(30) == ([], [line])


def test_a_shut_market_blames_no_line_and_the_open_starts_the_clock(desk: Desk) -> None:
    now = desk.clock.now()
    opens = Session(now + timedelta(hours=1), now + timedelta(hours=8))
    line = desk.add(replace(AAPL, liquid_hours=(opens,)))
    desk.watch.asked(line)
    assert desk.pass_(3600 + 29) == ([], [])
    assert desk.pass_(1) == ([line], [])


def test_unknown_hours_excuse_later_silence_and_not_a_missing_first_tick(desk: Desk) -> None:
    assert AAPL.liquid_hours is None
    line = desk.add()
    desk.watch.asked(line)
    desk.tick(line)
    assert desk.pass_(10_000) == ([], [])
    desk.watch.restore("1102")
    desk.watch.asked(line)
    assert desk.pass_(30) == ([line], [])


def test_hours_that_ended_are_not_known_and_futures_go_by_all_their_hours(desk: Desk) -> None:
    now = desk.clock.now()
    past = Session(now - timedelta(hours=2), now - timedelta(hours=1))
    running = Session(now - timedelta(hours=1), now + timedelta(hours=1))
    assert session_now(replace(AAPL, liquid_hours=(past,)), now) == (False, None)
    assert session_now(replace(AAPL, liquid_hours=(past, running)), now) == (True, running.start)
    future = replace(AAPL, sec_type=SecType.FUTURE, trading_hours=(running,), liquid_hours=(past,))
    assert session_now(future, now) == (True, running.start)


def test_a_gap_keeps_ages_and_blames_nobody_until_it_is_over(desk: Desk) -> None:
    line, refused = desk.add(), desk.add(stock(2))
    desk.watch.asked(line)
    desk.tick(line)
    seen_at = desk.clock.now()
    desk.watch.refused(refused, 354, "Not subscribed")
    desk.watch.suspend("the gateway has lost IBKR's servers")
    assert desk.pass_(3600) == ([], [])
    assert {one.state for one in (line, refused)} == {LineState.WAITING}
    assert [one.last_tick_at for one in desk.watch.statuses()] == [seen_at, None]
    desk.watch.resume()
    desk.watch.restore("1101")
    desk.watch.asked(line)
    assert desk.pass_(30) == ([line], [])


def test_what_is_restored_is_counted_to_the_last_line(desk: Desk) -> None:
    lines = [desk.add(stock(number)) for number in range(1, 15)]
    desk.watch.restore("1101")
    for line in lines:
        desk.watch.asked(line)
    for line in lines[:12]:
        desk.tick(line)
    restored = desk.watch.restoration
    assert restored is not None
    assert (restored.proven, restored.wanted, restored.ended_at) == (12, 14, None)
    desk.watch.refused(lines[12], 200, "No security definition")
    desk.pass_(30)
    desk.watch.asked(lines[13])
    desk.pass_(30)
    restored = desk.watch.restoration
    assert restored is not None
    assert (restored.proven, restored.wanted, restored.ended_at) == (12, 14, desk.clock.now())
    # What proves itself later has its own lamp; the gap is over.
    desk.tick(lines[13])
    again = desk.watch.restoration
    assert again is not None
    assert again.proven == 12


def test_a_tick_of_the_old_request_proves_nothing_after_a_gap(desk: Desk) -> None:
    """After 1102 the old lines tick on until each is cancelled and asked for again."""
    line = desk.add()
    desk.watch.asked(line)
    desk.watch.restore("1102")
    desk.tick(line)
    [before] = desk.watch.statuses()
    desk.watch.asked(line)
    desk.tick(line)
    [after] = desk.watch.statuses()
    assert (before.state, after.state) == (LineState.WAITING, LineState.PROVEN)
    assert before.last_tick_at == desk.clock.now()


def test_a_gap_begins_when_nothing_can_come_and_lasts_until_the_last_line_is_back(desk: Desk) -> None:
    line = desk.add()
    desk.watch.asked(line)
    desk.tick(line)
    began = desk.clock.now()
    desk.watch.suspend("the data link is down (refused account)")
    held = desk.watch.restoration
    assert held is not None
    assert (held.proven, held.wanted, held.started_at, held.ended_at) == (0, 1, began, None)
    assert held.why == "the data link is down (refused account)"
    desk.clock.advance(90)
    desk.watch.resume()
    desk.watch.restore("the data link was down")
    desk.watch.asked(line)
    desk.tick(line)
    restored = desk.watch.restoration
    assert restored is not None
    assert (restored.proven, restored.started_at, restored.ended_at) == (1, began, desk.clock.now())


def test_lines_another_session_took_are_a_gap_until_each_is_back(desk: Desk) -> None:
    lines = [desk.add(stock(number)) for number in range(3)]
    for line in lines:
        desk.watch.asked(line)
        desk.tick(line)
    began = desk.clock.now()
    desk.watch.taken("another session of the login had the data (10197)")
    for line in lines[:2]:
        desk.watch.refused(line, 10197, "competing session")
    desk.clock.advance(60)
    taken = desk.watch.restoration
    assert taken is not None
    assert (taken.proven, taken.wanted, taken.started_at, taken.ended_at) == (0, 2, began, None)
    desk.tick(lines[0])
    desk.watch.given_back([lines[1]])
    assert lines[1].state is LineState.WAITING
    half = desk.watch.restoration
    assert half is not None
    assert (half.proven, half.ended_at) == (1, None)
    desk.watch.asked(lines[1])
    desk.tick(lines[1])
    back = desk.watch.restoration
    assert back is not None
    assert (back.proven, back.wanted, back.ended_at) == (2, 2, desk.clock.now())


def test_before_the_first_gap_nothing_is_restored(desk: Desk) -> None:
    desk.add()
    assert desk.watch.restoration is None


def test_nobodys_line_is_not_waited_for(desk: Desk) -> None:
    wanted, dropped, over = desk.add(stock(1)), desk.add(stock(2)), desk.add(stock(3))
    desk.watch.released(over, "no place")
    desk.watch.restore("1101")
    desk.watch.remove(dropped)
    desk.watch.asked(wanted)
    desk.tick(wanted)
    restored = desk.watch.restoration
    assert restored is not None
    assert (restored.proven, restored.wanted) == (1, 1)
    assert restored.ended_at is not None
    assert over.state is LineState.RELEASED


def test_an_unproven_line_has_the_first_ticks_time(desk: Desk) -> None:
    line = desk.add()
    desk.watch.asked(line)
    desk.tick(line)
    desk.pass_(500)
    desk.watch.unproven(line, "usfarm is broken")
    assert (line.state, line.why) == (LineState.WAITING, "usfarm is broken")
    assert desk.pass_(29) == ([], [])
    assert desk.pass_(1) == ([line], [])


# the line budget ------------------------------------------------------------------------------------------------------


def test_the_least_recently_wanted_line_goes(desk: Desk) -> None:
    first, second, third = (desk.add(stock(number)) for number in (1, 2, 3))
    desk.clock.advance(60)
    desk.watch.wanted_again(first)
    desk.clock.advance(60)
    wanted = desk.add(stock(4))
    now = desk.clock.monotonic()
    standing = (first, second, third)
    assert to_release(standing, held=(), wanted=wanted, now=now) is second
    assert to_release(standing, held={2}, wanted=wanted, now=now) is third
    assert to_release(standing, held={1, 2, 3}, wanted=wanted, now=now) is None


def test_lines_wanted_in_the_last_seconds_stay(desk: Desk) -> None:
    lines = [desk.add(stock(number)) for number in range(3)]
    wanted = desk.add(stock(9))
    assert to_release(lines, held=(), wanted=wanted, now=desk.clock.monotonic()) is None


def test_an_older_wish_takes_no_newer_ones_place_unless_it_is_held(desk: Desk) -> None:
    older, newer = desk.add(stock(1)), desk.add(stock(2))
    desk.clock.advance(60)
    now = desk.clock.monotonic()
    assert to_release([newer], held=(), wanted=older, now=now) is None
    assert to_release([newer], held={1}, wanted=older, now=now) is newer


def test_the_budget_learns_down_and_starts_over_with_a_session() -> None:
    budget = LineBudget(100)
    for standing in (60, 80, 59):
        budget.learn(standing)
    assert budget.limit == 59
    budget.learn(0)
    assert budget.limit == 1
    budget.reset()
    assert budget.limit == 100


# words ----------------------------------------------------------------------------------------------------------------


def test_silent_lines_are_named_and_a_broken_farm_with_them(desk: Desk) -> None:
    lines = [desk.add(stock(number)) for number in range(1, 8)]
    for line in lines:
        desk.watch.gave_up(line, "nothing came")
    one = silent_lines(lines[:1], broken_farms="", now=desk.clock.now())
    assert (one.text, one.instrument_id) == ("No data on S1: nothing came.", "S1.STK.USD")
    many = silent_lines(lines, broken_farms="usfarm", now=desk.clock.now())
    assert (
        many.text == "No data on S1, S2, S3, S4, S5 and 2 more: nothing came. IBKR's farm usfarm is broken."
    )
    assert many.instrument_id is None
    chart = desk.watch.add(AAPL, LineKind.BARS, seconds=60)
    assert "the 60 s chart of AAPL" in silent_lines([chart], broken_farms="", now=desk.clock.now()).text


@pytest.mark.parametrize("code", [354, 10089, 10090, 10091, 10168])
def test_a_line_without_permission_is_asked_for_again_in_a_while(desk: Desk, code: int) -> None:
    line = desk.add()
    desk.watch.asked(line)
    desk.watch.refused(line, code, "not subscribed")
    assert desk.pass_(599) == ([], [])
    assert desk.pass_(1) == ([line], [])
    assert desk.pass_(600) == ([], [])  # waits for the wire
    desk.watch.asked(line)
    desk.watch.refused(line, code, "not subscribed")
    assert desk.pass_(600) == ([line], [])
    desk.watch.asked(line)
    desk.tick(line)
    assert (line.state, desk.pass_(599)) == (LineState.PROVEN, ([], []))


def test_a_line_that_does_not_exist_is_not_asked_for_again(desk: Desk) -> None:
    line = desk.add()
    desk.watch.asked(line)
    desk.watch.refused(line, 200, "no such contract")
    assert desk.pass_(10_000) == ([], [])


def test_a_partial_permission_that_brings_nothing_is_said_once_and_tried_again(desk: Desk) -> None:
    line = desk.add()
    told = 0
    for _ in range(5):
        desk.watch.asked(line)
        line.code = 10089
        renew, silent = desk.pass_(30)
        told += len(silent)
        if not renew:
            assert line.state is LineState.SILENT
            assert desk.pass_(600) == ([line], [])
    assert told == 1
