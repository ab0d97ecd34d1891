"""The journal's thread: takes what is queued, writes it in one transaction, answers who waits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from qe_dashboard.core.clock import Clock
from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.records import EventKind, JournalEvent, Json
from qe_dashboard.journal.sqlite import failures
from qe_dashboard.journal.sqlite.entries import Entry, event_entry
from qe_dashboard.journal.sqlite.store import Connect, Store
from qe_dashboard.model.identifiers import AccountId

log = logging.getLogger(__name__)

RETRY_S = 1.0
"""How often rows kept back are tried again by themselves (seconds)."""
MOST_AT_ONCE = 1000
"""Rows taken into one transaction, so that an order never waits behind more."""
MOST_KEPT = 100_000
"""Rows kept while nothing can be written, some 100 MB; what comes after is lost, counted and noted."""


class Waiter:
    """Somebody on the running loop who waits for the thread's answer."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.future: asyncio.Future[None] = self._loop.create_future()
        self.abandoned = False
        """Set when nobody waits any longer: a row that is not yet on its way is then not written."""

    def tell(self, error: JournalError | None) -> None:
        """Answer, from the thread."""
        try:
            self._loop.call_soon_threadsafe(self._settle, error)
        except RuntimeError:
            log.warning("the event loop ended before the journal could answer it")

    def _settle(self, error: JournalError | None) -> None:
        if self.future.done():
            return
        if error is None:
            self.future.set_result(None)
        else:
            self.future.set_exception(error)


@dataclass(frozen=True, slots=True)
class Request:
    """What the thread is asked: write an entry, answer somebody when all before it is written, stop."""

    entry: Entry | JournalEvent | None = None
    waiter: Waiter | None = None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """What the last attempt showed; replaced as a whole, so the loop may read it at any time."""

    error: str | None
    last_commit_at: datetime | None


@dataclass(slots=True)
class _Outage:
    """A time in which nothing could be written."""

    error: str
    since: datetime
    lost: int = 0


Requests: TypeAlias = "queue.SimpleQueue[Request]"


class Worker:
    """Runs in its own thread from `start` to a request to stop."""

    def __init__(self, path: Path, *, clock: Clock, requests: Requests, connect: Connect) -> None:
        self._path = path
        self._clock = clock
        self._requests = requests
        self._store = Store(path, connect)
        # Rows that nobody waits for and that could not be written yet, oldest first.
        self._kept: list[Entry] = []
        self._outage: _Outage | None = None
        self.condition = Condition(None, None)
        self.finished = 0
        """Entries that need no more work: written, refused to who waited for them, or lost."""

    def start(self) -> None:
        # A daemon: a disk that never answers must not keep the program from ending.
        threading.Thread(target=self._run, name="journal", daemon=True).start()

    def _run(self) -> None:
        stopping = False
        while not stopping:
            requests = self._take()
            stopping = any(request.stop for request in requests)
            error = self._write(requests)
            if stopping:
                self._store.close()
            for request in requests:
                if request.waiter is not None:
                    request.waiter.tell(error)

    def _take(self) -> Sequence[Request]:
        """Wait for requests; in an outage also return without any, to try again."""
        requests: list[Request] = []
        with contextlib.suppress(queue.Empty):
            requests.append(self._requests.get(timeout=None if self._outage is None else RETRY_S))
            while len(requests) < MOST_AT_ONCE and not requests[-1].stop:
                requests.append(self._requests.get_nowait())
        return requests

    def _write(self, requests: Sequence[Request]) -> JournalError | None:
        """Write what was kept and what is new; return why it failed, None when it did not."""
        asked = [(request.entry, request.waiter) for request in requests if request.entry is not None]
        taken = [(entry, waiter) for each, waiter in asked if (entry := _written_down(each)) is not None]
        wanted = [entry for entry, waiter in taken if waiter is None or not waiter.abandoned]
        entries = [*self._kept, *self._outage_note(), *wanted]
        durable = any(waiter is not None for _, waiter in taken)
        try:
            self._store.write(entries, durable=durable)
        except JournalError as error:
            self._keep(error, [entry for entry, waiter in taken if waiter is None], len(asked))
            return error
        except Exception as error:  # the thread lives on, and refuses orders, whatever this is
            log.exception("writing the journal failed in an unforeseen way")
            failure = failures.unexpected(self._path, error)
            self._keep(failure, [entry for entry, waiter in taken if waiter is None], len(asked))
            return failure
        self._wrote(len(entries), len(asked))
        return None

    def _outage_note(self) -> list[Entry]:
        """Return the outage as an event of its own: it belongs in the record, and its success proves the end."""
        if self._outage is None:
            return []
        payload: dict[str, Json] = {
            "event": "journal outage",
            "error": self._outage.error,
            "since": self._outage.since.isoformat(),
            "rows_lost": self._outage.lost,
        }
        return [event_entry(JournalEvent(EventKind.SESSION, AccountId(""), self._clock.now(), payload))]

    def _keep(self, error: JournalError, entries: list[Entry], taken: int) -> None:
        if self._outage is None:
            log.error("%s", error)
            self._outage = _Outage(str(error), self._clock.now())
        room = max(MOST_KEPT - len(self._kept), 0)
        self._kept.extend(entries[:room])
        lost = max(len(entries) - room, 0)
        self._outage.lost += lost
        self.finished += taken - len(entries) + lost
        words = str(error) if self._outage.lost == 0 else f"{error} {self._outage.lost} rows are lost."
        self.condition = Condition(words, self.condition.last_commit_at)

    def _wrote(self, entries: int, taken: int) -> None:
        if self._outage is not None:
            log.warning("the journal %s is written again", self._path)
        self.finished += taken + len(self._kept)
        self._kept = []
        self._outage = None
        self.condition = Condition(None, self._clock.now() if entries > 0 else self.condition.last_commit_at)


def _written_down(row: Entry | JournalEvent) -> Entry | None:
    """Return a row as the file will hold it; None, and a line in the log, when it cannot be written down."""
    if isinstance(row, Entry):
        return row
    try:
        return event_entry(row)
    except Exception:  # a row that cannot be written down must not stop what it reports
        log.exception("a journal row is lost: it cannot be written down")
        return None
