"""Reads on a read-only connection, and the records they give back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from qe_dashboard.journal.records import (
    EventKind,
    IntentAction,
    IntentRecord,
    OrderRecord,
    StoredEvent,
    TradingStateRecord,
)
from qe_dashboard.journal.sqlite import failures
from qe_dashboard.journal.sqlite.migrations import check_not_newer, shipped_migrations
from qe_dashboard.journal.sqlite.store import BUSY_S
from qe_dashboard.journal.sqlite.texts import read_decimal, read_json, read_time, time_text
from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, Origin, TimeInForce, TradingState
from qe_dashboard.model.identifiers import AccountId, ExecId, InstrumentId, IntentId, OrderKey, OrderNumber
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill, OrderSpec
from qe_dashboard.model.order_status import OrderStatus

_FILLS = """
SELECT e.*, c.amount, c.currency AS commission_currency, c.realized, c.realized_currency
FROM executions e LEFT JOIN commissions c ON c.account = e.account AND c.exec_id = e.exec_id
"""
_MARK = """
SELECT max(order_id) FROM (
    SELECT order_id FROM intents WHERE client_id = :client_id
    UNION ALL SELECT order_id FROM orders WHERE client_id = :client_id
)
"""
_LAST_NUMBER = "SELECT max(number) FROM (SELECT number FROM intents UNION ALL SELECT number FROM orders)"


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file read-only for a moment. Raises JournalError when there is none or it cannot be read."""
    if not path.exists():
        raise failures.missing(path)
    try:
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None
        )
        try:
            connection.row_factory = sqlite3.Row
            check_not_newer(connection, path, shipped_migrations())
            yield connection
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise failures.read_failed(path, error) from error
    except (ValueError, ArithmeticError) as error:
        raise failures.not_understood(path, error) from error


def intents(connection: sqlite3.Connection, account: AccountId) -> tuple[IntentRecord, ...]:
    rows = connection.execute("SELECT * FROM intents WHERE account = ? ORDER BY seq", (account,))
    return tuple(_intent(row) for row in rows)


def latest_orders(connection: sqlite3.Connection, account: AccountId) -> tuple[OrderRecord, ...]:
    rows = connection.execute("SELECT * FROM orders WHERE account = ? ORDER BY number", (account,))
    return tuple(_order(row) for row in rows)


def fills(connection: sqlite3.Connection, account: AccountId, *, since: datetime) -> tuple[Fill, ...]:
    rows = connection.execute(
        f"{_FILLS} WHERE e.account = ? AND e.at >= ? ORDER BY e.at, e.seq", (account, time_text(since))
    )
    return tuple(_fill(row) for row in rows)


def all_fills(connection: sqlite3.Connection) -> Iterator[Fill]:
    """Return the executions of every account of the profile, oldest first."""
    return (_fill(row) for row in connection.execute(f"{_FILLS} ORDER BY e.at, e.seq"))


def trading_state(connection: sqlite3.Connection, account: AccountId) -> TradingStateRecord | None:
    row = connection.execute(
        "SELECT * FROM trading_states WHERE account = ? ORDER BY seq DESC LIMIT 1", (account,)
    ).fetchone()
    if row is None:
        return None
    return TradingStateRecord(
        account=AccountId(row["account"]),
        state=TradingState(row["state"]),
        reason=row["reason"],
        by=row["by_whom"],
        at=read_time(row["at"]),
    )


def order_id_mark(connection: sqlite3.Connection, client_id: int) -> int:
    return _number(connection.execute(_MARK, {"client_id": client_id}).fetchone()[0])


def last_order_number(connection: sqlite3.Connection) -> int:
    return _number(connection.execute(_LAST_NUMBER).fetchone()[0])


def tail(
    connection: sqlite3.Connection, *, count: int, kind: EventKind | None = None
) -> tuple[StoredEvent, ...]:
    chosen = "" if kind is None else "WHERE kind = :kind"
    rows: Sequence[sqlite3.Row] = connection.execute(
        f"SELECT * FROM events {chosen} ORDER BY seq DESC LIMIT :count",
        {"kind": None if kind is None else kind.value, "count": max(count, 0)},
    ).fetchall()
    return tuple(stored_event(row) for row in reversed(rows))


def stored_event(row: sqlite3.Row) -> StoredEvent:
    return StoredEvent(
        seq=row["seq"],
        at=read_time(row["at"]),
        kind=EventKind(row["kind"]),
        account=AccountId(row["account"]),
        intent_id=None if row["intent_id"] is None else IntentId(row["intent_id"]),
        payload=read_json(row["payload"]),
    )


def _number(found: Any) -> int:
    return 0 if found is None else int(found)


def _exact(row: sqlite3.Row, column: str) -> Decimal:
    return Decimal(row[column])


def _intent(row: sqlite3.Row) -> IntentRecord:
    return IntentRecord(
        intent_id=IntentId(row["intent_id"]),
        action=IntentAction(row["action"]),
        number=OrderNumber(row["number"]),
        key=OrderKey(row["client_id"], row["order_id"]),
        account=AccountId(row["account"]),
        spec=OrderSpec(
            instrument_id=InstrumentId(row["instrument_id"]),
            side=OrderSide(row["side"]),
            quantity=_exact(row, "quantity"),
            order_type=OrderType(row["order_type"]),
            limit_price=read_decimal(row["limit_price"]),
            stop_price=read_decimal(row["stop_price"]),
            time_in_force=TimeInForce(row["time_in_force"]),
            outside_rth=bool(row["outside_rth"]),
        ),
        order_class=OrderClass(row["order_class"]),
        origin=Origin(row["origin"]),
        at=read_time(row["at"]),
    )


def _order(row: sqlite3.Row) -> OrderRecord:
    return OrderRecord(
        number=OrderNumber(row["number"]),
        intent_id=None if row["intent_id"] is None else IntentId(row["intent_id"]),
        key=None if row["client_id"] is None else OrderKey(row["client_id"], row["order_id"]),
        perm_id=row["perm_id"],
        account=AccountId(row["account"]),
        status=OrderStatus(row["status"]),
        why=row["why"],
        at=read_time(row["at"]),
    )


def _fill(row: sqlite3.Row) -> Fill:
    return Fill(
        exec_id=ExecId(row["exec_id"]),
        key=OrderKey(row["client_id"], row["order_id"]),
        perm_id=row["perm_id"],
        order_ref=row["order_ref"],
        account=AccountId(row["account"]),
        instrument_id=InstrumentId(row["instrument_id"]),
        side=OrderSide(row["side"]),
        quantity=_exact(row, "quantity"),
        price=_exact(row, "price"),
        currency=row["currency"],
        at=read_time(row["at"]),
        commission=_money(row, "amount", "commission_currency"),
        realized=_money(row, "realized", "realized_currency"),
    )


def _money(row: sqlite3.Row, amount: str, currency: str) -> Money | None:
    value = read_decimal(row[amount])
    return None if value is None else Money(value, row[currency])
