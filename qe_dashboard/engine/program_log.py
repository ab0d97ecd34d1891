"""The program's own log as rows: records come from any thread, rows are taken over on the loop when drawn."""

from __future__ import annotations

from collections.abc import Iterable

from qe_dashboard.core.log_ring import KEPT, LogEntry, LogRing
from qe_dashboard.engine.feeds import Board
from qe_dashboard.engine.health_views import ProgramLine
from qe_dashboard.engine.views import Topic


class ProgramLog:
    """The last 2,000 lines, keyed by their running number."""

    def __init__(self, ring: LogRing) -> None:
        self.board = Board(topic=Topic.PROGRAM_LOG, keys=self.keys, build=self.line, catch_up=self.catch_up)
        self._ring = ring
        self._lines: dict[int, LogEntry] = {}
        self._last = 0

    def catch_up(self) -> None:
        """Take over what was logged since."""
        for entry in self._ring.after(self._last):
            self._last = entry.number
            self._lines[entry.number] = entry
            self.board.touch(str(entry.number))
        for number in list(self._lines)[: max(0, len(self._lines) - KEPT)]:
            del self._lines[number]
            self.board.touch(str(number))

    def keys(self) -> Iterable[str]:
        """Return the keys, oldest first."""
        return [str(number) for number in self._lines]

    def line(self, key: str) -> ProgramLine | None:
        """Return a line; None once it has scrolled out."""
        entry = self._lines.get(int(key))
        return None if entry is None else ProgramLine(entry.at, entry.level, entry.source, entry.text)
