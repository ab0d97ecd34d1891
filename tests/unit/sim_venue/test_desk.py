"""The life of orders at the venue."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from qe_dashboard.model.enums import OrderSide, TimeInForce
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import (
    AccountChanged,
    CancelRefused,
    CommissionCharged,
    Executed,
    NewOrder,
    OrderChanged,
    OrderRefused,
    PositionChanged,
    RefusalReason,
)
from qe_dashboard.sim_venue.terms import VenueTerms
from support.venue_world import AAPL, ACCOUNT, CLIENT, MNQ, VenueWorld, spec

BUY, SELL = OrderSide.BUY, OrderSide.SELL
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK


@pytest.fixture
def world() -> VenueWorld:
    return VenueWorld()


def prices(world: VenueWorld) -> tuple[Decimal, Decimal]:
    quote = world.venue.quote(AAPL)
    assert quote.bid is not None
    assert quote.ask is not None
    return quote.bid, quote.ask


def test_a_market_order_is_accepted_executed_and_charged_in_this_order(world: VenueWorld) -> None:
    _, ask = prices(world)
    key = world.send(spec(BUY, 10))
    assert [type(event) for event in world.events] == [
        OrderChanged,
        Executed,
        OrderChanged,
        CommissionCharged,
        PositionChanged,
        AccountChanged,
    ]
    accepted, filled = world.history(key)
    assert (accepted.status, accepted.filled) == (VenueStatus.WORKING, Decimal(0))
    assert (filled.status, filled.filled, filled.avg_fill_price) == (VenueStatus.FILLED, Decimal(10), ask)
    (fill,) = world.fills(key)
    assert (fill.price, fill.quantity, fill.order_ref, fill.perm_id) == (
        ask,
        Decimal(10),
        "QE:1",
        filled.perm_id,
    )
    charged = world.last(CommissionCharged)
    assert (charged.report.exec_id, charged.report.commission.amount) == (fill.exec_id, Decimal(1))
    assert charged.report.realized is None
    assert world.last(PositionChanged).position.quantity == 10
    assert world.last(AccountChanged).values.total_cash == 1_000_000 - 10 * ask - 1


def test_closing_reports_the_profit_less_the_commission(world: VenueWorld) -> None:
    bought = world.fills(world.send(spec(BUY, 10)))[0].price
    world.run(30)
    sold = world.fills(world.send(spec(SELL, 10)))[0].price
    realized = world.last(CommissionCharged).report.realized
    assert realized is not None
    assert realized.amount == 10 * (sold - bought) - 1
    assert world.venue.positions() == ()
    stored = world.venue.executions()[-1]
    assert (stored.realized, stored.commission) == (realized, world.last(CommissionCharged).report.commission)


def test_a_large_order_fills_over_several_steps_within_the_displayed_size(world: VenueWorld) -> None:
    key = world.send(spec(BUY, 3000))
    world.run(20)
    fills = world.fills(key)
    assert world.order(key).status is VenueStatus.FILLED
    assert sum(fill.quantity for fill in fills) == 3000
    assert all(later.at - earlier.at >= timedelta(milliseconds=250) for earlier, later in pairwise(fills))
    assert max(fill.quantity for fill in fills) <= 1400
    cumulated = [event.cum_quantity for event in world.all(Executed)]
    assert cumulated == sorted(cumulated)
    assert sum(event.report.commission.amount for event in world.all(CommissionCharged)) == 15
    average = sum((fill.price * fill.quantity for fill in fills), start=Decimal(0)) / 3000
    assert abs(world.last(Executed).avg_price - average) < Decimal("1e-20")


def test_two_orders_share_one_step(world: VenueWorld) -> None:
    shown = world.venue.quote(AAPL).ask_size
    assert shown is not None
    first = world.send(spec(BUY, int(shown)))
    second = world.send(spec(BUY, 10))
    assert world.order(first).status is VenueStatus.FILLED
    assert world.order(second).filled == 0
    world.run(0.5)
    assert world.order(second).status is VenueStatus.FILLED


def test_a_resting_limit_fills_at_its_price_when_the_market_comes(world: VenueWorld) -> None:
    _, ask = prices(world)
    # Where the market will be is a function of time: look ahead on a venue of the same seed.
    scout = VenueWorld()
    scout.run(120, every=0.25)
    highs = [bar.high for bar in scout.venue.bars(AAPL, seconds=60, count=2)]
    limit = max(highs) - Decimal("0.02")
    assert limit > ask, "the seed's market rises in these minutes"
    key = world.send(spec(SELL, 100, limit=limit))
    assert world.order(key).filled == 0
    world.run(120)
    assert world.order(key).status is VenueStatus.FILLED
    assert {fill.price for fill in world.fills(key)} == {limit}


def test_a_marketable_limit_takes_the_touch_not_its_limit_however_long_it_takes(world: VenueWorld) -> None:
    _, ask = prices(world)
    key = world.send(spec(BUY, 3000, limit=ask + 5))
    world.run(20)
    assert world.order(key).status is VenueStatus.FILLED
    assert max(fill.price for fill in world.fills(key)) < ask + 1


@pytest.mark.parametrize("limit", [None, Decimal(5)])
def test_a_stop_waits_for_its_price_then_trades(world: VenueWorld, limit: Decimal | None) -> None:
    _, ask = prices(world)
    terms = spec(BUY, 10, stop=ask + Decimal("0.05"), limit=None if limit is None else ask + limit)
    key = world.send(terms)
    held = world.order(key)
    assert (held.status, held.why_held) == (VenueStatus.HELD, "trigger")
    world.run(120, every=1)
    statuses = [order.status for order in world.history(key)]
    assert statuses == [VenueStatus.HELD, VenueStatus.WORKING, VenueStatus.FILLED]
    assert world.order(key).why_held == ""
    assert world.fills(key)[0].price > ask


def test_a_triggered_stop_limit_can_rest(world: VenueWorld) -> None:
    _, ask = prices(world)
    key = world.send(spec(BUY, 10, stop=ask - 1, limit=ask - 2))
    assert world.order(key).status is VenueStatus.WORKING
    assert world.order(key).filled == 0
    with_new_stop = spec(BUY, 10, stop=ask - 3, limit=ask - 2)
    world.change(key, with_new_stop)
    assert world.last(OrderRefused).reason is RefusalReason.NOT_MODIFIABLE
    world.change(key, spec(BUY, 10, stop=ask - 1, limit=ask + 1))
    assert world.order(key).status is VenueStatus.FILLED


def test_immediate_or_cancel_takes_what_there_is(world: VenueWorld) -> None:
    key = world.send(spec(BUY, 3000, tif=IOC))
    order = world.order(key)
    assert order.status is VenueStatus.CANCELLED
    assert 0 < order.filled < 3000
    assert "immediate or cancel" in order.reason
    bid, _ = prices(world)
    nothing = world.send(spec(BUY, 10, limit=bid - 1, tif=IOC))
    assert (world.order(nothing).status, world.order(nothing).filled) == (VenueStatus.CANCELLED, Decimal(0))


def test_fill_or_kill_takes_all_or_nothing(world: VenueWorld) -> None:
    killed = world.send(spec(BUY, 3000, tif=FOK))
    assert (world.order(killed).status, world.order(killed).filled) == (VenueStatus.CANCELLED, Decimal(0))
    assert "of 3000" in world.order(killed).reason
    filled = world.send(spec(BUY, 100, tif=FOK))
    assert world.order(filled).status is VenueStatus.FILLED


@pytest.mark.parametrize(
    ("terms", "reason", "word"),
    [
        (spec(BUY, 10, limit="200.005"), RefusalReason.TICK, "0.01"),
        (spec(BUY, 10, stop="300.001"), RefusalReason.TICK, "stop price"),
        (spec(BUY, 1, limit="20999.10", instrument_id=MNQ), RefusalReason.TICK, "0.25"),
        (spec(BUY, 10, limit="-1"), RefusalReason.PRICE, "above zero"),
        (spec(BUY, "0.5"), RefusalReason.SIZE, "at least 1"),
        (spec(BUY, "10.5"), RefusalReason.SIZE, "10.5"),
        (spec(BUY, 20_000), RefusalReason.MARGIN, "USD"),
        (spec(SELL, 400, instrument_id=MNQ), RefusalReason.MARGIN, "margin"),
        (spec(BUY, 10, instrument_id=InstrumentId("NOPE.STK.USD")), RefusalReason.UNKNOWN_CONTRACT, "NOPE"),
        (
            spec(BUY, 1, instrument_id=InstrumentId("MNQ.FUT.20260918.USD")),
            RefusalReason.CONTRACT_EXPIRED,
            "MNQ Sep26",
        ),
    ],
)
def test_bad_orders_are_refused_with_words(
    world: VenueWorld, terms: OrderSpec, reason: RefusalReason, word: str
) -> None:
    key = world.send(terms)
    (refused,) = world.events
    assert isinstance(refused, OrderRefused)
    assert (refused.reason, refused.is_modify, refused.order.spec) == (reason, False, terms)
    assert word in refused.text
    assert world.venue.order(key) is None
    assert world.venue.next_valid_id(CLIENT) == key.order_id + 1


def test_an_order_for_another_account_is_refused(world: VenueWorld) -> None:
    world.venue.place(NewOrder(OrderKey(CLIENT, 1), AccountId("DU1"), "QE:1", VenueTerms.of(spec(BUY, 10))))
    world.listen()
    assert world.last(OrderRefused).reason is RefusalReason.WRONG_ACCOUNT


def test_an_id_used_twice_leaves_the_first_order_alone(world: VenueWorld) -> None:
    bid, _ = prices(world)
    key = world.send(spec(BUY, 10, limit=bid - 1))
    world.venue.place(NewOrder(key, ACCOUNT, "QE:other", VenueTerms.of(spec(BUY, 10))))
    world.listen()
    assert world.last(OrderRefused).reason is RefusalReason.DUPLICATE_ID
    assert "2" in world.last(OrderRefused).text
    assert world.order(key).status is VenueStatus.WORKING
    assert world.order(key).order_ref == "QE:1"


def test_ids_are_per_client(world: VenueWorld) -> None:
    bid, _ = prices(world)
    one = world.send(spec(BUY, 10, limit=bid - 1), client=2)
    two = world.send(spec(BUY, 10, limit=bid - 1), client=9)
    assert one.order_id == two.order_id == 1
    assert len(world.venue.open_orders()) == 2


def test_new_terms_replace_the_old(world: VenueWorld) -> None:
    bid, _ = prices(world)
    key = world.send(spec(BUY, 10, limit=bid - 1))
    perm_id = world.order(key).perm_id
    world.change(key, spec(BUY, 20, limit=bid - 2, tif=GTC))
    order = world.order(key)
    assert (order.spec, order.perm_id, order.status) == (
        spec(BUY, 20, limit=bid - 2, tif=GTC),
        perm_id,
        VenueStatus.WORKING,
    )
    world.run(1)
    ask = prices(world)[1]
    world.change(key, spec(BUY, 20, limit=ask + 1))
    assert world.order(key).status is VenueStatus.FILLED
    # Changed to cross the spread it is a newcomer: it takes the touch, not its own limit.
    assert world.order(key).avg_fill_price == ask


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (spec(SELL, 2000, limit="300"), RefusalReason.NOT_MODIFIABLE),
        (spec(BUY, 2000), RefusalReason.ORDER_TYPE),
        (spec(BUY, 2000, limit="300", instrument_id=MNQ), RefusalReason.NOT_MODIFIABLE),
        (spec(BUY, 2000, limit="300", tif=IOC), RefusalReason.TIME_IN_FORCE),
        (spec(BUY, 100, limit="300"), RefusalReason.SIZE),
        (spec(BUY, 2000, limit="300.001"), RefusalReason.TICK),
        (spec(BUY, 20_000, limit="300"), RefusalReason.MARGIN),
    ],
)
def test_bad_changes_are_refused_and_the_order_stays(
    world: VenueWorld, terms: OrderSpec, reason: RefusalReason
) -> None:
    old = spec(BUY, 3000, limit="300")
    key = world.send(old)
    assert world.order(key).filled >= 100
    world.change(key, terms)
    refused = world.last(OrderRefused)
    assert (refused.reason, refused.is_modify) == (reason, True)
    assert world.order(key).spec == old
    assert world.order(key).status is VenueStatus.WORKING


def test_what_is_closed_or_unknown_can_neither_change_nor_be_cancelled(world: VenueWorld) -> None:
    bid, _ = prices(world)
    filled, gone = world.send(spec(BUY, 10)), world.send(spec(BUY, 10, limit=bid - 1))
    world.cancel(gone)
    unknown = OrderKey(CLIENT, 99)
    for key, reason in (
        (filled, RefusalReason.ALREADY_FILLED),
        (gone, RefusalReason.ALREADY_CLOSED),
        (unknown, RefusalReason.NO_SUCH_ORDER),
    ):
        world.change(key, spec(BUY, 20))
        assert world.last(OrderRefused).reason is reason
        world.cancel(key)
        refused = world.last(CancelRefused)
        assert (refused.reason, refused.key) == (reason, key)
        assert (refused.order is None) is (key == unknown)
        assert refused.text != ""


def test_a_cancel_ends_an_order_with_what_it_has(world: VenueWorld) -> None:
    key = world.send(spec(BUY, 3000))
    world.cancel(key)
    order = world.order(key)
    assert order.status is VenueStatus.CANCELLED
    assert 0 < order.filled < 3000
    assert order.remaining == 3000 - order.filled
    assert order.reason == ""
    events = len(world.events)
    world.run(5)
    assert len(world.events) == events


def test_only_the_client_that_placed_it_cancels_an_order(world: VenueWorld) -> None:
    bid, _ = prices(world)
    key = world.send(spec(BUY, 10, limit=bid - 1))
    world.cancel(key, by=5)
    assert world.last(CancelRefused).reason is RefusalReason.NOT_YOURS
    assert world.order(key).status is VenueStatus.WORKING


def test_cancel_all_reaches_every_client(world: VenueWorld) -> None:
    bid, _ = prices(world)
    keys = [world.send(spec(BUY, 10, limit=bid - 1), client=client) for client in (2, 5)]
    world.venue.cancel_all()
    world.listen()
    assert [world.order(key).status for key in keys] == [VenueStatus.CANCELLED] * 2
    assert world.venue.open_orders() == ()
    assert [order.key for order in world.venue.completed_orders()] == keys


def test_shorts_and_flips_keep_their_sign(world: VenueWorld) -> None:
    world.send(spec(SELL, 10))
    assert [row.quantity for row in world.venue.positions()] == [-10]
    world.run(1)
    price = world.fills(world.send(spec(BUY, 25)))[0].price
    (position,) = world.venue.positions()
    assert (position.quantity, position.avg_price) == (Decimal(15), price)
    assert position.market_value == 15 * position.market_price
    assert position.position.quantity == 15


def test_a_future_ties_up_margin_and_no_cash(world: VenueWorld) -> None:
    world.send(spec(BUY, 2, instrument_id=MNQ))
    values = world.venue.account_values()
    assert values.total_cash == 1_000_000 - Decimal("1.24")
    assert values.init_margin == 6600
    (position,) = world.venue.positions()
    assert position.avg_cost == position.avg_price * 2
