"""What the venue accepts: rules for new orders, for new terms and for cancels. Words are for the trader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.book import VenueOrder
from qe_dashboard.sim_venue.days import settlement
from qe_dashboard.sim_venue.events import NewOrder, RefusalReason

_IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no with its reason in words."""

    reason: RefusalReason
    text: str


def unknown_contract(spec: OrderSpec) -> Refusal:
    """Refuse a contract that does not exist."""
    return Refusal(RefusalReason.UNKNOWN_CONTRACT, f"No security definition found for {spec.instrument_id}.")


def check_contract(instrument: Instrument, *, now: datetime) -> Refusal | None:
    """Refuse contracts that no longer trade."""
    if not has_expired(instrument, now):
        return None
    return Refusal(RefusalReason.CONTRACT_EXPIRED, f"{instrument.label} has expired.")


def check_account(order: NewOrder, account: AccountId) -> Refusal | None:
    """Refuse orders for somebody else's account."""
    if order.account == account:
        return None
    return Refusal(
        RefusalReason.WRONG_ACCOUNT, f"Account {order.account!r} is not the account here, {account}."
    )


def check_terms(instrument: Instrument, spec: OrderSpec) -> Refusal | None:
    """Refuse sizes off the lot, prices off the tick and prices that are not positive."""
    if not instrument.is_valid_size(spec.quantity):
        return Refusal(
            RefusalReason.SIZE,
            f"Size {spec.quantity} does not conform to {instrument.label}: at least {instrument.min_size} "
            f"in steps of {instrument.size_increment}.",
        )
    for word, price in (("limit", spec.limit_price), ("stop", spec.stop_price)):
        if price is None:
            continue
        if price <= 0:
            return Refusal(RefusalReason.PRICE, f"The {word} price {price} must be above zero.")
        if not instrument.is_on_tick(price):
            return Refusal(
                RefusalReason.TICK,
                f"The {word} price {price} does not conform to the minimum price variation "
                f"{instrument.tick_at(price)} of {instrument.label}.",
            )
    return None


def check_margin(missing: Decimal, *, currency: str) -> Refusal | None:
    """Refuse what the account cannot carry."""
    if missing <= 0:
        return None
    return Refusal(
        RefusalReason.MARGIN,
        f"Order rejected: initial margin exceeds available funds by {missing:.2f} {currency}.",
    )


def check_change(order: VenueOrder, spec: OrderSpec) -> Refusal | None:
    """Refuse new terms that make another order of it, or ask for less than was filled."""
    old = order.spec
    for word, before, after in (
        ("contract", old.instrument_id, spec.instrument_id),
        ("side", old.side, spec.side),
        ("type", old.order_type, spec.order_type),
    ):
        if before != after:
            return Refusal(
                RefusalReason.NOT_MODIFIABLE, f"The {word} cannot change from {before} to {after}; cancel it."
            )
    if spec.time_in_force is not old.time_in_force and (
        spec.time_in_force in _IMMEDIATE or old.time_in_force in _IMMEDIATE
    ):
        return Refusal(
            RefusalReason.TIME_IN_FORCE,
            f"Time in force cannot change from {old.time_in_force} to {spec.time_in_force}.",
        )
    if order.triggered and spec.stop_price != old.stop_price:
        return Refusal(RefusalReason.NOT_MODIFIABLE, "The stop has triggered; its stop price cannot change.")
    if spec.quantity <= order.filled:
        return Refusal(
            RefusalReason.SIZE,
            f"{order.filled} are filled already; the quantity must stay above that. Cancel to keep only those.",
        )
    return None


def closed_refusal(order: VenueOrder) -> Refusal | None:
    """Refuse to touch an order that ended."""
    if order.is_open:
        return None
    if order.status is VenueStatus.FILLED:
        return Refusal(
            RefusalReason.ALREADY_FILLED,
            f"Order {order.key} is filled: {order.filled} at {order.avg_price:f}.",
        )
    return Refusal(RefusalReason.ALREADY_CLOSED, f"Order {order.key} is {order.status} already.")


def has_expired(instrument: Instrument, now: datetime) -> bool:
    """Tell whether a contract has had its last moment of trading."""
    return instrument.expiry is not None and settlement(instrument.expiry) <= now


def reference_price(spec: OrderSpec, *, bid: Decimal, ask: Decimal) -> Decimal:
    """Return the price an order is margined at: its limit, else its stop, else the touch it would take."""
    if spec.limit_price is not None:
        return spec.limit_price
    if spec.order_type is OrderType.STOP and spec.stop_price is not None:
        return spec.stop_price
    return ask if spec.side is OrderSide.BUY else bid
