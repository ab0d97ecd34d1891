"""The journal port: a writer with durable and ordinary rows, and a reader (D31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from qe_dashboard.core.errors import DashboardError
from qe_dashboard.journal.records import (
    EventKind,
    IntentRecord,
    JournalEvent,
    OrderRecord,
    StoredEvent,
    TradingStateRecord,
)
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import CommissionReport


class JournalError(DashboardError):
    """The journal could not be written or read; the text names the file, the cause and what to do."""


@dataclass(frozen=True, slots=True)
class JournalHealth:
    """Whether the next intent could be committed. `error` is words for people, None when all is well."""

    path: str
    writable: bool
    error: str | None
    last_commit_at: datetime | None
    pending: int


class JournalWriter(Protocol):
    """One writer. Durable methods return after the commit reached the disk; the others are written behind, in order."""

    async def commit_intent(self, record: IntentRecord) -> None:
        """Commit an intent with full synchronisation. Raises JournalError; then nothing may be sent."""

    async def commit_trading_state(self, record: TradingStateRecord) -> None:
        """Commit a trading-state change with full synchronisation. Raises JournalError."""

    def append_order(self, record: OrderRecord) -> None:
        """Queue an order state; never blocks, never raises: failures show in `health`."""

    def append_fill(self, fill: Fill) -> None:
        """Queue an execution; a repeated exec id changes nothing."""

    def append_commission(self, report: CommissionReport, *, account: AccountId, at: datetime) -> None:
        """Queue the commission of an execution."""

    def append(self, event: JournalEvent) -> None:
        """Queue any other event."""

    def health(self) -> JournalHealth:
        """Return whether writing works, without touching the disk."""

    async def flush(self) -> None:
        """Wait until everything queued is written. Raises JournalError."""

    async def close(self) -> None:
        """Write what is queued and stop the writer thread. Bounded in time."""


class JournalReader(Protocol):
    """Reads of an existing journal, on a read-only connection, off the loop."""

    async def intents(self, account: AccountId) -> Sequence[IntentRecord]:
        """Return every intent of an account, oldest first."""

    async def latest_orders(self, account: AccountId) -> Sequence[OrderRecord]:
        """Return the newest row of each order of an account, by number."""

    async def fills(self, account: AccountId, *, since: datetime) -> Sequence[Fill]:
        """Return executions with their commissions, oldest first."""

    async def trading_state(self, account: AccountId) -> TradingStateRecord | None:
        """Return the newest trading state of an account, None when it was never changed."""

    async def order_id_mark(self, client_id: int) -> int:
        """Return the highest order id ever reserved for a client id, 0 when none (D21)."""

    async def last_order_number(self) -> int:
        """Return the highest order number ever given in this profile, 0 when none."""

    async def tail(self, *, count: int, kind: EventKind | None = None) -> Sequence[StoredEvent]:
        """Return the last events, oldest first."""
