"""Quotes and bars of the simulated market: what the price paths look like in ticks, lots and spreads.

Everything is a function of seed, contract and time; the caches only save work. Quotes step four times a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qe_dashboard.model.enums import DataTier
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.sim_venue.bar_kinds import BarKind, Prices, Sides, bounds, prices_of, standing
from qe_dashboard.sim_venue.days import EPOCH, day_start, next_day_start, previous_day_start
from qe_dashboard.sim_venue.noise import bits, stream
from qe_dashboard.sim_venue.path import Tile, join
from qe_dashboard.sim_venue.tape import STEP, Tape, step_of, step_time
from qe_dashboard.sim_venue.universe import Listing

__all__ = ["DAY_SECONDS", "STEP", "Market", "Touch", "step_of", "step_time"]

DAY_SECONDS = 86_400
# The spread keeps its width this many steps (two seconds), or it would flicker.
_SPREAD_STEPS = 8
_INSTANT = timedelta(microseconds=1)
# A step's volume is several trades; the last one is about this share of it.
_TRADES_PER_STEP = 6


@dataclass(frozen=True, slots=True)
class Touch:
    """One step of one contract in whole ticks and lots: what the matching works with."""

    bid: Decimal
    ask: Decimal
    last: Decimal
    bid_size: int
    ask_size: int


@dataclass(slots=True)
class _DayTotals:
    """A contract's venue day up to a step, grown as time goes on."""

    begins: int
    ends: int
    upto: int
    tile: Tile
    prev_close: Decimal


class Market:
    """Prices of all contracts of one tape. One instance serves one time line: its caches go forward with it."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._streams: dict[InstrumentId, int] = {}
        self._touches: dict[InstrumentId, tuple[int, Touch]] = {}
        self._quotes: dict[InstrumentId, tuple[int, Quote]] = {}
        self._days: dict[InstrumentId, _DayTotals] = {}

    def touch(self, listing: Listing, step: int) -> Touch:
        """Return bid, ask, last and sizes of a step. The last trade was at the bid or at the ask."""
        wanted = listing.instrument.id
        step = self.tape.live_step(listing, step)
        cached = self._touches.get(wanted)
        if cached is not None and cached[0] == step:
            return cached[1]
        draw = bits(self.stream(wanted), step)
        tick = _tick(listing)
        last = self._ticks(listing, self.tape.tile(listing, step, step + 1).close)
        bid, ask = self._sides(listing, step, last)
        sizes = listing.largest_size
        touch = Touch(
            bid=bid * tick,
            ask=ask * tick,
            last=last * tick,
            bid_size=(1 + (draw >> 8 & 0xFFFF) % sizes) * listing.size_unit,
            ask_size=(1 + (draw >> 32 & 0xFFFF) % sizes) * listing.size_unit,
        )
        self._touches[wanted] = (step, touch)
        return touch

    def traded(self, listing: Listing, step: int) -> tuple[Decimal, int]:
        """Return price and volume of a step; volume 0 while trading stands still."""
        tile = self.tape.tile(listing, step, step + 1)
        return self._ticks(listing, tile.close) * _tick(listing), tile.volume

    def forget(self, wanted: InstrumentId) -> None:
        """Drop what is remembered of a contract whose prices have changed their source."""
        self._touches.pop(wanted, None)
        self._quotes.pop(wanted, None)
        self._days.pop(wanted, None)

    def quote(self, listing: Listing, at: datetime) -> Quote:
        """Return the quote of a moment; the same object within a step."""
        step = self.tape.live_step(listing, step_of(at))
        wanted = listing.instrument.id
        cached = self._quotes.get(wanted)
        if cached is not None and cached[0] == step:
            return cached[1]
        touch, day, tick = self.touch(listing, step), self._day(listing, step), _tick(listing)
        volume = self.tape.tile(listing, step, step + 1).volume
        quote = Quote(
            instrument_id=wanted,
            as_of=step_time(step),
            tier=DataTier.SIMULATED,
            bid=touch.bid,
            ask=touch.ask,
            bid_size=Decimal(touch.bid_size),
            ask_size=Decimal(touch.ask_size),
            last=touch.last,
            last_size=Decimal(max(volume // _TRADES_PER_STEP, 1)),
            open=self._ticks(listing, day.tile.open) * tick,
            high=self._ticks(listing, day.tile.high) * tick,
            low=self._ticks(listing, day.tile.low) * tick,
            prev_close=day.prev_close,
            volume=Decimal(day.tile.volume),
        )
        self._quotes[wanted] = (step, quote)
        return quote

    def bars(
        self,
        listing: Listing,
        *,
        seconds: int,
        count: int,
        now: datetime,
        end: datetime | None = None,
        kind: BarKind = BarKind.TRADES,
    ) -> tuple[Bar, ...]:
        """Return the last `count` bars that start before `end`, of prices up to and including the step of `now`.

        Without an end the last is the one that runs now, even if it has just begun.
        """
        if seconds < 1:
            raise ValueError(f"a bar lasts at least a second, got {seconds}")
        known = step_of(now) + 1
        found: list[Bar] = []
        begins = _bar_start(now if end is None else min(end, now), seconds)
        if begins == end:
            begins = _bar_before(begins, seconds)
        while len(found) < count:
            ends = _bar_after(begins, seconds)
            traded = self.tape.last_open(listing, ends - _INSTANT)
            if traded < begins:
                begins = _bar_start(traded, seconds)
                continue
            after = min(step_of(ends), known)
            tile = self.tape.tile(listing, step_of(begins), after)
            prices = self._prices(listing, kind, tile, begins=step_of(begins), after=after)
            found.append(_bar(listing, begins, seconds, prices, tile.volume))
            begins = _bar_before(begins, seconds)
        found.reverse()
        return tuple(found)

    def _day(self, listing: Listing, step: int) -> _DayTotals:
        """Return the venue day's totals including a step; only new steps are added to those of the last call."""
        wanted = listing.instrument.id
        day = self._days.get(wanted)
        if day is None or not day.upto - 1 <= step < day.ends:
            at = step_time(step)
            begins, tick = step_of(day_start(at)), _tick(listing)
            close = self.tape.tile(listing, begins - 1, begins).close
            day = _DayTotals(
                begins=begins,
                ends=step_of(next_day_start(at)),
                upto=step + 1,
                tile=self.tape.tile(listing, begins, step + 1),
                prev_close=self._ticks(listing, close) * tick,
            )
            self._days[wanted] = day
        elif step >= day.upto:
            day.tile = join(day.tile, self.tape.tile(listing, day.upto, step + 1))
            day.upto = step + 1
        return day

    def _ticks(self, listing: Listing, price: float) -> int:
        """Quantise a raw price; monotone, so a bar's extremes stay extremes."""
        return int(price * self.tape.scale(listing) / float(_tick(listing)) + 0.5)

    def _sides(self, listing: Listing, step: int, last: int) -> Sides:
        """Return bid and ask of a step in which the contract traded, around its last trade; all in ticks."""
        key = self.stream(listing.instrument.id)
        spread = 1 + bits(key ^ 1, step // _SPREAD_STEPS) % listing.widest_spread
        bid = last - spread if bits(key, step) & 1 else last
        return Sides(bid, bid + spread)

    def _prices(self, listing: Listing, kind: BarKind, tile: Tile, *, begins: int, after: int) -> Prices:
        """Return a bar's prices in ticks; a tile opens with its first step and closes with its last."""
        trades = Prices(*(self._ticks(listing, price) for price in tile[:4]))
        if kind is BarKind.TRADES:
            return trades
        first, last = self.tape.live_step(listing, begins), self.tape.live_step(listing, after - 1)
        opening = self._sides(listing, first, int(trades.open))
        if first == last:
            bid, ask = standing(opening)
        else:
            closing = self._sides(listing, last, int(trades.close))
            bid, ask = bounds(trades, opening, closing, widest=listing.widest_spread)
        return prices_of(kind, bid=bid, ask=ask)

    def stream(self, wanted: InstrumentId) -> int:
        """Return the key of a contract's own random numbers."""
        key = self._streams.get(wanted)
        if key is None:
            key = self._streams[wanted] = stream(self.tape.seed, "book", wanted)
        return key


def _tick(listing: Listing) -> Decimal:
    return listing.instrument.tick_rules[0].increment


def _bar(listing: Listing, begins: datetime, seconds: int, prices: Prices, volume: int) -> Bar:
    tick = _tick(listing)
    # Quarters of a tick are exact as floats, so nothing is lost on the way to a Decimal.
    first, high, low, last = (Decimal(price) * tick for price in prices)
    return Bar(
        instrument_id=listing.instrument.id,
        start=begins,
        seconds=seconds,
        open=first,
        high=high,
        low=low,
        close=last,
        volume=Decimal(volume),
    )


def _bar_start(at: datetime, seconds: int) -> datetime:
    if seconds == DAY_SECONDS:
        return day_start(at)
    return EPOCH + (at - EPOCH) // timedelta(seconds=seconds) * timedelta(seconds=seconds)


def _bar_before(begins: datetime, seconds: int) -> datetime:
    return previous_day_start(begins) if seconds == DAY_SECONDS else begins - timedelta(seconds=seconds)


def _bar_after(begins: datetime, seconds: int) -> datetime:
    return next_day_start(begins) if seconds == DAY_SECONDS else begins + timedelta(seconds=seconds)
