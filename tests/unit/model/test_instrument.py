"""Ticks, lots, labels and identity (D25, S08)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.model.enums import OrderSide, SecType
from qe_dashboard.model.instrument import Rounding, TickRule, instrument_id, safer_rounding
from support.risk_world import AAPL, MNQ

TICKS = [Decimal(text) for text in ("0.0001", "0.005", "0.01", "0.05", "0.25", "0.5", "1", "0.015625")]
RULES = (TickRule(Decimal(0), Decimal("0.0001")), TickRule(Decimal(1), Decimal("0.01")))

prices = st.decimals(min_value=-100_000, max_value=100_000, places=6, allow_nan=False, allow_infinity=False)
sides = st.sampled_from(OrderSide)


@given(prices, st.sampled_from(TICKS), sides)
def test_a_limit_is_never_rounded_to_worse_than_asked(price: Decimal, tick: Decimal, side: OrderSide) -> None:
    instrument = replace(AAPL, tick_rules=(TickRule(Decimal(0), tick),))
    rounded = instrument.round_price(price, safer_rounding(side))
    assert (rounded - price) * side.sign <= 0
    assert abs(rounded - price) < tick
    assert instrument.is_on_tick(rounded)


@given(prices, st.sampled_from(TICKS), st.sampled_from(Rounding))
def test_a_price_on_its_tick_stays(price: Decimal, tick: Decimal, rounding: Rounding) -> None:
    instrument = replace(AAPL, tick_rules=(TickRule(Decimal(0), tick),))
    once = instrument.round_price(price, Rounding.NEAREST)
    assert instrument.round_price(once, rounding) == once
    assert abs(once - price) * 2 <= tick


@pytest.mark.parametrize(
    ("price", "tick"),
    [("0.9999", "0.0001"), ("1", "0.01"), ("5", "0.01"), ("-0.5", "0.0001"), ("-2", "0.01")],
)
def test_the_tick_depends_on_the_size_of_the_price(price: str, tick: str) -> None:
    assert replace(AAPL, tick_rules=RULES).tick_at(Decimal(price)) == Decimal(tick)


def test_without_rules_there_is_no_tick() -> None:
    with pytest.raises(ValueError, match="no tick rule known for AAPL"):
        replace(AAPL, tick_rules=()).tick_at(Decimal(1))


@pytest.mark.parametrize(
    ("quantity", "valid"),
    [("0", False), ("5", False), ("10", True), ("15", True), ("16", False), ("-10", False)],
)
def test_sizes_are_at_least_the_smallest_and_whole_steps(quantity: str, valid: bool) -> None:
    instrument = replace(AAPL, min_size=Decimal(10), size_increment=Decimal(5))
    assert instrument.is_valid_size(Decimal(quantity)) is valid


def test_labels_and_units() -> None:
    assert (AAPL.label, AAPL.unit, AAPL.is_future) == ("AAPL", "shares", False)
    assert (MNQ.label, MNQ.unit, MNQ.is_future) == ("MNQ Dec26", "contracts", True)


@pytest.mark.parametrize(
    ("ticks", "decimals"),
    [
        (["0.01"], 2),
        (["1"], 2),
        (["0.25"], 2),
        (["0.0001", "0.01"], 4),
        (["0.015625"], 6),
        ([], 2),
        (["0.10"], 2),
    ],
)
def test_decimals_are_those_of_the_smallest_tick_and_at_least_two(ticks: list[str], decimals: int) -> None:
    rules = tuple(TickRule(Decimal(n), Decimal(tick)) for n, tick in enumerate(ticks))
    assert replace(AAPL, tick_rules=rules).price_decimals == decimals


def test_identity_names_the_contract() -> None:
    assert instrument_id(symbol="AAPL", sec_type=SecType.STOCK, currency="USD") == "AAPL.STK.USD"
    month = date(2026, 12, 18)
    assert (
        instrument_id(symbol="MNQ", sec_type=SecType.FUTURE, currency="USD", expiry=month)
        == "MNQ.FUT.20261218.USD"
    )
