"""Market data lines: which client watches what, and the ticks that tell it of changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.gateway_sim import encode_data as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Quote

LIVE = 1
BBO_EXCHANGE = "9c0001"
COMPETING_TEXT = "No market data during competing live session"

Slot = tuple[Client, int]


@dataclass(slots=True)
class _Line:
    instrument: Instrument
    last: Quote


class QuoteDesk:
    """Streams quotes. A line sends everything once, later only what changed (reference 4.3)."""

    def __init__(self, hub: Hub, contracts: ContractDesk) -> None:
        self._hub = hub
        self._contracts = contracts
        self._lines: dict[Slot, _Line] = {}
        self._seen_until: datetime = hub.venue.now

    # requests -------------------------------------------------------------------------------------------------------

    def subscribe(self, client: Client, request: rq.MarketData) -> None:
        """Answer reqMktData with the parameters, the data type, every tick, and the end of a snapshot."""
        slot = (client, request.req_id)
        if slot in self._lines:
            client.error(
                refusals.DUPLICATE_TICKER, "Duplicate ticker ID for API request", about=request.req_id
            )
            return
        instrument = self._contracts.resolve(client, request.req_id, request.contract)
        if instrument is None:
            return
        if self._hub.faults.competing:
            client.error(refusals.COMPETING_SESSION, COMPETING_TEXT, about=request.req_id)
        quote = self._hub.venue.quote(instrument.id)
        tick = min(rule.increment for rule in instrument.tick_rules)
        client.send(encode.tick_request_parameters(request.req_id, tick, BBO_EXCHANGE))
        client.send(encode.market_data_type(request.req_id, LIVE))
        if not self._is_quiet():
            for data in _ticks(request.req_id, None, quote):
                client.send(data)
        if request.snapshot or request.regulatory_snapshot:
            client.send(encode.tick_snapshot_end(request.req_id))
        else:
            self._lines[slot] = _Line(instrument, quote)

    def cancel(self, client: Client, request: rq.ById) -> None:
        """Handle cancelMktData; a line that is not there is error 300."""
        if self._lines.pop((client, request.req_id), None) is None:
            text = f"Can't find EId with tickerId:{request.req_id}"
            client.error(refusals.NO_TICKER, text, about=request.req_id)

    def set_data_type(self, client: Client, request: rq.MarketDataType) -> None:
        """Handle reqMarketDataType. Every line here is live, and live data comes whatever else was asked for."""
        if request.kind not in (1, 2, 3, 4):
            text = refusals.invalid(f"Invalid market data type {request.kind}")
            client.error(refusals.INVALID_REQUEST, text)

    # changes --------------------------------------------------------------------------------------------------------

    def send_changes(self) -> None:
        """Send the ticks of every line whose quote moved since the last call."""
        if self._is_quiet():
            return
        since, self._seen_until = self._seen_until, self._hub.venue.now
        wanted = {line.instrument.id for line in self._lines.values()}
        moved = {quote.instrument_id: quote for quote in self._hub.venue.quotes_changed(wanted, since=since)}
        for (client, req_id), line in self._lines.items():
            quote = moved.get(line.instrument.id)
            if quote is not None:
                for data in _ticks(req_id, line.last, quote):
                    client.send(data)
                line.last = quote

    def start_competing(self) -> None:
        """Tell every line that another session of the login has the data now."""
        for client, req_id in self._lines:
            client.error(refusals.COMPETING_SESSION, COMPETING_TEXT, about=req_id)

    def drop_all(self) -> None:
        """Forget every line without a word: data lost (1101)."""
        self._lines.clear()

    def forget(self, client: Client) -> None:
        """Drop the lines of a session that ended."""
        for slot in [slot for slot in self._lines if slot[0] is client]:
            del self._lines[slot]

    def _is_quiet(self) -> bool:
        return self._hub.faults.upstream_down or self._hub.faults.competing


_PRICE_AND_SIZE = (
    (encode.BID, encode.BID_SIZE, "bid", "bid_size"),
    (encode.ASK, encode.ASK_SIZE, "ask", "ask_size"),
    (encode.LAST, encode.LAST_SIZE, "last", "last_size"),
)
_PRICES = ((encode.HIGH, "high"), (encode.LOW, "low"), (encode.CLOSE, "prev_close"), (encode.OPEN, "open"))


def _ticks(req_id: int, before: Quote | None, now: Quote) -> Iterator[bytes]:
    """Yield what differs between two quotes; everything without a first one."""
    for price_kind, size_kind, price_name, size_name in _PRICE_AND_SIZE:
        price, size = getattr(now, price_name), getattr(now, size_name)
        is_first = before is None
        if is_first or price != getattr(before, price_name):
            mask = 0 if price_kind == encode.LAST else encode.CAN_AUTO_EXECUTE
            yield encode.tick_price(req_id, price_kind, price, size, mask=mask)
        elif size != getattr(before, size_name):
            yield encode.tick_size(req_id, size_kind, Decimal(0) if size is None else size)
    if now.volume is not None and (before is None or now.volume != before.volume):
        yield encode.tick_size(req_id, encode.VOLUME, now.volume)
    for kind, name in _PRICES:
        value = getattr(now, name)
        if value is not None and (before is None or value != getattr(before, name)):
            yield encode.tick_price(req_id, kind, value, None)
    if before is None or now.last != before.last or now.volume != before.volume:
        yield encode.tick_string(req_id, encode.LAST_TIMESTAMP, str(int(now.as_of.timestamp())))
    if before is None:
        yield encode.tick_generic(req_id, encode.HALTED, Decimal(0))
