"""The last lines of the order and connection log, for the screens. The journal keeps them all."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from qe_dashboard.core.clock import Clock
from qe_dashboard.engine.views import LogLine
from qe_dashboard.model.enums import Severity

log = logging.getLogger(__name__)

KEPT = 500
_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
    Severity.CRITICAL: logging.CRITICAL,
}


class LogBook:
    """A bounded list of lines with running numbers as keys."""

    def __init__(self, *, clock: Clock, on_line: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_line = on_line
        self._lines: deque[tuple[int, LogLine]] = deque(maxlen=KEPT)
        self._next = 1

    def say(self, severity: Severity, source: str, text: str) -> str:
        """Add a line here and to the log file; return its key.

        An exact repeat of the last one is not added twice (rule C3: bursts coalesce).
        """
        if self._lines:
            number, last = self._lines[-1]
            if (last.severity, last.source, last.text) == (severity, source, text):
                return str(number)
        log.log(_LEVELS[severity], "%s: %s", source, text)
        self._lines.append((self._next, LogLine(self._clock.now(), severity, source, text)))
        self._next += 1
        self._on_line(str(self._next - 1))
        return str(self._next - 1)

    @property
    def newest(self) -> str | None:
        """The key of the last line; None before any."""
        return str(self._lines[-1][0]) if self._lines else None

    def reword(self, key: str, severity: Severity, source: str, text: str, *, is_repeat: bool = False) -> str:
        """Put newer words in the place of a line, at its own time; return its key. One that is gone is said anew.

        A repeat of the same is for the log file's DEBUG level: it would fill the file as it would the screen.
        """
        line = self.line(key)
        if line is None:
            return self.say(severity, source, text)
        if (line.severity, line.source, line.text) == (severity, source, text):
            return key
        log.log(logging.DEBUG if is_repeat else _LEVELS[severity], "%s: %s", source, text)
        index = int(key) - self._lines[0][0]
        self._lines[index] = (int(key), replace(line, severity=severity, source=source, text=text))
        self._on_line(key)
        return key

    def keys(self) -> Iterable[str]:
        return [str(number) for number, _ in self._lines]

    def line(self, key: str) -> LogLine | None:
        """Return a line by key; None once it has scrolled out."""
        if not self._lines:
            return None
        index = int(key) - self._lines[0][0]
        return self._lines[index][1] if 0 <= index < len(self._lines) else None
