"""The gateway's error codes and texts, and which one each of the venue's refusals becomes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from qe_dashboard.gateway_sim.encode_contracts import home_exchange
from qe_dashboard.gateway_sim.timestamps import LOGIN_ZONE, tws_zone
from qe_dashboard.sim_venue.events import CancelRefused, Notice, OrderNoticed, OrderRefused, RefusalReason

NO_REQUEST = -1

MAX_RATE = 100
TOO_MANY_LINES = 101
DUPLICATE_TICKER = 102
DUPLICATE_ORDER = 103
FILLED_ORDER = 104
MODIFY_MISMATCH = 105
INCOMPLETE = 107
PRICE_INCREMENT = 110
TIME_IN_FORCE = 111
CLOSE_IS_DAY = 113
ORDER_NOT_FOUND = 135
NOT_CANCELLABLE = 161
HISTORY = 162
NO_SECURITY = 200
REJECTED = 201
CANCELLED = 202
NO_TICKER = 300
TOO_MANY_BOOKS = 309
NO_BOOK = 310
READ_FAILED = 320
INVALID_REQUEST = 321
TOO_MANY_SUMMARIES = 322
CLIENT_ID_IN_USE = 326
AUTO_BIND = 327
TYPE_CHANGE = 329
NOT_SUBSCRIBED = 354
SIZE_RULE = 355
NO_HISTORY_QUERY = 366
ORDER_TYPE = 387
BAD_GOOD_TILL = 391
CONTRACT_EXPIRED = 392
ORDER_MESSAGE = 399
SHORT_LOCATE = 404
ZERO_SIZE = 434
ACCOUNT_MISSING = 435
NO_PERMISSION = 460
OUTSIDE_RTH_IGNORED = 2109
NO_PARENT = 10006
CANCEL_NOT_FOUND = 10147
CANCEL_IMPOSSIBLE = 10148
DELAYED_DATA = 10167
DELAYED_NOT_ENABLED = 10168
TOO_MANY_TICK_LINES = 10190
COMPETING_SESSION = 10197
TIF_PRESET = 10349

NO_SECURITY_TEXT = "No security definition has been found for the request"
READ_ONLY_TEXT = "Error validating request.-'bW' : cause - The API interface is currently in Read-Only mode."


COMPETING_TEXT = "No market data during competing live session"
NOT_SUBSCRIBED_TEXT = "Requested market data is not subscribed."
DELAYED_TEXT = "Requested market data is not subscribed. Displaying delayed market data."
DELAYED_OFF_TEXT = "Requested market data is not subscribed. Delayed market data is not enabled."
TIF_PRESET_TEXT = "Order TIF was set to DAY based on order preset."
OUTSIDE_RTH_TEXT = (
    "Order Event Warning: Attribute 'Outside Regular Trading Hours' is ignored based on the order type and "
    "destination. PlaceOrder is now being processed."
)


NOT_CANCELLABLE_TEXT = "Cancel attempted when order is not in a cancellable state."


def invalid(cause: str) -> str:
    """Put a cause into the words of error 321."""
    return f"Error validating request.-'bW' : cause - {cause}"


def no_ticker(req_id: int) -> str:
    """Return the text of error 300."""
    return f"Can't find EId with tickerId:{req_id}"


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
    RefusalReason.PERMISSION: (NO_PERMISSION, "No trading permissions. {text}"),
    RefusalReason.NO_PARENT: (NO_PARENT, "Missing parent order. {text}"),
    RefusalReason.TIME: (BAD_GOOD_TILL, "The time of the order is not possible. {text}"),
    RefusalReason.NO_SUCH_ORDER: (ORDER_NOT_FOUND, "Can't find order with id ={order_id}"),
    RefusalReason.ALREADY_FILLED: (FILLED_ORDER, "Cannot modify a filled order."),
    RefusalReason.ALREADY_CLOSED: (DUPLICATE_ORDER, "Duplicate order id"),
    RefusalReason.ORDER_TYPE: (TYPE_CHANGE, "Order modify failed. Cannot change to the new order type."),
    RefusalReason.NOT_MODIFIABLE: (
        MODIFY_MISMATCH,
        "Order being modified does not match original order: {text}",
    ),
}


def of_order(refused: OrderRefused) -> tuple[int, str]:
    """Return code and text for a refused order or modification."""
    code, text = _ORDER_REFUSALS.get(refused.reason, (REJECTED, "Order rejected - reason:{text}"))
    return code, text.format(text=refused.text, order_id=refused.order.key.order_id)


def of_notice(noticed: OrderNoticed) -> tuple[int, str]:
    """Return code and text of something to know about a living order."""
    terms, instrument = noticed.order.terms, noticed.order.instrument
    if noticed.notice is Notice.SHORT_LOCATE:
        return SHORT_LOCATE, f"Order held while securities are located. {noticed.text}"
    subject = f"{terms.side.value} {terms.quantity.normalize():f} {instrument.local_symbol}"
    until = ""
    if noticed.until is not None:
        until = f" {noticed.until.astimezone(ZoneInfo(LOGIN_ZONE)):%Y-%m-%d %H:%M:%S} {tws_zone(LOGIN_ZONE)}"
    if noticed.notice is Notice.QUEUED and until:
        words = f"Warning: Your order will not be placed at the exchange until{until}."
    else:
        words = f"Warning: {noticed.text}"
    return ORDER_MESSAGE, f"Order Message:\n{subject} {home_exchange(instrument)}\n{words}"


def of_cancel(refused: CancelRefused, *, state: str, order_id: int) -> tuple[int, str]:
    """Return code and text for a refused cancel; `state` is the order's status as the API names it."""
    if refused.reason in (RefusalReason.NO_SUCH_ORDER, RefusalReason.NOT_YOURS):
        return CANCEL_NOT_FOUND, f"OrderId {order_id} that needs to be cancelled is not found."
    return CANCEL_IMPOSSIBLE, (
        f"OrderId {order_id} that needs to be cancelled can not be cancelled, state: {state}."
    )
