"""Is the outcome of an earlier order in this symbol unknown (D2, D24, R15)?"""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass, OrderSide
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import UNKNOWN, finite
from qe_dashboard.risk.verdict import Verdict

UNSETTLED = (OrderStatus.UNCERTAIN, OrderStatus.CONFLICT)


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny ADD after any uncertain order of the symbol, and everything after an uncertain exit.

    New terms for an uncertain order are denied whatever they lower: it is queried, never sent again.
    """
    label = proposal.instrument.label
    measure = Measure("uncertain", "Q-UNCERTAIN", unit="orders", scope=label)
    adds = order_class is OrderClass.ADD
    replaced = proposal.replaces
    if replaced is not None and replaced.status in UNSETTLED:
        return measure.deny(
            f"Order {replaced.number} is {replaced.status}: it is being queried and is not sent again until"
            " that is settled.",
            measured="1",
            limit="0",
            because="SELF",
        )
    if isinstance(ctx.open_orders, Unknown):
        text = f"Whether an order in {label} is UNCERTAIN is not known ({ctx.open_orders.reason})."
        if adds:
            return measure.deny(f"{text} Nothing was sent.", measured=UNKNOWN, limit="0", because="UNKNOWN")
        return measure.warn(text, measured=UNKNOWN, limit="0", because="UNKNOWN")
    orders = _unsettled(proposal, ctx.open_orders.value)
    if len(orders) == 0:
        return measure.allow(f"No order in {label} is uncertain.", measured="0", limit="0")
    names = ", ".join(f"{order.number} {order.status}" for order in orders)
    count = str(len(orders))
    if any(_is_exit(order, ctx) for order in orders):
        return measure.deny(
            f"An exit in {label} may or may not have traded ({names}). Nothing was sent, so that the position"
            " is not closed twice; wait for the query or decide on the ORDERS screen.",
            measured=count,
            limit="0",
            because="EXIT",
        )
    if adds:
        return measure.deny(
            f"An order in {label} may or may not have traded ({names}). Nothing was sent; closing passes,"
            " adding waits for the query or for your decision on the ORDERS screen.",
            measured=count,
            limit="0",
        )
    return measure.warn(
        f"An entry in {label} may or may not have traded ({names}); the position may be larger than shown.",
        measured=count,
        limit="0",
    )


def _unsettled(proposal: Proposal, orders: tuple[Order, ...]) -> tuple[Order, ...]:
    return tuple(
        order
        for order in orders
        if order.status in UNSETTLED
        and order.account == proposal.account
        and order.spec.instrument_id == proposal.instrument.id
    )


def _is_exit(order: Order, ctx: RiskContext) -> bool:
    """Tell whether an order may be closing the position: by the class it was sent with, or by its side now."""
    if order.order_class in (OrderClass.REDUCE, OrderClass.LOWER_RISK_MODIFY):
        return True
    held = finite(ctx.position)
    if held is None:
        return True
    return held != 0 and (held > 0) == (order.spec.side is OrderSide.SELL)
