"""The last records of this program's logging in memory, for the log viewer; any thread may log."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from qe_dashboard.core.redact import redact

KEPT = 2000


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One record, in one line and masked as in the file. A traceback is its last line here."""

    number: int
    at: datetime
    level: str
    source: str
    text: str


class LogRing(logging.Handler):
    """Keeps the last 2,000 records under running numbers, from 1."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: deque[LogEntry] = deque(maxlen=KEPT)
        self._count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; called under the handler's lock, so that numbers are in order."""
        try:
            text = _text(record)
        except Exception:  # a bug of whoever logged must not end them; what they meant to say is still shown
            text = f"(a record that cannot be formatted: {record.msg!r})"
        self._count += 1
        at = datetime.fromtimestamp(record.created, UTC)
        self._entries.append(LogEntry(self._count, at, record.levelname, record.name, redact(text)))

    def after(self, number: int) -> tuple[LogEntry, ...]:
        """Return the entries kept that are newer than this number, oldest first."""
        lock = self.lock
        assert lock is not None, "a handler has its lock from its constructor on"
        with lock:
            newer = min(self._count - number, len(self._entries))
            return tuple(self._entries[-index] for index in range(newer, 0, -1))


def _text(record: logging.LogRecord) -> str:
    words = record.getMessage()
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        words += f": {type(error).__name__}: {error}"
    return " | ".join(line for line in words.splitlines() if line.strip())
