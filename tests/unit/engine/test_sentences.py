"""The exact words of the confirm step (D9)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.engine.sentences import (
    contract,
    effect_of,
    modify_sentence,
    number,
    order_sentence,
    price,
    terms,
)
from qe_dashboard.model.enums import OrderSide, TimeInForce
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import OrderSpec
from support.order_bench import sell
from support.risk_world import AAPL, ACCOUNT, MNQ, held, order, spec

S = "\u00a0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("7", "7"),
        ("999", "999"),
        ("1000", f"1{S}000"),
        ("1E+3", f"1{S}000"),
        ("1234567.50", f"1{S}234{S}567.50"),
        ("-1234", f"-1{S}234"),
        ("-0.5", "-0.5"),
        ("100.00", "100"),
    ],
)
def test_numbers(value: str, text: str) -> None:
    assert number(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("233.3", "233.30"),
        ("233.333", "233.333"),
        ("21000.25", f"21{S}000.25"),
        ("1E+30", None),
        ("-5", "-5.00"),
    ],
)
def test_prices_have_the_instruments_decimals_and_never_fewer_than_their_own(
    value: str, text: str | None
) -> None:
    written = price(Decimal(value), AAPL)
    assert written == text if text is not None else written.endswith(".00")


def test_a_contract_names_its_multiplier() -> None:
    assert (contract(AAPL), contract(MNQ)) == ("AAPL", "MNQ Dec26 (x2 USD)")


def test_the_sentence_of_the_decision() -> None:
    words = spec(OrderSide.SELL, 2, limit="21000.25", instrument=MNQ)
    assert order_sentence(words, MNQ, ACCOUNT, effect_of(words, held(0))) == (
        f"SELL 2 MNQ Dec26 (x2 USD) LMT 21{S}000.25 DAY in DU1234567 - opens short 2"
    )


@pytest.mark.parametrize(
    ("terms_", "position", "effect"),
    [
        (spec(quantity=10), "0", "opens long 10"),
        (sell(10), "0", "opens short 10"),
        (sell(10), "10", "closes long 10, leaves flat"),
        (spec(quantity=4), "-10", "reduces short 10, leaves short 6"),
        (spec(quantity=5), "10", "adds to long 10, leaves long 15"),
        (sell(15), "10", "REVERSES long 10 to short 5"),
    ],
)
def test_what_it_does_to_the_position(terms_: OrderSpec, position: str, effect: str) -> None:
    assert effect_of(terms_, held(position)) == effect


def test_an_unknown_position_is_said() -> None:
    assert effect_of(spec(), Unknown("time-out")) == "resulting position UNKNOWN (time-out)"


def test_terms_with_every_price_and_flag() -> None:
    both = spec(stop="20970", limit="20965", instrument=MNQ)
    assert terms(both, MNQ) == f"STP 20{S}970.00 LMT 20{S}965.00"
    assert terms(spec(), AAPL) == "MKT"
    outside = replace(spec(limit="1"), outside_rth=True, time_in_force=TimeInForce.GTC)
    assert "GTC outside RTH in" in order_sentence(outside, AAPL, ACCOUNT, "x")


def test_a_change_says_both() -> None:
    old = order(spec(limit="100"), number=17)
    assert modify_sentence(old, spec(quantity=5, limit="101"), AAPL) == (
        "CHANGE order 17 BUY AAPL in DU1234567: 10 LMT 100.00 becomes 5 LMT 101.00"
    )
