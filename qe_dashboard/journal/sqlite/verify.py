"""Walk the hash chain from its beginning (S40): which row is the first that is not what was written?"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from qe_dashboard.journal.sqlite.chain import START, Link, event_hash
from qe_dashboard.journal.sqlite.queries import reading
from qe_dashboard.journal.sqlite.store import HEAD


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Result of a walk. `problem` is None when every row is as written; else `bad_seq` is the first that is not."""

    rows: int
    last_good: int | None
    last_good_at: str | None
    bad_seq: int | None
    problem: str | None


def verify_chain(path: Path) -> ChainReport:
    """Check every event against its hash and its place. Raises JournalError when the file cannot be read."""
    with reading(path) as connection:
        # One transaction, so that rows written meanwhile do not look like a cut-off end.
        connection.execute("BEGIN")
        return _walk(connection)


def _walk(connection: sqlite3.Connection) -> ChainReport:
    link, at, rows = START, None, 0
    for row in connection.execute("SELECT * FROM events ORDER BY seq"):
        problem = _problem(row, link)
        if problem is not None:
            return ChainReport(rows, _seq(link), at, row["seq"], problem)
        link, at, rows = Link(row["seq"], row["hash"]), row["at"], rows + 1
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (HEAD,)).fetchone()
    head = str(START) if found is None else str(found["value"])
    if head != str(link):
        ended = head.partition(":")[0]
        problem = f"rows are missing at the end: the journal had reached row {ended}"
        return ChainReport(rows, _seq(link), at, link.seq + 1, problem)
    return ChainReport(rows, _seq(link), at, None, None)


def _problem(row: sqlite3.Row, before: Link) -> str | None:
    if row["seq"] != before.seq + 1:
        return f"row {before.seq + 1} is missing"
    if row["prev_hash"] != before.hash:
        return "it does not follow the row before it"
    expected = event_hash(
        prev_hash=row["prev_hash"],
        seq=row["seq"],
        at=row["at"],
        kind=row["kind"],
        account=row["account"],
        intent_id=row["intent_id"],
        payload=row["payload"],
    )
    return None if row["hash"] == expected else "its content is not what was written"


def _seq(link: Link) -> int | None:
    return None if link == START else link.seq
