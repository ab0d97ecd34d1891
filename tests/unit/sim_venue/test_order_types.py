"""TRAIL, MIT, LOC, MOC, GTD and good-after at the venue."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import OrderNoticed, OrderRefused, RefusalReason
from qe_dashboard.sim_venue.regimes import Regime, RegimeKind
from qe_dashboard.sim_venue.terms import OcaType, VenueOrderType, VenueTerms, VenueTif
from qe_dashboard.sim_venue.venue import Venue
from support.venue_world import AAPL, AT_ONCE, MNQ, NOW, VenueWorld, terms

BUY, SELL = OrderSide.BUY, OrderSide.SELL
TRAIL, MIT = VenueOrderType.TRAIL, VenueOrderType.IF_TOUCHED
LOC, MOC = VenueOrderType.LIMIT_ON_CLOSE, VenueOrderType.MARKET_ON_CLOSE
LMT, MKT, STP = VenueOrderType.LIMIT, VenueOrderType.MARKET, VenueOrderType.STOP
HELD, FILLED = VenueStatus.HELD, VenueStatus.FILLED
CLOSE = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.fixture
def world() -> VenueWorld:
    return VenueWorld()


def gap(world: VenueWorld, percent: str) -> None:
    world.venue.set_regime(Regime(RegimeKind.GAP, Decimal(percent)))
    world.run(0.5)


# trailing stops


@pytest.mark.parametrize(("side", "sign"), [(SELL, 1), (BUY, -1)])
def test_a_trail_follows_the_price_one_way_and_then_triggers(
    world: VenueWorld, side: OrderSide, sign: int
) -> None:
    start = world.last_price()
    key = world.send(terms(side, 10, TRAIL, trail="5.00"))
    assert (world.order(key).status, world.order(key).why_held) == (HELD, "trigger")
    assert world.order(key).trail_stop == start - sign * 5
    gap(world, str(sign))
    moved = world.last_price()
    stop = world.order(key).trail_stop
    assert stop is not None
    assert (stop - (start - sign * 5)) * sign > 0
    assert abs(stop - (moved - sign * 5)) < Decimal("0.50")
    gap(world, str(-sign))
    assert world.order(key).trail_stop == stop
    gap(world, str(-3 * sign))
    assert world.order(key).status is FILLED
    assert [one.status for one in world.history(key)] == [HELD, VenueStatus.WORKING, FILLED]


@pytest.mark.parametrize(("side", "word"), [(SELL, "98"), (BUY, "102")])
def test_a_trail_by_percent_stands_on_a_tick(world: VenueWorld, side: OrderSide, word: str) -> None:
    last = world.last_price()
    key = world.send(terms(side, 10, TRAIL, percent="2"))
    stop = world.order(key).trail_stop
    assert stop is not None
    assert abs(stop - last * Decimal(word) / 100) < Decimal("0.01")
    assert stop % Decimal("0.01") == 0
    assert (stop <= last * Decimal("0.98")) if side is SELL else (stop >= last * Decimal("1.02"))


def test_a_trail_begins_at_the_stop_it_names_and_new_terms_move_it(world: VenueWorld) -> None:
    last = world.last_price()
    key = world.send(terms(SELL, 10, TRAIL, trail="5.00", stop=last - 3))
    world.run(0.5)
    assert world.order(key).trail_stop == last - 3
    world.change(key, terms(SELL, 10, TRAIL, trail="20.00"))
    assert world.order(key).trail_stop == world.last_price() - 20
    before = world.order(key).trail_stop
    world.change(key, terms(SELL, 5, TRAIL, trail="20.00"))
    assert world.order(key).trail_stop == before
    assert world.order(key).remaining == 5


def test_a_change_of_quantity_leaves_the_stop_where_it_went(world: VenueWorld) -> None:
    key = world.send(terms(SELL, 10, TRAIL, trail="5.00"))
    gap(world, "1")
    gap(world, "-1")
    stop = world.order(key).trail_stop
    world.change(key, terms(SELL, 5, TRAIL, trail="5.00"))
    assert world.order(key).trail_stop == stop
    world.send(terms(SELL, 10, TRAIL, trail="0.005"))
    assert world.last(OrderRefused).reason is RefusalReason.TICK


# market if touched


@pytest.mark.parametrize(("side", "sign"), [(BUY, -1), (SELL, 1)])
def test_a_touch_from_the_other_side_makes_a_market_order(
    world: VenueWorld, side: OrderSide, sign: int
) -> None:
    key = world.send(terms(side, 10, MIT, stop=world.last_price() + sign))
    assert (world.order(key).status, world.order(key).why_held) == (HELD, "trigger")
    gap(world, str(-sign))
    assert world.order(key).status is HELD
    gap(world, str(3 * sign))
    assert world.order(key).status is FILLED


# on close


def test_on_close_orders_trade_whole_at_the_closing_price(world: VenueWorld) -> None:
    market = world.send(terms(BUY, 3000, MOC))
    good = world.send(terms(BUY, 10, LOC, limit=world.last_price() * 2 // 1))
    bad = world.send(terms(BUY, 10, LOC, limit="1"))
    assert {world.order(key).status for key in (market, good, bad)} == {HELD}
    world.jump(CLOSE - timedelta(seconds=1))
    assert {world.order(key).status for key in (market, good, bad)} == {HELD}
    world.run(1)
    close = world.last_price()
    for key, size in ((market, 3000), (good, 10)):
        assert world.order(key).status is FILLED
        assert world.order(key).filled == size
        assert world.order(key).avg_fill_price == close
        assert world.fills(key)[0].at == CLOSE
    assert world.order(bad).status is VenueStatus.CANCELLED
    assert str(close) in world.order(bad).reason


def test_after_the_close_an_on_close_order_waits_for_the_next_one() -> None:
    world = VenueWorld(now=CLOSE + timedelta(minutes=1))
    key = world.send(terms(BUY, 10, MOC))
    world.jump(CLOSE + timedelta(hours=2))
    assert world.order(key).status is HELD
    world.jump(CLOSE + timedelta(days=1) - timedelta(seconds=1))
    world.run(1)
    assert world.order(key).status is FILLED


def test_futures_close_with_their_day() -> None:
    world = VenueWorld(now=CLOSE + timedelta(minutes=59))
    key = world.send(terms(BUY, 1, MOC, instrument_id=MNQ))
    world.jump(CLOSE + timedelta(minutes=59, seconds=59))
    assert world.order(key).status is HELD
    world.run(2)
    assert world.fills(key)[0].at == CLOSE + timedelta(hours=1)


def test_a_halt_over_the_close_ends_an_on_close_order(world: VenueWorld) -> None:
    key = world.send(terms(BUY, 10, MOC))
    world.venue.halt(AAPL)
    world.jump(CLOSE)
    assert world.order(key).status is VenueStatus.CANCELLED
    assert "halted" in world.order(key).reason


def test_an_on_close_order_for_later_is_for_the_close_after_that(world: VenueWorld) -> None:
    key = world.send(terms(BUY, 10, MOC, good_after=CLOSE + timedelta(hours=3)))
    for hours in (0, 3):
        world.jump(CLOSE + timedelta(hours=hours))
        assert world.order(key).status is HELD
    world.jump(CLOSE + timedelta(days=1))
    assert world.order(key).status is FILLED


def test_on_close_orders_are_day_orders(world: VenueWorld) -> None:
    world.send(terms(BUY, 10, MOC, time_in_force=VenueTif.GTC))
    assert world.last(OrderRefused).reason is RefusalReason.TIME_IN_FORCE


# time


def test_good_till_a_moment(world: VenueWorld) -> None:
    until = NOW + timedelta(seconds=5)
    key = world.send(terms(BUY, 10, LMT, limit="100", time_in_force=VenueTif.GTD, good_till=until))
    world.run(4.9)
    assert world.order(key).status is VenueStatus.WORKING
    world.run(0.2)
    assert world.order(key).status is VenueStatus.EXPIRED
    assert world.order(key).updated_at == until
    now = world.venue.now
    world.send(terms(BUY, 10, LMT, limit="100", time_in_force=VenueTif.GTD, good_till=now))
    assert world.last(OrderRefused).reason is RefusalReason.TIME


def test_good_after_a_moment(world: VenueWorld) -> None:
    begins = NOW + timedelta(seconds=5)
    key = world.send(terms(BUY, 10, MKT, good_after=begins))
    assert (world.order(key).status, world.order(key).why_held) == (HELD, "")
    assert world.all(OrderNoticed) == []
    world.run(4.9)
    assert world.order(key).filled == 0
    world.run(0.2)
    assert world.fills(key)[0].at == begins
    later = begins + timedelta(hours=1)
    world.send(terms(BUY, 10, LMT, limit="1", time_in_force=VenueTif.GTD, good_till=later, good_after=later))
    assert world.last(OrderRefused).reason is RefusalReason.TIME


def test_a_day_order_for_tomorrow_is_good_for_tomorrow(world: VenueWorld) -> None:
    key = world.send(terms(BUY, 10, LMT, limit="100", good_after=NOW + timedelta(days=1)))
    world.jump(NOW + timedelta(days=1, minutes=1))
    assert world.order(key).status is VenueStatus.WORKING
    world.jump(NOW + timedelta(days=2))
    assert world.order(key).status is VenueStatus.EXPIRED


def test_every_kind_of_order_outlives_a_restart(world: VenueWorld) -> None:
    last, later = world.last_price(), NOW + timedelta(hours=1)
    parent = world.send(terms(BUY, 10, LMT, limit="100", oca_group="G", oca_type=OcaType.CANCEL))
    sent = [
        parent,
        world.send(terms(SELL, 10, TRAIL, percent="2.5", stop=last - 1)),
        world.send(terms(SELL, 10, TRAIL, trail="3", parent_id=parent.order_id)),
        world.send(terms(BUY, 10, MIT, stop=last - 9, outside_rth=True, good_after=later)),
        world.send(terms(BUY, 10, LOC, limit="100")),
        world.send(terms(SELL, 10, MOC)),
        world.send(terms(BUY, 10, LMT, limit="9", time_in_force=VenueTif.GTD, good_till=later)),
        world.send(terms(BUY, 10, LMT, limit="9", oca_group="H", oca_type=OcaType.REDUCE_WITH_BLOCK)),
        world.send(terms(BUY, 10, STP, stop=last + 9, time_in_force=VenueTif.GTC)),
        world.send(terms(BUY, 10, MKT, transmit=False)),
    ]
    before = [world.order(key) for key in sent]
    state = json.loads(json.dumps(world.venue.snapshot()))
    world.venue = Venue.restore(state, now=NOW, config=AT_ONCE)
    assert [world.order(key) for key in sent] == before
    world.jump(later)
    assert world.order(sent[6]).status is VenueStatus.EXPIRED
    assert world.order(sent[6]).updated_at == later
    world.jump(CLOSE)
    assert world.fills(sent[5])[0].at == CLOSE


def test_a_change_of_time_in_force_moves_the_end(world: VenueWorld) -> None:
    key = world.send(terms(BUY, 10, LMT, limit="100"))
    world.change(key, terms(BUY, 10, LMT, limit="100", time_in_force=VenueTif.GTC))
    world.jump(NOW + timedelta(days=1))
    assert world.order(key).status is VenueStatus.WORKING
    until = world.venue.now + timedelta(seconds=1)
    world.change(key, terms(BUY, 10, LMT, limit="100", time_in_force=VenueTif.GTD, good_till=until))
    world.run(1.5)
    assert world.order(key).status is VenueStatus.EXPIRED


# terms that contradict themselves


@pytest.mark.parametrize(
    "wrong",
    [
        {"order_type": LMT},
        {"order_type": MKT, "limit_price": Decimal(1)},
        {"order_type": STP},
        {"order_type": LMT, "limit_price": Decimal("NaN")},
        {"order_type": MIT},
        {"order_type": LOC},
        {"order_type": TRAIL},
        {"order_type": TRAIL, "trail_amount": Decimal(1), "trail_percent": Decimal(1)},
        {"order_type": TRAIL, "trail_amount": Decimal(0)},
        {"order_type": TRAIL, "trail_percent": Decimal(100)},
        {"order_type": MKT, "trail_amount": Decimal(1)},
        {"order_type": MKT, "time_in_force": VenueTif.GTD},
        {"order_type": MKT, "good_till": NOW},
        {"order_type": MKT, "quantity": Decimal(0)},
        {"order_type": MKT, "quantity": Decimal("1e13")},
        {"order_type": LMT, "limit_price": Decimal("1e30")},
        {"order_type": TRAIL, "trail_amount": Decimal(1), "stop_price": Decimal("Infinity")},
        {"order_type": MKT, "good_after": NOW.replace(tzinfo=None)},
        {"order_type": MKT, "good_after": NOW.replace(year=9999)},
    ],
)
def test_terms_that_contradict_themselves_are_no_terms(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        VenueTerms(**{"instrument_id": AAPL, "side": BUY, "quantity": Decimal(1), **wrong})  # type: ignore[arg-type]


def test_the_models_terms_are_the_venues_and_back(world: VenueWorld) -> None:
    known = terms(SELL, 10, STP, stop="100", time_in_force=VenueTif.GTC, outside_rth=True)
    assert VenueTerms.of(known.spec) == known
    with pytest.raises(ValueError, match="TRAIL"):
        _ = terms(SELL, 10, TRAIL, trail="1").spec
    with pytest.raises(ValueError, match="GTD"):
        _ = terms(SELL, 10, MKT, time_in_force=VenueTif.GTD, good_till=NOW).spec
    assert known.oca_type is OcaType.REDUCE
