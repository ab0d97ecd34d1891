"""Order reducer: evidence in, next order out. Pure; moves go through the one transition table (R08, R09)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.order import Fill, Order
from qe_dashboard.model.order_status import OrderStatus, Trigger, next_status
from qe_dashboard.model.reports import OrderReport, VenueStatus

_TRIGGERS: dict[VenueStatus, Trigger | None] = {
    # The venue has seen it but decided nothing: no acknowledgement.
    VenueStatus.PENDING_SUBMIT: None,
    VenueStatus.HELD: Trigger.HELD,
    VenueStatus.WORKING: Trigger.ACCEPTED,
    VenueStatus.PENDING_CANCEL: Trigger.CANCEL_REQUESTED,
    # Only executions fill an order; the status proves no more than that the venue has it (R08).
    VenueStatus.FILLED: Trigger.ACCEPTED,
    VenueStatus.CANCELLED: Trigger.CANCELLED,
    VenueStatus.REJECTED: Trigger.REJECTED,
    VenueStatus.EXPIRED: Trigger.EXPIRED,
}

_ENDED = frozenset({VenueStatus.FILLED, VenueStatus.CANCELLED, VenueStatus.REJECTED, VenueStatus.EXPIRED})
_HELD_WORDS = frozenset({"trigger", "locate", "child"})
"""The whole vocabulary of whyHeld, several joined by commas; true only while the venue repeats them."""


def apply_trigger(order: Order, trigger: Trigger, *, at: datetime, why: str | None = None) -> Order:
    """Move an order by one trigger; `why` replaces its last words when given."""
    status = next_status(order.status, trigger)
    words = order.why if why is None else why
    if status is OrderStatus.CONFLICT and order.status is not OrderStatus.CONFLICT:
        words = f"conflicting evidence: {trigger} after {order.status}. {words}".strip()
    if status is order.status and words == order.why:
        return order
    return replace(order, status=status, why=words, updated_at=at)


def apply_report(order: Order, report: OrderReport, *, at: datetime, at_most: Decimal | None = None) -> Order:
    """Take in what the venue says of an order: its terms as echoed, its ids, its status.

    `at` and `at_most` as in `apply_fill`.
    """
    claimed = report.filled if report.filled is not None else order.status_filled
    updated = replace(
        order,
        key=report.key,
        perm_id=report.perm_id if report.perm_id is not None else order.perm_id,
        spec=report.spec,
        status_filled=claimed,
        owner=report.owner,
    )
    # What the venue says does not settle conflicting evidence: only a person does, by asking to cancel.
    trigger = None if order.status is OrderStatus.CONFLICT else _TRIGGERS[report.status]
    if updated.is_open and updated.filled > 0 and updated.filled == _largest(updated, at_most):
        # The venue made it smaller, down to what had traded: no execution is left to complete it.
        trigger = Trigger.ALL_FILLED
    why = _why(order, report)
    if trigger is not None:
        updated = apply_trigger(updated, trigger, at=at, why=why)
    elif why is not None:
        updated = replace(updated, why=why)
    if updated == order:
        return order
    return replace(updated, updated_at=at)


def _why(order: Order, report: OrderReport) -> str | None:
    """Return what holds the order now; "" once a hold is over, None to keep other words."""
    if report.why_held != "" and report.status not in _ENDED:
        return report.why_held
    held = order.why != "" and all(word.strip() in _HELD_WORDS for word in order.why.split(","))
    return "" if held else None


def apply_fill(order: Order, fill: Fill, *, at: datetime, at_most: Decimal | None = None) -> Order:
    """Count an execution once, by its exec id. More than was ordered is a conflict.

    `at` is when it was received here: an order never takes a time from the venue, whose clock may be an hour off.

    `at_most` is the larger quantity of a change that is under way: until it is answered, either may be in force.
    """
    limit = _largest(order, at_most)
    counted = count_fill(order, fill)
    if counted is order:
        return order
    filled = counted.filled
    if filled > limit:
        why = f"filled {filled} of {limit}: more than was ordered"
        return replace(counted, status=OrderStatus.CONFLICT, why=why, updated_at=at)
    trigger = Trigger.ALL_FILLED if filled == limit else Trigger.PART_FILLED
    return replace(apply_trigger(counted, trigger, at=at), updated_at=at)


def count_fill(order: Order, fill: Fill) -> Order:
    """Add an execution to quantity and average price, once, without moving the order."""
    if fill.exec_id in order.exec_ids:
        return order
    filled = order.filled + fill.quantity
    spent = (order.avg_fill_price or Decimal(0)) * order.filled + fill.price * fill.quantity
    return replace(
        order,
        filled=filled,
        avg_fill_price=spent / filled,
        exec_ids=order.exec_ids | {fill.exec_id},
        perm_id=fill.perm_id if fill.perm_id is not None else order.perm_id,
    )


def uncount_fill(order: Order, fill: Fill) -> Order:
    """Take an execution back out: the venue sent a correction of it."""
    if fill.exec_id not in order.exec_ids:
        return order
    filled = order.filled - fill.quantity
    spent = (order.avg_fill_price or Decimal(0)) * order.filled - fill.price * fill.quantity
    return replace(
        order,
        filled=filled,
        avg_fill_price=spent / filled if filled > 0 else None,
        exec_ids=order.exec_ids - {fill.exec_id},
    )


def _largest(order: Order, at_most: Decimal | None) -> Decimal:
    return order.spec.quantity if at_most is None else max(at_most, order.spec.quantity)


def is_short_of_executions(order: Order) -> bool:
    """Whether the status stream claims more filled than executions prove (R08)."""
    return order.status_filled is not None and order.status_filled > order.filled
