"""What a bar is made of: trades, one side of the quote, their middle, or both sides."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class BarKind(StrEnum):
    """TRADES: what traded. BID, ASK, MIDPOINT: that price. BID_ASK: mean bid, highest ask, lowest bid, mean ask."""

    TRADES = "TRADES"
    BID = "BID"
    ASK = "ASK"
    MIDPOINT = "MIDPOINT"
    BID_ASK = "BID_ASK"


class Prices(NamedTuple):
    """The four prices of a bar in ticks; a midpoint lies on half ticks, a mean on quarters."""

    open: float
    high: float
    low: float
    close: float


class Sides(NamedTuple):
    """Bid and ask of a step in ticks."""

    bid: int
    ask: int


def bounds(trades: Prices, first: Sides, last: Sides, *, widest: int) -> tuple[Prices, Prices]:
    """Return the bars of bid and ask around a bar of trades that lasts several steps.

    Each trade is at the bid or at the ask, so no quote lies further than the widest spread from the trades. That
    bound serves as the extreme: it holds every quote of the bar, an hour's is that of its minutes, and no step has
    to be drawn for it.
    """
    return (
        Prices(first.bid, trades.high, trades.low - widest, last.bid),
        Prices(first.ask, trades.high + widest, trades.low, last.ask),
    )


def standing(sides: Sides) -> tuple[Prices, Prices]:
    """Return the bars of bid and ask of a quote that did not move."""
    return Prices(*[sides.bid] * 4), Prices(*[sides.ask] * 4)


def prices_of(kind: BarKind, *, bid: Prices, ask: Prices) -> Prices:
    """Make a bar of a quote's two; the means of BID_ASK are those of open, high, low and close."""
    if kind is BarKind.BID:
        return bid
    if kind is BarKind.ASK:
        return ask
    if kind is BarKind.MIDPOINT:
        return Prices(*((low + high) / 2 for low, high in zip(bid, ask, strict=True)))
    return Prices(sum(bid) / 4, ask.high, bid.low, sum(ask) / 4)
