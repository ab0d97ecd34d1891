"""Would the order sell a stock short (D9)? Futures open either way."""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass, OrderSide
from qe_dashboard.risk.classify import proposed_quantity
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import UNKNOWN, finite, number, reason_of
from qe_dashboard.risk.verdict import Verdict

KEY = "allow_short"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny opening a short in anything but a future unless it is allowed and was asked for by its verb."""
    instrument = proposal.instrument
    measure = Measure(
        "short_sale",
        "Q-SHORT",
        unit=instrument.unit,
        scope=instrument.label,
        source=ctx.limits.source_of(KEY),
    )
    allowed = "shorts allowed" if ctx.limits.allow_short else "no shorts"
    if instrument.is_future or proposal.spec.side is OrderSide.BUY:
        return measure.allow("No short sale.", measured="no short sale", limit=allowed)
    held = finite(ctx.position)
    if held is None:
        return measure.deny(
            f"Whether this sells short is not known ({reason_of(ctx.position)}). Nothing was sent.",
            measured=UNKNOWN,
            limit=allowed,
            because="UNKNOWN",
        )
    result = held - proposed_quantity(proposal)
    if result >= 0:
        return measure.allow("No short sale.", measured=number(result), limit=allowed)
    if not ctx.limits.allow_short:
        return measure.deny(
            f"It would leave {instrument.label} short {number(-result)}; {KEY} is false. Nothing was sent.",
            measured=number(result),
            limit=allowed,
            because="OFF",
        )
    if proposal.opens_short or proposal.may_cross_zero:
        return measure.allow(
            f"Sells short, as asked, to {number(result)}.", measured=number(result), limit=allowed
        )
    return measure.deny(
        f"It would leave {instrument.label} short {number(-result)}. Nothing was sent; if that is meant, use"
        f" `short {instrument.symbol} {number(proposal.spec.quantity)}`.",
        measured=number(result),
        limit=allowed,
        because="VERB",
    )
