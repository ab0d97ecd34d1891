"""Recorded bars as a price path: what happened once happens again, step by step, at another time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.sim_venue.path import STEP_MS, Tile, join

_STEPS_PER_SECOND = 1000 // STEP_MS


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """One recorded bar; `start` aware UTC, prices in the contract's currency. Raises ValueError when it is no bar."""

    start: datetime
    seconds: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError(f"the bar of {self.start} has no time zone")
        if self.seconds < 1 or self.volume < 0:
            raise ValueError(f"the bar of {self.start} lasts {self.seconds} s and has volume {self.volume}")
        inside = (self.open, self.close)
        if not 0 < self.low <= min(inside) <= max(inside) <= self.high:
            raise ValueError(f"the prices of the bar of {self.start} contradict each other")


class ReplayPath:
    """A path through recorded bars. Between two of them, and after the last, the price stands at the last close.

    Within a bar it goes from the open over the nearer-to-open extreme and the other one to the close.
    """

    def __init__(self, rows: Iterable[ReplayRow], *, first_step: int) -> None:
        """Begin with the first row at a step. Raises ValueError for no rows, or rows that overlap."""
        self._rows = tuple(rows)
        if not self._rows:
            raise ValueError("there are no bars to replay")
        begins = self._rows[0].start
        self._firsts = [
            first_step + int((row.start - begins).total_seconds() * _STEPS_PER_SECOND) for row in self._rows
        ]
        for first, row, after in zip(self._firsts, self._rows, self._firsts[1:], strict=False):
            if first + row.seconds * _STEPS_PER_SECOND > after:
                raise ValueError(f"the bar of {row.start} runs into the next one")

    def aggregate(self, first: int, end: int) -> Tile:
        """Return the tile of the steps first <= step < end. Raises ValueError when there is none."""
        if first >= end:
            raise ValueError(f"no steps between {first} and {end}")
        result: Tile | None = None
        while first < end:
            tile, stop = self._next(first, end)
            result = tile if result is None else join(result, tile)
            first = stop
        assert result is not None
        return result

    def _next(self, first: int, end: int) -> tuple[Tile, int]:
        """Return the tile from a step on, as far as one row or one gap reaches, and where it ends."""
        found = bisect_right(self._firsts, first)
        following = self._firsts[found] if found < len(self._firsts) else end
        if found == 0:
            return _flat(self._rows[0].open), min(following, end)
        row, begins = self._rows[found - 1], self._firsts[found - 1]
        steps = row.seconds * _STEPS_PER_SECOND
        if first >= begins + steps:
            return _flat(row.close), min(following, end)
        stop = min(end, begins + steps)
        if first == begins and stop == begins + steps:
            whole = (float(row.open), float(row.high), float(row.low), float(row.close))
            return Tile(*whole, row.volume), stop
        values = [_value(row, step - begins, steps) for step in range(first, stop)]
        volume = row.volume * (stop - begins) // steps - row.volume * (first - begins) // steps
        return Tile(values[0], max(values), min(values), values[-1], volume), stop


def _flat(price: Decimal) -> Tile:
    value = float(price)
    return Tile(value, value, value, value, 0)


def _value(row: ReplayRow, step: int, steps: int) -> float:
    """Return the price of one step of a bar: straight lines between open, both extremes and close."""
    low_first = row.close >= row.open
    first, second = (row.low, row.high) if low_first else (row.high, row.low)
    corners = (float(row.open), float(first), float(second), float(row.close))
    at = (0, (steps - 1) // 3, (steps - 1) * 2 // 3, steps - 1)
    for left in range(3):
        if step <= at[left + 1]:
            share = (step - at[left]) / (at[left + 1] - at[left])
            return corners[left] + (corners[left + 1] - corners[left]) * share
    raise ValueError(f"step {step} is not one of the {steps} of a bar")
