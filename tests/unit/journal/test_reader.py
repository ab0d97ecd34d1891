"""Reading changes nothing and does not guess."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.sqlite.queries import reading
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter
from support.journal_rows import ACCOUNT, AT, fill, intent, order, tamper


async def test_without_a_file_there_is_an_error_and_no_file(path: Path, reader: SqliteJournalReader) -> None:
    with pytest.raises(JournalError, match="no journal at"):
        await reader.last_order_number()
    assert not await asyncio.to_thread(path.exists)


async def test_it_cannot_write(writer: SqliteJournalWriter, path: Path) -> None:
    with pytest.raises(JournalError, match="read-only"), reading(path) as connection:
        connection.execute("INSERT INTO meta VALUES ('x', 'y')")


async def test_it_reads_while_somebody_writes(
    writer: SqliteJournalWriter, reader: SqliteJournalReader, path: Path
) -> None:
    await writer.commit_intent(intent())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert len(await reader.intents(ACCOUNT)) == 1
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET status = 'NONSENSE'",
        "UPDATE orders SET at = 'yesterday'",
        "UPDATE executions SET price = 'cheap'",
        "UPDATE intents SET quantity = '-1'",
    ],
)
async def test_a_value_nobody_wrote_is_an_error_not_a_guess(
    writer: SqliteJournalWriter, reader: SqliteJournalReader, path: Path, change: str
) -> None:
    await writer.commit_intent(intent())
    writer.append_order(order())
    writer.append_fill(fill())
    await writer.flush()
    tamper(path, change)
    with pytest.raises(JournalError, match="not understood"):
        await reader.latest_orders(ACCOUNT)
        await reader.fills(ACCOUNT, since=AT)
        await reader.intents(ACCOUNT)
