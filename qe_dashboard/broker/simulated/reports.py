"""The venue's events in the port's words."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qe_dashboard.broker.simulated.links import ORDER_CLIENT_ID
from qe_dashboard.model.enums import AccountKind, MessageClass, Severity
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import AccountState, OrderReport, VenueMessage, VenueStatus
from qe_dashboard.sim_venue.events import (
    AccountValues,
    CancelRefused,
    NewOrder,
    Notice,
    OrderNoticed,
    OrderRefused,
    OrderSnapshot,
    RefusalReason,
)

# IBKR's numbers for the same refusals, so that what is learned here holds there (reference: ibkr-codes).
_NEW_ORDER_CODES = {
    RefusalReason.DUPLICATE_ID: 103,
    RefusalReason.UNKNOWN_CONTRACT: 200,
    RefusalReason.CONTRACT_EXPIRED: 392,
    RefusalReason.WRONG_ACCOUNT: 435,
    RefusalReason.TICK: 110,
    RefusalReason.PRICE: 403,
    RefusalReason.SIZE: 355,
    RefusalReason.TIME_IN_FORCE: 111,
    RefusalReason.MARGIN: 201,
    RefusalReason.NO_SUCH_ORDER: 135,
    RefusalReason.NOT_YOURS: 135,
    RefusalReason.ALREADY_FILLED: 104,
    RefusalReason.ALREADY_CLOSED: 104,
    RefusalReason.NOT_MODIFIABLE: 105,
    RefusalReason.ORDER_TYPE: 329,
    RefusalReason.PERMISSION: 460,
    RefusalReason.NO_PARENT: 10006,
    RefusalReason.OCA: 201,
    RefusalReason.TIME: 391,
}
_NOTICE_CODES = {Notice.QUEUED: 399, Notice.SHORT_LOCATE: 404, Notice.HALTED: 399}
_CANCEL_NOT_FOUND = 10147
_CANCEL_TOO_LATE = 10148
_CANCELLED = 202
STATE_NOT_SAVED = 0
_CLOSED_REASONS = (RefusalReason.ALREADY_FILLED, RefusalReason.ALREADY_CLOSED, RefusalReason.NO_SUCH_ORDER)


def order_report(order: OrderSnapshot) -> OrderReport:
    """Report an order as it stands."""
    return OrderReport(
        key=order.key,
        perm_id=order.perm_id,
        order_ref=order.order_ref,
        account=order.account,
        spec=order.spec,
        status=order.status,
        filled=order.filled,
        owner=_owner(order.key),
        at=order.updated_at,
        why_held=order.why_held,
    )


def rejected_report(order: NewOrder, *, at: datetime) -> OrderReport:
    """Report a new order that the venue did not take."""
    return OrderReport(
        key=order.key,
        perm_id=None,
        order_ref=order.order_ref,
        account=order.account,
        spec=order.spec,
        status=VenueStatus.REJECTED,
        filled=Decimal(0),
        owner=_owner(order.key),
        at=at,
    )


def refusal_message(refused: OrderRefused) -> VenueMessage:
    """Say why an order or its new terms were refused; refused terms leave a working order alive (C1)."""
    message_class = MessageClass.ORDER_REJECTED
    if refused.is_modify:
        over = refused.reason in _CLOSED_REASONS
        message_class = MessageClass.ORDER_TERMINAL if over else MessageClass.ORDER_LIVE
    return VenueMessage(
        code=_NEW_ORDER_CODES[refused.reason],
        text=refused.text,
        message_class=message_class,
        severity=Severity.WARNING if refused.is_modify else Severity.ERROR,
        at=refused.at,
        order_key=refused.order.key,
        instrument_id=refused.order.spec.instrument_id,
    )


def cancel_refusal_message(refused: CancelRefused) -> VenueMessage:
    """Say why a cancel did nothing."""
    return VenueMessage(
        code=_CANCEL_NOT_FOUND if refused.order is None else _CANCEL_TOO_LATE,
        text=refused.text,
        message_class=MessageClass.ORDER_TERMINAL
        if refused.reason in _CLOSED_REASONS
        else MessageClass.ORDER_LIVE,
        severity=Severity.WARNING,
        at=refused.at,
        order_key=refused.key,
        instrument_id=None if refused.order is None else refused.order.instrument.id,
    )


def ending_message(order: OrderSnapshot) -> VenueMessage | None:
    """Say why an order ended by itself; None for a fill and for a cancel that was asked for."""
    if order.reason == "":
        return None
    return VenueMessage(
        code=_CANCELLED,
        text=f"Order cancelled: {order.reason}.",
        message_class=MessageClass.ORDER_TERMINAL,
        severity=Severity.INFO,
        at=order.updated_at,
        order_key=order.key,
        instrument_id=order.instrument.id,
    )


def notice_message(noticed: OrderNoticed) -> VenueMessage:
    """Say what the venue has to say about an order that lives on."""
    return VenueMessage(
        code=_NOTICE_CODES[noticed.notice],
        text=noticed.text,
        message_class=MessageClass.ORDER_LIVE,
        severity=Severity.WARNING,
        at=noticed.at,
        order_key=noticed.order.key,
        instrument_id=noticed.order.instrument.id,
    )


def account_state(values: AccountValues) -> AccountState:
    """Report account values."""
    return AccountState(
        account=values.account,
        kind=AccountKind.SIM,
        currency=values.currency,
        as_of=values.as_of,
        net_liquidation=values.net_liquidation,
        total_cash=values.total_cash,
        buying_power=values.buying_power,
        excess_liquidity=values.excess_liquidity,
        init_margin=values.init_margin,
        maint_margin=values.maint_margin,
        gross_position_value=values.gross_position_value,
        unrealized_pnl=values.unrealized_pnl,
        realized_pnl=values.realized_pnl,
    )


def _owner(key: OrderKey) -> str:
    return "THIS" if key.client_id == ORDER_CLIENT_ID else f"CLIENT {key.client_id}"
