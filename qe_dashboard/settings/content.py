"""The settings file as bytes: read, decode, tell one state from another. Nothing beyond the standard library."""

from __future__ import annotations

import hashlib
from pathlib import Path

from qe_dashboard.core.plain_file import read_plain
from qe_dashboard.settings.problems import Problem, SettingsError

ABSENT = ""
"""The digest of a file that does not exist."""
LARGEST = 1_000_000
"""Bytes. Ours have 20,000 with all their comments; tomllib takes 1 s for a million, in which the start would wait."""


def digest(data: bytes | None) -> str:
    """Return what tells one content from another; None is a file that does not exist."""
    return ABSENT if data is None else hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file of at most 1 MB; raise SettingsError with the reason for any other."""
    try:
        return read_plain(path, limit=LARGEST)
    except OSError as error:
        reason = error.strerror if error.strerror is not None else str(error)
        raise SettingsError([Problem(source=str(path), message=f"cannot be read: {reason}")]) from error


def read_if_present(path: Path) -> bytes | None:
    """Return the file's bytes, None when there is no such file; a dangling link is an error, not absence."""
    return read_bytes(path) if path.exists() or path.is_symlink() else None


def decode(data: bytes, path: Path) -> str:
    """Return bytes as text, line ends untouched; raise SettingsError where they are not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = Problem(
            source=str(path),
            line=data.count(b"\n", 0, error.start) + 1,
            message=f"expected UTF-8 text, found the byte 0x{data[error.start]:02x}",
        )
        raise SettingsError([problem]) from error
