"""The last lines of the order and connection log, for the screens. The journal keeps them all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from qe_dashboard.core.clock import Clock
from qe_dashboard.engine.views import LogLine
from qe_dashboard.model.enums import Severity

KEPT = 500


class LogBook:
    """A bounded list of lines with running numbers as keys."""

    def __init__(self, *, clock: Clock, on_line: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_line = on_line
        self._lines: deque[tuple[int, LogLine]] = deque(maxlen=KEPT)
        self._next = 1

    def say(self, severity: Severity, source: str, text: str) -> None:
        """Add a line; an exact repeat of the last one is not added twice (rule C3: bursts coalesce)."""
        if self._lines:
            last = self._lines[-1][1]
            if (last.severity, last.source, last.text) == (severity, source, text):
                return
        self._lines.append((self._next, LogLine(self._clock.now(), severity, source, text)))
        self._next += 1
        self._on_line(str(self._next - 1))

    def keys(self) -> Iterable[str]:
        return [str(number) for number, _ in self._lines]

    def line(self, key: str) -> LogLine | None:
        """Return a line by key; None once it has scrolled out."""
        if not self._lines:
            return None
        index = int(key) - self._lines[0][0]
        return self._lines[index][1] if 0 <= index < len(self._lines) else None
