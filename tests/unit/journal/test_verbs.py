"""What `qe-dashboard journal ...` says and exits with."""

import csv
import json
from pathlib import Path

import pytest

from qe_dashboard.journal.sqlite import verbs
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter
from support.journal_rows import ACCOUNT, AT, OTHER, commission, event, fill, intent, tamper


@pytest.fixture
async def written(writer: SqliteJournalWriter, path: Path) -> Path:
    writer.append(event("hello"))
    await writer.commit_intent(intent())
    writer.append_fill(fill("E1"))
    writer.append_commission(commission("E1", "0.62", realized="-12.50"), account=ACCOUNT, at=AT)
    writer.append_fill(fill("E2", account=OTHER))
    await writer.close()
    return path


def test_verify_says_good(written: Path) -> None:
    found = verbs.verify(written)
    assert found.code == verbs.OK == 0
    assert "5 rows, every one as it was written" in found.text
    assert "row 5 of 2026-01-05T15:00:00.123456+00:00" in found.text


def test_verify_names_the_first_bad_and_the_last_good_row(written: Path) -> None:
    tamper(written, "UPDATE events SET account = 'U1' WHERE seq = 3")
    found = verbs.verify(written)
    assert found.code == verbs.WRONG == 3
    assert "row 3 is bad: its content is not what was written" in found.text
    assert "The last good row is 2" in found.text


def test_verify_says_when_not_even_the_first_row_is_good(written: Path) -> None:
    tamper(written, "UPDATE events SET account = 'U1' WHERE seq = 1")
    assert "No row before it is good" in verbs.verify(written).text


def test_without_a_journal_every_verb_says_so(tmp_path: Path) -> None:
    path = tmp_path / "none.sqlite3"
    for found in (
        verbs.verify(path),
        verbs.tail(path, count=5, as_json=False),
        verbs.export(path, tmp_path / "out.csv"),
    ):
        assert found.code == verbs.COULD_NOT_CHECK == 5
        assert f"There is no journal at {path}" in found.text
    assert not (tmp_path / "out.csv").exists()


def test_tail_shows_the_last_rows(written: Path) -> None:
    lines = verbs.tail(written, count=2, as_json=False).text.splitlines()
    assert len(lines) == 2
    assert lines[0].split()[:4] == ["4", "2026-01-05", "15:00:00Z", "commission"]
    assert str(OTHER) in lines[1]


def test_tail_as_json_is_versioned_and_one_object_a_line(written: Path) -> None:
    first, second, *_ = [
        json.loads(line) for line in verbs.tail(written, count=9, as_json=True).text.splitlines()
    ]
    assert first == {
        "version": 1,
        "seq": 1,
        "at": "2026-01-05T15:00:00.123456+00:00",
        "kind": "message",
        "account": str(ACCOUNT),
        "intent_id": None,
        "payload": {"text": "hello"},
    }
    assert (second["kind"], second["intent_id"]) == ("intent", "I000001")


def test_export_writes_every_execution_with_its_commission(written: Path, tmp_path: Path) -> None:
    target = tmp_path / "fills.csv"
    found = verbs.export(written, target)
    assert (found.code, found.text) == (0, f"2 executions written to {target}.")
    with target.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert list(rows[0]) == list(verbs.FILL_COLUMNS)
    assert rows[0]["price"] == "20970.2500"
    assert (rows[0]["commission"], rows[0]["commission_currency"]) == ("0.62", "USD")
    assert (rows[0]["realized"], rows[0]["realized_currency"]) == ("-12.50", "EUR")
    assert rows[0]["order"] == "2/101"
    assert (rows[1]["account"], rows[1]["commission"], rows[1]["realized"]) == (str(OTHER), "", "")


def test_export_leaves_an_existing_file_alone(written: Path, tmp_path: Path) -> None:
    target = tmp_path / "fills.csv"
    target.write_text("mine")
    found = verbs.export(written, target)
    assert found.code == verbs.WRONG
    assert "exists already" in found.text
    assert target.read_text() == "mine"


def test_export_says_when_it_cannot_write(written: Path, tmp_path: Path) -> None:
    found = verbs.export(written, tmp_path / "no" / "such" / "directory.csv")
    assert found.code == verbs.COULD_NOT_CHECK
    assert "cannot be written" in found.text
