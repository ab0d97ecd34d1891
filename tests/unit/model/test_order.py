"""Order terms cannot contradict their type; an order knows what is left and whose it is."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import DataTier, OrderSide, OrderType, TimeInForce
from qe_dashboard.model.identifiers import OrderKey, intent_of, order_ref_of
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.order import OrderSpec
from support.order_bench import sell
from support.risk_world import AAPL, NOW, order, spec

PRICE = Decimal(100)
NEEDS = {
    OrderType.MARKET: (False, False),
    OrderType.LIMIT: (True, False),
    OrderType.STOP: (False, True),
    OrderType.STOP_LIMIT: (True, True),
}


@pytest.mark.parametrize("order_type", list(NEEDS))
@pytest.mark.parametrize("has_limit", [True, False])
@pytest.mark.parametrize("has_stop", [True, False])
def test_a_type_has_exactly_its_prices(order_type: OrderType, has_limit: bool, has_stop: bool) -> None:
    def build() -> OrderSpec:
        return OrderSpec(
            AAPL.id,
            OrderSide.BUY,
            Decimal(1),
            order_type,
            limit_price=PRICE if has_limit else None,
            stop_price=PRICE if has_stop else None,
        )

    if (has_limit, has_stop) == NEEDS[order_type]:
        assert build().order_type is order_type
    else:
        with pytest.raises(ValueError, match=r"needs a|takes no"):
            build()


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity"])
def test_a_quantity_is_positive_and_finite(quantity: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        spec(quantity=Decimal(quantity), limit="100")


@pytest.mark.parametrize("price", ["NaN", "Infinity"])
def test_a_price_is_finite(price: str) -> None:
    with pytest.raises(ValueError, match="finite"):
        spec(limit=price)


def test_the_sign_is_that_of_the_side() -> None:
    assert (spec(limit="1").signed_quantity, sell(10, limit="1").signed_quantity) == (
        Decimal(10),
        Decimal(-10),
    )


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (spec(), "MKT"),
        (spec(limit="233.33"), "LMT 233.33"),
        (spec(stop="20970"), "STP 20970"),
        (spec(stop="20970", limit="20965"), "STP 20970 LMT 20965"),
    ],
)
def test_prices_in_words(terms: OrderSpec, words: str) -> None:
    assert terms.price_words == words


def test_what_is_left_and_whose_it_is() -> None:
    own = order(spec(limit="100"), filled=4)
    assert own.remaining == Decimal(6)
    assert own.is_own
    assert not replace(own, intent_id=None).is_own
    assert not replace(own, owner="CLIENT 7").is_own


def test_an_intent_travels_in_the_order_ref() -> None:
    own = order(spec(limit="100"))
    assert own.intent_id is not None
    assert intent_of(order_ref_of(own.intent_id)) == own.intent_id
    assert intent_of("somebody else's") is None
    assert str(OrderKey(2, 17)) == "2/17"


def test_only_a_two_sided_quote_has_a_middle() -> None:
    quote = Quote(AAPL.id, NOW, DataTier.LIVE, bid=Decimal(1), ask=Decimal(2))
    assert quote.mid == Decimal("1.5")
    assert replace(quote, ask=None).mid is None
    assert replace(quote, bid=None).mid is None


@pytest.mark.parametrize("has_limit", [True, False])
def test_another_kind_of_order_takes_whatever_prices_it_has_and_cannot_be_sent(has_limit: bool) -> None:
    terms = OrderSpec(
        AAPL.id,
        OrderSide.SELL,
        Decimal(1),
        OrderType.OTHER,
        limit_price=PRICE if has_limit else None,
    )
    assert terms.price_words == "OTHER TERMS"
    assert not terms.can_be_sent


def test_a_time_in_force_of_another_kind_cannot_be_sent_either() -> None:
    terms = OrderSpec(AAPL.id, OrderSide.SELL, Decimal(1), OrderType.MARKET, time_in_force=TimeInForce.OTHER)
    assert not terms.can_be_sent
