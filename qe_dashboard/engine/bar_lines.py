"""Bar lines that somebody watches: history first, live bars over it, again after every reconnect."""

from __future__ import annotations

from collections import Counter

from qe_dashboard.broker.port import RequestFailed
from qe_dashboard.data.bar_line import BarLine
from qe_dashboard.engine.parts import Parts
from qe_dashboard.model.enums import Severity
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument

COUNT = 240
"""Bars asked for: a 200-column chart shows at most 190."""


class BarLines:
    """Opens a line for its first watcher and releases it with the last."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watchers: Counter[str] = Counter()

    def open(self, keys: tuple[str, ...]) -> None:
        """Start lines that nobody watched yet."""
        for key in keys:
            self._watchers[key] += 1
            if self._watchers[key] == 1:
                self._parts.boards.bar_lines[key] = BarLine()
                self._parts.spawn(f"bars {key}", self._load(key))

    def close(self, keys: tuple[str, ...]) -> None:
        """Release lines that nobody watches any more."""
        for key in keys:
            self._watchers[key] -= 1
            if self._watchers[key] > 0:
                continue
            del self._watchers[key]
            self._parts.boards.bar_lines.pop(key, None)
            self._parts.boards.bar_problems.pop(key, None)
            instrument, seconds = self._split(key)
            if instrument is not None:
                self._parts.broker.release_bars(instrument, bar_seconds=seconds)

    def reload(self) -> None:
        """Ask again for everything watched: a new socket has lost it all."""
        for key in self._watchers:
            self._parts.spawn(f"bars {key}", self._load(key))

    async def _load(self, key: str) -> None:
        instrument, seconds = self._split(key)
        if instrument is None:
            return
        boards = self._parts.boards
        try:
            history = await self._parts.broker.history(instrument, bar_seconds=seconds, count=COUNT)
        except RequestFailed as error:
            boards.bar_problems[key] = str(error)
            self._parts.log.say(Severity.WARNING, "bars", f"{instrument.label}: {error}")
            boards.bars.touch(key)
            return
        line = boards.bar_lines.get(key)
        if line is None:
            return
        line.load(history)
        boards.bar_problems.pop(key, None)
        boards.bars.touch(key)
        self._parts.broker.want_bars(instrument, bar_seconds=seconds)

    def _split(self, key: str) -> tuple[Instrument | None, int]:
        name, _, seconds = key.rpartition("|")
        return self._parts.symbols.named(InstrumentId(name)), int(seconds)
