"""The gateway's error codes and texts, and which one each of the venue's refusals becomes."""

from __future__ import annotations

from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.sim_venue.events import CancelRefused, OrderRefused, RefusalReason

NO_REQUEST = -1

MAX_RATE = 100
DUPLICATE_TICKER = 102
DUPLICATE_ORDER = 103
FILLED_ORDER = 104
MODIFY_MISMATCH = 105
INCOMPLETE = 107
PRICE_INCREMENT = 110
TIME_IN_FORCE = 111
ORDER_NOT_FOUND = 135
HISTORY = 162
NO_SECURITY = 200
REJECTED = 201
CANCELLED = 202
NO_TICKER = 300
READ_FAILED = 320
INVALID_REQUEST = 321
TOO_MANY_SUMMARIES = 322
CLIENT_ID_IN_USE = 326
AUTO_BIND = 327
SIZE_RULE = 355
NO_HISTORY_QUERY = 366
ORDER_TYPE = 387
CONTRACT_EXPIRED = 392
ZERO_SIZE = 434
ACCOUNT_MISSING = 435
CANCEL_NOT_FOUND = 10147
CANCEL_IMPOSSIBLE = 10148
COMPETING_SESSION = 10197

NO_SECURITY_TEXT = "No security definition has been found for the request"
READ_ONLY_TEXT = "Error validating request.-'bW' : cause - The API interface is currently in Read-Only mode."


def invalid(cause: str) -> str:
    """Put a cause into the words of error 321."""
    return f"Error validating request.-'bW' : cause - {cause}"


_ORDER_REFUSALS: dict[RefusalReason, tuple[int, str]] = {
    RefusalReason.DUPLICATE_ID: (DUPLICATE_ORDER, "Duplicate order id"),
    RefusalReason.UNKNOWN_CONTRACT: (NO_SECURITY, NO_SECURITY_TEXT),
    RefusalReason.CONTRACT_EXPIRED: (CONTRACT_EXPIRED, "The contract has expired: {text}"),
    RefusalReason.WRONG_ACCOUNT: (INVALID_REQUEST, invalid("Invalid account code: {text}")),
    RefusalReason.TICK: (
        PRICE_INCREMENT,
        "The price does not conform to the minimum price variation for this contract.",
    ),
    RefusalReason.SIZE: (SIZE_RULE, "Order size does not conform to market rule: {text}"),
    RefusalReason.TIME_IN_FORCE: (TIME_IN_FORCE, "The time-in-force is invalid for this order: {text}"),
    RefusalReason.NO_SUCH_ORDER: (ORDER_NOT_FOUND, "Can't find order with id ={order_id}"),
    RefusalReason.ALREADY_FILLED: (FILLED_ORDER, "Cannot modify a filled order."),
    RefusalReason.ALREADY_CLOSED: (DUPLICATE_ORDER, "Duplicate order id"),
    RefusalReason.NOT_MODIFIABLE: (
        MODIFY_MISMATCH,
        "Order being modified does not match original order: {text}",
    ),
}


def of_order(refused: OrderRefused) -> tuple[int, str]:
    """Return code and text for a refused order or modification."""
    code, text = _ORDER_REFUSALS.get(refused.reason, (REJECTED, "Order rejected - reason:{text}"))
    return code, text.format(text=refused.text, order_id=refused.order.key.order_id)


def of_cancel(refused: CancelRefused, *, state: str) -> tuple[int, str]:
    """Return code and text for a refused cancel; `state` is the order's status as the API names it."""
    order_id = refused.key.order_id
    if refused.reason in (RefusalReason.NO_SUCH_ORDER, RefusalReason.NOT_YOURS):
        return cancel_not_found(refused.key)
    return CANCEL_IMPOSSIBLE, (
        f"OrderId {order_id} that needs to be cancelled can not be cancelled, state: {state}."
    )


def cancel_not_found(key: OrderKey) -> tuple[int, str]:
    """Return code and text for a cancel that names nothing."""
    return CANCEL_NOT_FOUND, f"OrderId {key.order_id} that needs to be cancelled is not found."
