"""Is the order's quantity within the limit of its kind (S05)? A changed order counts with its new quantity."""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass, SecType
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import OFF, UNKNOWN, is_positive
from qe_dashboard.risk.verdict import Rule, Verdict

STOCKS = Rule("quantity", "Q-QTY", unit="{sizes}", scope="one order", key="max_order_qty_stock")
FUTURES = Rule("quantity", "Q-QTY", unit="{sizes}", scope="one order", key="max_order_qty_future")
OTHERS = Rule("quantity", "Q-QTY", unit="{sizes}", scope="one order")

STOCK, FUTURE = SecType.STOCK, SecType.FUTURE


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny more shares or contracts than one order may have."""
    sec_type = proposal.instrument.sec_type
    quantity = proposal.spec.quantity
    if sec_type is STOCK:
        rule, limit = STOCKS, ctx.limits.max_order_qty_stock
    elif sec_type is FUTURE:
        rule, limit = FUTURES, ctx.limits.max_order_qty_future
    else:
        return OTHERS.deny(
            proposal,
            ctx,
            "No quantity limit exists for {sec_type}, so it is not traded. Nothing was sent.",
            measured=quantity,
            limit=UNKNOWN,
            because="UNKNOWN",
        )
    if limit is None:
        return rule.allow(proposal, ctx, "{key} is off.", measured=quantity, limit=OFF)
    if not is_positive(limit) or not is_positive(quantity):
        return rule.deny(
            proposal,
            ctx,
            "{measured} cannot be compared with {key} = {limit}. Nothing was sent.",
            measured=quantity,
            limit=limit,
            because="UNKNOWN",
        )
    if quantity > limit:
        return rule.deny(
            proposal,
            ctx,
            "{measured} {unit} in one order; {key} allows {limit}.",
            measured=quantity,
            limit=limit,
        )
    return rule.allow(proposal, ctx, "{measured} of at most {limit} {unit}.", measured=quantity, limit=limit)
