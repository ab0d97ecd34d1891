"""Money is exact and never mixes currencies (R32)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.model.money import CurrencyMismatchError, Money, total

# Twelve digits before and six after the point: sums of a hundred of them stay within a Decimal's 28 digits.
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=6, allow_nan=False, allow_infinity=False)


@given(amounts, amounts)
def test_adding_and_taking_away_come_back(one: Decimal, two: Decimal) -> None:
    assert Money(one, "USD") + Money(two, "USD") - Money(two, "USD") == Money(one, "USD")


@given(amounts)
def test_negation_adds_up_to_nothing(amount: Decimal) -> None:
    assert (Money(amount, "USD") + -Money(amount, "USD")).amount == 0


@given(st.lists(amounts, max_size=100))
def test_a_total_is_the_sum(values: list[Decimal]) -> None:
    assert total((Money(v, "USD") for v in values), currency="USD") == Money(sum(values, Decimal(0)), "USD")


def test_an_empty_total_is_zero_of_its_currency() -> None:
    assert total((), currency="CAD") == Money(Decimal(0), "CAD")


def test_currencies_do_not_meet() -> None:
    usd, cad = Money(Decimal(1), "USD"), Money(Decimal(1), "CAD")
    with pytest.raises(CurrencyMismatchError, match="cannot add CAD to USD"):
        _ = usd + cad
    with pytest.raises(CurrencyMismatchError):
        _ = usd - cad
    with pytest.raises(CurrencyMismatchError):
        total((usd, cad), currency="USD")


def test_scaling_keeps_the_currency() -> None:
    assert Money(Decimal("1.50"), "USD").times(Decimal(-2)) == Money(Decimal("-3.00"), "USD")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_money_is_finite(value: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        Money(Decimal(value), "USD")
