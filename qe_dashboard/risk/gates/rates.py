"""How many orders were sent just now (S15, D12)? Per minute, and per symbol in 10 seconds."""

from __future__ import annotations

from datetime import timedelta

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.context import Proposal, RateUse, RiskContext
from qe_dashboard.risk.numbers import OFF, clock_time, is_positive
from qe_dashboard.risk.verdict import Rule, Verdict

NEW_ORDERS = Rule(
    "order_rate", "Q-RATE", unit="per 60 s", scope="account {account}", key="max_orders_per_minute"
)
CHANGES = Rule("order_rate", "Q-RATE", unit="per 60 s", scope="account {account}")
SYMBOL = Rule(
    "symbol_rate", "Q-SYMBOL-RATE", unit="per 10 s", scope="{label}", key="max_orders_per_symbol_10s"
)
MODIFIES_PER_MINUTE = 30
"""D12: changes of working orders have a rate of their own."""

_NEW_WORDS = {"what": "risk-adding orders and rejects in the last 60 s"}
_CHANGE_WORDS = {"key": "changes per minute", "what": "changes of orders in the last 60 s"}


def check_minute(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny one order, or one change of an order, more than a minute may have."""
    if proposal.replaces is None:
        limit = ctx.limits.max_orders_per_minute
        return _judge(NEW_ORDERS, proposal, ctx, use=ctx.minute_rate, limit=limit, args=_NEW_WORDS)
    return _judge(CHANGES, proposal, ctx, use=ctx.minute_rate, limit=MODIFIES_PER_MINUTE, args=_CHANGE_WORDS)


def check_symbol(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny one order more than a symbol may have in 10 seconds; changes are counted per minute only."""
    limit = ctx.limits.max_orders_per_symbol_10s
    if proposal.replaces is not None:
        return SYMBOL.allow(
            proposal,
            ctx,
            "A change of an order is counted per minute.",
            measured="not counted",
            limit=limit,
        )
    what = f"risk-adding orders in {proposal.instrument.label} in the last 10 s"
    return _judge(SYMBOL, proposal, ctx, use=ctx.symbol_rate, limit=limit, args={"what": what})


def _judge(
    rule: Rule, proposal: Proposal, ctx: RiskContext, *, use: RateUse, limit: int | None, args: dict[str, str]
) -> Verdict:
    used = use.used
    if limit is None:
        return rule.allow(proposal, ctx, "{key} is off.", measured=used, limit=OFF, args=args)
    if not is_positive(limit) or used < 0:
        return rule.deny(
            proposal,
            ctx,
            "{measured} {what} cannot be compared with {key} = {limit}. Nothing was sent.",
            measured=used,
            limit=limit,
            because="LIMIT",
            args=args,
        )
    if used < limit:
        return rule.allow(
            proposal, ctx, "{measured} of {limit} {what}.", measured=used, limit=limit, args=args
        )
    free = {
        "in_s": f"{use.next_free_in:.1f}",
        "at": clock_time(ctx.now + timedelta(seconds=use.next_free_in)),
    }
    return rule.deny(
        proposal,
        ctx,
        "{measured} {what}; {key} allows {limit}. Nothing was sent; the next is allowed in {in_s} s, at {at}."
        " Cancels and closing orders pass.",
        measured=used,
        limit=limit,
        args=args | free,
    )
