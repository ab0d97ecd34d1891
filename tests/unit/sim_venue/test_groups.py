"""OCA groups: what a fill or a cancel of one order does to the others."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import OrderRefused, RefusalReason
from qe_dashboard.sim_venue.regimes import Regime, RegimeKind
from qe_dashboard.sim_venue.terms import OcaType, VenueOrderType, VenueTerms, VenueTif
from support.venue_world import MNQ, NOW, VenueWorld, terms

BUY, SELL = OrderSide.BUY, OrderSide.SELL
LMT = VenueOrderType.LIMIT
CANCELLED = VenueStatus.CANCELLED


@pytest.fixture
def world() -> VenueWorld:
    return VenueWorld()


def member(oca_type: OcaType, quantity: int, limit: Decimal | str, **more: Any) -> VenueTerms:
    return terms(BUY, quantity, LMT, limit=limit, oca_group="G", oca_type=oca_type, **more)


def cross(world: VenueWorld, key: OrderKey, quantity: int) -> Decimal:
    """Let an order take what the ask shows; return how much that was."""
    old = world.order(key).terms
    world.change(key, member(old.oca_type, quantity, world.prices()[1]))
    return world.order(key).filled


@pytest.mark.parametrize("oca_type", OcaType)
def test_a_complete_fill_cancels_the_others(world: VenueWorld, oca_type: OcaType) -> None:
    one, other = (world.send(member(oca_type, 10, "100")) for _ in range(2))
    assert cross(world, one, 10) == 10
    assert world.order(other).status is CANCELLED
    assert str(one) in world.order(other).reason


def test_type_1_cancels_the_others_at_the_first_fill(world: VenueWorld) -> None:
    one, other = (world.send(member(OcaType.CANCEL, 3000, "100")) for _ in range(2))
    assert 0 < cross(world, one, 3000) < 3000
    assert world.order(one).status is VenueStatus.WORKING
    assert world.order(other).status is CANCELLED


@pytest.mark.parametrize("oca_type", [OcaType.REDUCE, OcaType.REDUCE_WITH_BLOCK])
def test_types_2_and_3_shrink_the_others_in_proportion(world: VenueWorld, oca_type: OcaType) -> None:
    one, same, half = (world.send(member(oca_type, size, "100")) for size in (3000, 3000, 1500))
    filled = cross(world, one, 3000)
    assert 0 < filled < 3000
    assert world.order(same).terms.quantity == 3000 - filled
    assert world.order(half).terms.quantity == (3000 - filled) * 1500 // 3000
    assert world.order(half).status is VenueStatus.WORKING


def test_a_share_below_one_lot_is_cancelled(world: VenueWorld) -> None:
    one, small = world.send(member(OcaType.REDUCE, 3000, "100")), world.send(member(OcaType.REDUCE, 1, "100"))
    assert 0 < cross(world, one, 3000) < 3000
    assert world.order(small).status is CANCELLED


def test_a_cancel_takes_the_group_along_and_an_expiry_does_not(world: VenueWorld) -> None:
    one, other = (world.send(member(OcaType.CANCEL, 10, "100")) for _ in range(2))
    world.cancel(one)
    assert world.order(other).status is CANCELLED
    today = world.send(member(OcaType.CANCEL, 10, "100"))
    longer = world.send(member(OcaType.CANCEL, 10, "100", time_in_force=VenueTif.GTC))
    world.jump(NOW + timedelta(days=1))
    assert world.order(today).status is VenueStatus.EXPIRED
    assert world.order(longer).status is VenueStatus.WORKING


def test_a_group_spans_clients_and_instruments(world: VenueWorld) -> None:
    one = world.send(member(OcaType.CANCEL, 10, "100"), client=2)
    other = world.send(member(OcaType.CANCEL, 1, "15000", instrument_id=MNQ), client=5)
    cross(world, one, 10)
    assert world.order(other).status is CANCELLED


def test_a_group_that_has_traded_or_has_another_type_takes_nobody_in(world: VenueWorld) -> None:
    one = world.send(member(OcaType.CANCEL, 10, "100"))
    world.send(member(OcaType.REDUCE, 10, "100"))
    assert world.last(OrderRefused).reason is RefusalReason.OCA
    assert 0 < cross(world, one, 3000) < 3000
    world.send(member(OcaType.CANCEL, 10, "100"))
    assert len(world.all(OrderRefused)) == 2
    assert "traded" in world.last(OrderRefused).text


@pytest.mark.parametrize(
    ("oca_type", "second"), [(OcaType.REDUCE_WITH_BLOCK, CANCELLED), (OcaType.REDUCE, VenueStatus.FILLED)]
)
def test_only_without_block_can_one_step_fill_two(
    world: VenueWorld, oca_type: OcaType, second: VenueStatus
) -> None:
    pair = [world.send(member(oca_type, 1, world.last_price() - 1)) for _ in range(2)]
    world.venue.set_regime(Regime(RegimeKind.GAP, Decimal(-2)))
    world.run(0.5)
    assert [world.order(key).status for key in pair] == [VenueStatus.FILLED, second]
