"""Durable before sent, never in the loop's way, honest about its health (design section 9, R36)."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.records import JournalEvent
from qe_dashboard.journal.sqlite.open import open_journal
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.store import connect_for_writing
from qe_dashboard.journal.sqlite.writer import CLOSE_DEADLINE_S, COMMIT_DEADLINE_S, SqliteJournalWriter
from qe_dashboard.model.enums import TradingState
from support.journal_rows import ACCOUNT, AT, commission, event, fill, intent, order, trading_state


class Recorder:
    """Opens the file and notes every statement with the thread that ran it."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.threads: set[int] = set()

    def __call__(self, path: Path) -> sqlite3.Connection:
        connection = connect_for_writing(path)
        connection.set_trace_callback(self._note)
        return connection

    def _note(self, statement: str) -> None:
        self.threads.add(threading.get_ident())
        self.statements.append(statement)

    def mode_of(self, table: str) -> str:
        """Return the synchronous mode in which a table was last written."""
        mode = ""
        found = ""
        for statement in self.statements:
            if statement.startswith("PRAGMA synchronous"):
                mode = statement.rpartition("= ")[2]
            if f"INSERT INTO {table} " in statement:
                found = mode
        return found


class Gate:
    """Opens the file like a disk that answers only when it is let."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.asked = threading.Event()

    def __call__(self, path: Path) -> sqlite3.Connection:
        self.asked.set()
        self.open.wait(timeout=30)
        return connect_for_writing(path)


async def test_intents_and_states_are_synchronised_and_the_rest_is_not(path: Path) -> None:
    recorder = Recorder()
    writer = SqliteJournalWriter(path, clock=ManualClock(), connect=recorder)
    await writer.start()
    await writer.commit_intent(intent())
    assert recorder.mode_of("intents") == "FULL"
    await writer.commit_trading_state(trading_state())
    assert recorder.mode_of("trading_states") == "FULL"
    writer.append_order(order())
    await writer.flush()
    assert recorder.mode_of("orders") == "NORMAL"
    await writer.close()


async def test_no_statement_runs_on_the_loops_thread(path: Path) -> None:
    recorder = Recorder()
    writer = SqliteJournalWriter(path, clock=ManualClock(), connect=recorder)
    await writer.start()
    await writer.commit_intent(intent())
    writer.append_fill(fill())
    await writer.flush()
    await writer.close()
    assert len(recorder.threads) == 1
    assert threading.get_ident() not in recorder.threads


async def test_what_is_queued_before_an_intent_is_committed_with_it(path: Path) -> None:
    gate = Gate()
    writer = SqliteJournalWriter(path, clock=ManualClock(), connect=gate)
    starting = asyncio.create_task(writer.start())
    await asyncio.to_thread(gate.asked.wait, 30)
    writer.append(event("before"))
    committing = asyncio.create_task(writer.commit_intent(intent()))
    await asyncio.sleep(0)
    writer.append(event("after"))
    assert writer.health().pending == 3
    gate.open.set()
    await starting
    await committing
    texts = [each.payload.get("text") for each in await SqliteJournalReader(path).tail(count=9)]
    assert texts[:2] == ["before", None]
    await writer.flush()
    assert writer.health().pending == 0
    await writer.close()


async def test_health_tells_the_last_commit(path: Path) -> None:
    clock = ManualClock()
    writer = SqliteJournalWriter(path, clock=clock)
    assert not writer.health().writable
    assert "is not open" in str(writer.health().error)
    await writer.start()
    health = writer.health()
    assert (health.writable, health.error, health.last_commit_at) == (True, None, None)
    assert health.path == str(path)
    clock.advance(5)
    await writer.commit_intent(intent())
    assert writer.health().last_commit_at == clock.now()
    await writer.close()
    assert not writer.health().writable


async def test_after_the_end_commits_raise_and_appends_do_not(writer: SqliteJournalWriter) -> None:
    await writer.close()
    with pytest.raises(JournalError, match="is not open"):
        await writer.commit_intent(intent())
    with pytest.raises(JournalError, match="is not open"):
        await writer.commit_trading_state(trading_state())
    with pytest.raises(JournalError, match="is not open"):
        await writer.flush()
    writer.append(event())
    writer.append_order(order())
    writer.append_fill(fill())
    writer.append_commission(commission(), account=ACCOUNT, at=AT)
    await writer.close()


async def test_closing_writes_what_is_queued(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    for number in range(2500):
        writer.append(event(str(number)))
    await writer.close()
    found = await reader.tail(count=5000)
    assert [each.payload["text"] for each in found] == [str(number) for number in range(2500)]


async def test_a_record_that_cannot_be_written_down_stops_nothing(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    naive = AT.replace(tzinfo=None)
    writer.append(JournalEvent(event().kind, ACCOUNT, naive, {}))
    writer.append_order(order(perm_id=2**70))
    writer.append_commission(commission(), account=ACCOUNT, at=naive)
    with pytest.raises(JournalError, match="zone"):
        await writer.commit_intent(intent(at=naive))
    with pytest.raises(JournalError, match="does not fit"):
        await writer.commit_intent(intent(number=2**70))
    await writer.commit_intent(intent())
    assert len(await reader.tail(count=9)) == 1
    assert writer.health().error is None


async def test_an_order_waits_five_seconds_for_the_disk_and_its_intent_is_dropped(path: Path) -> None:
    clock, gate = ManualClock(), Gate()
    writer = SqliteJournalWriter(path, clock=clock, connect=gate)
    starting = asyncio.create_task(writer.start())
    await asyncio.to_thread(gate.asked.wait, 30)
    committing = asyncio.create_task(writer.commit_intent(intent(1)))
    await clock.advance_async(COMMIT_DEADLINE_S - 0.001)
    assert not committing.done()
    await clock.advance_async(0.001)
    with pytest.raises(JournalError, match="did not confirm the order within 5 s"):
        await committing
    gate.open.set()
    await starting
    await writer.commit_intent(intent(2))
    assert [each.number for each in await SqliteJournalReader(path).intents(ACCOUNT)] == [2]
    assert writer.health().pending == 0
    await writer.close()


async def test_closing_does_not_wait_for_ever(path: Path) -> None:
    clock, gate = ManualClock(), Gate()
    writer = SqliteJournalWriter(path, clock=clock, connect=gate)
    starting = asyncio.create_task(writer.start())
    await asyncio.to_thread(gate.asked.wait, 30)
    closing = asyncio.create_task(writer.close())
    await clock.advance_async(CLOSE_DEADLINE_S)
    assert closing.done()
    await closing
    gate.open.set()
    await starting


async def test_events_cannot_be_changed_or_deleted(writer: SqliteJournalWriter, path: Path) -> None:
    await writer.commit_intent(intent())
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in ("UPDATE events SET payload = '{}'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()


async def test_open_journal_gives_both_ends(path: Path) -> None:
    writer, reader = await open_journal(path, clock=ManualClock())
    await writer.commit_trading_state(trading_state(TradingState.HALTED))
    assert await reader.trading_state(ACCOUNT) == trading_state(TradingState.HALTED)
    await writer.close()
