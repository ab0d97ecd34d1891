"""Records of every kind, and ways to spoil a file, for journal tests."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from qe_dashboard.journal.records import (
    EventKind,
    IntentAction,
    IntentRecord,
    JournalEvent,
    OrderRecord,
    TradingStateRecord,
)
from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, Origin, TimeInForce, TradingState
from qe_dashboard.model.identifiers import AccountId, ExecId, InstrumentId, IntentId, OrderKey, OrderNumber
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill, OrderSpec
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.model.reports import CommissionReport

AT = datetime(2026, 1, 5, 15, 0, 0, 123456, tzinfo=UTC)
ACCOUNT = AccountId("DU1234567")
OTHER = AccountId("DU7654321")
SPEC = OrderSpec(
    InstrumentId("MNQ.FUT.20261218.USD"),
    OrderSide.SELL,
    Decimal("2"),
    OrderType.STOP_LIMIT,
    limit_price=Decimal("20965.50"),
    stop_price=Decimal("20970.25"),
    time_in_force=TimeInForce.GTC,
    outside_rth=True,
)


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def intent(number: int = 1, **changes: Any) -> IntentRecord:
    fields: dict[str, Any] = {
        "intent_id": IntentId(f"I{number:06d}"),
        "action": IntentAction.PLACE,
        "number": OrderNumber(number),
        "key": OrderKey(2, 100 + number),
        "account": ACCOUNT,
        "spec": SPEC,
        "order_class": OrderClass.REDUCE,
        "origin": Origin.MANUAL,
        "at": AT,
    }
    return IntentRecord(**(fields | changes))


def order(number: int = 1, **changes: Any) -> OrderRecord:
    fields: dict[str, Any] = {
        "number": OrderNumber(number),
        "intent_id": IntentId(f"I{number:06d}"),
        "key": OrderKey(2, 100 + number),
        "perm_id": 900 + number,
        "account": ACCOUNT,
        "status": OrderStatus.WORKING,
        "why": "",
        "at": AT,
    }
    return OrderRecord(**(fields | changes))


def fill(name: str = "E1", **changes: Any) -> Fill:
    fields: dict[str, Any] = {
        "exec_id": ExecId(name),
        "key": OrderKey(2, 101),
        "perm_id": 901,
        "order_ref": "QE:I000001",
        "account": ACCOUNT,
        "instrument_id": SPEC.instrument_id,
        "side": OrderSide.SELL,
        "quantity": Decimal("1"),
        "price": Decimal("20970.2500"),
        "currency": "USD",
        "at": AT,
    }
    return Fill(**(fields | changes))


def commission(name: str = "E1", amount: str = "0.62", realized: str | None = None) -> CommissionReport:
    return CommissionReport(
        ExecId(name),
        Money(Decimal(amount), "USD"),
        None if realized is None else Money(Decimal(realized), "EUR"),
    )


def trading_state(state: TradingState = TradingState.HALTED, **changes: Any) -> TradingStateRecord:
    fields: dict[str, Any] = {
        "account": ACCOUNT,
        "state": state,
        "reason": "ctrl+g",
        "by": "person",
        "at": AT,
    }
    return TradingStateRecord(**(fields | changes))


def event(text: str = "hello", kind: EventKind = EventKind.MESSAGE, **changes: Any) -> JournalEvent:
    fields: dict[str, Any] = {"kind": kind, "account": ACCOUNT, "at": AT, "payload": {"text": text}}
    return JournalEvent(**(fields | changes))


def tamper(path: Path, *statements: str) -> None:
    """Change the file behind the journal's back."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("DROP TRIGGER IF EXISTS events_keep")
        connection.execute("DROP TRIGGER IF EXISTS events_stay")
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()


def move_away(path: Path) -> None:
    """Take the journal's file away while somebody has it open."""
    path.rename(path.with_suffix(".away"))


def put_in_its_place(path: Path, text: str) -> None:
    """Put another kind of file where the journal belongs."""
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
