"""What went wrong with the file, in words for people: the file, the cause, the orders, the remedy."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from qe_dashboard.journal.port import JournalError

ORDERS_WAIT = "No order is sent while this lasts; orders working at the venue stay there."
NOTHING_CHANGED = "Nothing was changed."
RECOVERS = "It is tried again by itself."

# Prefix of SQLite's error name -> cause, remedy.
_CAUSES = (
    ("SQLITE_FULL", "the disk is full", f"Free some space. {RECOVERS}"),
    ("SQLITE_BUSY", "another program is writing to it", f"Close whatever has the file open. {RECOVERS}"),
    ("SQLITE_LOCKED", "another program is writing to it", f"Close whatever has the file open. {RECOVERS}"),
    ("SQLITE_READONLY", "it is read-only", f"Make the file and its directory writable. {RECOVERS}"),
    ("SQLITE_PERM", "access is denied", f"Make the file and its directory writable. {RECOVERS}"),
    (
        "SQLITE_CANTOPEN",
        "it cannot be opened",
        f"Check that its directory exists and is writable. {RECOVERS}",
    ),
    (
        "SQLITE_NOTADB",
        "it is not a journal, or damaged",
        "Move the file away; a new one is begun at the next start.",
    ),
    (
        "SQLITE_CORRUPT",
        "it is damaged",
        "Keep a copy, run `qe-dashboard journal verify`, then move the file away.",
    ),
    ("SQLITE_IOERR", "the disk reports an error", f"Check the disk and the space on it. {RECOVERS}"),
)


def write_failed(path: Path, error: sqlite3.Error | OSError) -> JournalError:
    """Say why the journal could not be written and what that means."""
    cause, remedy = _cause(error)
    return JournalError(
        f"The journal {path} cannot be written: {cause} ({error}).", meaning=ORDERS_WAIT, remedy=remedy
    )


def read_failed(path: Path, error: sqlite3.Error | OSError) -> JournalError:
    """Say why the journal could not be read."""
    cause, remedy = _cause(error)
    return JournalError(f"The journal {path} cannot be read: {cause} ({error}).", remedy=remedy)


def not_understood(path: Path, error: Exception) -> JournalError:
    """Say that a row holds what this program never writes."""
    return JournalError(
        f"The journal {path} holds a value that is not understood: {error}.",
        remedy="Keep a copy and run `qe-dashboard journal verify`: it names the first row that was changed.",
    )


def newer_schema(path: Path, *, found: int, known: int) -> JournalError:
    """Say that a newer program wrote this journal."""
    return JournalError(
        f"The journal {path} was written by a newer version of this program (schema {found}, known is {known}).",
        meaning=f"{NOTHING_CHANGED} {ORDERS_WAIT}",
        remedy="Start the newer version, or move the file away to begin a new journal.",
    )


def missing(path: Path) -> JournalError:
    """Say that there is no journal yet."""
    return JournalError(
        f"There is no journal at {path}.", remedy="It is begun when the dashboard runs with this profile."
    )


def replaced(path: Path) -> JournalError:
    """Say that the file was taken away while it was in use."""
    return JournalError(
        f"The journal {path} was deleted or replaced while in use.",
        meaning=ORDERS_WAIT,
        remedy="Put it back if you can. A new one is begun otherwise.",
    )


def closed(path: Path) -> JournalError:
    """Say that the program is ending, or has not begun."""
    return JournalError(
        f"The journal {path} is not open.", meaning="Nothing was sent.", remedy="Start the dashboard again."
    )


def too_slow(path: Path, seconds: float) -> JournalError:
    """Say that the disk took longer than an order may wait."""
    return JournalError(
        f"The journal {path} did not confirm the order within {seconds:g} s.",
        meaning="Nothing was sent.",
        remedy="The disk is slow or stuck: check it, then send the order again.",
    )


def unexpected(path: Path, error: Exception) -> JournalError:
    """Say that the program itself is at fault."""
    return JournalError(
        f"The journal {path} cannot be written: {type(error).__name__}: {error}.",
        meaning=ORDERS_WAIT,
        remedy="Please report this with the log.",
    )


def _cause(error: sqlite3.Error | OSError) -> tuple[str, str]:
    name = getattr(error, "sqlite_errorname", "")
    for prefix, cause, remedy in _CAUSES:
        if name.startswith(prefix):
            return cause, remedy
    if isinstance(error, PermissionError):
        return "access is denied", f"Make the file and its directory writable. {RECOVERS}"
    return "the system refuses", f"Check the file and its directory. {RECOVERS}"
