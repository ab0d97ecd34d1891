"""Do prices lie on a tick and does the quantity fit the lot (S08)? Nothing is rounded silently here."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.model.instrument import Rounding, TickRule
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import UNKNOWN, Value, is_positive
from qe_dashboard.risk.verdict import Rule, Verdict

TICK = Rule("tick_lot", "Q-TICK", unit="{currency}", scope="{label}")
LOT = Rule("tick_lot", "Q-LOT", unit="{sizes}", scope="{label}")


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny an off-tick price, naming its neighbours, a size off the lot, and an instrument without rules."""
    spec = proposal.spec
    prices: list[Value] = []
    ticks: list[Value] = []
    for word, price in (("limit", spec.limit_price), ("stop", spec.stop_price)):
        if price is None:
            continue
        tick = _tick_under(proposal, ctx, word=word, price=price)
        if isinstance(tick, Verdict):
            return tick
        prices.append((word, price))
        ticks.append(tick)
    denied = _check_size(proposal, ctx)
    if denied is not None:
        return denied
    return TICK.allow(
        proposal,
        ctx,
        "Price and size fit the rules.",
        measured=prices or spec.order_type,
        limit=ticks or "no price",
    )


def _tick_under(proposal: Proposal, ctx: RiskContext, *, word: str, price: Decimal) -> Decimal | Verdict:
    """Return the increment that a price lies on, or why it lies on none."""
    instrument = proposal.instrument
    if not _is_known(instrument.tick_rules):
        return TICK.deny(
            proposal,
            ctx,
            "The price increment of {label} is not known, so the {word} price cannot be checked."
            " Nothing was sent; look the contract up again.",
            measured=price,
            limit=UNKNOWN,
            because="UNKNOWN",
            args={"word": word},
        )
    # Futures have traded at and below zero (crude oil, April 2020); shares cannot.
    if price <= 0 and not instrument.is_future:
        return TICK.deny(
            proposal,
            ctx,
            "The {word} price {measured} is not above zero. Nothing was sent.",
            measured=price,
            limit="above 0",
            because="ZERO",
            args={"word": word},
        )
    tick = instrument.tick_at(price)
    if price % tick == 0:
        return tick
    below = instrument.round_price(price, Rounding.DOWN)
    above = instrument.round_price(price, Rounding.UP)
    places = max(instrument.price_decimals, 2)
    return TICK.deny(
        proposal,
        ctx,
        "Tick is {limit}; use {below} or {above}.",
        measured=price,
        limit=tick,
        args={"below": f"{below:.{places}f}", "above": f"{above:.{places}f}"},
    )


def _is_known(rules: tuple[TickRule, ...]) -> bool:
    for rule in rules:
        if not is_positive(rule.increment):
            return False
    return len(rules) > 0


def _check_size(proposal: Proposal, ctx: RiskContext) -> Verdict | None:
    instrument, quantity = proposal.instrument, proposal.spec.quantity
    minimum, step = instrument.min_size, instrument.size_increment
    if not is_positive(minimum) or not is_positive(step):
        return LOT.deny(
            proposal,
            ctx,
            "The size rule of {label} is not known. Nothing was sent; look the contract up again.",
            measured=quantity,
            limit=UNKNOWN,
            because="UNKNOWN",
        )
    if instrument.is_valid_size(quantity):
        return None
    return LOT.deny(
        proposal,
        ctx,
        "{label} trades from {minimum} in steps of {step} {unit}; {measured} does not fit.",
        measured=quantity,
        limit=(minimum, "step", step),
        args={"minimum": minimum, "step": step},
    )
