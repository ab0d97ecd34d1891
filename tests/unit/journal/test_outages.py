"""A journal that cannot be written refuses orders, says why, and recovers by itself (D2, R17, R36)."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.records import EventKind
from qe_dashboard.journal.sqlite import worker
from qe_dashboard.journal.sqlite.open import open_journal
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.store import connect_for_writing
from qe_dashboard.journal.sqlite.verify import verify_chain
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter
from support.journal_rows import (
    ACCOUNT,
    event,
    intent,
    move_away,
    order,
    put_in_its_place,
    trading_state,
)

BIG = "x" * 4000


class Disk:
    """Opens the file and fails as told. A failure makes the writer open the file again, so it ends when told."""

    def __init__(self) -> None:
        self.on_open: Callable[[sqlite3.Connection], None] = lambda _: None
        self.opened = 0
        self.opened_often = threading.Event()
        self.committed = threading.Event()

    def __call__(self, path: Path) -> sqlite3.Connection:
        self.opened += 1
        if self.opened >= 4:
            self.opened_often.set()
        connection = connect_for_writing(path)
        try:
            connection.execute("PRAGMA busy_timeout = 10")
            connection.set_trace_callback(lambda said: self.committed.set() if said == "COMMIT" else None)
            self.on_open(connection)
        except BaseException:  # the test's own failure must not leave the file open
            connection.close()
            raise
        return connection

    def is_full(self) -> None:
        """Let the file grow no further."""
        self.on_open = lambda connection: _no_more_pages(connection)

    def is_fine(self) -> None:
        self.on_open = lambda _: None


def _no_more_pages(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA max_page_count = 1")


async def started(path: Path, disk: Disk) -> SqliteJournalWriter:
    writer = SqliteJournalWriter(path, clock=ManualClock(), connect=disk)
    await writer.start()
    return writer


async def full(path: Path, disk: Disk) -> SqliteJournalWriter:
    """Return a writer whose disk has just become full."""
    writer = await started(path, disk)
    await writer.commit_intent(intent(1))
    await writer.close()
    disk.is_full()
    await writer.start()
    return writer


async def test_a_full_disk_refuses_the_intent_in_words(path: Path) -> None:
    writer = await full(path, Disk())
    with pytest.raises(JournalError) as caught:
        for number in range(2, 200):
            await writer.commit_intent(intent(number))
    words = str(caught.value)
    assert str(path) in words
    assert "the disk is full" in words
    assert "No order is sent" in words
    assert "Free some space" in words
    health = writer.health()
    assert (health.writable, health.error) == (False, words)
    await writer.close()


async def test_it_recovers_with_the_next_write_that_works(path: Path) -> None:
    disk = Disk()
    writer = await full(path, disk)
    for number in range(100):
        writer.append(event(f"{number} {BIG}"))
    with pytest.raises(JournalError, match="disk is full"):
        await writer.flush()
    assert writer.health().pending == 100
    with pytest.raises(JournalError):
        await writer.commit_intent(intent(2))
    disk.is_fine()
    await writer.commit_intent(intent(3))
    health = writer.health()
    assert (health.writable, health.error, health.pending) == (True, None, 0)
    reader = SqliteJournalReader(path)
    assert [each.number for each in await reader.intents(ACCOUNT)] == [1, 3]
    texts = [
        str(each.payload["text"]).split()[0] for each in await reader.tail(count=200, kind=EventKind.MESSAGE)
    ]
    assert texts == [str(number) for number in range(100)]
    (outage,) = await reader.tail(count=9, kind=EventKind.SESSION)
    assert outage.payload["event"] == "journal outage"
    assert outage.payload["rows_lost"] == 0
    assert "disk is full" in str(outage.payload["error"])
    await writer.close()
    assert verify_chain(path).problem is None


async def test_rows_kept_back_are_tried_again_by_themselves(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY_S", 0.001)
    disk = Disk()
    writer = await full(path, disk)
    writer.append(event(BIG * 20))
    with pytest.raises(JournalError):
        await writer.flush()
    assert await asyncio.to_thread(disk.opened_often.wait, 30)
    disk.committed.clear()
    disk.is_fine()
    assert await asyncio.to_thread(disk.committed.wait, 30)
    await writer.flush()
    assert (writer.health().writable, writer.health().pending) == (True, 0)
    await writer.close()


async def test_what_does_not_fit_into_memory_is_lost_counted_and_noted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MOST_KEPT", 3)
    disk = Disk()
    writer = await full(path, disk)
    for number in range(5):
        writer.append(event(f"{number} {BIG * 20}"))
    with pytest.raises(JournalError):
        await writer.flush()
    assert "2 rows are lost" in str(writer.health().error)
    assert writer.health().pending == 3
    disk.is_fine()
    await writer.flush()
    reader = SqliteJournalReader(path)
    assert len(await reader.tail(count=9, kind=EventKind.MESSAGE)) == 3
    assert (await reader.tail(count=1, kind=EventKind.SESSION))[0].payload["rows_lost"] == 2
    await writer.close()


async def test_a_locked_file_refuses_and_says_that_it_is_in_use(path: Path) -> None:
    writer = await started(path, Disk())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="another program is writing to it"):
        await writer.commit_trading_state(trading_state())
    other.execute("ROLLBACK")
    other.close()
    await writer.commit_intent(intent())
    assert writer.health().writable
    assert await SqliteJournalReader(path).trading_state(ACCOUNT) is None
    await writer.close()


async def test_a_file_taken_away_is_noticed_and_begun_anew(path: Path) -> None:
    writer = await started(path, Disk())
    await writer.commit_intent(intent(1))
    move_away(path)
    with pytest.raises(JournalError, match="deleted or replaced"):
        await writer.commit_intent(intent(2))
    await writer.commit_intent(intent(3))
    reader = SqliteJournalReader(path)
    assert [each.number for each in await reader.intents(ACCOUNT)] == [3]
    assert len(await reader.tail(count=9, kind=EventKind.SESSION)) == 1
    await writer.close()


async def test_a_fault_nobody_foresaw_refuses_orders_and_ends_with_its_cause(path: Path) -> None:
    disk = Disk()
    writer = await started(path, disk)
    await writer.close()

    def breaks(_: sqlite3.Connection) -> None:
        raise RuntimeError("cosmic ray")

    disk.on_open = lambda _: None
    await writer.start()
    disk.on_open = breaks
    move_away(path)
    writer.append_order(order())
    for _ in range(2):
        with pytest.raises(JournalError):
            await writer.commit_intent(intent())
    assert "RuntimeError: cosmic ray" in str(writer.health().error)
    disk.is_fine()
    await writer.flush()
    assert len(await SqliteJournalReader(path).latest_orders(ACCOUNT)) == 1
    await writer.close()


async def test_a_path_that_cannot_be_a_file_does_not_open(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a directory should be")
    with pytest.raises(JournalError, match="cannot be written") as caught:
        await open_journal(tmp_path / "data" / "journal.sqlite3", clock=ManualClock())
    assert "No order is sent" in str(caught.value)


async def test_a_directory_in_its_place_does_not_open(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        await open_journal(tmp_path, clock=ManualClock())


async def test_another_kind_of_file_is_left_alone(path: Path) -> None:
    put_in_its_place(path, "my shopping list " * 100)
    with pytest.raises(JournalError, match="not a journal, or damaged"):
        await open_journal(path, clock=ManualClock())
    assert await asyncio.to_thread(path.read_text) == "my shopping list " * 100
