"""What a data line says: the ticks between two quotes, live or delayed, and the generic ticks that were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.gateway_sim import encode_data as encode
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Quote

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4

RT_VOLUME, SHORTABLE, MARK_PRICES = 233, 236, frozenset({221, 232})
# Generic ticks that exist for stocks and futures; those beyond the four above are taken and have nothing to say here.
GENERIC_TICKS = frozenset(
    map(
        int,
        (
            "100, 101, 104, 105, 106, 162, 165, 221, 225, 232, 233, 236, 256, 258, 292, 293, 294, 295, 318, 375, 411 "
            "456, 460, 576, 577, 578, 586, 587, 588, 595, 614, 619, 623"
        )
        .replace(",", "")
        .split(),
    )
)


@dataclass(frozen=True, slots=True)
class TickKinds:
    """The numbers of one data type's ticks."""

    bid: int
    bid_size: int
    ask: int
    ask_size: int
    last: int
    last_size: int
    volume: int
    high: int
    low: int
    close: int
    open: int
    last_timestamp: int
    halted: int


_LIVE_KINDS = TickKinds(1, 0, 2, 3, 4, 5, 8, 6, 7, 9, 14, 45, 49)
_DELAYED_KINDS = TickKinds(66, 69, 67, 70, 68, 71, 74, 72, 73, 75, 76, 88, 90)


def kinds_of(data_type: int) -> TickKinds:
    """Return the tick numbers of a data type."""
    return _DELAYED_KINDS if data_type in (DELAYED, DELAYED_FROZEN) else _LIVE_KINDS


def quote_ticks(req_id: int, before: Quote | None, now: Quote, kinds: TickKinds) -> Iterator[bytes]:
    """Yield what differs between two quotes; everything without a first one."""
    pairs = (
        (kinds.bid, kinds.bid_size, "bid", "bid_size"),
        (kinds.ask, kinds.ask_size, "ask", "ask_size"),
        (kinds.last, kinds.last_size, "last", "last_size"),
    )
    for price_kind, size_kind, price_name, size_name in pairs:
        price, size = getattr(now, price_name), getattr(now, size_name)
        if before is None or price != getattr(before, price_name):
            mask = 0 if price_kind == kinds.last else encode.CAN_AUTO_EXECUTE
            yield encode.tick_price(req_id, price_kind, price, size, mask=mask)
        elif size != getattr(before, size_name):
            yield encode.tick_size(req_id, size_kind, Decimal(0) if size is None else size)
    if now.volume is not None and (before is None or now.volume != before.volume):
        yield encode.tick_size(req_id, kinds.volume, now.volume)
    prices = ((kinds.high, "high"), (kinds.low, "low"), (kinds.close, "prev_close"), (kinds.open, "open"))
    for kind, name in prices:
        value = getattr(now, name)
        if value is not None and (before is None or value != getattr(before, name)):
            yield encode.tick_price(req_id, kind, value, None)
    if is_trade(before, now):
        yield encode.tick_string(req_id, kinds.last_timestamp, str(int(now.as_of.timestamp())))


def is_trade(before: Quote | None, now: Quote) -> bool:
    """Tell whether something traded between two quotes."""
    return before is None or now.last != before.last or now.volume != before.volume


def generic_ticks(
    req_id: int,
    before: Quote | None,
    now: Quote,
    *,
    wanted: frozenset[int],
    instrument: Instrument,
    free: Decimal,
) -> Iterator[bytes]:
    """Yield the generic ticks that are due; `free` is how many shares can be borrowed to sell short."""
    if RT_VOLUME in wanted and is_trade(before, now) and now.last is not None:
        yield encode.tick_string(req_id, encode.RT_VOLUME, _rt_volume(now))
    if MARK_PRICES & wanted and now.last is not None and (before is None or now.last != before.last):
        yield encode.tick_price(req_id, encode.MARK_PRICE, now.last, None)
    if SHORTABLE in wanted and before is None and instrument.sec_type is SecType.STOCK:
        # Above 2.5: at least 1000 shares; above 1.5: they must be located first.
        yield encode.tick_generic(req_id, encode.SHORTABLE, Decimal(3) if free >= 1000 else Decimal(2))
        yield encode.tick_size(req_id, encode.SHORTABLE_SHARES, free)


def _rt_volume(quote: Quote) -> str:
    """Write `price;size;ms;volume;vwap;single`; the average is the day's typical price, trades are not kept."""
    prices = [value for value in (quote.high, quote.low, quote.last) if value is not None]
    average = sum(prices, Decimal(0)) / len(prices)
    size, volume = quote.last_size or Decimal(0), quote.volume or Decimal(0)
    stamp = int(quote.as_of.timestamp() * 1000)
    return f"{quote.last};{size:f};{stamp};{volume:f};{average:.8f};true"
