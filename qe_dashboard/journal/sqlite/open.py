"""Open a profile's journal for a session."""

from __future__ import annotations

from pathlib import Path

from qe_dashboard.core.clock import Clock
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter


async def open_journal(path: Path, *, clock: Clock) -> tuple[SqliteJournalWriter, SqliteJournalReader]:
    """Return a started writer and a reader of the file, made when it is missing. Raises JournalError."""
    writer = SqliteJournalWriter(path, clock=clock)
    await writer.start()
    return writer, SqliteJournalReader(path)
