"""Brackets: parents, children, transmit (D10; sequences of tws-protocol 4.7)."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import CancelRefused, NewOrder, OrderChanged, OrderRefused, RefusalReason
from qe_dashboard.sim_venue.terms import OcaType, VenueOrderType, VenueTerms, VenueTif
from qe_dashboard.sim_venue.venue import Venue
from support.venue_world import ACCOUNT, AT_ONCE, CLIENT, MNQ, NOW, VenueWorld, terms

BUY, SELL = OrderSide.BUY, OrderSide.SELL
LMT, STP, MKT = VenueOrderType.LIMIT, VenueOrderType.STOP, VenueOrderType.MARKET
GTC = VenueTif.GTC
HELD, WORKING, CANCELLED = VenueStatus.HELD, VenueStatus.WORKING, VenueStatus.CANCELLED


@pytest.fixture
def world() -> VenueWorld:
    return VenueWorld()


def entry(world: VenueWorld, *, away: int = 100, transmit: bool = False, quantity: int = 10) -> VenueTerms:
    """A limit buy so many ticks below the bid."""
    limit = world.prices()[0] - away * Decimal("0.01")
    return terms(BUY, quantity, LMT, limit=limit, transmit=transmit)


def bracket(world: VenueWorld, first: VenueTerms) -> tuple[OrderKey, OrderKey, OrderKey]:
    """Send an entry, a target and a stop, the last one transmitting."""
    last, quantity = world.last_price(), int(first.quantity)
    parent = world.send(first)
    leg: dict[str, Any] = {"parent_id": parent.order_id, "time_in_force": GTC}
    target = world.send(terms(SELL, quantity, LMT, limit=last + 5, transmit=False, **leg))
    stop = world.send(terms(SELL, quantity, STP, stop=last - 5, **leg))
    return parent, target, stop


def states(world: VenueWorld, *keys: OrderKey) -> list[tuple[VenueStatus, str]]:
    return [(world.order(key).status, world.order(key).why_held) for key in keys]


def test_an_untransmitted_order_is_silent_and_not_among_the_open_ones(world: VenueWorld) -> None:
    key = world.send(entry(world))
    assert world.events == []
    assert world.venue.open_orders() == ()
    assert world.order(key).status is VenueStatus.PENDING_SUBMIT
    world.run(2)
    assert world.events == []
    assert world.venue.next_valid_id(CLIENT) == key.order_id + 1


def test_the_transmitting_leg_sends_the_family_parents_first(world: VenueWorld) -> None:
    parent, target, stop = bracket(world, entry(world))
    assert [event.order.key for event in world.all(OrderChanged)] == [parent, target, stop]
    assert states(world, parent, target, stop) == [(WORKING, ""), (HELD, "child"), (HELD, "child,trigger")]
    perm_id = world.order(parent).perm_id
    for key in (target, stop):
        order = world.order(key)
        assert (order.terms.oca_group, order.terms.oca_type) == (str(perm_id), OcaType.REDUCE)
        assert order.parent_perm_id == perm_id


def test_children_work_when_the_parent_is_filled(world: VenueWorld) -> None:
    parent, target, stop = bracket(world, terms(BUY, 10, MKT, transmit=False))
    assert world.order(parent).status is VenueStatus.FILLED
    assert states(world, target, stop) == [(WORKING, ""), (HELD, "trigger")]
    assert [one.status for one in world.history(target)] == [HELD, WORKING]


def test_children_wait_while_the_parent_is_filled_in_part(world: VenueWorld) -> None:
    parent, target, stop = bracket(world, terms(BUY, 3000, LMT, limit=world.prices()[1], transmit=False))
    assert 0 < world.order(parent).filled < 3000
    assert states(world, target, stop) == [(HELD, "child"), (HELD, "child,trigger")]


def test_a_parent_that_is_cancelled_takes_its_children_along(world: VenueWorld) -> None:
    parent, target, stop = bracket(world, entry(world))
    world.cancel(parent)
    assert states(world, parent, target, stop) == [(CANCELLED, "")] * 3
    assert str(parent) in world.order(target).reason


def test_one_leg_that_is_cancelled_takes_the_other_along(world: VenueWorld) -> None:
    parent, target, stop = bracket(world, terms(BUY, 10, MKT, transmit=False))
    world.cancel(stop)
    assert [world.order(key).status for key in (target, stop)] == [CANCELLED, CANCELLED]
    assert world.order(parent).status is VenueStatus.FILLED


def test_one_leg_that_fills_cancels_the_other(world: VenueWorld) -> None:
    _, target, stop = bracket(world, terms(BUY, 10, MKT, transmit=False))
    world.run(1)
    changed = world.order(target).terms
    bid, _ = world.prices()
    world.change(target, terms(SELL, 10, LMT, limit=bid, parent_id=changed.parent_id, time_in_force=GTC))
    assert world.order(target).status is VenueStatus.FILLED
    assert world.order(stop).status is CANCELLED
    assert "OCA" in world.order(stop).reason
    assert world.venue.positions() == ()


def test_a_parent_that_expires_takes_its_children_along(world: VenueWorld) -> None:
    parent, target, stop = bracket(world, entry(world, away=5000))
    world.jump(NOW + timedelta(days=1))
    assert world.order(parent).status is VenueStatus.EXPIRED
    assert [world.order(key).status for key in (target, stop)] == [CANCELLED, CANCELLED]


def test_a_parent_that_is_refused_leaves_no_child_behind(world: VenueWorld) -> None:
    parent = world.send(terms(BUY, 50_000, MKT, transmit=False))
    child = world.send(terms(SELL, 50_000, STP, stop="100", parent_id=parent.order_id))
    assert [(event.order.key, event.reason) for event in world.all(OrderRefused)] == [
        (parent, RefusalReason.MARGIN),
        (child, RefusalReason.NO_PARENT),
    ]
    assert world.venue.open_orders() == ()


@pytest.mark.parametrize("parent_id", [99, 1])
def test_a_child_without_a_living_parent_is_refused(world: VenueWorld, parent_id: int) -> None:
    gone = world.send(entry(world, transmit=True))
    world.cancel(gone)
    world.send(terms(SELL, 10, STP, stop="100", parent_id=parent_id))
    assert world.last(OrderRefused).reason is RefusalReason.NO_PARENT


def test_a_child_may_follow_its_working_parent_and_a_filled_one(world: VenueWorld) -> None:
    working = world.send(entry(world, transmit=True))
    waits = world.send(terms(SELL, 10, STP, stop="100", parent_id=working.order_id))
    assert world.order(waits).why_held == "child,trigger"
    filled = world.send(terms(BUY, 10, MKT))
    works = world.send(terms(SELL, 10, STP, stop="100", parent_id=filled.order_id))
    assert world.order(works).why_held == "trigger"


def test_grandchildren_wait_for_their_own_parent(world: VenueWorld) -> None:
    first = world.send(terms(BUY, 10, MKT, transmit=False))
    second = world.send(terms(SELL, 10, LMT, limit="400", parent_id=first.order_id, transmit=False))
    third = world.send(terms(BUY, 10, STP, stop="500", parent_id=second.order_id))
    assert states(world, first, second, third) == [
        (VenueStatus.FILLED, ""),
        (WORKING, ""),
        (HELD, "child,trigger"),
    ]


def test_new_terms_replace_an_untransmitted_order_and_can_send_it(world: VenueWorld) -> None:
    key = world.send(entry(world))
    world.change(key, entry(world, quantity=20))
    assert world.events == []
    assert world.order(key).terms.quantity == 20
    world.change(key, entry(world, quantity=30, transmit=True))
    assert world.order(key).status is WORKING
    assert world.order(key).remaining == 30
    assert world.order(key).perm_id > 0


def test_bad_new_terms_leave_an_untransmitted_order_as_it_was(world: VenueWorld) -> None:
    key = world.send(entry(world))
    world.change(key, terms(BUY, 10, LMT, limit="200.001"))
    assert (world.last(OrderRefused).reason, world.last(OrderRefused).is_modify) == (RefusalReason.TICK, True)
    assert world.order(key).status is VenueStatus.PENDING_SUBMIT


def test_untransmitted_terms_do_not_change_a_live_order(world: VenueWorld) -> None:
    key = world.send(entry(world, transmit=True))
    before, events = world.order(key), len(world.events)
    world.change(key, entry(world, quantity=20))
    assert (world.order(key), len(world.events)) == (before, events)


def test_cancelling_an_untransmitted_parent_drops_its_children(world: VenueWorld) -> None:
    parent = world.send(entry(world))
    child = world.send(terms(SELL, 10, STP, stop="100", parent_id=parent.order_id, transmit=False))
    other = world.send(entry(world))
    world.cancel(parent)
    assert [(event.order.key, event.order.status) for event in world.all(OrderChanged)] == [
        (parent, CANCELLED),
        (child, CANCELLED),
    ]
    assert world.venue.order(parent) is None
    world.venue.cancel_all()
    world.listen()
    assert world.last(OrderChanged).order.key == other
    assert world.venue.order(other) is None


def test_a_bracket_outlives_a_restart(world: VenueWorld) -> None:
    parent, target, stop = bracket(world, entry(world))
    draft = world.send(entry(world))
    state = json.loads(json.dumps(world.venue.snapshot()))
    world.venue = Venue.restore(state, now=world.venue.now, config=AT_ONCE)
    assert states(world, parent, target, stop) == [(WORKING, ""), (HELD, "child"), (HELD, "child,trigger")]
    assert world.order(draft).status is VenueStatus.PENDING_SUBMIT
    world.change(parent, terms(BUY, 10, LMT, limit=world.prices()[1] + 1))
    assert states(world, parent, target, stop) == [(VenueStatus.FILLED, ""), (WORKING, ""), (HELD, "trigger")]


def test_the_parent_and_the_group_of_a_child_cannot_change(world: VenueWorld) -> None:
    parent, target, _ = bracket(world, entry(world))
    old = world.order(target).terms
    for changes in ({"parent_id": None}, {"parent_id": parent.order_id, "oca_group": "other"}):
        new = terms(SELL, 10, LMT, limit=old.limit_price, time_in_force=GTC, **changes)
        world.venue.modify(NewOrder(target, ACCOUNT, "", new))
        world.listen()
        assert world.last(OrderRefused).reason is RefusalReason.NOT_MODIFIABLE
    assert world.order(target).terms == old


def test_a_child_costs_nothing_until_its_parent_is_filled(world: VenueWorld) -> None:
    working = world.send(entry(world, transmit=True))
    child = world.send(terms(BUY, 50_000, STP, stop="500", parent_id=working.order_id))
    world.change(child, terms(BUY, 60_000, STP, stop="500", parent_id=working.order_id))
    assert world.order(child).remaining == 60_000
    filled = world.send(terms(BUY, 10, MKT))
    world.send(terms(BUY, 50_000, STP, stop="500", parent_id=filled.order_id))
    assert world.last(OrderRefused).reason is RefusalReason.MARGIN


def test_an_untransmitted_order_may_become_one_of_another_contract(world: VenueWorld) -> None:
    key = world.send(entry(world))
    world.change(key, terms(BUY, 1, MKT, instrument_id=MNQ))
    assert world.fills(key)[0].instrument_id == MNQ
    assert [row.instrument.id for row in world.venue.positions()] == [MNQ]


def test_another_client_cannot_cancel_an_untransmitted_order(world: VenueWorld) -> None:
    key = world.send(entry(world))
    world.cancel(key, by=9)
    assert world.last(CancelRefused).reason is RefusalReason.NO_SUCH_ORDER
    assert world.order(key).status is VenueStatus.PENDING_SUBMIT
