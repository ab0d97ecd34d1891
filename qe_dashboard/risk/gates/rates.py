"""How many orders were sent just now (S15, D12)? Per minute, and per symbol in 10 seconds."""

from __future__ import annotations

from datetime import timedelta

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.context import Proposal, RateUse, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import OFF, clock_time, is_positive, number
from qe_dashboard.risk.verdict import Verdict

MINUTE_KEY = "max_orders_per_minute"
SYMBOL_KEY = "max_orders_per_symbol_10s"
MODIFIES_PER_MINUTE = 30
"""D12: changes of working orders have a rate of their own."""


def check_minute(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny one order, or one change of an order, more than a minute may have."""
    if proposal.replaces is None:
        key, source, limit = MINUTE_KEY, ctx.limits.source_of(MINUTE_KEY), ctx.limits.max_orders_per_minute
        what = "risk-adding orders and rejects"
    else:
        key, source, limit = "changes per minute", "built in", MODIFIES_PER_MINUTE
        what = "changes of orders"
    measure = Measure(
        "order_rate", "Q-RATE", unit="per 60 s", scope=f"account {proposal.account}", source=source
    )
    return _judge(measure, ctx, key=key, use=ctx.minute_rate, limit=limit, what=f"{what} in the last 60 s")


def check_symbol(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny one order more than a symbol may have in 10 seconds; changes are counted per minute only."""
    limit = ctx.limits.max_orders_per_symbol_10s
    label = proposal.instrument.label
    measure = Measure(
        "symbol_rate", "Q-SYMBOL-RATE", unit="per 10 s", scope=label, source=ctx.limits.source_of(SYMBOL_KEY)
    )
    if proposal.replaces is not None:
        return measure.allow(
            "A change of an order is counted per minute.", measured="not counted", limit=number(limit)
        )
    what = f"risk-adding orders in {label} in the last 10 s"
    return _judge(measure, ctx, key=SYMBOL_KEY, use=ctx.symbol_rate, limit=limit, what=what)


def _judge(
    measure: Measure, ctx: RiskContext, *, key: str, use: RateUse, limit: int | None, what: str
) -> Verdict:
    if limit is None:
        return measure.allow(f"{key} is off.", measured=str(use.used), limit=OFF)
    if not is_positive(limit) or use.used < 0:
        return measure.deny(
            f"{use.used} {what} cannot be compared with {key} = {limit}. Nothing was sent.",
            measured=str(use.used),
            limit=str(limit),
            because="LIMIT",
        )
    if use.used < limit:
        return measure.allow(f"{use.used} of {limit} {what}.", measured=str(use.used), limit=str(limit))
    free_at = clock_time(ctx.now + timedelta(seconds=use.next_free_in))
    return measure.deny(
        f"{use.used} {what}; {key} allows {limit}. Nothing was sent; the next is allowed in"
        f" {use.next_free_in:.1f} s, at {free_at}. Cancels and closing orders pass.",
        measured=str(use.used),
        limit=str(limit),
    )
