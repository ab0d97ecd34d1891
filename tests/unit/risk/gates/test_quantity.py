"""Largest quantity of one order (S05)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderClass, Outcome, SecType
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.risk.gates.quantity import check
from support.risk_world import AAPL, MNQ, NAN, context, limits, order, proposal, spec


@pytest.mark.parametrize(
    ("instrument", "quantity", "outcome"),
    [
        (AAPL, "1000", Outcome.ALLOW),
        (AAPL, "1001", Outcome.DENY),
        (AAPL, "1000.0001", Outcome.DENY),
        (MNQ, "20", Outcome.ALLOW),
        (MNQ, "21", Outcome.DENY),
    ],
)
def test_the_limit_is_the_last_that_passes(instrument: Instrument, quantity: str, outcome: Outcome) -> None:
    asked = proposal(spec(quantity=quantity, instrument=instrument), instrument=instrument)
    found = check(asked, context(), OrderClass.ADD)
    assert found.outcome is outcome
    assert (found.measured, found.unit) == (quantity, instrument.unit)


@pytest.mark.parametrize(("quantity", "outcome"), [(1000, Outcome.ALLOW), (1001, Outcome.DENY)])
def test_a_changed_order_counts_with_all_its_new_quantity(quantity: int, outcome: Outcome) -> None:
    old = order(spec(quantity=900, limit="100"), filled=500)
    asked = proposal(spec(quantity=quantity, limit="100"), replaces=old)
    assert check(asked, context(), OrderClass.ADD).outcome is outcome


def test_off_is_off() -> None:
    ctx = context(limits=limits(max_order_qty_stock=None))
    found = check(proposal(spec(quantity=10**9)), ctx, OrderClass.ADD)
    assert (found.outcome, found.limit) == (Outcome.ALLOW, "off")


@pytest.mark.parametrize("limit", [Decimal(0), Decimal(-5), NAN, Decimal("Infinity")])
def test_a_limit_that_is_no_number_denies(limit: Decimal) -> None:
    ctx = context(limits=limits(max_order_qty_stock=limit))
    assert check(proposal(), ctx, OrderClass.ADD).code == "Q-QTY-UNKNOWN"


def test_a_kind_without_a_limit_is_denied() -> None:
    option = replace(AAPL, sec_type=SecType.OPTION)
    assert check(proposal(instrument=option), context(), OrderClass.ADD).code == "Q-QTY-UNKNOWN"
