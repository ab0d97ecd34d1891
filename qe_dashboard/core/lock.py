"""One dashboard per profile (D27): an operating-system lock that dies with its holder."""

from __future__ import annotations

import json
import os
import socket
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from qe_dashboard.core.clock import Clock, SystemClock
from qe_dashboard.core.errors import ConfigurationError, Fatal
from qe_dashboard.core.plain_file import read_plain

_LONGEST_NOTE = 4096


class LockHeld(Fatal):
    """Another process uses the profile; pid, since and host are None where it had not yet written them."""

    def __init__(self, path: Path, *, pid: int | None, since: datetime | None, host: str | None) -> None:
        self.path = path
        self.pid = pid
        self.since = since
        self.host = host
        who = "Another qe_dashboard"
        if pid is not None:
            who += f" (process {pid} on {host or 'this machine'}"
            who += f", since {since:%Y-%m-%d %H:%M:%S} UTC)" if since is not None else ")"
        super().__init__(
            f"{who} is using this profile.",
            meaning="This one started nothing; orders and positions stay with the other.",
            remedy="Use that one, quit it first, or start another profile.",
        )


class ProfileLock:
    """Holds a profile's lock file. The file stays behind; what it says counts only while it is locked."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self.path = path
        self._clock = clock if clock is not None else SystemClock()
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock; raises LockHeld, or ConfigurationError when the file cannot be written."""
        if self._descriptor is not None:
            return
        try:
            self._descriptor = self._locked_file()
            self._write_holder(self._descriptor)
        except OSError as error:
            self.release()
            raise ConfigurationError(
                f"The lock file {self.path} cannot be written: {error.strerror or error}.",
                meaning="Nothing was started: two dashboards on one account could not be told apart.",
                remedy="Make its directory writable, or point QE_DASHBOARD_HOME at one that is.",
            ) from error

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        if self._descriptor is not None:
            # Closing releases the lock on every system.
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _locked_file(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if not _try_lock(descriptor):
                    raise _held(self.path)
                # Deleted between open and lock, it has lost its name, and a nameless file guards nothing.
                if _is_file_at(descriptor, self.path):
                    return descriptor
            except BaseException:  # whatever it is goes on up; only the descriptor must not leak
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _write_holder(self, descriptor: int) -> None:
        holder = {
            "pid": os.getpid(),
            "since": self._clock.now().isoformat(timespec="seconds"),
            "host": socket.gethostname(),
        }
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(holder).encode())
        os.fsync(descriptor)


def holder_of(path: Path) -> LockHeld | None:
    """Return who holds a profile's lock, None when nobody does; makes no file and keeps nothing. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        # Closing gives it back at once.
        return None if _try_lock(descriptor) else _held(path)
    finally:
        os.close(descriptor)


def _held(path: Path) -> LockHeld:
    try:
        said = json.loads(read_plain(path, limit=_LONGEST_NOTE))
        since = datetime.fromisoformat(said["since"])
        return LockHeld(path, pid=int(said["pid"]), since=since, host=str(said["host"]))
    except (OSError, ValueError, KeyError, TypeError):
        # The holder is just writing, or an old version wrote something else. That it is held is certain.
        return LockHeld(path, pid=None, since=None, host=None)


def _is_file_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    # Locked bytes cannot be read there: the lock lies far behind the text that others read.
    LOCKED_AT = 1 << 30

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, LOCKED_AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
