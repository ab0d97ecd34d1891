"""OrderSpec <-> the library's Order, and the venue's status words. Pure."""

from __future__ import annotations

from typing import Any

from qe_dashboard.broker.ibkr.values import Undecodable, needed, number, plain
from qe_dashboard.broker.port import PlaceOrder
from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.model.identifiers import InstrumentId, OrderKey
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import VenueStatus

OWNER_THIS = "THIS"
OWNER_TWS = "TWS"

_STATUS = {
    "ApiPending": VenueStatus.PENDING_SUBMIT,
    "PendingSubmit": VenueStatus.PENDING_SUBMIT,
    "PreSubmitted": VenueStatus.HELD,
    "Submitted": VenueStatus.WORKING,
    "PendingCancel": VenueStatus.PENDING_CANCEL,
    "ApiCancelled": VenueStatus.CANCELLED,
    "Cancelled": VenueStatus.CANCELLED,
    "Filled": VenueStatus.FILLED,
    "Inactive": VenueStatus.REJECTED,
}
_SIDES = {"BUY": OrderSide.BUY, "SELL": OrderSide.SELL, "SSHORT": OrderSide.SELL}
_TYPES = {each.value: each for each in OrderType}
_TIMES = {each.value: each for each in TimeInForce}
_NEEDS_LIMIT = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_NEEDS_STOP = (OrderType.STOP, OrderType.STOP_LIMIT)


def venue_status(word: str) -> VenueStatus | None:
    """Return the normalised status; None for a word this program does not know."""
    return _STATUS.get(word)


def acknowledges(status: VenueStatus) -> bool:
    """Tell whether a status proves that the venue has the order; "pending submit" proves nothing."""
    return status is not VenueStatus.PENDING_SUBMIT


def order_key(*, client_id: int, order_id: int, perm_id: int) -> OrderKey:
    """Return the key of a row. Orders typed into TWS all carry id 0 and are told apart by their permId, negated."""
    return OrderKey(client_id, order_id if order_id != 0 else -perm_id)


def owner_of(key: OrderKey, *, order_client_id: int) -> str:
    """Say who placed an order: THIS, TWS (id 0 or negative, or client 0) or CLIENT n."""
    if key.client_id == order_client_id and key.order_id > 0:
        return OWNER_THIS
    if key.order_id <= 0 or key.client_id == 0:
        return OWNER_TWS
    return f"CLIENT {key.client_id}"


def order_fields(order: PlaceOrder) -> dict[str, object]:
    """Return the library's order fields; account, time in force and reference are never left to a preset (S03)."""
    spec = order.spec
    fields: dict[str, object] = {
        "orderId": order.key.order_id,
        "clientId": order.key.client_id,
        "action": spec.side.value,
        "totalQuantity": plain(spec.quantity),
        "orderType": spec.order_type.value,
        "tif": spec.time_in_force.value,
        "account": order.account,
        "orderRef": order.order_ref,
        "outsideRth": spec.outside_rth,
        "transmit": True,
    }
    if spec.limit_price is not None:
        fields["lmtPrice"] = plain(spec.limit_price)
    if spec.stop_price is not None:
        fields["auxPrice"] = plain(spec.stop_price)
    return fields


def spec_from_echo(order: Any, instrument_id: InstrumentId) -> OrderSpec:
    """Read the terms of an order as the venue repeats them.

    Kinds this version does not offer become OTHER: a book without such an order would be a lie (R01), and one
    TRAIL placed in TWS must not make all open orders unknown. Raises Undecodable for a side or a size that is none.
    """
    side = _SIDES.get(order.action)
    if side is None:
        raise Undecodable(f"order side {order.action!r} is not known")
    order_type = _TYPES.get(order.orderType, OrderType.OTHER)
    time_in_force = _TIMES.get(order.tif, TimeInForce.OTHER)
    try:
        return OrderSpec(
            instrument_id=instrument_id,
            side=side,
            quantity=needed(order.totalQuantity, "the quantity"),
            order_type=order_type,
            limit_price=needed(order.lmtPrice, "the limit price") if order_type in _NEEDS_LIMIT else None,
            stop_price=needed(order.auxPrice, "the stop price") if order_type in _NEEDS_STOP else None,
            time_in_force=time_in_force,
            outside_rth=bool(order.outsideRth),
        )
    except ValueError as error:
        raise Undecodable(str(error)) from None


def perm_id_of(raw: object) -> int | None:
    """Return the permId once IBKR gave one; 0 means not yet."""
    value = number(raw)
    return int(value) if value is not None and value != 0 else None
