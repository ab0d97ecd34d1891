"""Drive a program in a real terminal of its own: keys in, screen text out. Used by tests and by `make bench`."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

COUNTER = re.compile(r"(\d+)/(\d+)")


class Program:
    """One program in a terminal of its own. Times are seconds."""

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], *, columns: int = 120, lines: int = 36
    ) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(slave)
        self._master = master

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.stop(signal.SIGTERM)
        os.close(self._master)

    def stop(self, number: signal.Signals, limit: float = 15.0) -> int:
        """Send a signal and return the exit code; what the program still writes is read. Kills it at the limit."""
        self._process.send_signal(number)
        return self.exit_code(limit)

    def exit_code(self, limit: float = 15.0) -> int:
        """Wait for the end, reading meanwhile, and return the exit code. Kills it at the limit."""
        end = time.perf_counter() + limit
        while self._process.poll() is None and time.perf_counter() < end:
            self._read_some(0.05)
        if self._process.poll() is None:
            self._process.kill()
        while self._read_some(0.1):
            pass
        return self._process.wait()

    def type(self, keys: str) -> None:
        """Send keys; `\\r` is Enter, `\\x07` ctrl+g, `\\x1b` Esc."""
        os.write(self._master, keys.encode())

    def seconds_to_bytes(self, needle: bytes, limit: float = 20.0) -> float:
        """Return the time from start until this text was first written."""
        seen = b""
        while needle not in seen:
            data = self._read(limit - (time.perf_counter() - self.started))
            seen = seen[-4096:] + data
        return time.perf_counter() - self.started

    def wait(self, shows: Callable[[str], bool], limit: float = 20.0) -> None:
        """Read until the screen's text satisfies a condition. Raises TimeoutError."""
        end = time.perf_counter() + limit
        while not shows(self.text()):
            self._read(end - time.perf_counter())

    def press(self, key: bytes, limit: float = 2.0) -> float:
        """Press a key and return the time until the counter on screen moved."""
        before = self.counter()
        pressed = time.perf_counter()
        os.write(self._master, key)
        while self.counter() == before:
            self._read(limit - (time.perf_counter() - pressed))
        return time.perf_counter() - pressed

    def drain(self, seconds: float) -> int:
        """Read for a while; returns the bytes written meanwhile."""
        end = time.perf_counter() + seconds
        total = 0
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._master], [], [], left)[0]:
                total += len(self._read(left))
        return total

    def counter(self) -> tuple[str, ...]:
        """Return every n/m on screen."""
        return tuple("/".join(found) for found in COUNTER.findall(self.text()))

    def text(self) -> str:
        """Return the screen as text."""
        return "\n".join(self._screen.display)

    def cpu_seconds(self) -> float:
        """Return the CPU time the program has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _read(self, limit: float) -> bytes:
        data = self._read_some(limit) if limit > 0 else b""
        if not data:
            raise TimeoutError(f"the program did not show what was waited for:\n{self.text()}")
        return data

    def _read_some(self, limit: float) -> bytes:
        """Read what is there within the limit; nothing when there is nothing or the program is gone."""
        if not select.select([self._master], [], [], limit)[0]:
            return b""
        try:
            data = os.read(self._master, 65536)
        except OSError:
            # Linux reports the end of a terminal's last user as an input error.
            return b""
        self._stream.feed(data)
        return data
