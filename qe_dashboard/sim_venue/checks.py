"""What the venue accepts: rules for new orders, for new terms and for cancels. Words are for the trader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import OrderSide, SecType
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.book import VenueOrder
from qe_dashboard.sim_venue.days import settlement
from qe_dashboard.sim_venue.events import NewOrder, RefusalReason
from qe_dashboard.sim_venue.terms import IMMEDIATE, ON_CLOSE, VenueTerms, VenueTif


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no with its reason in words."""

    reason: RefusalReason
    text: str


def unknown_contract(terms: VenueTerms) -> Refusal:
    """Refuse a contract that does not exist."""
    return Refusal(RefusalReason.UNKNOWN_CONTRACT, f"No security definition found for {terms.instrument_id}.")


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


def check_permission(instrument: Instrument, permitted: frozenset[SecType]) -> Refusal | None:
    """Refuse what the account may not trade."""
    if instrument.sec_type in permitted:
        return None
    return Refusal(
        RefusalReason.PERMISSION,
        f"No trading permission for {instrument.sec_type} such as {instrument.label}.",
    )


def check_terms(instrument: Instrument, terms: VenueTerms, *, now: datetime) -> Refusal | None:
    """Refuse sizes off the lot, prices off the tick or not positive, and times that are past."""
    if not instrument.is_valid_size(terms.quantity):
        return Refusal(
            RefusalReason.SIZE,
            f"Size {terms.quantity} does not conform to {instrument.label}: at least {instrument.min_size} "
            f"in steps of {instrument.size_increment}.",
        )
    for word, price in (
        ("limit", terms.limit_price),
        ("stop", terms.stop_price),
        ("trailing", terms.trail_amount),
    ):
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
    if terms.order_type in ON_CLOSE and terms.time_in_force is not VenueTif.DAY:
        return Refusal(RefusalReason.TIME_IN_FORCE, f"{terms.order_type} orders are DAY orders.")
    return _check_times(terms, now=now)


def _check_times(terms: VenueTerms, *, now: datetime) -> Refusal | None:
    if terms.good_till is None:
        return None
    if terms.good_till <= now:
        return Refusal(RefusalReason.TIME, f"It would be good until {terms.good_till}, which is past.")
    if terms.good_after is not None and terms.good_after >= terms.good_till:
        return Refusal(RefusalReason.TIME, "It would be good only after the time until which it is good.")
    return None


def check_group(terms: VenueTerms, members: tuple[VenueOrder, ...], *, has_traded: bool) -> Refusal | None:
    """Refuse to join an OCA group that has begun its work, or one that handles fills another way."""
    if has_traded:
        return Refusal(RefusalReason.OCA, f"OCA group {terms.oca_group} has traded already.")
    if any(member.terms.oca_type is not terms.oca_type for member in members):
        return Refusal(RefusalReason.OCA, f"OCA group {terms.oca_group} has another OCA type.")
    return None


def check_parent(terms: VenueTerms, parent: VenueOrder | None) -> Refusal | None:
    """Refuse a child whose parent is not there, or ended without a complete fill."""
    if terms.parent_id is None:
        return None
    if parent is not None and (parent.is_open or parent.status is VenueStatus.FILLED):
        return None
    return Refusal(RefusalReason.NO_PARENT, f"The parent order {terms.parent_id} is missing.")


def check_margin(missing: Decimal, *, currency: str) -> Refusal | None:
    """Refuse what the account cannot carry."""
    if missing <= 0:
        return None
    return Refusal(
        RefusalReason.MARGIN,
        f"Order rejected: initial margin exceeds available funds by {missing:.2f} {currency}.",
    )


def check_change(order: VenueOrder, terms: VenueTerms) -> Refusal | None:
    """Refuse new terms that make another order of it, or ask for less than was filled."""
    old = order.terms
    for word, before, after in (
        ("contract", old.instrument_id, terms.instrument_id),
        ("side", old.side, terms.side),
        ("parent", old.parent_id, terms.parent_id),
        ("OCA group", old.oca_group, terms.oca_group or old.oca_group),
    ):
        if before != after:
            return Refusal(
                RefusalReason.NOT_MODIFIABLE, f"The {word} cannot change from {before} to {after}; cancel it."
            )
    if terms.order_type is not old.order_type:
        text = f"The type cannot change from {old.order_type} to {terms.order_type}; cancel it."
        return Refusal(RefusalReason.ORDER_TYPE, text)
    if terms.time_in_force is not old.time_in_force and (
        terms.time_in_force in IMMEDIATE or old.time_in_force in IMMEDIATE
    ):
        return Refusal(
            RefusalReason.TIME_IN_FORCE,
            f"Time in force cannot change from {old.time_in_force} to {terms.time_in_force}.",
        )
    if order.triggered and terms.stop_price != old.stop_price:
        return Refusal(RefusalReason.NOT_MODIFIABLE, "The stop has triggered; its stop price cannot change.")
    if terms.quantity <= order.filled:
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


def reference_price(terms: VenueTerms, *, bid: Decimal, ask: Decimal) -> Decimal:
    """Return the price an order is margined at: its limit, else its stop, else the touch it would take."""
    if terms.limit_price is not None:
        return terms.limit_price
    if terms.stop_price is not None:
        return terms.stop_price
    return ask if terms.side is OrderSide.BUY else bid
