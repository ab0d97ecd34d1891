"""Do prices lie on a tick and does the quantity fit the lot (S08)? Nothing is rounded silently here."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.model.instrument import Instrument, Rounding
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import UNKNOWN, is_positive, number
from qe_dashboard.risk.verdict import Verdict


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny an off-tick price, naming its neighbours, a size off the lot, and an instrument without rules."""
    instrument, spec = proposal.instrument, proposal.spec
    measure = Measure("tick_lot", "Q-TICK", unit=instrument.currency, scope=instrument.label)
    prices = [
        (word, price)
        for word, price in (("limit", spec.limit_price), ("stop", spec.stop_price))
        if price is not None
    ]
    for word, price in prices:
        denied = _check_price(measure, instrument, word=word, price=price)
        if denied is not None:
            return denied
    denied = _check_size(instrument, spec.quantity)
    if denied is not None:
        return denied
    shown = ", ".join(f"{word} {number(price)}" for word, price in prices) or spec.order_type.value
    steps = ", ".join(number(instrument.tick_at(price)) for _, price in prices) or "no price"
    return measure.allow("Price and size fit the rules.", measured=shown, limit=steps)


def _check_price(measure: Measure, instrument: Instrument, *, word: str, price: Decimal) -> Verdict | None:
    if len(instrument.tick_rules) == 0 or not all(
        is_positive(rule.increment) for rule in instrument.tick_rules
    ):
        return measure.deny(
            f"The price increment of {instrument.label} is not known, so the {word} price cannot be checked."
            " Nothing was sent; look the contract up again.",
            measured=number(price),
            limit=UNKNOWN,
            because="UNKNOWN",
        )
    # Futures have traded at and below zero (crude oil, April 2020); shares cannot.
    if price <= 0 and not instrument.is_future:
        return measure.deny(
            f"The {word} price {number(price)} is not above zero. Nothing was sent.",
            measured=number(price),
            limit="above 0",
            because="ZERO",
        )
    if instrument.is_on_tick(price):
        return None
    below = instrument.round_price(price, Rounding.DOWN)
    above = instrument.round_price(price, Rounding.UP)
    tick = instrument.tick_at(price)
    places = max(instrument.price_decimals, 2)
    return measure.deny(
        f"Tick is {number(tick)}; use {below:.{places}f} or {above:.{places}f}.",
        measured=number(price),
        limit=number(tick),
    )


def _check_size(instrument: Instrument, quantity: Decimal) -> Verdict | None:
    measure = Measure("tick_lot", "Q-LOT", unit=instrument.unit, scope=instrument.label)
    minimum, step = instrument.min_size, instrument.size_increment
    if not is_positive(minimum) or not is_positive(step):
        return measure.deny(
            f"The size rule of {instrument.label} is not known. Nothing was sent; look the contract up again.",
            measured=number(quantity),
            limit=UNKNOWN,
            because="UNKNOWN",
        )
    if instrument.is_valid_size(quantity):
        return None
    return measure.deny(
        f"{instrument.label} trades from {number(minimum)} in steps of {number(step)} {instrument.unit};"
        f" {number(quantity)} does not fit.",
        measured=number(quantity),
        limit=f"{number(minimum)} step {number(step)}",
    )
