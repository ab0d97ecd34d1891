"""The gateway's own connection: codes to one state, repeats told once (C3)."""

from __future__ import annotations

import pytest

from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.upstream import Upstream
from qe_dashboard.core.clock import ManualClock
from support.broker_harness import RecordedEvents


@pytest.fixture
def events() -> RecordedEvents:
    return RecordedEvents()


@pytest.fixture
def upstream(events: RecordedEvents) -> Upstream:
    outlet = Outlet()
    outlet.open(events)
    return Upstream(clock=ManualClock(), outlet=outlet)


def said(events: RecordedEvents) -> list[bool | None]:
    return [status.up for status in events.upstream]


@pytest.mark.parametrize("code", [2104, 2106, 2158, 2107, 2108])
def test_unknown_until_a_farm_can_be_reached(upstream: Upstream, events: RecordedEvents, code: int) -> None:
    assert upstream.status.up is None
    upstream.on_code(2103, "Market data farm connection is broken:usfarm")
    assert upstream.status.up is None
    upstream.on_code(code, "a farm:usfarm")
    upstream.on_code(2106, "another farm:ushmds")
    assert said(events) == [True]


@pytest.mark.parametrize("code", [1100, 2110])
def test_lost_once_however_often_it_is_repeated(
    upstream: Upstream, events: RecordedEvents, code: int
) -> None:
    for _ in range(5):
        upstream.on_code(code, "lost")
    assert said(events) == [False]
    assert events.upstream[-1].reason == "lost"


@pytest.mark.parametrize("code", [1101, 1102])
def test_restored(upstream: Upstream, events: RecordedEvents, code: int) -> None:
    upstream.on_code(1100, "lost")
    upstream.on_code(code, "back")
    assert said(events) == [False, True]


def test_a_farm_of_the_same_session_does_not_end_a_loss(upstream: Upstream, events: RecordedEvents) -> None:
    upstream.on_code(1100, "lost")
    upstream.on_code(2104, "Market data farm connection is OK:usfarm")
    assert said(events) == [False]


def test_a_loss_outlives_the_links_until_another_sessions_farm_disproves_it(
    upstream: Upstream, events: RecordedEvents
) -> None:
    upstream.on_code(1100, "lost")
    upstream.on_no_link()
    assert upstream.status.up is False
    upstream.on_code(1100, "lost")
    # Told again in the new session: its farms are no proof any more.
    upstream.on_code(2104, "Market data farm connection is OK:usfarm")
    assert upstream.status.up is False
    upstream.on_no_link()
    upstream.on_code(2104, "Market data farm connection is OK:usfarm")
    assert said(events) == [False, True]


def test_another_gateway_is_judged_by_its_own_words(upstream: Upstream, events: RecordedEvents) -> None:
    upstream.on_code(1100, "lost")
    upstream.forget()
    assert said(events) == [False, None]


def test_without_a_link_it_is_unknown(upstream: Upstream, events: RecordedEvents) -> None:
    upstream.on_code(2104, "Market data farm connection is OK:usfarm")
    upstream.on_no_link()
    assert said(events) == [True, None]
