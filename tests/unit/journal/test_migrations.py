"""Schema changes are ordered, whole or not at all, and recorded."""

import sqlite3
from pathlib import Path

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.sqlite.migrations import Migration, migrate, schema_version, shipped_migrations
from qe_dashboard.journal.sqlite.open import open_journal
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter
from support.journal_rows import intent

FIRST = Migration(1, "first", "CREATE TABLE a (x); -- one;\nCREATE TABLE b (y);\n")
SECOND = Migration(
    2,
    "second",
    "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n    INSERT INTO b VALUES (new.x);\n    DELETE FROM a;\nEND;\n"
    "INSERT INTO a VALUES (7)",
)


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(tmp_path / "x.sqlite3", isolation_level=None)


def recorded(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    return connection.execute("SELECT version, name FROM schema_migrations ORDER BY version").fetchall()


def test_steps_run_once_in_order_and_are_recorded(connection: sqlite3.Connection, tmp_path: Path) -> None:
    assert schema_version(connection) == 0
    migrate(connection, tmp_path, [FIRST])
    assert recorded(connection) == [(1, "first")]
    migrate(connection, tmp_path, [FIRST, SECOND])
    migrate(connection, tmp_path, [FIRST, SECOND])
    assert recorded(connection) == [(1, "first"), (2, "second")]
    assert connection.execute("SELECT y FROM b").fetchall() == [(7,)]
    assert schema_version(connection) == 2


def test_a_failing_step_leaves_nothing_behind(connection: sqlite3.Connection, tmp_path: Path) -> None:
    broken = Migration(2, "broken", "CREATE TABLE c (z);\nCREATE TABLE a (again);\n")
    migrate(connection, tmp_path, [FIRST])
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        migrate(connection, tmp_path, [FIRST, broken])
    assert schema_version(connection) == 1
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'c'").fetchone() == (0,)
    assert not connection.in_transaction


def test_the_shipped_steps_are_numbered_without_gaps() -> None:
    steps = shipped_migrations()
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    assert steps[0].name == "initial"


async def test_a_newer_file_is_refused_by_writer_and_reader_and_left_alone(
    path: Path, writer: SqliteJournalWriter
) -> None:
    await writer.commit_intent(intent())
    await writer.close()
    newer = sqlite3.connect(path)
    newer.execute("INSERT INTO schema_migrations (version, name) VALUES (99, 'future')")
    newer.commit()
    newer.close()
    with pytest.raises(
        JournalError, match="newer version of this program \\(schema 99, known is 1\\)"
    ) as caught:
        await open_journal(path, clock=ManualClock())
    assert "Nothing was changed" in str(caught.value)
    with pytest.raises(JournalError, match="schema 99"):
        await SqliteJournalReader(path).last_order_number()
