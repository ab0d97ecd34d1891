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
    """Deny what would cross zero without `reverse`, and adding to an unknown position; ask on crowded exits."""
    instrument = proposal.instrument
    measure = Measure("position_book", "Q-POSITION", unit=instrument.unit, scope=instrument.label)
    held = finite(ctx.position)
    if held is None:
        return _position_unknown(measure, proposal, ctx, order_class)
    quantity = proposed_quantity(proposal)
    shown = f"{proposal.spec.side} {number(quantity)}"
    if not _is_opposite(held, proposal.spec.side):
        return measure.allow(f"The position is {number(held)}.", measured=shown, limit=number(held))
    if quantity > abs(held):
        return _too_large(measure, proposal, order_class, held=held, quantity=quantity)
    exits = (
        Decimal(0) if isinstance(ctx.open_orders, Unknown) else other_exits(proposal, ctx.open_orders.value)
    )
    if quantity + exits > abs(held) and order_class is OrderClass.ADD and not proposal.may_cross_zero:
        return measure.ask(
            f"Working orders already {proposal.spec.side} {number(exits)} of the {number(abs(held))}"
            f" {instrument.unit} held: exit through them, or both may fill and leave"
            f" {number(held + (quantity + exits) * proposal.spec.side.sign)}.",
            measured=number(quantity + exits),
            limit=number(abs(held)),
            because="EXITS",
        )
    return measure.allow(f"The position is {number(held)}.", measured=shown, limit=number(held))


def _is_opposite(held: Decimal, side: OrderSide) -> bool:
    return held != 0 and (held > 0) == (side is OrderSide.SELL)


def _position_unknown(
    measure: Measure, proposal: Proposal, ctx: RiskContext, order_class: OrderClass
) -> Verdict:
    text = f"The position in {proposal.instrument.label} is not known ({reason_of(ctx.position)})."
    quantity = number(proposal.spec.quantity)
    if order_class is OrderClass.LOWER_RISK_MODIFY:
        return measure.warn(text, measured=quantity, limit=UNKNOWN, because="UNKNOWN")
    return measure.deny(
        f"{text} Nothing was sent; reconcile or wait for the books.",
        measured=quantity,
        limit=UNKNOWN,
        because="UNKNOWN",
    )


def _too_large(
    measure: Measure, proposal: Proposal, order_class: OrderClass, *, held: Decimal, quantity: Decimal
) -> Verdict:
    result = held + quantity * proposal.spec.side.sign
    measured, limit = number(quantity), number(abs(held))
    words = (
        f"{proposal.spec.side} {measured} against a position of {number(held)} would cross zero"
        f" to {number(result)}"
    )
    if proposal.may_cross_zero:
        return measure.allow(f"{words}, as `reverse` asks.", measured=measured, limit=limit)
    if order_class is OrderClass.LOWER_RISK_MODIFY:
        return measure.warn(
            f"Still more than held: {words}.", measured=measured, limit=limit, because="CROSS"
        )
    return measure.deny(
        f"{words}. Nothing was sent; use `reverse` or `close`.",
        measured=measured,
        limit=limit,
        because="CROSS",
    )
