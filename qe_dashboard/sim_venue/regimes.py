"""Moods of the market laid over a seeded path: calmer, wilder, trending, jumping. Exact in every bar, like the path.

A path with regimes is a function of the seed, of time and of the recorded changes: within a stretch between two
changes its value is `(scale * path + offset) * (1 + drift * blocks)`, and scale, offset and drift follow from where the
price stood at the change. Only + - * / touch the floats, for the reason that `path` gives.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qe_dashboard.sim_venue.path import TILE_STEPS, PricePath, Tile, join

# A drift grows with every five-second tile, so that a bar of a trending day still costs few draws.
_BLOCK = TILE_STEPS[1]
_BLOCKS_PER_HOUR = 720
# A trend ends after four hours: every quote of a day looks at each of its blocks once, 23 contracts in under a second.
_TREND_BLOCKS = 4 * _BLOCKS_PER_HOUR
# However steep a trend is, it must not end at zero or at infinity.
_LEAST_FACTOR, _MOST_FACTOR = 0.2, 5.0
# No mood takes a price below this share of where its path lives.
_FLOOR = 0.05


class RegimeKind(StrEnum):
    """CALM moves a quarter as much as NORMAL, WILD three times; TREND adds a drift for four hours,
    GAP a jump; HALT stops trading.
    """

    NORMAL = "normal"
    CALM = "calm"
    WILD = "wild"
    TREND = "trend"
    GAP = "gap"
    HALT = "halt"


_SIZED = (RegimeKind.TREND, RegimeKind.GAP)
_SWINGS = {RegimeKind.NORMAL: 1.0, RegimeKind.CALM: 0.25, RegimeKind.WILD: 3.0, RegimeKind.TREND: 1.0}


@dataclass(frozen=True, slots=True)
class Regime:
    """A mood. `size` is signed and in percent: an hour's drift of a TREND, the jump of a GAP; others have none.

    A GAP leaves the mood as it was. Raises ValueError for a size where none belongs, or none where one does.
    """

    kind: RegimeKind
    size: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if (self.kind in _SIZED) != (self.size != 0):
            raise ValueError(f"{' and '.join(_SIZED)} need a size, and no other regime takes one; got {self}")
        if not self.size.is_finite() or not -90 <= self.size <= 400:
            raise ValueError(f"the size of a regime lies between -90 and 400 percent, got {self.size}")


@dataclass(frozen=True, slots=True)
class RegimeChange:
    """From the step after `step` on, an underlying has a mood; `underlying` is empty for all of them."""

    step: int
    underlying: str
    regime: Regime


@dataclass(frozen=True, slots=True)
class _Stretch:
    first: int
    swing: float
    scale: float
    offset: float
    drift: float

    def blocks(self, step: int) -> int:
        return step // _BLOCK - self.first // _BLOCK


class MoodyPath:
    """A price path under recorded regimes."""

    def __init__(self, path: PricePath, *, base: float) -> None:
        self._path = path
        self._least = base * _FLOOR
        self._stretches: list[_Stretch] = []
        self._firsts: list[int] = []

    def change(self, change: RegimeChange) -> None:
        """Begin a mood. Changes come in the order of time."""
        value, raw = self.value(change.step), self._path.tile(0, change.step).close
        before = self._stretches[-1] if self._stretches else None
        regime = change.regime
        if regime.kind is RegimeKind.GAP:
            value *= 1.0 + float(regime.size) / 100.0
            swing = 1.0 if before is None else before.swing
            drift = 0.0 if before is None else before.drift
        else:
            swing = _SWINGS[regime.kind]
            drift = float(regime.size) / 100.0 / _BLOCKS_PER_HOUR
        self._stretches.append(
            _Stretch(
                first=change.step + 1,
                swing=swing,
                scale=swing * value / raw,
                offset=value * (1.0 - swing),
                drift=drift,
            )
        )
        self._firsts.append(change.step + 1)

    def value(self, step: int) -> float:
        """Return the price of a step."""
        return self.aggregate(step, step + 1).close

    def aggregate(self, first: int, end: int) -> Tile:
        """Return the tile of the steps first <= step < end. Raises ValueError when there is none."""
        if not self._stretches:
            return self._path.aggregate(first, end)
        if first >= end:
            raise ValueError(f"no steps between {first} and {end}")
        result: Tile | None = None
        while first < end:
            found = bisect_right(self._firsts, first)
            stop = min(end, self._firsts[found]) if found < len(self._firsts) else end
            tile = (
                self._part(self._stretches[found - 1], first, stop)
                if found
                else self._path.aggregate(first, stop)
            )
            result = tile if result is None else join(result, tile)
            first = stop
        assert result is not None
        return result

    def _part(self, stretch: _Stretch, first: int, end: int) -> Tile:
        result: Tile | None = None
        while first < end:
            drifts = stretch.drift != 0.0 and stretch.blocks(first) < _TREND_BLOCKS
            stop = min(end, (first // _BLOCK + 1) * _BLOCK) if drifts else end
            factor = 1.0 + stretch.drift * min(stretch.blocks(first), _TREND_BLOCKS)
            factor = min(max(factor, _LEAST_FACTOR), _MOST_FACTOR)
            tile = self._moved(stretch, self._path.aggregate(first, stop), factor)
            result = tile if result is None else join(result, tile)
            first = stop
        assert result is not None
        return result

    def _moved(self, stretch: _Stretch, tile: Tile, factor: float) -> Tile:
        scale, offset, least = stretch.scale, stretch.offset, self._least
        return Tile(
            max((scale * tile.open + offset) * factor, least),
            max((scale * tile.high + offset) * factor, least),
            max((scale * tile.low + offset) * factor, least),
            max((scale * tile.close + offset) * factor, least),
            tile.volume,
        )
