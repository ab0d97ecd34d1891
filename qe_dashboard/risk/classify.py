"""Class first (D1): can this order add to the position, on any path of fills?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, TimeInForce
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import Value, words

# D1: reduce-only is judged from a position book read no longer ago than this.
FRESH = timedelta(seconds=5)

ZERO = Decimal(0)

_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)


@dataclass(frozen=True, slots=True)
class Classification:
    """A class and why."""

    order_class: OrderClass
    reason: Value

    @property
    def words(self) -> str:
        """The reason, for the confirm sentence."""
        return words(self.reason)


def classify(proposal: Proposal, ctx: RiskContext) -> OrderClass:
    """Return what the proposal can do to risk; whatever cannot be proven to reduce is ADD."""
    return explain_class(proposal, ctx).order_class


def explain_class(proposal: Proposal, ctx: RiskContext) -> Classification:
    """Return the class with its reason."""
    old = proposal.replaces
    if old is not None and _only_shrinks(proposal.spec, old):
        return Classification(OrderClass.LOWER_RISK_MODIFY, "the same order with a smaller quantity")
    obstacle = _why_not_reducing(proposal, ctx)
    if obstacle is not None:
        return Classification(OrderClass.ADD, obstacle)
    if old is None or old.spec.order_type not in _STOPS:
        return Classification(OrderClass.REDUCE, "it can only shrink the position")
    loosened = _why_stop_is_looser(proposal.spec, old.spec)
    if loosened is not None:
        return Classification(OrderClass.ADD, loosened)
    if proposal.spec.order_type in _STOPS and proposal.spec.quantity <= old.spec.quantity:
        return Classification(OrderClass.LOWER_RISK_MODIFY, "the protective stop stays, no farther away")
    return Classification(OrderClass.REDUCE, "it can only shrink the position")


def other_exits(proposal: Proposal, orders: tuple[Order, ...]) -> Decimal:
    """Return what other open orders of this account, instrument and side can still trade, `replaces` left out."""
    return sum([leaves(order) for order in rivals(proposal, orders, side=proposal.spec.side)], ZERO)


def rivals(proposal: Proposal, orders: tuple[Order, ...], *, side: OrderSide) -> tuple[Order, ...]:
    """Return the other open orders of one side in the proposal's account and instrument."""
    replaced = None if proposal.replaces is None else proposal.replaces.number
    wanted = proposal.instrument.id
    return tuple(
        [
            order
            for order in orders
            if order.spec.instrument_id == wanted
            and order.spec.side is side
            and order.account == proposal.account
            and order.number != replaced
            and order.is_open
        ]
    )


def leaves(order: Order) -> Decimal:
    """Return what an order can still trade; an overfilled one nothing."""
    return max(order.remaining, ZERO)


def proposed_quantity(proposal: Proposal) -> Decimal:
    """Return what the proposal can still trade: a changed order keeps what it already filled."""
    filled = ZERO if proposal.replaces is None else proposal.replaces.filled
    return max(proposal.spec.quantity - filled, ZERO)


def _only_shrinks(spec: OrderSpec, old: Order) -> bool:
    return spec.quantity < old.spec.quantity and replace(spec, quantity=old.spec.quantity) == old.spec


def _why_not_reducing(proposal: Proposal, ctx: RiskContext) -> Value:
    """Return the first thing that keeps the order from being reduce-only, None when nothing does."""
    if isinstance(ctx.position, Unknown):
        return f"the position is not known ({ctx.position.reason})"
    if isinstance(ctx.open_orders, Unknown):
        return f"the open orders are not known ({ctx.open_orders.reason})"
    held = ctx.position.value
    if not held.is_finite():
        return f"the position reported is {held}"
    if held == 0:
        return "there is no position to reduce"
    if (held > 0) == (proposal.spec.side is OrderSide.BUY):
        return "it goes the same way as the position of", held
    # After the two above: they make it an ADD at any age, and say more than the age does.
    age = abs(ctx.now - ctx.position.as_of)
    if age > FRESH:
        return f"the position was read {age.total_seconds():.0f} s ago, more than {FRESH.seconds} s"
    quantity = proposed_quantity(proposal)
    exits = other_exits(proposal, ctx.open_orders.value)
    if quantity + exits <= abs(held):
        return None
    reason = ("it is", quantity, "against a position of", held)
    return (*reason, "and other working orders already", proposal.spec.side, exits) if exits > 0 else reason


def _why_stop_is_looser(new: OrderSpec, old: OrderSpec) -> Value:
    """Return how new terms protect less than a working stop; None when they protect as much."""
    if new.order_type is OrderType.MARKET:
        return None
    if new.stop_price is None or old.stop_price is None:
        return "it turns a protective stop into an order that does not protect"
    if (new.stop_price - old.stop_price) * new.side.sign > 0:
        return "it moves the stop away from the market,", old.stop_price, "to", new.stop_price
    if (old.time_in_force is TimeInForce.GTC and new.time_in_force is not TimeInForce.GTC) or (
        old.outside_rth and not new.outside_rth
    ):
        return "the protective stop would be alive for less time"
    if new.limit_price is None:
        return None
    room = (new.limit_price - new.stop_price) * new.side.sign
    if old.limit_price is None or room < (old.limit_price - old.stop_price) * new.side.sign:
        return "it limits a protective stop more, which may then stay unfilled"
    return None
