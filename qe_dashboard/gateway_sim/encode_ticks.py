"""Messages about the book and about single ticks: depth, tick by tick, past ticks, histogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from qe_dashboard.gateway_sim.wire import Field, message, price, size

INSERT, UPDATE, DELETE = range(3)
ASK_SIDE, BID_SIDE = range(2)


class TickKind(IntEnum):
    """What reqTickByTickData asks for; values are the numbers in the answer."""

    LAST = 1
    ALL_LAST = 2
    BID_ASK = 3
    MID_POINT = 4


@dataclass(frozen=True, slots=True)
class DepthRow:
    """One row of a book; `maker` is the exchange or market maker."""

    price: Decimal
    size: Decimal
    maker: str = ""


@dataclass(frozen=True, slots=True)
class TradeTick:
    """A trade; `at` in whole epoch seconds."""

    at: int
    price: Decimal
    size: Decimal
    exchange: str


@dataclass(frozen=True, slots=True)
class QuoteTick:
    """Both sides of a quote; `at` in whole epoch seconds."""

    at: int
    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal

    @property
    def middle(self) -> Decimal:
        return (self.bid + self.ask) / 2


def market_depth(req_id: int, position: int, *, operation: int, side: int, row: DepthRow) -> bytes:
    """Encode marketDepth: the book of one exchange."""
    return message(12, 1, req_id, position, operation, side, price(row.price), size(row.size))


def market_depth_l2(
    req_id: int, position: int, *, operation: int, side: int, row: DepthRow, is_smart: bool
) -> bytes:
    """Encode marketDepthL2: a book of several exchanges or market makers."""
    values = price(row.price), size(row.size)
    return message(13, 1, req_id, position, row.maker, operation, side, *values, is_smart)


def tick_by_tick_trade(req_id: int, kind: TickKind, tick: TradeTick) -> bytes:
    """Encode tickByTick of a trade."""
    return message(99, req_id, kind.value, tick.at, price(tick.price), size(tick.size), 0, tick.exchange, "")


def tick_by_tick_quote(req_id: int, tick: QuoteTick) -> bytes:
    """Encode tickByTick of a quote."""
    sides = price(tick.bid), price(tick.ask), size(tick.bid_size), size(tick.ask_size)
    return message(99, req_id, TickKind.BID_ASK.value, tick.at, *sides, 0)


def tick_by_tick_middle(req_id: int, tick: QuoteTick) -> bytes:
    """Encode tickByTick of a midpoint."""
    return message(99, req_id, TickKind.MID_POINT.value, tick.at, price(tick.middle))


def historical_middles(req_id: int, ticks: Sequence[QuoteTick], *, done: bool) -> bytes:
    """Encode historicalTicks: midpoints. The second field of each is not used."""
    fields: list[Field] = [96, req_id, len(ticks)]
    for tick in ticks:
        fields += [tick.at, 0, price(tick.middle), "0"]
    return message(*fields, done)


def historical_quotes(req_id: int, ticks: Sequence[QuoteTick], *, done: bool) -> bytes:
    """Encode historicalTicksBidAsk."""
    fields: list[Field] = [97, req_id, len(ticks)]
    for tick in ticks:
        fields += [tick.at, 0, price(tick.bid), price(tick.ask), size(tick.bid_size), size(tick.ask_size)]
    return message(*fields, done)


def historical_trades(req_id: int, ticks: Sequence[TradeTick], *, done: bool) -> bytes:
    """Encode historicalTicksLast."""
    fields: list[Field] = [98, req_id, len(ticks)]
    for tick in ticks:
        fields += [tick.at, 0, price(tick.price), size(tick.size), tick.exchange, ""]
    return message(*fields, done)


def histogram(req_id: int, rows: Sequence[tuple[Decimal, Decimal]]) -> bytes:
    """Encode histogramData: size traded by price."""
    values = [text for at, traded in rows for text in (price(at), size(traded))]
    return message(89, req_id, len(rows), *values)
