"""The gateway's own connection: codes to one state, repeats told once (C3)."""

from __future__ import annotations

import pytest

from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.upstream import Upstream
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.model.enums import LinkName
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


class Link:
    """One link's sessions; the data link speaks for the gateway."""

    def __init__(self, upstream: Upstream, name: LinkName = LinkName.DATA) -> None:
        self.upstream, self.name = upstream, name
        self.renew()

    def renew(self) -> None:
        self.session = self.upstream.session_opened()

    def hears(self, code: int, text: str = "words", *, speaks: bool | None = None) -> bool:
        speaks = self.name is LinkName.DATA if speaks is None else speaks
        return self.upstream.on_code(self.name, self.session, code, text, speaks=speaks)


@pytest.fixture
def data(upstream: Upstream) -> Link:
    return Link(upstream)


@pytest.fixture
def order(upstream: Upstream, data: Link) -> Link:
    return Link(upstream, LinkName.ORDER)


@pytest.mark.parametrize("code", [2104, 2106, 2158, 2107, 2108])
def test_unknown_until_a_farm_can_be_reached(data: Link, events: RecordedEvents, code: int) -> None:
    assert data.upstream.status.up is None
    data.hears(2103, "Market data farm connection is broken:usfarm")
    assert data.upstream.status.up is None
    data.hears(code, "a farm:usfarm")
    data.hears(2106, "another farm:ushmds")
    assert said(events) == [True]


@pytest.mark.parametrize("code", [1100, 2110])
def test_lost_once_however_often_it_is_repeated(data: Link, events: RecordedEvents, code: int) -> None:
    for _ in range(5):
        data.hears(code, "lost")
    assert said(events) == [False]
    assert events.upstream[-1].reason == "lost"


@pytest.mark.parametrize("code", [1101, 1102])
def test_restored(data: Link, events: RecordedEvents, code: int) -> None:
    data.hears(1100)
    data.hears(code)
    assert said(events) == [False, True]


def test_a_farm_of_the_same_session_does_not_end_a_loss(data: Link, events: RecordedEvents) -> None:
    data.hears(1100)
    data.hears(2104)
    assert said(events) == [False]


def test_a_loss_outlives_the_links_until_another_sessions_farm_disproves_it(
    data: Link, events: RecordedEvents
) -> None:
    data.hears(1100)
    data.upstream.on_no_link()
    data.renew()
    assert data.upstream.status.up is False
    data.hears(1100)
    # Told again in the new session: its farms are no proof any more.
    data.hears(2104)
    assert data.upstream.status.up is False
    # It may end before its account was checked, when no link is told to be lost: it is another session all the same.
    data.renew()
    data.hears(2104)
    assert said(events) == [False, True]


@pytest.mark.parametrize("code", [1100, 2110])
def test_the_order_link_alone_can_tell_of_a_loss(
    data: Link, order: Link, events: RecordedEvents, code: int
) -> None:
    data.hears(2104)
    assert order.hears(code)
    assert said(events) == [True, False]
    assert not data.hears(code)


@pytest.mark.parametrize("code", [1101, 1102, 2104])
def test_a_loss_told_by_the_order_link_is_over_when_the_data_link_says_so(
    data: Link, order: Link, events: RecordedEvents, code: int
) -> None:
    """The data link hung: what the order link hears next proves nothing about what hangs on the other."""
    data.hears(2104)
    order.hears(1100)
    assert not order.hears(code)
    if code == 2104:
        data.renew()
    data.hears(code)
    assert said(events) == [True, False, True]


@pytest.mark.parametrize("is_renewed", [False, True])
def test_the_same_words_heard_later_over_the_order_link_leave_no_loss_behind(
    data: Link, order: Link, events: RecordedEvents, is_renewed: bool
) -> None:
    data.hears(1100)
    data.hears(1102)
    order.hears(1100)
    if is_renewed:
        order.renew()
    order.hears(2104 if is_renewed else 1102)
    assert events.upstream[-1].up is True


def test_the_order_link_speaks_when_it_is_the_only_one(
    data: Link, order: Link, events: RecordedEvents
) -> None:
    data.hears(1100)
    order.hears(1102, speaks=True)
    assert said(events) == [False, True]


def test_another_gateway_is_judged_by_its_own_words(data: Link, events: RecordedEvents) -> None:
    data.hears(1100)
    data.upstream.forget()
    assert said(events) == [False, None]


def test_without_a_link_it_is_unknown(data: Link, events: RecordedEvents) -> None:
    data.hears(2104)
    data.upstream.on_no_link()
    assert said(events) == [True, None]
