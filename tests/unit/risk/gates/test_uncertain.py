"""Orders whose outcome is not known block what could repeat them (D2, D24, R15)."""

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, Outcome
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.context import RiskContext
from qe_dashboard.risk.gates.uncertain import check
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import MNQ, UNKNOWN, context, held, order, proposal, spec, working

BUY, SELL = OrderSide.BUY, OrderSide.SELL
ADD, REDUCE, LOWER = OrderClass.ADD, OrderClass.REDUCE, OrderClass.LOWER_RISK_MODIFY


def verdict(ctx: RiskContext, order_class: OrderClass) -> Verdict:
    return check(proposal(spec(SELL, 5)), ctx, order_class)


@pytest.mark.parametrize("status", [OrderStatus.UNCERTAIN, OrderStatus.CONFLICT])
def test_after_an_uncertain_entry_closing_passes_and_adding_does_not(status: OrderStatus) -> None:
    ctx = context(position=held(10), open_orders=working(order(spec(BUY, 5), number=17, status=status)))
    assert verdict(ctx, ADD).outcome is Outcome.DENY
    for order_class in (REDUCE, LOWER):
        found = verdict(ctx, order_class)
        assert found.outcome is Outcome.WARN
        assert f"17 {status}" in found.text


@pytest.mark.parametrize("order_class", OrderClass)
@pytest.mark.parametrize(
    "uncertain",
    [
        order(spec(SELL, 5), status=OrderStatus.UNCERTAIN, order_class=REDUCE),
        order(spec(SELL, 5), status=OrderStatus.UNCERTAIN, order_class=LOWER),
        order(spec(SELL, 5), status=OrderStatus.CONFLICT, order_class=ADD),
        order(spec(SELL, 5), status=OrderStatus.UNCERTAIN, order_class=None),
    ],
    ids=["sent to reduce", "changed to reduce", "closes by its side", "foreign"],
)
def test_after_an_uncertain_exit_nothing_passes(uncertain: Order, order_class: OrderClass) -> None:
    found = verdict(context(position=held(10), open_orders=working(uncertain)), order_class)
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-UNCERTAIN-EXIT")


def test_with_an_unknown_position_every_uncertain_order_may_be_an_exit() -> None:
    book = working(order(spec(BUY, 5), status=OrderStatus.UNCERTAIN))
    assert verdict(context(position=UNKNOWN, open_orders=book), LOWER).outcome is Outcome.DENY


@pytest.mark.parametrize("order_class", OrderClass)
@pytest.mark.parametrize("shown", [True, False])
def test_an_uncertain_order_is_not_sent_again_with_new_terms(order_class: OrderClass, shown: bool) -> None:
    old = order(spec(BUY, 5, limit="100"), status=OrderStatus.UNCERTAIN)
    asked = proposal(spec(BUY, 4, limit="100"), replaces=old)
    ctx = context(open_orders=working(old) if shown else working())
    found = check(asked, ctx, order_class)
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-UNCERTAIN-SELF")


@pytest.mark.parametrize(
    "other",
    [
        order(spec(SELL, 5), status=OrderStatus.WORKING),
        order(spec(SELL, 5), status=OrderStatus.PENDING_CANCEL),
        order(spec(SELL, 5, instrument=MNQ), status=OrderStatus.UNCERTAIN),
        order(spec(SELL, 5), status=OrderStatus.UNCERTAIN, account=AccountId("DU7654321")),
    ],
    ids=["working", "cancelling", "another symbol", "another account"],
)
def test_other_orders_do_not_block(other: Order) -> None:
    assert verdict(context(position=held(10), open_orders=working(other)), ADD).outcome is Outcome.ALLOW


@pytest.mark.parametrize(("order_class", "outcome"), [(ADD, Outcome.DENY), (LOWER, Outcome.WARN)])
def test_an_unknown_order_book_may_hide_one(order_class: OrderClass, outcome: Outcome) -> None:
    assert verdict(context(open_orders=UNKNOWN), order_class).outcome is outcome
