"""Orders against the position held (D1, D5, D9)."""

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, Outcome
from qe_dashboard.model.known import Maybe
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gates.position_book import check
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import NAN, UNKNOWN, context, held, order, proposal, spec, working

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def verdict(asked: Proposal, ctx: RiskContext) -> Verdict:
    return check(asked, ctx, OrderClass.ADD)


@pytest.mark.parametrize("position", [UNKNOWN, held(NAN)])
def test_nothing_is_added_to_an_unknown_position(position: Maybe[object]) -> None:
    found = verdict(proposal(), context(position=position))
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-POSITION-UNKNOWN")


@pytest.mark.parametrize("side", [BUY, SELL])
def test_nothing_is_added_to_a_drifting_position_and_an_exit_passes(side: OrderSide) -> None:
    ctx = context(position=held(10), drift="the broker shows 13 held, the executions make it 10")
    found = verdict(proposal(spec(side, 5)), ctx)
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-POSITION-DRIFT")
    assert "13 held" in found.text
    assert check(proposal(spec(SELL, 10)), ctx, OrderClass.REDUCE).outcome is Outcome.ALLOW


@pytest.mark.parametrize(
    ("position", "side", "quantity", "outcome"),
    [
        (0, BUY, 5, Outcome.ALLOW),
        (0, SELL, 5, Outcome.ALLOW),
        (10, BUY, 5, Outcome.ALLOW),
        (10, SELL, 10, Outcome.ALLOW),
        (10, SELL, 11, Outcome.DENY),
        (-10, BUY, 10, Outcome.ALLOW),
        (-10, BUY, 11, Outcome.DENY),
        (-10, SELL, 50, Outcome.ALLOW),
    ],
)
def test_crossing_zero_is_denied(position: int, side: OrderSide, quantity: int, outcome: Outcome) -> None:
    found = verdict(proposal(spec(side, quantity)), context(position=held(position)))
    assert found.outcome is outcome
    assert ("`close` first, then open the other side" in found.text.lower()) is (outcome is Outcome.DENY)


def test_the_denial_says_where_it_would_end() -> None:
    found = verdict(proposal(spec(SELL, 15)), context(position=held(10)))
    assert found.code == "Q-POSITION-CROSS"
    assert "SELL 15 against a position of 10 crosses zero to -5" in found.text


def test_reverse_may_cross() -> None:
    asked = proposal(spec(SELL, 20), may_cross_zero=True)
    assert verdict(asked, context(position=held(10))).outcome is Outcome.ALLOW


@pytest.mark.parametrize(("quantity", "outcome"), [(6, Outcome.ALLOW), (7, Outcome.ASK)])
def test_crowded_exits_ask(quantity: int, outcome: Outcome) -> None:
    stop = working(order(spec(SELL, 4, stop="95")))
    found = verdict(proposal(spec(SELL, quantity)), context(position=held(10), open_orders=stop))
    assert found.outcome is outcome
    if outcome is Outcome.ASK:
        assert found.code == "Q-POSITION-EXITS"
        assert "Working orders already SELL 4 of the 10 shares held" in found.text
        assert "-1 are left" in found.text


def test_a_changed_order_counts_with_what_it_can_still_trade() -> None:
    old = order(spec(SELL, 10, limit="110"), filled=4)
    ctx = context(position=held(6), open_orders=working(old))
    assert verdict(proposal(spec(SELL, 10, limit="111"), replaces=old), ctx).outcome is Outcome.ALLOW
    assert verdict(proposal(spec(SELL, 11, limit="111"), replaces=old), ctx).outcome is Outcome.DENY
