"""A line of bars: history with live bars laid over it. Pure."""

from __future__ import annotations

from qe_dashboard.model.market_data import Bar

MAX_BARS = 1000
"""A day of 1-minute bars of a 23-hour future is 1380; a 200-column chart shows 190 of them."""


class BarLine:
    """Bars of one instrument and interval by start time; a later report of the same bar replaces it."""

    def __init__(self) -> None:
        self._bars: list[Bar] = []

    @property
    def bars(self) -> tuple[Bar, ...]:
        """All bars, oldest first."""
        return tuple(self._bars)

    def load(self, history: tuple[Bar, ...]) -> None:
        """Take in history; live bars that are newer stay."""
        last = history[-1].start if history else None
        newer = [bar for bar in self._bars if last is None or bar.start > last]
        self._bars = [*history, *newer][-MAX_BARS:]

    def update(self, bar: Bar) -> None:
        """Take in a running or closed bar; one older than the newest but unknown is put in its place."""
        for index in range(len(self._bars) - 1, -1, -1):
            start = self._bars[index].start
            if start == bar.start:
                self._bars[index] = bar
                return
            if start < bar.start:
                self._bars.insert(index + 1, bar)
                del self._bars[:-MAX_BARS]
                return
        self._bars.insert(0, bar)
        del self._bars[:-MAX_BARS]
