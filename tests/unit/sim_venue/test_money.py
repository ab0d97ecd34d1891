"""Currencies in the ledger, and what an order would cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.events import CommissionCharged, OrderRefused, RefusalReason
from qe_dashboard.sim_venue.regimes import Regime, RegimeKind
from qe_dashboard.sim_venue.terms import VenueOrderType
from support.venue_world import AAPL, MNQ, VenueWorld, terms

BUY, SELL = OrderSide.BUY, OrderSide.SELL
MKT, LMT = VenueOrderType.MARKET, VenueOrderType.LIMIT
EUR, JPY = InstrumentId("EUR.CASH.USD"), InstrumentId("USD.CASH.JPY")


@pytest.fixture
def world() -> VenueWorld:
    return VenueWorld()


def test_a_currency_position_moves_cash_by_its_profit_in_dollars(world: VenueWorld) -> None:
    bought = world.fills(world.send(terms(BUY, 100_000, MKT, instrument_id=JPY)))[0].price
    opened = world.last(CommissionCharged).report
    assert (opened.commission.amount, opened.commission.currency) == (Decimal(2), "USD")
    values = world.venue.account_values()
    assert values.total_cash == 1_000_000 - 2
    assert values.init_margin == Decimal(3000)
    world.venue.set_regime(Regime(RegimeKind.GAP, Decimal(1)))
    world.run(1)
    (position,) = world.venue.positions()
    price = position.market_price
    assert position.unrealized_pnl == (price - bought) * 100_000 / price
    assert 900 < position.unrealized_pnl < 1100
    sold = world.fills(world.send(terms(SELL, 100_000, MKT, instrument_id=JPY)))[0].price
    profit = (sold - bought) * 100_000 / sold
    closed = world.last(CommissionCharged).report
    assert closed.realized is not None
    assert (closed.realized.amount, closed.realized.currency) == (profit - 2, "USD")
    assert world.venue.account_values().total_cash == 1_000_000 - 4 + profit


def test_a_pair_quoted_in_dollars_needs_no_exchange(world: VenueWorld) -> None:
    bought = world.fills(world.send(terms(BUY, 100_000, MKT, instrument_id=EUR)))[0].price
    (position,) = world.venue.positions()
    assert position.unrealized_pnl == (position.market_price - bought) * 100_000
    assert world.venue.account_values().init_margin == position.market_price * 3000


def test_a_what_if_says_what_the_fill_then_does(world: VenueWorld) -> None:
    world.send(terms(BUY, 100, MKT))
    world.run(1)
    for asked in (
        terms(BUY, 3, MKT, instrument_id=MNQ),
        terms(SELL, 40, LMT, limit="100"),
        terms(BUY, 50_000, MKT, instrument_id=JPY),
    ):
        before, preview = world.venue.account_values(), world.venue.what_if(asked)
        assert preview.before.initial == before.init_margin
        assert preview.before.equity == before.net_liquidation
        for start, change, end in (
            (preview.before.initial, preview.change.initial, preview.after.initial),
            (preview.before.maintenance, preview.change.maintenance, preview.after.maintenance),
            (preview.before.equity, preview.change.equity, preview.after.equity),
        ):
            assert start + change == end
        assert preview.change.equity == -preview.commission < 0
        assert len(world.venue.open_orders()) == 0
    world.send(terms(BUY, 3, MKT, instrument_id=MNQ))
    assert world.venue.what_if(terms(SELL, 3, MKT, instrument_id=MNQ)).change.initial == -9900
    assert world.venue.what_if(terms(BUY, 1, MKT, instrument_id=MNQ)).change.initial == 3300
    assert world.venue.what_if(terms(SELL, 100, LMT, limit="100")).change.initial == -5000


def test_an_order_beyond_the_account_is_refused_in_any_kind(world: VenueWorld) -> None:
    for wanted, size in ((AAPL, 20_000), (MNQ, 400), (EUR, 40_000_000), (JPY, 40_000_000)):
        world.send(terms(BUY, size, MKT, instrument_id=wanted))
        assert world.last(OrderRefused).reason is RefusalReason.MARGIN
    assert len(world.all(OrderRefused)) == 4
