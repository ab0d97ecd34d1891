"""One underlying's price and volume as a pure function of time, at every resolution at once.

A day is a tile (open, high, low, close, volume) that splits into half hours, these into minutes, then five seconds,
then steps of 250 ms, each level drawn inside the bounds of the one above. So a bar of any length costs a handful of
draws instead of one per tick, and still has exactly the high and low that the ticks inside it show.

Only + - * / and sqrt touch the floats: IEEE defines those to the last bit, so every platform draws the same market.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import sqrt
from typing import NamedTuple, TypeVar

from qe_dashboard.sim_venue.noise import bits, mix, normal, stream, unit

STEP_MS = 250
TILE_STEPS = (1, 20, 240, 7200, 345_600)
"""Steps in a tile of each level: step, five seconds, minute, half hour, UTC day."""
DAY = len(TILE_STEPS) - 1
_FAN = tuple(TILE_STEPS[level] // TILE_STEPS[level - 1] if level else 1 for level in range(len(TILE_STEPS)))
# Deviation of a tile's own move as a share of the day's.
_SCALE = tuple(sqrt(steps / TILE_STEPS[DAY]) for steps in TILE_STEPS)
# How far a tile's extreme reaches beyond its open and close, in its own deviations, at most (mean is a third).
_REACH = 0.8
# Slow waves that move the price from day to day. Amplitude grows with the root of the period, like a random walk,
# and the sum is bounded: no price leaves its neighbourhood however long the venue lives.
_WAVE_DAYS = (1, 2, 4, 8, 16, 32, 64)
_WAVE_GAIN = 0.65
# The way from one extreme to the other is movement already; a full walk on top would double a day's volatility.
_WALK = 0.5
# Share of a day's volume per UTC half hour, as weights: quiet overnight, high at the US open and close.
_DAY_SHAPE = (
    (5,) * 14 + (8,) * 13 + (70, 80, 55, 45, 40, 35, 32, 32, 32, 35, 40, 48, 60, 90) + (12,) + (6,) * 6
)
# Children split volume by weights in this range; the floor keeps a child from being empty.
_WEIGHT_FLOOR = 26_000
_CACHE_LIMIT = 256

T = TypeVar("T")


class Tile(NamedTuple):
    """A stretch of the path. Prices in the underlying's own scale; volume in its own unit."""

    open: float
    high: float
    low: float
    close: float
    volume: int


def join(first: Tile, second: Tile) -> Tile:
    """Return the tile of two neighbouring stretches."""
    return Tile(
        first.open,
        max(first.high, second.high),
        min(first.low, second.low),
        second.close,
        first.volume + second.volume,
    )


class PricePath:
    """The path of one underlying. `correlation` ties it to the market shared by all paths of the seed."""

    def __init__(
        self,
        *,
        seed: int,
        name: str,
        base: float,
        daily_volatility: float,
        correlation: float,
        daily_volume: int,
    ) -> None:
        self._base = base
        self._volatility = daily_volatility
        self._with_market = correlation
        self._alone = sqrt(1.0 - correlation * correlation)
        self._daily_volume = daily_volume
        self._own = tuple(stream(seed, name, level) for level in range(DAY + 1))
        self._market = tuple(stream(seed, "market", level) for level in range(DAY + 1))
        self._own_waves = tuple(stream(seed, name, "wave", days) for days in _WAVE_DAYS)
        self._market_waves = tuple(stream(seed, "market", "wave", days) for days in _WAVE_DAYS)
        self._boundaries: dict[int, float] = {}
        self._children: dict[tuple[int, int], tuple[Tile, ...]] = {}

    def tile(self, level: int, index: int) -> Tile:
        """Return one tile of a level; index 0 starts at the UNIX epoch."""
        if level == DAY:
            return _remember(self._children, (DAY + 1, index), lambda: (self._day(index),))[0]
        parent, child = divmod(index, _FAN[level + 1])
        split = _remember(self._children, (level + 1, parent), lambda: self._split(level + 1, parent))
        return split[child]

    def aggregate(self, first: int, end: int) -> Tile:
        """Return the tile of the steps first <= step < end. Raises ValueError when there is none."""
        if first >= end:
            raise ValueError(f"no steps between {first} and {end}")
        result: Tile | None = None
        while first < end:
            level = DAY
            while first % TILE_STEPS[level] or first + TILE_STEPS[level] > end:
                level -= 1
            tile = self.tile(level, first // TILE_STEPS[level])
            result = tile if result is None else join(result, tile)
            first += TILE_STEPS[level]
        assert result is not None
        return result

    def _day(self, day: int) -> Tile:
        draw = bits(self._own[DAY], day)
        deviation = self._volatility * self._base
        first, last = self._boundary(day), self._boundary(day + 1)
        high, low = self._extremes(first, last, deviation, self._joint(DAY, day), draw)
        return Tile(first, high, low, last, int(self._daily_volume * (0.7 + 0.6 * unit(draw))))

    def _boundary(self, day: int) -> float:
        """Return the price at the start of a UTC day."""

        def compute() -> float:
            drift = 0.0
            for days, own, market in zip(_WAVE_DAYS, self._own_waves, self._market_waves, strict=True):
                wave = self._with_market * _wave(market, day, days) + self._alone * _wave(own, day, days)
                drift += wave * sqrt(float(days))
            return self._base * (1.0 + _WAVE_GAIN * self._volatility * drift)

        return _remember(self._boundaries, day, compute)

    def _joint(self, level: int, index: int) -> int:
        """Return the bits that decide shapes: the market's as often as the correlation says, else its own."""
        own = mix(bits(self._own[level], index))
        shared = unit(own) < self._with_market
        return mix(bits(self._market[level], index)) if shared else mix(own)

    def _split(self, level: int, index: int) -> tuple[Tile, ...]:
        parent, fan, below = self.tile(level, index), _FAN[level], level - 1
        shape = self._joint(level, index)
        # Steps keep first and last for open and close, so that a five-second tile shows all four of its prices.
        margin = 1 if below == 0 else 0
        at_high = margin + (shape & 0xFFFF) % (fan - 2 * margin)
        at_low = margin + ((shape >> 16) & 0xFFFF) % (fan - 2 * margin)
        if below == 0 and at_high == at_low:
            at_low = margin + (at_low - margin + 1) % (fan - 2 * margin)
        edges = self._edges(parent, level, index, at_high, at_low)
        volumes = self._volumes(parent.volume, level, index)
        if below == 0:
            return tuple(
                Tile(value, value, value, value, volume)
                for value, volume in zip(_step_values(parent, edges, at_high, at_low), volumes, strict=True)
            )
        deviation = self._volatility * self._base * _SCALE[below]
        tiles = []
        for child in range(fan):
            first, last = edges[child], edges[child + 1]
            number = index * fan + child
            high, low = self._extremes(
                first, last, deviation, self._joint(below, number), bits(self._own[below], number)
            )
            high = parent.high if child == at_high else min(high, parent.high)
            low = parent.low if child == at_low else max(low, parent.low)
            tiles.append(Tile(first, high, low, last, volumes[child]))
        return tuple(tiles)

    def _extremes(
        self, first: float, last: float, deviation: float, joint: int, own: int
    ) -> tuple[float, float]:
        up = 0.5 * (unit(joint) + unit(mix(own)))
        down = 0.5 * (unit(mix(joint)) + unit(mix(own ^ 1)))
        return (
            max(first, last) + _REACH * deviation * up * up,
            min(first, last) - _REACH * deviation * down * down,
        )

    def _edges(self, parent: Tile, level: int, index: int, at_high: int, at_low: int) -> list[float]:
        """Return the prices at the children's edges: a walk from open to close that passes near both extremes."""
        fan, below = _FAN[level], level - 1
        deviation = _WALK * self._volatility * self._base * _SCALE[below]
        extremes = sorted([(at_high + 0.5, parent.high), (at_low + 0.5, parent.low)])
        if at_high == at_low:
            extremes = [(at_high + 0.5, 0.5 * (parent.high + parent.low))]
        points = [(0.0, parent.open), *extremes, (float(fan), parent.close)]
        edges = [parent.open]
        for (x0, y0), (x1, y1) in pairwise(points):
            inside = range(len(edges), min(int(x1) + 1, fan))
            walk = [0.0]
            for edge in inside:
                number = index * fan + edge
                own, market = bits(self._own[below], number), bits(self._market[below], number)
                walk.append(
                    walk[-1] + deviation * (self._with_market * normal(market) + self._alone * normal(own))
                )
            for edge, away in zip(inside, walk[1:], strict=True):
                share = (edge - x0) / (x1 - x0)
                edges.append(
                    _inside(y0 + share * (y1 - y0) + away - share * walk[-1], parent.low, parent.high)
                )
        edges.append(parent.close)
        return edges

    def _volumes(self, total: int, level: int, index: int) -> list[int]:
        """Split a volume among the children without losing a unit."""
        fan, key = _FAN[level], self._own[level - 1] ^ 1
        weights = [_WEIGHT_FLOOR + (bits(key, index * fan + child) & 0xFFFF) for child in range(fan)]
        if level == DAY:
            weights = [weight * share for weight, share in zip(weights, _DAY_SHAPE, strict=True)]
        whole = sum(weights)
        volumes, done, so_far = [], 0, 0
        for weight in weights:
            so_far += weight
            upto = total * so_far // whole
            volumes.append(upto - done)
            done = upto
        return volumes


def _step_values(parent: Tile, edges: list[float], at_high: int, at_low: int) -> list[float]:
    values = edges[:-1]
    values[at_high], values[at_low], values[-1] = parent.high, parent.low, parent.close
    return values


def _wave(key: int, day: int, period: int) -> float:
    """Return smooth noise in -1..1 whose lattice points lie `period` days apart."""
    cell, rest = divmod(day, period)
    left = 2.0 * unit(bits(key, cell)) - 1.0
    if rest == 0:
        return left
    right = 2.0 * unit(bits(key, cell + 1)) - 1.0
    share = rest / period
    return left + (right - left) * share * share * (3.0 - 2.0 * share)


def _inside(value: float, low: float, high: float) -> float:
    """Reflect a value at the bounds, so that the path does not stick to its extremes."""
    if value > high:
        value = high + high - value
    elif value < low:
        value = low + low - value
    return min(max(value, low), high)


K = TypeVar("K")


def _remember(cache: dict[K, T], key: K, compute: Callable[[], T]) -> T:
    """Return a cached value, dropping the oldest when the cache is full."""
    found = cache.get(key)
    if found is None:
        found = compute()
        if len(cache) >= _CACHE_LIMIT:
            del cache[next(iter(cache))]
        cache[key] = found
    return found
