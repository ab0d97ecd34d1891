"""Prices on ticks, sizes on lots, nothing rounded silently (S08)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from qe_dashboard.model.enums import OrderClass, Outcome
from qe_dashboard.model.instrument import Instrument, TickRule
from qe_dashboard.risk.gates.tick_lot import check
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import AAPL, MNQ, NAN, context, proposal, spec


def verdict(instrument: Instrument, **terms: Any) -> Verdict:
    return check(
        proposal(spec(instrument=instrument, **terms), instrument=instrument), context(), OrderClass.ADD
    )


def test_an_off_tick_price_names_its_neighbours() -> None:
    found = verdict(MNQ, quantity=1, limit="5012.30")
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-TICK")
    assert found.text == "Tick is 0.25; use 5012.25 or 5012.50."


@pytest.mark.parametrize(
    "prices", [{"limit": "5012.25"}, {"stop": "5012.50"}, {"limit": "5000", "stop": "5001"}, {}]
)
def test_prices_on_ticks_pass(prices: dict[str, str]) -> None:
    assert verdict(MNQ, quantity=1, **prices).outcome is Outcome.ALLOW


@pytest.mark.parametrize("prices", [{"stop": "5012.30"}, {"limit": "5000", "stop": "5000.1"}])
def test_stops_are_checked_as_well(prices: dict[str, str]) -> None:
    assert verdict(MNQ, quantity=1, **prices).code == "Q-TICK"


def test_the_tick_is_that_of_the_price() -> None:
    rules = (TickRule(Decimal(0), Decimal("0.0001")), TickRule(Decimal(1), Decimal("0.01")))
    penny = replace(AAPL, tick_rules=rules)
    assert verdict(penny, limit="0.9999").outcome is Outcome.ALLOW
    assert verdict(penny, limit="1.0001").text == "Tick is 0.01; use 1.0000 or 1.0100."


@pytest.mark.parametrize(
    "rules",
    [(), (TickRule(Decimal(0), Decimal(0)),), (TickRule(Decimal(0), NAN),)],
    ids=["none", "zero", "NaN"],
)
def test_without_a_usable_rule_a_price_is_denied(rules: tuple[TickRule, ...]) -> None:
    assert verdict(replace(AAPL, tick_rules=rules), limit="100").code == "Q-TICK-UNKNOWN"
    assert verdict(replace(AAPL, tick_rules=rules)).outcome is Outcome.ALLOW


@pytest.mark.parametrize("price", ["0", "-1"])
def test_a_share_costs_something_and_a_future_may_not(price: str) -> None:
    assert verdict(AAPL, limit=price).code == "Q-TICK-ZERO"
    assert verdict(MNQ, limit=price).outcome is Outcome.ALLOW


@pytest.mark.parametrize(
    ("quantity", "outcome"),
    [("1", Outcome.DENY), ("2", Outcome.ALLOW), ("2.5", Outcome.ALLOW), ("2.6", Outcome.DENY)],
)
def test_sizes_follow_minimum_and_step(quantity: str, outcome: Outcome) -> None:
    lots = replace(AAPL, min_size=Decimal(2), size_increment=Decimal("0.5"))
    found = verdict(lots, quantity=quantity)
    assert found.outcome is outcome
    assert found.code == ("Q-TICK" if outcome is Outcome.ALLOW else "Q-LOT")


@pytest.mark.parametrize("field", ["min_size", "size_increment"])
@pytest.mark.parametrize("value", [Decimal(0), Decimal(-1), NAN])
def test_without_a_usable_size_rule_every_size_is_denied(field: str, value: Decimal) -> None:
    rule: dict[str, Any] = {field: value}
    assert verdict(replace(AAPL, **rule)).code == "Q-LOT-UNKNOWN"
