"""Short sales of stocks are allowed and asked for by name (D9)."""

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, Outcome
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gates.short_sale import check
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import MNQ, NAN, UNKNOWN, context, held, limits, order, proposal, spec

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def verdict(asked: Proposal, ctx: RiskContext) -> Verdict:
    return check(asked, ctx, OrderClass.ADD)


@pytest.mark.parametrize(
    ("allowed", "asked_for", "outcome", "code"),
    [
        (True, True, Outcome.ALLOW, "Q-SHORT"),
        (True, False, Outcome.DENY, "Q-SHORT-VERB"),
        (False, True, Outcome.DENY, "Q-SHORT-OFF"),
        (False, False, Outcome.DENY, "Q-SHORT-OFF"),
    ],
)
def test_a_short_needs_the_setting_and_the_verb(
    allowed: bool, asked_for: bool, outcome: Outcome, code: str
) -> None:
    ctx = context(limits=limits(allow_short=allowed))
    found = verdict(proposal(spec(SELL, 5), opens_short=asked_for), ctx)
    assert (found.outcome, found.code) == (outcome, code)


@pytest.mark.parametrize(("allowed", "outcome"), [(True, Outcome.ALLOW), (False, Outcome.DENY)])
def test_reversing_a_long_into_a_short_needs_the_setting(allowed: bool, outcome: Outcome) -> None:
    ctx = context(position=held(10), limits=limits(allow_short=allowed))
    assert verdict(proposal(spec(SELL, 20), may_cross_zero=True), ctx).outcome is outcome


@pytest.mark.parametrize(("quantity", "outcome"), [(10, Outcome.ALLOW), (11, Outcome.DENY)])
def test_selling_what_is_held_is_no_short_sale(quantity: int, outcome: Outcome) -> None:
    assert verdict(proposal(spec(SELL, quantity)), context(position=held(10))).outcome is outcome


def test_adding_to_a_short_is_a_short_sale() -> None:
    assert verdict(proposal(spec(SELL, 1)), context(position=held(-5))).code == "Q-SHORT-VERB"


def test_buying_and_futures_are_no_short_sale() -> None:
    none = context(limits=limits(allow_short=False))
    assert verdict(proposal(spec(BUY, 5)), none).outcome is Outcome.ALLOW
    asked = proposal(spec(SELL, 1, instrument=MNQ), instrument=MNQ)
    assert verdict(asked, none).outcome is Outcome.ALLOW


@pytest.mark.parametrize("position", [UNKNOWN, held(NAN)])
def test_an_unknown_position_may_be_short(position: object) -> None:
    assert verdict(proposal(spec(SELL, 1)), context(position=position)).code == "Q-SHORT-UNKNOWN"


def test_the_verb_is_offered() -> None:
    assert "`short AAPL 5`" in verdict(proposal(spec(SELL, 5)), context()).text


def test_a_changed_order_counts_with_what_it_can_still_trade() -> None:
    old = order(spec(SELL, 10, limit="110"), filled=4)
    ctx = context(position=held(6))
    assert verdict(proposal(spec(SELL, 10, limit="111"), replaces=old), ctx).outcome is Outcome.ALLOW
