"""Cash value of one stock order (S06, D14)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, Outcome
from qe_dashboard.model.known import Known, Maybe
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gates.notional import check, worst_price
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import AAPL, MNQ, NAN, NOW, QUOTE, UNKNOWN, context, limits, proposal, spec

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def verdict(asked: Proposal, ctx: RiskContext) -> Verdict:
    return check(asked, ctx, OrderClass.ADD)


@pytest.mark.parametrize(("quantity", "outcome"), [("2500", Outcome.ALLOW), ("2500.0001", Outcome.DENY)])
def test_the_limit_is_the_last_that_passes(quantity: str, outcome: Outcome) -> None:
    found = verdict(proposal(spec(quantity=quantity, limit="100")), context())
    assert found.outcome is outcome
    assert found.limit == "250000"
    assert found.unit == "USD"


@pytest.mark.parametrize(
    ("terms", "price"),
    [
        (spec(BUY), "100.01"),
        (spec(SELL), "99.99"),
        (spec(BUY, limit="90"), "90"),
        (spec(BUY, limit="110"), "110"),
        (spec(SELL, limit="110"), "110"),
        (spec(SELL, limit="1"), "99.99"),
        (spec(BUY, stop="110"), "110"),
        (spec(BUY, stop="90"), "100.01"),
        (spec(SELL, stop="95"), "99.99"),
        (spec(SELL, stop="105"), "105"),
        (spec(BUY, stop="105", limit="106"), "106"),
        (spec(SELL, stop="95", limit="94"), "99.99"),
    ],
)
def test_an_order_is_valued_at_the_highest_price_it_may_trade_at(terms: OrderSpec, price: str) -> None:
    assert worst_price(proposal(terms), QUOTE) == Decimal(price)


@pytest.mark.parametrize(
    "quote",
    [
        None,
        replace(QUOTE, ask=None),
        replace(QUOTE, ask=Decimal(0)),
        replace(QUOTE, ask=Decimal(-1)),
        replace(QUOTE, ask=NAN),
        replace(QUOTE, proven=False),
        replace(QUOTE, instrument_id=MNQ.id),
    ],
    ids=["none", "one-sided", "zero", "negative", "NaN", "unproven", "another symbol's"],
)
def test_a_market_order_without_a_price_is_denied(quote: Quote | None) -> None:
    found = verdict(proposal(spec(BUY, 1)), context(quote=quote))
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-NOTIONAL-PRICE")


def test_a_limit_order_needs_no_quote() -> None:
    assert verdict(proposal(), context(quote=None)).outcome is Outcome.ALLOW


@pytest.mark.parametrize(
    ("amount", "pct", "quantity", "outcome"),
    [
        (Decimal(25000), Decimal(10), 100, Outcome.ALLOW),
        (Decimal(25000), Decimal(10), 101, Outcome.DENY),
        (Decimal(5000), Decimal(10), 50, Outcome.ALLOW),
        (Decimal(5000), Decimal(10), 51, Outcome.DENY),
        (None, Decimal(10), 100, Outcome.ALLOW),
        (None, Decimal(10), 101, Outcome.DENY),
        (Decimal(5000), None, 51, Outcome.DENY),
        (None, None, 10**6, Outcome.ALLOW),
    ],
)
def test_the_smaller_of_amount_and_share_binds(
    amount: Decimal | None, pct: Decimal | None, quantity: int, outcome: Outcome
) -> None:
    bounded = limits(max_order_notional_stock=amount, max_order_notional_pct_nlv=pct)
    ctx = context(limits=bounded, net_liquidation=Known(Decimal(100000), NOW))
    assert verdict(proposal(spec(quantity=quantity, limit="100")), ctx).outcome is outcome


@pytest.mark.parametrize(
    ("nlv", "code"),
    [
        (UNKNOWN, "Q-NOTIONAL-NLV"),
        (Known(NAN, NOW), "Q-NOTIONAL-NLV"),
        (Known(Decimal(0), NOW), "Q-NOTIONAL-LIMIT"),
        (Known(Decimal(-1), NOW), "Q-NOTIONAL-LIMIT"),
    ],
)
def test_a_share_of_nothing_known_denies(nlv: Maybe[Decimal], code: str) -> None:
    ctx = context(limits=limits(max_order_notional_pct_nlv=Decimal(10)), net_liquidation=nlv)
    assert verdict(proposal(spec(quantity=1, limit="1")), ctx).code == code
    assert (
        verdict(proposal(spec(quantity=1, limit="1")), context(net_liquidation=nlv)).outcome is Outcome.ALLOW
    )


@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1), NAN])
def test_a_limit_that_is_no_number_denies(amount: Decimal) -> None:
    for bounded in (limits(max_order_notional_stock=amount), limits(max_order_notional_pct_nlv=amount)):
        found = verdict(proposal(), context(limits=bounded))
        assert (found.outcome, found.code) == (Outcome.DENY, "Q-NOTIONAL-LIMIT")


@pytest.mark.parametrize("currency", ["EUR", None])
def test_another_currency_is_not_valued_without_a_rate(currency: str | None) -> None:
    found = verdict(proposal(spec(quantity=1, limit="1")), context(account_currency=currency))
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-NOTIONAL-CURRENCY")


def test_the_multiplier_counts() -> None:
    hundred = replace(AAPL, multiplier=Decimal(100))
    found = verdict(proposal(spec(quantity=26, limit="100"), instrument=hundred), context())
    assert (found.outcome, found.measured) == (Outcome.DENY, "260000")
    nothing = replace(AAPL, multiplier=NAN)
    assert verdict(proposal(instrument=nothing), context()).outcome is Outcome.DENY


def test_futures_have_no_cash_limit() -> None:
    asked = proposal(spec(quantity=20, limit="21000", instrument=MNQ), instrument=MNQ)
    assert verdict(asked, context()).outcome is Outcome.ALLOW
