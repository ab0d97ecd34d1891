"""Journals in real files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal is; its directory does not exist yet."""
    return tmp_path / "data" / "sim" / "journal.sqlite3"


@pytest.fixture
async def writer(path: Path) -> AsyncIterator[SqliteJournalWriter]:
    """Return a started writer; time stands still."""
    started = SqliteJournalWriter(path, clock=ManualClock())
    await started.start()
    yield started
    await started.close()


@pytest.fixture
def reader(path: Path) -> SqliteJournalReader:
    return SqliteJournalReader(path)
