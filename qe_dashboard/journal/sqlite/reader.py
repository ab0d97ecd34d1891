"""The journal's reader: each read on a read-only connection of its own, off the loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from qe_dashboard.journal.records import EventKind, IntentRecord, OrderRecord, StoredEvent, TradingStateRecord
from qe_dashboard.journal.sqlite import queries
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.order import Fill

T = TypeVar("T")


class SqliteJournalReader:
    """Implements `JournalReader`: sees what is committed. Every method raises JournalError when it cannot read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def intents(self, account: AccountId) -> Sequence[IntentRecord]:
        """Return every intent of an account, oldest first."""
        return await self._read(lambda connection: queries.intents(connection, account))

    async def latest_orders(self, account: AccountId) -> Sequence[OrderRecord]:
        """Return the newest state of each order of an account, by number."""
        return await self._read(lambda connection: queries.latest_orders(connection, account))

    async def fills(self, account: AccountId, *, since: datetime) -> Sequence[Fill]:
        """Return executions with their commissions, oldest first."""
        return await self._read(lambda connection: queries.fills(connection, account, since=since))

    async def trading_state(self, account: AccountId) -> TradingStateRecord | None:
        """Return the newest trading state of an account, None when it was never changed."""
        return await self._read(lambda connection: queries.trading_state(connection, account))

    async def order_id_mark(self, client_id: int) -> int:
        """Return the highest order id ever used by a client id, 0 when none (D21)."""
        return await self._read(lambda connection: queries.order_id_mark(connection, client_id))

    async def last_order_number(self) -> int:
        """Return the highest order number ever given in this profile, 0 when none."""
        return await self._read(queries.last_order_number)

    async def tail(self, *, count: int, kind: EventKind | None = None) -> Sequence[StoredEvent]:
        """Return the last events, oldest first."""
        return await self._read(lambda connection: queries.tail(connection, count=count, kind=kind))

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._read_now, query)

    def _read_now(self, query: Callable[[sqlite3.Connection], T]) -> T:
        with queries.reading(self._path) as connection:
            return query(connection)
