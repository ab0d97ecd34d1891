"""Messages with market data: ticks, bars, history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.gateway_sim.wire import Field, message, price, size

BID_SIZE, ASK_SIZE = 0, 3
MARK_PRICE = 37
SHORTABLE = 46
RT_VOLUME = 48
SHORTABLE_SHARES = 89
CAN_AUTO_EXECUTE = 1
UNKNOWN_COUNT = -1


@dataclass(frozen=True, slots=True)
class BarRow:
    """One bar; `when` is already in the format that the client asked for."""

    when: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    average: Decimal
    count: int


def tick_price(
    req_id: int, kind: int, value: Decimal | None, quantity: Decimal | None, *, mask: int = 0
) -> bytes:
    """Encode tickPrice; no quote is price -1.0 with size 0."""
    if value is None:
        return message(1, 6, req_id, kind, "-1.0", "0", mask)
    return message(1, 6, req_id, kind, price(value), size(quantity or Decimal(0)), mask)


def tick_size(req_id: int, kind: int, quantity: Decimal) -> bytes:
    """Encode tickSize."""
    return message(2, 6, req_id, kind, size(quantity))


def tick_generic(req_id: int, kind: int, value: Decimal) -> bytes:
    """Encode tickGeneric."""
    return message(45, 6, req_id, kind, price(value))


def tick_string(req_id: int, kind: int, value: str) -> bytes:
    """Encode tickString."""
    return message(46, 6, req_id, kind, value)


def tick_snapshot_end(req_id: int) -> bytes:
    """Encode tickSnapshotEnd."""
    return message(57, 1, req_id)


def market_data_type(req_id: int, kind: int) -> bytes:
    """Encode marketDataType: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen."""
    return message(58, 1, req_id, kind)


def tick_request_parameters(req_id: int, min_tick: Decimal, bbo_exchange: str) -> bytes:
    """Encode tickReqParams, sent once per subscription."""
    return message(81, req_id, price(min_tick), bbo_exchange, 3)


def historical_data(req_id: int, start: str, end: str, bars: Sequence[BarRow]) -> bytes:
    """Encode historicalData: open, high, low, close, volume, average, count per bar."""
    fields: list[Field] = [17, req_id, start, end, len(bars)]
    for bar in bars:
        fields += [bar.when, price(bar.open), price(bar.high), price(bar.low), price(bar.close)]
        fields += [size(bar.volume), price(bar.average), bar.count]
    return message(*fields)


def historical_data_update(req_id: int, bar: BarRow) -> bytes:
    """Encode historicalDataUpdate: its order differs from historicalData (close before high and low)."""
    prices = [price(bar.open), price(bar.close), price(bar.high), price(bar.low), price(bar.average)]
    return message(90, req_id, bar.count, bar.when, *prices, size(bar.volume))


def real_time_bar(req_id: int, bar: BarRow) -> bytes:
    """Encode realtimeBar: five seconds, `when` an epoch."""
    prices = [price(bar.open), price(bar.high), price(bar.low), price(bar.close)]
    return message(50, 3, req_id, bar.when, *prices, size(bar.volume), price(bar.average), bar.count)


def head_timestamp(req_id: int, text: str) -> bytes:
    """Encode headTimestamp."""
    return message(88, req_id, text)
