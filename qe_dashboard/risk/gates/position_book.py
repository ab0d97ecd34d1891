"""Does the order fit the position held (D1, D5, D9)?"""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, OrderSide
from qe_dashboard.model.known import Unknown
from qe_dashboard.risk.classify import other_exits, proposed_quantity
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import UNKNOWN, finite, number, reason_of
from qe_dashboard.risk.verdict import Verdict


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny what would cross zero without `reverse`, adding to an unknown or drifting position; ask on crowded exits."""
    instrument = proposal.instrument
    measure = Measure("position_book", "Q-POSITION", unit=instrument.unit, scope=instrument.label)
    held = finite(ctx.position)
    if held is None:
        return measure.deny(
            f"The position in {instrument.label} is not known ({reason_of(ctx.position)}). Nothing was sent;"
            " reconcile or wait for the books.",
            measured=number(proposal.spec.quantity),
            limit=UNKNOWN,
            because="UNKNOWN",
        )
    if ctx.drift != "" and order_class is OrderClass.ADD:
        return measure.deny(
            f"The position in {instrument.label} drifts: {ctx.drift}. Only exits pass, up to {number(abs(held))}.",
            measured=f"{proposal.spec.side} {number(proposal.spec.quantity)}",
            limit=number(held),
            because="DRIFT",
        )
    side, quantity = proposal.spec.side, proposed_quantity(proposal)
    shown = f"{side} {number(quantity)}"
    closes = held != 0 and (held > 0) == (side is OrderSide.SELL)
    if not closes:
        return measure.allow(f"The position is {number(held)}.", measured=shown, limit=number(held))
    if quantity > abs(held):
        words = f"{shown} against a position of {number(held)} crosses zero"
        result = number(held + quantity * side.sign)
        if proposal.may_cross_zero:
            return measure.allow(f"{words} to {result}, as asked.", measured=shown, limit=number(held))
        return measure.deny(
            f"{words} to {result}. `close` first, then open the other side.",
            measured=shown,
            limit=number(held),
            because="CROSS",
        )
    exits = (
        Decimal(0) if isinstance(ctx.open_orders, Unknown) else other_exits(proposal, ctx.open_orders.value)
    )
    if quantity + exits > abs(held) and not proposal.may_cross_zero:
        return measure.ask(
            f"Working orders already {side} {number(exits)} of the {number(abs(held))} {instrument.unit} held:"
            f" exit through them. If all of them fill, {number(held + (quantity + exits) * side.sign)} are left.",
            measured=f"{side} {number(quantity + exits)}",
            limit=number(held),
            because="EXITS",
        )
    return measure.allow(f"The position is {number(held)}.", measured=shown, limit=number(held))
