"""Entries: each record as one event of the chain and, where it is queried, one row of a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from qe_dashboard.journal.records import (
    EventKind,
    IntentRecord,
    JournalEvent,
    Json,
    OrderRecord,
    TradingStateRecord,
)
from qe_dashboard.journal.sqlite.texts import canonical_json, decimal_text, plain, time_text, whole
from qe_dashboard.model.identifiers import AccountId, IntentId
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill, OrderSpec
from qe_dashboard.model.reports import CommissionReport

Column: TypeAlias = str | int | None

INSERT_INTENT = """
INSERT INTO intents (seq, intent_id, action, number, client_id, order_id, account, at, instrument_id, side, quantity,
                     order_type, limit_price, stop_price, time_in_force, outside_rth, order_class, origin)
VALUES (:seq, :intent_id, :action, :number, :client_id, :order_id, :account, :at, :instrument_id, :side, :quantity,
        :order_type, :limit_price, :stop_price, :time_in_force, :outside_rth, :order_class, :origin)
"""
UPSERT_ORDER = """
INSERT INTO orders (seq, number, intent_id, client_id, order_id, perm_id, account, status, why, at)
VALUES (:seq, :number, :intent_id, :client_id, :order_id, :perm_id, :account, :status, :why, :at)
ON CONFLICT (number) DO UPDATE SET
    seq = excluded.seq, intent_id = excluded.intent_id, client_id = excluded.client_id, order_id = excluded.order_id,
    perm_id = excluded.perm_id, account = excluded.account, status = excluded.status, why = excluded.why,
    at = excluded.at
"""
INSERT_EXECUTION = """
INSERT INTO executions (seq, account, exec_id, client_id, order_id, perm_id, order_ref, instrument_id, side, quantity,
                        price, currency, at)
VALUES (:seq, :account, :exec_id, :client_id, :order_id, :perm_id, :order_ref, :instrument_id, :side, :quantity,
        :price, :currency, :at)
ON CONFLICT (account, exec_id) DO NOTHING
"""
UPSERT_COMMISSION = """
INSERT INTO commissions (seq, account, exec_id, amount, currency, realized, realized_currency, at)
VALUES (:seq, :account, :exec_id, :amount, :currency, :realized, :realized_currency, :at)
ON CONFLICT (account, exec_id) DO UPDATE SET
    seq = excluded.seq, amount = excluded.amount, currency = excluded.currency, realized = excluded.realized,
    realized_currency = excluded.realized_currency, at = excluded.at
WHERE (amount, currency, realized, realized_currency)
      IS NOT (excluded.amount, excluded.currency, excluded.realized, excluded.realized_currency)
"""
INSERT_TRADING_STATE = """
INSERT INTO trading_states (seq, account, state, reason, by_whom, at)
VALUES (:seq, :account, :state, :reason, :by_whom, :at)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a queried table; when the statement changes nothing, the event is a repeat and is not written."""

    statement: str
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, as the file will hold it, with its row."""

    kind: EventKind
    account: str
    at: str
    intent_id: str | None
    payload: str
    row: Row | None = None


def event_entry(event: JournalEvent) -> Entry:
    return Entry(
        kind=event.kind,
        account=plain(event.account),
        at=time_text(event.at),
        intent_id=_text(event.intent_id),
        payload=canonical_json(event.payload),
    )


def intent_entry(record: IntentRecord) -> Entry:
    columns: dict[str, Column] = {
        "intent_id": plain(record.intent_id),
        "action": record.action.value,
        "number": whole(record.number),
        "client_id": whole(record.key.client_id),
        "order_id": whole(record.key.order_id),
        "account": plain(record.account),
        "at": time_text(record.at),
        **_terms(record.spec),
        "order_class": record.order_class.value,
        "origin": record.origin.value,
    }
    return _entry(EventKind.INTENT, INSERT_INTENT, columns)


def order_entry(record: OrderRecord) -> Entry:
    columns: dict[str, Column] = {
        "number": whole(record.number),
        "intent_id": _text(record.intent_id),
        "client_id": None if record.key is None else whole(record.key.client_id),
        "order_id": None if record.key is None else whole(record.key.order_id),
        "perm_id": whole(record.perm_id),
        "account": plain(record.account),
        "status": record.status.value,
        "why": plain(record.why),
        "at": time_text(record.at),
    }
    return _entry(EventKind.ORDER, UPSERT_ORDER, columns)


def fill_entry(fill: Fill) -> Entry:
    columns: dict[str, Column] = {
        "account": plain(fill.account),
        "exec_id": plain(fill.exec_id),
        "client_id": whole(fill.key.client_id),
        "order_id": whole(fill.key.order_id),
        "perm_id": whole(fill.perm_id),
        "order_ref": plain(fill.order_ref),
        "instrument_id": plain(fill.instrument_id),
        "side": fill.side.value,
        "quantity": decimal_text(fill.quantity),
        "price": decimal_text(fill.price),
        "currency": plain(fill.currency),
        "at": time_text(fill.at),
    }
    return _entry(EventKind.EXECUTION, INSERT_EXECUTION, columns)


def commission_entry(report: CommissionReport, *, account: AccountId, at: str) -> Entry:
    amount, currency = _money(report.commission)
    realized, realized_currency = _money(report.realized)
    columns: dict[str, Column] = {
        "account": plain(account),
        "exec_id": plain(report.exec_id),
        "amount": amount,
        "currency": currency,
        "realized": realized,
        "realized_currency": realized_currency,
        "at": at,
    }
    return _entry(EventKind.COMMISSION, UPSERT_COMMISSION, columns)


def trading_state_entry(record: TradingStateRecord) -> Entry:
    columns: dict[str, Column] = {
        "account": plain(record.account),
        "state": record.state.value,
        "reason": plain(record.reason),
        "by_whom": plain(record.by),
        "at": time_text(record.at),
    }
    return _entry(EventKind.TRADING_STATE, INSERT_TRADING_STATE, columns)


def _entry(kind: EventKind, statement: str, columns: dict[str, Column]) -> Entry:
    payload: dict[str, Json] = {
        key: value for key, value in columns.items() if key not in ("account", "at", "intent_id")
    }
    intent_id = columns.get("intent_id")
    return Entry(
        kind=kind,
        account=str(columns["account"]),
        at=str(columns["at"]),
        intent_id=None if intent_id is None else str(intent_id),
        payload=canonical_json(payload),
        row=Row(statement, columns),
    )


def _terms(spec: OrderSpec) -> dict[str, Column]:
    return {
        "instrument_id": plain(spec.instrument_id),
        "side": spec.side.value,
        "quantity": decimal_text(spec.quantity),
        "order_type": spec.order_type.value,
        "limit_price": decimal_text(spec.limit_price),
        "stop_price": decimal_text(spec.stop_price),
        "time_in_force": spec.time_in_force.value,
        "outside_rth": int(spec.outside_rth),
    }


def _money(money: Money | None) -> tuple[str | None, str | None]:
    return (None, None) if money is None else (decimal_text(money.amount), plain(money.currency))


def _text(intent_id: IntentId | None) -> str | None:
    return None if intent_id is None else plain(intent_id)
