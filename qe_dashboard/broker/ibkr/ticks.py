"""Ticks to prices, many thousand a second: a mutable top of book that becomes a Quote once per read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from qe_dashboard.broker.ibkr.values import number, price
from qe_dashboard.model.enums import DataTier
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.market_data import Quote

_TIERS = {1: DataTier.LIVE, 2: DataTier.FROZEN, 3: DataTier.DELAYED, 4: DataTier.DELAYED}

# The second number of each is its delayed twin.
_BID, _ASK, _LAST = (1, 66), (2, 67), (4, 68)
_BID_SIZE, _ASK_SIZE, _LAST_SIZE = (0, 69), (3, 70), (5, 71)
_VOLUME, _HIGH, _LOW, _CLOSE, _OPEN = (8, 74), (6, 72), (7, 73), (9, 75), (14, 76)
_DELAYED = frozenset(range(66, 77))
# Yesterday's close or today's high may come from a cache; trading shows in these.
PROOF = frozenset((*_BID, *_ASK, *_LAST, *_BID_SIZE, *_ASK_SIZE, *_LAST_SIZE, *_VOLUME))


class Prices:
    """What one subscription has told so far. Nothing told is None."""

    __slots__ = (
        "ask",
        "ask_size",
        "bid",
        "bid_size",
        "close",
        "high",
        "is_delayed",
        "is_proven",
        "last",
        "last_size",
        "low",
        "open",
        "volume",
    )

    def __init__(self) -> None:
        self.bid: Decimal | None = None
        self.bid_size: Decimal | None = None
        self.ask: Decimal | None = None
        self.ask_size: Decimal | None = None
        self.last: Decimal | None = None
        self.last_size: Decimal | None = None
        self.volume: Decimal | None = None
        self.high: Decimal | None = None
        self.low: Decimal | None = None
        self.close: Decimal | None = None
        self.open: Decimal | None = None
        self.is_delayed = False
        self.is_proven = False

    def take(self, ticks: Iterable[Any]) -> None:
        """Fold the ticks of one read in, in their order."""
        for tick in ticks:
            kind = tick.tickType
            fold = _FOLDS.get(kind)
            if fold is not None:
                fold(self, tick)
                self.is_proven = self.is_proven or kind in PROOF
                # A feed that says "live" and sends delayed numbers is delayed.
                self.is_delayed = self.is_delayed or kind in _DELAYED

    def quote(self, instrument_id: InstrumentId, *, as_of: datetime, market_data_type: int) -> Quote:
        """Return what is known now."""
        tier = DataTier.DELAYED if self.is_delayed else _TIERS.get(market_data_type, DataTier.UNKNOWN)
        return Quote(
            instrument_id=instrument_id,
            as_of=as_of,
            tier=tier,
            bid=self.bid,
            ask=self.ask,
            bid_size=self.bid_size,
            ask_size=self.ask_size,
            last=self.last,
            last_size=self.last_size,
            open=self.open,
            high=self.high,
            low=self.low,
            prev_close=self.close,
            volume=self.volume,
            proven=self.is_proven,
        )


# A side of size 0 has no quote: ib_insync leaves the old price beside the 0, ib_async writes -1 (reference 2.3).


def _bid(prices: Prices, tick: Any) -> None:
    size = number(tick.size)
    prices.bid, prices.bid_size = (number(tick.price), size) if size else (None, None)


def _ask(prices: Prices, tick: Any) -> None:
    size = number(tick.size)
    prices.ask, prices.ask_size = (number(tick.price), size) if size else (None, None)


def _bid_size(prices: Prices, tick: Any) -> None:
    prices.bid_size = number(tick.size) or None
    if prices.bid_size is None:
        prices.bid = None


def _ask_size(prices: Prices, tick: Any) -> None:
    prices.ask_size = number(tick.size) or None
    if prices.ask_size is None:
        prices.ask = None


def _last(prices: Prices, tick: Any) -> None:
    last, size = number(tick.price), number(tick.size) or None
    # Indices trade without a size; -1 without one is "no last".
    if last != -1 or size is not None:
        prices.last, prices.last_size = last, size


def _last_size(prices: Prices, tick: Any) -> None:
    prices.last_size = number(tick.size) or None


def _volume(prices: Prices, tick: Any) -> None:
    prices.volume = number(tick.size)


def _high(prices: Prices, tick: Any) -> None:
    prices.high = price(tick.price)


def _low(prices: Prices, tick: Any) -> None:
    prices.low = price(tick.price)


def _close(prices: Prices, tick: Any) -> None:
    prices.close = price(tick.price)


def _open(prices: Prices, tick: Any) -> None:
    prices.open = price(tick.price)


_FOLDS = {
    kind: fold
    for kinds, fold in (
        (_BID, _bid),
        (_ASK, _ask),
        (_LAST, _last),
        (_BID_SIZE, _bid_size),
        (_ASK_SIZE, _ask_size),
        (_LAST_SIZE, _last_size),
        (_VOLUME, _volume),
        (_HIGH, _high),
        (_LOW, _low),
        (_CLOSE, _close),
        (_OPEN, _open),
    )
    for kind in kinds
}
