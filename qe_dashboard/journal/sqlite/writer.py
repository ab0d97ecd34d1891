"""The journal's writer: rows go through a queue to one thread, so that no disk ever stops the loop."""

from __future__ import annotations

import asyncio
import logging
import queue
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.journal.port import JournalError, JournalHealth
from qe_dashboard.journal.records import IntentRecord, JournalEvent, OrderRecord, TradingStateRecord
from qe_dashboard.journal.sqlite import failures
from qe_dashboard.journal.sqlite.entries import (
    Entry,
    commission_entry,
    event_entry,
    fill_entry,
    intent_entry,
    order_entry,
    trading_state_entry,
)
from qe_dashboard.journal.sqlite.store import Connect, connect_for_writing
from qe_dashboard.journal.sqlite.texts import time_text
from qe_dashboard.journal.sqlite.worker import Request, Requests, Waiter, Worker
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import CommissionReport

log = logging.getLogger(__name__)

COMMIT_DEADLINE_S = 5.0
"""An order waits no longer for the disk: it would reach another market than the one it was meant for."""
CLOSE_DEADLINE_S = 5.0


class SqliteJournalWriter:
    """Implements `JournalWriter`. One per file; its methods belong to one event loop."""

    def __init__(self, path: Path, *, clock: Clock, connect: Connect = connect_for_writing) -> None:
        self._path = path
        self._clock = clock
        self._requests: Requests = queue.SimpleQueue()
        self._worker = Worker(path, clock=clock, requests=self._requests, connect=connect)
        self._is_open = False
        self._accepted = 0

    async def start(self) -> None:
        """Open the file, making or migrating it. Raises JournalError; the writer is then closed."""
        self._is_open = True
        self._worker.start()
        try:
            await self.flush()
        except JournalError:
            await self.close()
            raise

    async def commit_intent(self, record: IntentRecord) -> None:
        """Return once the intent is on the disk. Raises JournalError; then nothing may be sent."""
        await self._commit(lambda: intent_entry(record))

    async def commit_trading_state(self, record: TradingStateRecord) -> None:
        """Return once the state is on the disk. Raises JournalError."""
        await self._commit(lambda: trading_state_entry(record))

    def append_order(self, record: OrderRecord) -> None:
        """Queue an order's state."""
        self._append(lambda: order_entry(record))

    def append_fill(self, fill: Fill) -> None:
        """Queue an execution; a repeated one is not written again."""
        self._append(lambda: fill_entry(fill))

    def append_commission(self, report: CommissionReport, *, account: AccountId, at: datetime) -> None:
        """Queue a commission; a repeated one is not written again."""
        self._append(lambda: commission_entry(report, account=account, at=time_text(at)))

    def append(self, event: JournalEvent) -> None:
        """Queue any other event; the thread writes its payload out, the loop does not (P16)."""
        if self._is_open:
            self._put(event, None)
        else:
            self._append(lambda: event_entry(event))

    def health(self) -> JournalHealth:
        """Return what the last attempt to write showed, without touching the disk."""
        condition = self._worker.condition
        error = condition.error if self._is_open else str(failures.closed(self._path))
        return JournalHealth(
            path=str(self._path),
            writable=error is None,
            error=error,
            last_commit_at=condition.last_commit_at,
            pending=self._accepted - self._worker.finished,
        )

    async def flush(self) -> None:
        """Wait until everything queued is in the file. Raises JournalError when it cannot be written."""
        if not self._is_open:
            raise failures.closed(self._path)
        waiter = Waiter()
        self._requests.put(Request(waiter=waiter))
        await waiter.future

    async def close(self) -> None:
        """Write what is queued and end the thread; a stuck disk is given CLOSE_DEADLINE_S."""
        if not self._is_open:
            return
        self._is_open = False
        waiter = Waiter()
        self._requests.put(Request(waiter=waiter, stop=True))
        try:
            await deadline(self._clock, waiter.future, CLOSE_DEADLINE_S)
        except (DeadlineExpired, JournalError) as error:
            log.error("the journal closed with %d rows unwritten: %s", self.health().pending, error)

    async def _commit(self, make: Callable[[], Entry]) -> None:
        if not self._is_open:
            raise failures.closed(self._path)
        try:
            entry = make()
        except (TypeError, ValueError) as error:
            raise failures.unexpected(self._path, error) from error
        waiter = Waiter()
        self._put(entry, waiter)
        try:
            await deadline(self._clock, waiter.future, COMMIT_DEADLINE_S)
        except DeadlineExpired as error:
            waiter.abandoned = True
            raise failures.too_slow(self._path, COMMIT_DEADLINE_S) from error
        except asyncio.CancelledError:
            waiter.abandoned = True
            raise

    def _append(self, make: Callable[[], Entry]) -> None:
        try:
            entry = make()
        except Exception:  # a row that cannot be written down must not stop what it reports
            log.exception("a journal row is lost: it cannot be written down")
            return
        if not self._is_open:
            log.error("a journal row is lost, the journal is closed: %s %s", entry.kind, entry.payload)
            return
        self._put(entry, None)

    def _put(self, entry: Entry | JournalEvent, waiter: Waiter | None) -> None:
        self._accepted += 1
        self._requests.put(Request(entry, waiter))
