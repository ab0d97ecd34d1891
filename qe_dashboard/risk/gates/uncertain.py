"""Is the outcome of an earlier order in this symbol unknown (D2, D24, R15)?"""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass, OrderSide
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import UNKNOWN, Value, finite
from qe_dashboard.risk.verdict import DENY, Rule, Verdict

RULE = Rule("uncertain", "Q-UNCERTAIN", unit="orders", scope="{label}")
UNSETTLED = (OrderStatus.UNCERTAIN, OrderStatus.CONFLICT)


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny ADD after any uncertain order of the symbol, and everything after an uncertain exit.

    New terms for an uncertain order are denied whatever they lower: it is queried, never sent again.
    """
    adds = order_class is OrderClass.ADD
    replaced = proposal.replaces
    if replaced is not None and replaced.status in UNSETTLED:
        return RULE.deny(
            proposal,
            ctx,
            "Order {number} is {status}: it is being queried and is not sent again until that is settled.",
            measured=1,
            limit=0,
            because="SELF",
            args={"number": replaced.number, "status": replaced.status},
        )
    if isinstance(ctx.open_orders, Unknown):
        return _not_known(proposal, ctx, ctx.open_orders.reason, adds=adds)
    orders = _unsettled(proposal, ctx.open_orders.value)
    if len(orders) == 0:
        return RULE.allow(proposal, ctx, "No order in {label} is uncertain.", measured=0, limit=0)
    names: dict[str, Value] = {"names": [(order.number, order.status) for order in orders]}
    if any(_is_exit(order, ctx) for order in orders):
        return RULE.deny(
            proposal,
            ctx,
            "An exit in {label} may or may not have traded ({names}). Nothing was sent, so that the position"
            " is not closed twice; wait for the query or decide on the ORDERS screen.",
            measured=len(orders),
            limit=0,
            because="EXIT",
            args=names,
        )
    if adds:
        return RULE.deny(
            proposal,
            ctx,
            "An order in {label} may or may not have traded ({names}). Nothing was sent; closing passes,"
            " adding waits for the query or for your decision on the ORDERS screen.",
            measured=len(orders),
            limit=0,
            args=names,
        )
    return RULE.warn(
        proposal,
        ctx,
        "An entry in {label} may or may not have traded ({names}); the position may be larger than shown.",
        measured=len(orders),
        limit=0,
        args=names,
    )


def _not_known(proposal: Proposal, ctx: RiskContext, reason: str, *, adds: bool) -> Verdict:
    verdict = RULE.warn(
        proposal,
        ctx,
        "Whether an order in {label} is UNCERTAIN is not known ({reason}).",
        measured=UNKNOWN,
        limit=0,
        because="UNKNOWN",
        args={"reason": reason},
    )
    return verdict.but(DENY, "Nothing was sent.") if adds else verdict


def _unsettled(proposal: Proposal, orders: tuple[Order, ...]) -> tuple[Order, ...]:
    return tuple(
        [
            order
            for order in orders
            if order.status in UNSETTLED
            and order.account == proposal.account
            and order.spec.instrument_id == proposal.instrument.id
        ]
    )


def _is_exit(order: Order, ctx: RiskContext) -> bool:
    """Tell whether an order may be closing the position: by the class it was sent with, or by its side now."""
    if order.order_class in (OrderClass.REDUCE, OrderClass.LOWER_RISK_MODIFY):
        return True
    held = finite(ctx.position)
    if held is None:
        return True
    return held != 0 and (held > 0) == (order.spec.side is OrderSide.SELL)
