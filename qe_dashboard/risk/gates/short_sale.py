"""Would the order sell a stock short (D9)? Futures open either way."""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass, OrderSide
from qe_dashboard.risk.classify import proposed_quantity
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import UNKNOWN, finite, reason_of
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("short_sale", "Q-SHORT", unit="{sizes}", scope="{label}", key="allow_short")

BUY = OrderSide.BUY


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny opening a short in anything but a future unless it is allowed and was asked for by its verb."""
    allowed = "shorts allowed" if ctx.limits.allow_short else "no shorts"
    if proposal.spec.side is BUY or proposal.instrument.is_future:
        return RULE.allow(proposal, ctx, "No short sale.", measured="no short sale", limit=allowed)
    held = finite(ctx.position)
    if held is None:
        return RULE.deny(
            proposal,
            ctx,
            "Whether this sells short is not known ({reason}). Nothing was sent.",
            measured=UNKNOWN,
            limit=allowed,
            because="UNKNOWN",
            args={"reason": reason_of(ctx.position)},
        )
    result = held - proposed_quantity(proposal)
    if result >= 0:
        return RULE.allow(proposal, ctx, "No short sale.", measured=result, limit=allowed)
    if not ctx.limits.allow_short:
        return RULE.deny(
            proposal,
            ctx,
            "It would leave {label} short {short}; {key} is false. Nothing was sent.",
            measured=result,
            limit=allowed,
            because="OFF",
            args={"short": -result},
        )
    if proposal.opens_short or proposal.may_cross_zero:
        return RULE.allow(
            proposal, ctx, "Sells short, as asked, to {measured}.", measured=result, limit=allowed
        )
    return RULE.deny(
        proposal,
        ctx,
        "It would leave {label} short {short}. Nothing was sent; if that is meant, use"
        " `short {symbol} {quantity}`.",
        measured=result,
        limit=allowed,
        because="VERB",
        args={"short": -result, "quantity": proposal.spec.quantity},
    )
