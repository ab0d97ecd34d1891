"""Does the order fit the position held (D1, D5, D9)?"""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, OrderSide
from qe_dashboard.model.known import Unknown
from qe_dashboard.risk.classify import other_exits, proposed_quantity
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import UNKNOWN, finite, reason_of
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("position_book", "Q-POSITION", unit="{sizes}", scope="{label}")

SELL = OrderSide.SELL


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny what would cross zero without `reverse`, adding to an unknown or drifting position; ask on crowded exits."""
    held = finite(ctx.position)
    if held is None:
        return RULE.deny(
            proposal,
            ctx,
            "The position in {label} is not known ({reason}). Nothing was sent;"
            " reconcile or wait for the books.",
            measured=proposal.spec.quantity,
            limit=UNKNOWN,
            because="UNKNOWN",
            args={"reason": reason_of(ctx.position)},
        )
    if ctx.drift != "" and order_class is OrderClass.ADD:
        return RULE.deny(
            proposal,
            ctx,
            "The position in {label} drifts: {drift}. Only exits pass, up to {most}.",
            measured=(proposal.spec.side, proposal.spec.quantity),
            limit=held,
            because="DRIFT",
            args={"drift": ctx.drift, "most": abs(held)},
        )
    side, quantity = proposal.spec.side, proposed_quantity(proposal)
    closes = held != 0 and (held > 0) == (side is SELL)
    if not closes:
        return RULE.allow(proposal, ctx, "The position is {limit}.", measured=(side, quantity), limit=held)
    if quantity > abs(held):
        return _crossing(proposal, ctx, held, quantity)
    exits = (
        Decimal(0) if isinstance(ctx.open_orders, Unknown) else other_exits(proposal, ctx.open_orders.value)
    )
    if quantity + exits > abs(held) and not proposal.may_cross_zero:
        return RULE.ask(
            proposal,
            ctx,
            "Working orders already {side} {exits} of the {size} {unit} held: exit through them."
            " If all of them fill, {left} are left.",
            measured=(side, quantity + exits),
            limit=held,
            because="EXITS",
            args={"exits": exits, "size": abs(held), "left": held + (quantity + exits) * side.sign},
        )
    return RULE.allow(proposal, ctx, "The position is {limit}.", measured=(side, quantity), limit=held)


def _crossing(proposal: Proposal, ctx: RiskContext, held: Decimal, quantity: Decimal) -> Verdict:
    side = proposal.spec.side
    args = {"result": held + quantity * side.sign}
    if proposal.may_cross_zero:
        return RULE.allow(
            proposal,
            ctx,
            "{measured} against a position of {limit} crosses zero to {result}, as asked.",
            measured=(side, quantity),
            limit=held,
            args=args,
        )
    return RULE.deny(
        proposal,
        ctx,
        "{measured} against a position of {limit} crosses zero to {result}."
        " `close` first, then open the other side.",
        measured=(side, quantity),
        limit=held,
        because="CROSS",
        args=args,
    )
