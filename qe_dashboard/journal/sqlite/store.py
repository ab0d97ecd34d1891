"""The file as its one writer has it: opened, migrated, appended to in transactions. Used by one thread."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from qe_dashboard.journal.sqlite import failures
from qe_dashboard.journal.sqlite.chain import START, Link, event_hash
from qe_dashboard.journal.sqlite.entries import Entry
from qe_dashboard.journal.sqlite.migrations import migrate, shipped_migrations

Connect: TypeAlias = Callable[[Path], sqlite3.Connection]

BUSY_S = 2.0
"""How long to wait for another program that holds the file (seconds)."""

HEAD = "head"

_INSERT_EVENT = """
INSERT INTO events (seq, at, kind, account, intent_id, payload, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_SET_HEAD = (
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


def connect_for_writing(path: Path) -> sqlite3.Connection:
    """Open the file, made when it is missing, in WAL mode with our own transactions."""
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # On macOS a plain fsync leaves the data in the drive's cache; elsewhere this changes nothing.
        connection.execute("PRAGMA fullfsync = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


class Store:
    """Appends entries. After any failure the file is opened afresh by the next write."""

    def __init__(self, path: Path, connect: Connect = connect_for_writing) -> None:
        self._path = path
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._synchronous = ""

    def write(self, entries: Sequence[Entry], *, durable: bool) -> None:
        """Append all entries in one transaction, or none; without entries only make sure the file is open.

        Durable ones are on the disk when this returns (synchronous FULL); the others survive the end of this
        program, and a power cut all but the last moments (NORMAL). Raises JournalError.
        """
        try:
            connection = self._opened()
            if len(entries) == 0:
                return
            self._synchronise(connection, "FULL" if durable else "NORMAL")
            self._append(connection, entries)
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise failures.write_failed(self._path, error) from error

    def close(self) -> None:
        """Close the file; an unfinished transaction is undone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None:
            if _inode_of(self._path) != self._inode:
                self.close()
                # Writing on would fill a file that nobody can ever read (R17).
                raise failures.replaced(self._path)
            return self._connection
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._connect(self._path)
        try:
            migrate(connection, self._path, shipped_migrations())
        except BaseException:  # whatever it is, the half-opened file must not stay open
            connection.close()
            raise
        _sync_directory(self._path.parent)
        self._connection = connection
        self._inode = _inode_of(self._path)
        self._synchronous = ""
        return connection

    def _synchronise(self, connection: sqlite3.Connection, mode: str) -> None:
        if mode != self._synchronous:
            connection.execute(f"PRAGMA synchronous = {mode}")
            self._synchronous = mode

    def _append(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        head = before = last_link(connection)
        for entry in entries:
            head = _append_entry(connection, entry, head)
        if head != before:
            connection.execute(_SET_HEAD, (HEAD, str(head)))
        connection.execute("COMMIT")


def last_link(connection: sqlite3.Connection) -> Link:
    """Return where the chain ends."""
    found = connection.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return START if found is None else Link(*found)


def _append_entry(connection: sqlite3.Connection, entry: Entry, head: Link) -> Link:
    seq = head.seq + 1
    if entry.row is not None:
        changed = connection.execute(entry.row.statement, {**entry.row.columns, "seq": seq}).rowcount
        if changed == 0:
            return head
    digest = event_hash(
        prev_hash=head.hash,
        seq=seq,
        at=entry.at,
        kind=entry.kind,
        account=entry.account,
        intent_id=entry.intent_id,
        payload=entry.payload,
    )
    connection.execute(
        _INSERT_EVENT,
        (seq, entry.at, entry.kind.value, entry.account, entry.intent_id, entry.payload, head.hash, digest),
    )
    return Link(seq, digest)


def _inode_of(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _sync_directory(directory: Path) -> None:
    """Put the file's name on the disk as well, where the system lets a directory be synchronised."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
