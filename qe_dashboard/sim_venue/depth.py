"""The book behind the touch, and the single trades inside a price step. Functions of seed and time, like all prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.sim_venue.market import Market
from qe_dashboard.sim_venue.noise import bits, mix
from qe_dashboard.sim_venue.tape import STEP, step_of, step_time
from qe_dashboard.sim_venue.universe import Listing

LEVELS = 10
# A step's volume is up to this many trades; the last of them is the quote's last size.
TRADES_PER_STEP = 6
# A level keeps its size this many steps (ten seconds), whether the touch comes nearer or not.
_SIZE_STEPS = 40
# Every so many levels away from the touch the book is as thick again as there.
_THICKENS = 3
# Nobody reads a longer tape than a minute's.
_LONGEST_TAPE = 240


@dataclass(frozen=True, slots=True)
class DepthLevel:
    """What is on offer at one price."""

    price: Decimal
    size: Decimal


@dataclass(frozen=True, slots=True)
class Depth:
    """Both sides of a book, best price first; the first level is the touch of the quote."""

    bids: tuple[DepthLevel, ...]
    asks: tuple[DepthLevel, ...]


@dataclass(frozen=True, slots=True)
class TradeTick:
    """One trade of the tape."""

    at: datetime
    price: Decimal
    size: Decimal


def depth(market: Market, listing: Listing, at: datetime, *, levels: int = LEVELS) -> Depth:
    """Return the book of a moment."""
    step = market.tape.live_step(listing, step_of(at))
    touch, key = market.touch(listing, step), market.stream(listing.instrument.id)
    tick = listing.instrument.tick_rules[0].increment
    period = step // _SIZE_STEPS

    def level(away: int, *, bids: bool) -> DepthLevel:
        price = touch.bid - away * tick if bids else touch.ask + away * tick
        if away == 0:
            return DepthLevel(price, Decimal(touch.bid_size if bids else touch.ask_size))
        lots = 1 + bits(key ^ 2, mix(int(price / tick)) ^ period) % listing.largest_size
        return DepthLevel(price, Decimal(lots * listing.size_unit * (1 + away // _THICKENS)))

    return Depth(
        bids=tuple(one for one in (level(away, bids=True) for away in range(levels)) if one.price > 0),
        asks=tuple(level(away, bids=False) for away in range(levels)),
    )


def trades(market: Market, listing: Listing, *, since: datetime, now: datetime) -> tuple[TradeTick, ...]:
    """Return the trades after a moment up to now, oldest first; of a longer time only the last minute's."""
    last = step_of(now)
    found: list[TradeTick] = []
    for step in range(max(step_of(since), last - _LONGEST_TAPE + 1), last + 1):
        price, volume = market.traded(listing, step)
        count = min(volume, TRADES_PER_STEP)
        for number in range(count):
            at = step_time(step) + STEP * number / count
            if since < at <= now:
                size = volume // count + (volume % count if number == 0 else 0)
                found.append(TradeTick(at, price, Decimal(size)))
    return tuple(found)
