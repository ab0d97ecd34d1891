"""Reads a person's files so that none of them can hang or flood the program: a FIFO, a device, 60 MB of comments."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_plain(path: Path, *, limit: int, newest: bool = False) -> bytes:
    """Return a regular file's bytes; `newest` gives the last `limit` bytes of a longer one.

    Raises OSError whose `strerror` is for people: what the file is when it is none, and its size beyond `limit`.
    """
    # A FIFO without a writer would block the open itself for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        refuse_special(found.st_mode, path)
        if found.st_size > limit:
            if not newest:
                raise _too_large(path, limit)
            file.seek(found.st_size - limit)
        data = file.read(limit + 1)
    # It may have grown since it was measured.
    if len(data) > limit and not newest:
        raise _too_large(path, limit)
    return data[:limit]


def refuse_special(mode: int, path: Path) -> None:
    """Raise OSError for what is no regular file."""
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"expected a file, it is {_kind(mode)}", str(path))


def _too_large(path: Path, limit: int) -> OSError:
    return OSError(errno.EFBIG, f"expected at most {limit:,} bytes, it is larger", str(path))


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((words for test, words in kinds if test(mode)), "something else")
