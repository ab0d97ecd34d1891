"""Cash, positions, averages, profit and commissions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.ledger import Ledger, commission_due
from qe_dashboard.sim_venue.universe import Listing, Universe
from support.venue_world import AAPL, MNQ, NOW

UNIVERSE = Universe(NOW)


def listing(wanted: InstrumentId) -> Listing:
    found = UNIVERSE.get(wanted)
    assert found is not None
    return found


def after(*trades: tuple[int, str], wanted: InstrumentId = AAPL) -> tuple[Ledger, list[Decimal | None]]:
    ledger = Ledger(Decimal(100_000))
    return ledger, [
        ledger.trade(listing(wanted), quantity=Decimal(quantity), price=Decimal(price))
        for quantity, price in trades
    ]


@pytest.mark.parametrize(
    ("trades", "quantity", "avg", "profits"),
    [
        ([(100, "10"), (100, "12")], 200, "11", [None, None]),
        ([(100, "10"), (-40, "13")], 60, "10", [None, 120]),
        ([(100, "10"), (-100, "9")], 0, "0", [None, -100]),
        ([(-100, "10"), (-100, "12")], -200, "11", [None, None]),
        ([(-100, "10"), (30, "8")], -70, "10", [None, 60]),
        # Through zero: the old side is closed at its average, the rest opens at the new price.
        ([(100, "10"), (-150, "12")], -50, "12", [None, 200]),
        ([(-100, "10"), (150, "12")], 50, "12", [None, -200]),
    ],
)
def test_positions_average_close_and_flip(
    trades: list[tuple[int, str]], quantity: int, avg: str, profits: list[int | None]
) -> None:
    ledger, realized = after(*trades)
    held = ledger.holdings[AAPL]
    assert (held.quantity, held.avg_price) == (Decimal(quantity), Decimal(avg))
    assert realized == profits
    assert held.realized == sum(profit for profit in profits if profit is not None)
    assert ledger.quantity(AAPL) == quantity
    assert ledger.quantity(MNQ) == 0


def test_stocks_are_paid_for_in_full() -> None:
    ledger, _ = after((100, "10"), (-150, "12"))
    assert ledger.cash == Decimal(100_000) - 1000 + 1800


def test_futures_move_cash_only_when_they_close_times_the_multiplier() -> None:
    ledger, realized = after((2, "21000"), (1, "21003"), wanted=MNQ)
    assert ledger.cash == 100_000
    assert realized == [None, None]
    assert ledger.holdings[MNQ].unrealized(Decimal(21_001)) == 0
    profit = ledger.trade(listing(MNQ), quantity=Decimal(-3), price=Decimal(21_011))
    assert profit == 60
    assert ledger.cash == 100_060


def test_commissions_are_paid_and_counted_until_the_day_ends() -> None:
    ledger, _ = after((100, "10"), (-40, "13"))
    ledger.charge(Decimal("1.25"))
    assert (ledger.cash, ledger.commissions) == (Decimal("99518.75"), Decimal("1.25"))
    ledger.start_day()
    assert ledger.commissions == 0
    assert ledger.holdings[AAPL].realized == 0
    assert ledger.holdings[AAPL].quantity == 60


def test_a_new_day_forgets_closed_positions() -> None:
    ledger, _ = after((100, "10"), (-100, "13"))
    ledger.start_day()
    assert ledger.holdings == {}


@pytest.mark.parametrize(
    ("wanted", "filled", "charged", "due"),
    [
        (AAPL, 10, "0", "1"),
        (AAPL, 200, "0", "1"),
        (AAPL, 1000, "0", "5"),
        # The minimum is per order: later parts pay only what goes beyond it.
        (AAPL, 150, "1", "0"),
        (AAPL, 1000, "1", "4"),
        (MNQ, 3, "0", "1.86"),
        (InstrumentId("ES.FUT.20261218.USD"), 2, "2.25", "2.25"),
    ],
)
def test_commissions_are_per_unit_with_a_minimum_per_order(
    wanted: InstrumentId, filled: int, charged: str, due: str
) -> None:
    assert commission_due(listing(wanted), filled=Decimal(filled), charged=Decimal(charged)) == Decimal(due)
