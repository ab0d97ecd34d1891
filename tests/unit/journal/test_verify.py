"""Whatever is changed behind the journal's back, the first bad row is named (S40)."""

from pathlib import Path

import pytest

from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.sqlite.chain import event_hash
from qe_dashboard.journal.sqlite.queries import reading
from qe_dashboard.journal.sqlite.verify import ChainReport, verify_chain
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter
from support.journal_rows import event, tamper

ROWS = 6


@pytest.fixture
async def written(writer: SqliteJournalWriter, path: Path) -> Path:
    for number in range(ROWS):
        writer.append(event(str(number)))
    await writer.close()
    return path


def test_an_untouched_journal_is_good(written: Path) -> None:
    report = verify_chain(written)
    assert (report.rows, report.last_good, report.bad_seq, report.problem) == (ROWS, ROWS, None, None)


async def test_an_empty_journal_is_good(writer: SqliteJournalWriter, path: Path) -> None:
    assert verify_chain(path) == ChainReport(0, None, None, None, None)


@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-01-05T15:00:00.123457+00:00'",
        "kind = 'order'",
        "account = 'U1'",
        "intent_id = ''",
        'payload = \'{"text":"9"}\'',
        "hash = 'x' || substr(hash, 2)",
        "prev_hash = 'x' || substr(prev_hash, 2)",
    ],
)
@pytest.mark.parametrize("seq", [1, 4, ROWS])
def test_a_changed_field_is_found_in_its_row(written: Path, change: str, seq: int) -> None:
    tamper(written, f"UPDATE events SET {change} WHERE seq = {seq}")
    report = verify_chain(written)
    assert report.bad_seq == seq
    assert report.last_good == (seq - 1 or None)
    assert report.rows == seq - 1


@pytest.mark.parametrize(
    ("seq", "bad", "words"),
    [(1, 2, "row 1 is missing"), (3, 4, "row 3 is missing"), (ROWS, ROWS, "rows are missing at the end")],
)
def test_a_deleted_row_is_missed(written: Path, seq: int, bad: int, words: str) -> None:
    tamper(written, f"DELETE FROM events WHERE seq = {seq}")
    report = verify_chain(written)
    assert report.bad_seq == bad
    assert report.problem is not None
    assert words in report.problem


def test_a_journal_emptied_is_not_an_empty_journal(written: Path) -> None:
    tamper(written, "DELETE FROM events")
    report = verify_chain(written)
    assert (report.rows, report.bad_seq) == (0, 1)
    assert "had reached row 6" in str(report.problem)


def test_a_row_put_in_is_found(written: Path) -> None:
    tamper(
        written,
        "INSERT INTO events SELECT 7, at, kind, account, intent_id, payload, hash, hash FROM events WHERE seq = 6",
    )
    report = verify_chain(written)
    assert (report.bad_seq, report.last_good) == (7, 6)


def _forge(written: Path) -> str:
    """Change row 3 and give it a hash that fits it."""
    with reading(written) as connection:
        row = connection.execute("SELECT * FROM events WHERE seq = 3").fetchone()
    digest = event_hash(
        prev_hash=row["prev_hash"],
        seq=3,
        at=row["at"],
        kind=row["kind"],
        account="U1",
        intent_id=row["intent_id"],
        payload=row["payload"],
    )
    tamper(written, f"UPDATE events SET account = 'U1', hash = '{digest}' WHERE seq = 3")
    return digest


def test_a_forged_row_breaks_the_next_one(written: Path) -> None:
    _forge(written)
    report = verify_chain(written)
    assert (report.bad_seq, report.last_good) == (4, 3)
    assert report.problem == "it does not follow the row before it"


def test_a_forged_row_cannot_be_linked_to_the_next_one(written: Path) -> None:
    digest = _forge(written)
    tamper(written, f"UPDATE events SET prev_hash = '{digest}' WHERE seq = 4")
    report = verify_chain(written)
    assert (report.bad_seq, report.problem) == (4, "its content is not what was written")


def test_two_rows_exchanged_are_found(written: Path) -> None:
    tamper(
        written,
        "UPDATE events SET seq = 100 WHERE seq = 2",
        "UPDATE events SET seq = 2 WHERE seq = 3",
        "UPDATE events SET seq = 3 WHERE seq = 100",
    )
    assert verify_chain(written).bad_seq == 2


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(JournalError):
        verify_chain(tmp_path / "none.sqlite3")
