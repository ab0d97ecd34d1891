"""Both journal ports in memory: commits can be held back or made to fail, and what was written can be looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from qe_dashboard.journal.port import JournalError, JournalHealth
from qe_dashboard.journal.records import (
    EventKind,
    IntentRecord,
    JournalEvent,
    OrderRecord,
    StoredEvent,
    TradingStateRecord,
)
from qe_dashboard.model.identifiers import AccountId, ExecId, OrderNumber
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import CommissionReport


class MemoryJournal:
    """Writer and reader over the same lists; it survives a restart of the engine when it is handed to the next."""

    def __init__(self) -> None:
        self.committed: list[IntentRecord] = []
        self.states: list[TradingStateRecord] = []
        self.orders: dict[OrderNumber, OrderRecord] = {}
        self.order_rows: list[OrderRecord] = []
        self.executions: dict[ExecId, Fill] = {}
        self.commissions: list[CommissionReport] = []
        self.events: list[JournalEvent] = []
        self.trace: list[str] = []
        self.broken: str | None = None
        """Words of the failure that every commit and read meets."""
        self.held: asyncio.Event | None = None
        """While set to an unset event, intents wait for it before they are committed."""
        self.waiting = 0
        self.flush_held: asyncio.Event | None = None
        """While set to an unset event, nothing queued reaches the file."""
        self.read_held: asyncio.Event | None = None
        self.closed = False

    # writer

    async def commit_intent(self, record: IntentRecord) -> None:
        if self.held is not None:
            self.waiting += 1
            await self.held.wait()
        self._check()
        self.committed.append(record)
        self.trace.append("committed")

    async def commit_trading_state(self, record: TradingStateRecord) -> None:
        self._check()
        self.states.append(record)

    def append_order(self, record: OrderRecord) -> None:
        self.orders[record.number] = record
        self.order_rows.append(record)

    def append_fill(self, fill: Fill) -> None:
        self.executions.setdefault(fill.exec_id, fill)

    def append_commission(self, report: CommissionReport, *, account: AccountId, at: datetime) -> None:
        self.commissions.append(report)

    def append(self, event: JournalEvent) -> None:
        self.events.append(event)

    def health(self) -> JournalHealth:
        return JournalHealth("memory", self.broken is None, self.broken, None, 0)

    async def flush(self) -> None:
        if self.flush_held is not None:
            await self.flush_held.wait()
        self._check()

    async def close(self) -> None:
        self.closed = True

    # reader

    async def intents(self, account: AccountId) -> Sequence[IntentRecord]:
        await self._read()
        return [each for each in self.committed if each.account == account]

    async def latest_orders(self, account: AccountId) -> Sequence[OrderRecord]:
        await self._read()
        return [each for _, each in sorted(self.orders.items()) if each.account == account]

    async def fills(self, account: AccountId, *, since: datetime) -> Sequence[Fill]:
        await self._read()
        return [each for each in self.executions.values() if each.account == account and each.at >= since]

    async def trading_state(self, account: AccountId) -> TradingStateRecord | None:
        await self._read()
        return next((each for each in reversed(self.states) if each.account == account), None)

    async def order_id_mark(self, client_id: int) -> int:
        return max((i.key.order_id for i in self.committed if i.key.client_id == client_id), default=0)

    async def last_order_number(self) -> int:
        return max(self.orders, default=0)

    async def tail(self, *, count: int, kind: EventKind | None = None) -> Sequence[StoredEvent]:
        return ()

    # looking

    def of(self, kind: EventKind) -> list[JournalEvent]:
        return [event for event in self.events if event.kind is kind]

    def statuses(self, number: int) -> list[str]:
        """Return the states an order went through, as journalled."""
        return [row.status.value for row in self.order_rows if row.number == number]

    async def _read(self) -> None:
        if self.read_held is not None:
            await self.read_held.wait()
        self._check()

    def _check(self) -> None:
        if self.broken is not None:
            raise JournalError(self.broken)
