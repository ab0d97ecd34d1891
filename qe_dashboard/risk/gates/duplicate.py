"""Was the same order sent a moment ago (S12, D12)?"""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, Origin
from qe_dashboard.risk.context import PastSubmit, Proposal, RiskContext
from qe_dashboard.risk.numbers import OFF, is_positive
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("duplicate", "Q-DUPLICATE", unit="s", scope="same order", key="duplicate_window_s")
NONE = "none"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Ask a person, deny a strategy, when an equal order is inside the window, its end included."""
    window = ctx.limits.duplicate_window_s
    if window is None:
        return RULE.allow(proposal, ctx, "{key} is off.", measured="not measured", limit=OFF)
    if not is_positive(window):
        return RULE.deny(
            proposal,
            ctx,
            "{key} = {limit} is not a time. Nothing was sent.",
            measured="not measured",
            limit=window,
            because="LIMIT",
        )
    if proposal.replaces is not None or proposal.origin is Origin.FLATTEN:
        return RULE.allow(proposal, ctx, "Not a repeat by a person.", measured=NONE, limit=window)
    age = _age_of_same(proposal, ctx, window_s=float(window))
    if age is None:
        return RULE.allow(proposal, ctx, "No equal order is that recent.", measured=NONE, limit=window)
    measured = f"{age:.1f}"
    if proposal.origin is Origin.STRATEGY:
        return RULE.deny(
            proposal,
            ctx,
            "The same order was sent {measured} s ago; {key} is {limit}. Nothing was sent.",
            measured=measured,
            limit=window,
        )
    return RULE.ask(
        proposal,
        ctx,
        "The same order was sent {measured} s ago; {key} is {limit}. Send it again?",
        measured=measured,
        limit=window,
    )


def _age_of_same(proposal: Proposal, ctx: RiskContext, *, window_s: float) -> float | None:
    """Return how long ago (seconds) the newest equal order was sent; None when none is inside the window."""
    if len(ctx.recent) == 0:
        return None
    tick = _tick(proposal)
    ages = [
        max(ctx.monotonic - past.at, 0.0)
        for past in ctx.recent
        if _is_same(proposal, past, tick=tick) and ctx.monotonic - past.at <= window_s
    ]
    return min(ages, default=None)


def _is_same(proposal: Proposal, past: PastSubmit, *, tick: Decimal) -> bool:
    spec = proposal.spec
    return (
        past.account == proposal.account
        and past.instrument_id == proposal.instrument.id
        and past.side is spec.side
        and past.quantity == spec.quantity
        and past.order_type is spec.order_type
        and _is_near(spec.limit_price, past.limit_price, tick=tick)
        and _is_near(spec.stop_price, past.stop_price, tick=tick)
    )


def _is_near(price: Decimal | None, other: Decimal | None, *, tick: Decimal) -> bool:
    if price is None or other is None:
        return price is other
    return abs(price - other) <= tick


def _tick(proposal: Proposal) -> Decimal:
    """Return the increment at the proposal's price; without a rule only equal prices are the same."""
    price = proposal.spec.limit_price if proposal.spec.limit_price is not None else proposal.spec.stop_price
    if price is None or len(proposal.instrument.tick_rules) == 0:
        return Decimal(0)
    return proposal.instrument.tick_at(price)
