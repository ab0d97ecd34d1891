"""kill -9 right after the commit: the intent is there (R13, R36)."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.journal.sqlite.open import open_journal
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.verify import verify_chain
from support.journal_rows import ACCOUNT, event, intent

PROGRAM = """
import asyncio, sys
from pathlib import Path
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.journal.sqlite.open import open_journal
from support.journal_rows import event, intent

async def main():
    writer, _ = await open_journal(Path(sys.argv[1]), clock=SystemClock())
    writer.append(event("before"))
    await writer.commit_intent(intent(17))
    print("committed", flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


@pytest.fixture
def killed(path: Path, project_root: Path) -> Path:
    """Let a program commit an intent, kill it before it does anything else, and return its journal."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=project_root,
        env={"PYTHONPATH": f"{project_root}:{project_root / 'tests'}"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "committed\n"
        process.kill()
        assert process.wait() == -signal.SIGKILL
    return path


async def test_a_committed_intent_survives_being_killed(killed: Path) -> None:
    reader = SqliteJournalReader(killed)
    assert list(await reader.intents(ACCOUNT)) == [intent(17)]
    assert await reader.order_id_mark(2) == intent(17).key.order_id
    assert [each.payload.get("text") for each in await reader.tail(count=9)] == ["before", None]
    assert verify_chain(killed).problem is None


async def test_the_next_session_goes_on_where_it_ended(killed: Path) -> None:
    writer, reader = await open_journal(killed, clock=ManualClock())
    writer.append(event("after"))
    await writer.close()
    assert [each.seq for each in await reader.tail(count=9)] == [1, 2, 3]
    assert (await asyncio.to_thread(verify_chain, killed)).rows == 3
