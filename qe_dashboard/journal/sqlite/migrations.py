"""Schema changes: ordered, each in one transaction, recorded in the file (D27)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from qe_dashboard.journal.sqlite import failures

_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: the number and name of its file, and its statements."""

    version: int
    name: str
    script: str


def shipped_migrations() -> tuple[Migration, ...]:
    """Read the package's own steps, `schema/NNNN_name.sql`, in order."""
    folder = resources.files(__package__) / "schema"
    files = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda each: each.name
    )
    steps = []
    for each in files:
        number, _, name = each.name.removesuffix(".sql").partition("_")
        steps.append(Migration(int(number), name, each.read_text(encoding="utf-8")))
    return tuple(steps)


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[Migration]) -> None:
    """Bring the schema up to the last step. Raises JournalError for a newer file, sqlite3.Error for a failing step."""
    check_not_newer(connection, path, steps)
    found = schema_version(connection)
    for step in steps:
        if step.version > found:
            _apply(connection, step)


def check_not_newer(connection: sqlite3.Connection, path: Path, steps: Sequence[Migration]) -> None:
    """Raise JournalError when the file's schema is newer than the last step known."""
    found, known = schema_version(connection), max(step.version for step in steps)
    if found > known:
        raise failures.newer_schema(path, found=found, known=known)


def schema_version(connection: sqlite3.Connection) -> int:
    """Return the number of the last step applied, 0 for an empty file."""
    table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'").fetchone()
    if table is None:
        return 0
    version = connection.execute("SELECT max(version) FROM schema_migrations").fetchone()[0]
    return 0 if version is None else int(version)


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_RECORD)
        # Somebody else may have applied it while we waited for the lock.
        if schema_version(connection) < step.version:
            for statement in _statements(step.script):
                connection.execute(statement)
            connection.execute(
                "INSERT INTO schema_migrations (version, name) VALUES (?, ?)", (step.version, step.name)
            )
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """Split a script: sqlite3's own executescript commits before it begins, which would end our transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip() != "":
        yield pending
