"""When and at what price an order trades, given the touch."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.book import VenueOrder
from qe_dashboard.sim_venue.market import Touch
from qe_dashboard.sim_venue.matching import Liquidity, Trade, find_trade, is_triggered
from qe_dashboard.sim_venue.terms import VenueTerms
from qe_dashboard.sim_venue.universe import Universe
from support.venue_world import AAPL, ACCOUNT, NOW, spec

BUY, SELL = OrderSide.BUY, OrderSide.SELL
LISTING = Universe(NOW).get(AAPL)


def touch(bid: str, ask: str, last: str, *, size: int = 500) -> Touch:
    return Touch(Decimal(bid), Decimal(ask), Decimal(last), size, size)


def order(terms: OrderSpec, *, resting: bool = False) -> VenueOrder:
    assert LISTING is not None
    return VenueOrder(
        key=OrderKey(2, 1),
        perm_id=1,
        order_ref="QE:1",
        account=ACCOUNT,
        listing=LISTING,
        terms=VenueTerms.of(terms),
        status=VenueStatus.WORKING,
        placed_at=NOW,
        updated_at=NOW,
        resting=resting,
    )


def trade(one: VenueOrder, at: Touch, *, left: int = 500, step: int = 1) -> Trade | None:
    return find_trade(one, at, step=step, left=Decimal(left), seed=7)


@pytest.mark.parametrize(
    ("side", "stop", "last", "expected"),
    [
        (BUY, "100.00", "99.99", False),
        (BUY, "100.00", "100.00", True),
        (BUY, "100.00", "100.01", True),
        (SELL, "100.00", "100.01", False),
        (SELL, "100.00", "100.00", True),
        (SELL, "100.00", "99.99", True),
    ],
)
def test_a_stop_triggers_on_the_last_price(side: OrderSide, stop: str, last: str, expected: bool) -> None:
    assert is_triggered(order(spec(side, 10, stop=stop)), touch("99.00", "101.00", last)) is expected


def test_an_order_without_stop_never_triggers() -> None:
    assert not is_triggered(order(spec(BUY, 10)), touch("99", "101", "100"))


@pytest.mark.parametrize(("side", "price"), [(BUY, "100.02"), (SELL, "100.00")])
@pytest.mark.parametrize("limit", [None, "through", "at"])
def test_a_newcomer_takes_the_opposite_touch(side: OrderSide, price: str, limit: str | None) -> None:
    limits = {None: None, "at": Decimal(price), "through": Decimal(price) + side.sign}
    one = order(spec(side, 10, limit=limits[limit]))
    assert trade(one, touch("100.00", "100.02", "100.00")) == Trade(Decimal(price), Decimal(10))


@pytest.mark.parametrize(("side", "limit"), [(BUY, "100.01"), (SELL, "100.01")])
def test_a_limit_inside_the_spread_does_not_trade_at_once(side: OrderSide, limit: str) -> None:
    assert trade(order(spec(side, 10, limit=limit)), touch("100.00", "100.02", "100.00")) is None


@pytest.mark.parametrize(
    ("side", "limit", "market"),
    [(BUY, "100.05", ("100.00", "100.02", "100.02")), (SELL, "99.95", ("100.00", "100.02", "100.00"))],
)
def test_a_resting_limit_that_price_goes_through_trades_at_its_own_price(
    side: OrderSide, limit: str, market: tuple[str, str, str]
) -> None:
    one = order(spec(side, 10, limit=limit), resting=True)
    assert trade(one, touch(*market)) == Trade(Decimal(limit), Decimal(10))


def test_a_touched_limit_gets_a_seeded_share_of_the_displayed_size() -> None:
    one = order(spec(BUY, 10_000, limit="100.00"), resting=True)
    got = [trade(one, touch("100.00", "100.02", "100.00"), step=step) for step in range(400)]
    quantities = {Decimal(0) if one is None else one.quantity for one in got}
    assert quantities == {Decimal(0), Decimal(125), Decimal(250), Decimal(375)}
    assert {one.price for one in got if one is not None} == {Decimal("100.00")}
    again = [trade(one, touch("100.00", "100.02", "100.00"), step=step) for step in range(400)]
    assert again == got


def test_a_resting_limit_away_from_the_last_price_waits() -> None:
    assert (
        trade(order(spec(BUY, 10, limit="99.99"), resting=True), touch("100.00", "100.02", "100.00")) is None
    )
    assert (
        trade(order(spec(SELL, 10, limit="100.03"), resting=True), touch("100.00", "100.02", "100.02"))
        is None
    )


def test_no_more_trades_than_is_left() -> None:
    one = order(spec(BUY, 800))
    assert trade(one, touch("100.00", "100.02", "100.00"), left=300) == Trade(Decimal("100.02"), Decimal(300))
    assert trade(one, touch("100.00", "100.02", "100.00"), left=0) is None
    one.filled = Decimal(790)
    assert trade(one, touch("100.00", "100.02", "100.00")) == Trade(Decimal("100.02"), Decimal(10))


def test_orders_of_one_step_and_side_share_the_displayed_size() -> None:
    liquidity, buyer, seller = Liquidity(), order(spec(BUY, 800)), order(spec(SELL, 800))
    at = touch("100.00", "100.02", "100.00")
    assert liquidity.left(buyer, at, 5) == 500
    liquidity.take(buyer, Decimal(400))
    assert liquidity.left(buyer, at, 5) == 100
    assert liquidity.left(seller, at, 5) == 500
    assert liquidity.left(buyer, at, 6) == 500
