"""Was the same order sent a moment ago (S12, D12)?"""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, Origin
from qe_dashboard.risk.context import PastSubmit, Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import OFF, is_positive, number
from qe_dashboard.risk.verdict import Verdict

KEY = "duplicate_window_s"
NONE = "none"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Ask a person, deny a strategy, when an equal order is inside the window, its end included."""
    window = ctx.limits.duplicate_window_s
    measure = Measure(
        "duplicate", "Q-DUPLICATE", unit="s", scope="same order", source=ctx.limits.source_of(KEY)
    )
    if window is None:
        return measure.allow(f"{KEY} is off.", measured="not measured", limit=OFF)
    if not is_positive(window):
        return measure.deny(
            f"{KEY} = {number(window)} is not a time. Nothing was sent.",
            measured="not measured",
            limit=number(window),
            because="LIMIT",
        )
    if proposal.replaces is not None or proposal.origin is Origin.FLATTEN:
        return measure.allow("Not a repeat by a person.", measured=NONE, limit=number(window))
    ages = [
        max(ctx.monotonic - past.at, 0.0)
        for past in ctx.recent
        if _is_same(proposal, past) and ctx.monotonic - past.at <= float(window)
    ]
    if len(ages) == 0:
        return measure.allow("No equal order is that recent.", measured=NONE, limit=number(window))
    age = f"{min(ages):.1f}"
    text = f"The same order was sent {age} s ago; {KEY} is {number(window)}."
    if proposal.origin is Origin.STRATEGY:
        return measure.deny(f"{text} Nothing was sent.", measured=age, limit=number(window))
    return measure.ask(f"{text} Send it again?", measured=age, limit=number(window))


def _is_same(proposal: Proposal, past: PastSubmit) -> bool:
    spec = proposal.spec
    tick = _tick(proposal)
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
