"""Account values and what an order ties up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.ledger import Ledger
from qe_dashboard.sim_venue.margin import account_values, shortfall
from qe_dashboard.sim_venue.universe import Listing, Universe
from support.venue_world import AAPL, ACCOUNT, MNQ, NOW

UNIVERSE = Universe(NOW)
PRICES = {AAPL: Decimal(200), MNQ: Decimal(21_000)}


def listing(wanted: InstrumentId) -> Listing:
    found = UNIVERSE.get(wanted)
    assert found is not None
    return found


def test_values_follow_from_cash_positions_and_prices() -> None:
    ledger = Ledger(Decimal(100_000))
    ledger.trade(listing(AAPL), quantity=Decimal(-100), price=Decimal(210))
    ledger.trade(listing(MNQ), quantity=Decimal(3), price=Decimal(20_990))
    ledger.trade(listing(MNQ), quantity=Decimal(-1), price=Decimal(20_980))
    ledger.charge(Decimal("3.48"))
    values = account_values(ledger, lambda one: PRICES[one.instrument.id], account=ACCOUNT, at=NOW)
    assert values.total_cash == Decimal(100_000) + 21_000 - 20 - Decimal("3.48")
    assert values.stock_value == -20_000
    assert values.gross_position_value == 20_000
    assert values.unrealized_pnl == 1000 + 40
    assert values.realized_pnl == -20 - Decimal("3.48")
    assert values.net_liquidation == Decimal(100_000) + values.realized_pnl + values.unrealized_pnl
    assert values.init_margin == 10_000 + 2 * 3300
    assert values.maint_margin == 5000 + 2 * 3000
    assert values.available_funds == values.net_liquidation - values.init_margin
    assert values.excess_liquidity == values.net_liquidation - values.maint_margin
    assert values.buying_power == 2 * values.available_funds
    assert (values.account, values.currency, values.as_of) == (ACCOUNT, "USD", NOW)


def test_buying_power_is_never_negative() -> None:
    ledger = Ledger(Decimal(100))
    ledger.trade(listing(MNQ), quantity=Decimal(1), price=Decimal(21_000))
    values = account_values(ledger, lambda one: PRICES[one.instrument.id], account=ACCOUNT, at=NOW)
    assert values.available_funds == 100 - 3300
    assert values.buying_power == 0


@pytest.mark.parametrize(
    ("wanted", "held", "quantity", "available", "missing"),
    [
        (AAPL, 0, 10, 1000, 0),
        (AAPL, 0, 10, 999, 1),
        (AAPL, 0, -10, 999, 1),
        (AAPL, 10, -10, 0, 0),
        (AAPL, 10, -20, 0, 0),
        (AAPL, 10, -25, 0, 500),
        (AAPL, -10, -5, 400, 100),
        (MNQ, 0, 2, 6600, 0),
        (MNQ, 1, 1, 3000, 300),
        # Already short of funds, but this order only frees some.
        (MNQ, 3, -1, -5000, 0),
    ],
)
def test_an_order_needs_margin_for_what_it_adds(
    wanted: InstrumentId, held: int, quantity: int, available: int, missing: int
) -> None:
    found = shortfall(
        listing(wanted),
        held=Decimal(held),
        quantity=Decimal(quantity),
        price=PRICES[wanted],
        available=Decimal(available),
    )
    assert found == missing
