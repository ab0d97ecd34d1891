"""Market data lines: which client watches what, and the ticks that tell it of changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qe_dashboard.gateway_sim import encode_data as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.faults import DataTier
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.gateway_sim.quote_ticks import (
    DELAYED,
    DELAYED_FROZEN,
    FROZEN,
    GENERIC_TICKS,
    LIVE,
    TickKinds,
    generic_ticks,
    kinds_of,
    quote_ticks,
)
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Quote

BBO_EXCHANGE = "9c0001"
DELAY = timedelta(minutes=15)

Slot = tuple[Client, int]


@dataclass(slots=True)
class _Line:
    instrument: Instrument
    data_type: int
    generic: frozenset[int]
    last: Quote | None = None

    @property
    def is_delayed(self) -> bool:
        return self.data_type in (DELAYED, DELAYED_FROZEN)

    @property
    def kinds(self) -> TickKinds:
        return kinds_of(self.data_type)


class QuoteDesk:
    """Streams quotes. A line sends everything once, later only what changed (reference 4.3)."""

    def __init__(self, hub: Hub, contracts: ContractDesk) -> None:
        self._hub = hub
        self._contracts = contracts
        self._lines: dict[Slot, _Line] = {}
        self._wanted_types: dict[Client, int] = {}
        self._seen_until: datetime = hub.venue.now

    # requests -------------------------------------------------------------------------------------------------------

    def subscribe(self, client: Client, request: rq.MarketData) -> None:
        """Answer reqMktData with the parameters, the data type, every tick, and the end of a snapshot."""
        slot, is_snapshot = (client, request.req_id), request.snapshot or request.regulatory_snapshot
        if slot in self._lines:
            text = "Duplicate ticker ID for API request"
            client.error(refusals.DUPLICATE_TICKER, text, about=request.req_id)
            return
        instrument = self._contracts.resolve(client, request.req_id, request.contract)
        if instrument is None:
            return
        generic = _read_generic(request.generic_ticks)
        problem = ""
        if generic is None:
            problem = f"Incorrect generic tick list of {request.generic_ticks}"
        elif generic and is_snapshot:
            problem = "Snapshot market data subscription is not applicable to generic ticks"
        if generic is None or problem:
            client.error(refusals.INVALID_REQUEST, refusals.invalid(problem), about=request.req_id)
            return
        if not is_snapshot and len(self._lines) >= self._hub.faults.data_lines:
            client.error(
                refusals.TOO_MANY_LINES, "Max number of tickers has been reached", about=request.req_id
            )
            return
        data_type = self._granted_type(client, request.req_id, instrument)
        if data_type is None:
            return
        line = _Line(instrument, data_type, generic)
        self._open(client, request.req_id, line)
        if is_snapshot:
            client.send(encode.tick_snapshot_end(request.req_id))
        else:
            self._lines[slot] = line

    def cancel(self, client: Client, request: rq.ById) -> None:
        """Handle cancelMktData; a line that is not there is error 300."""
        if self._lines.pop((client, request.req_id), None) is None:
            client.error(refusals.NO_TICKER, refusals.no_ticker(request.req_id), about=request.req_id)

    def set_data_type(self, client: Client, request: rq.MarketDataType) -> None:
        """Handle reqMarketDataType: it holds for the lines that this client opens from now on."""
        if request.kind in (LIVE, FROZEN, DELAYED, DELAYED_FROZEN):
            self._wanted_types[client] = request.kind
        else:
            text = refusals.invalid(f"Invalid market data type {request.kind}")
            client.error(refusals.INVALID_REQUEST, text)

    # changes --------------------------------------------------------------------------------------------------------

    def send_changes(self) -> None:
        """Send the ticks of every line whose quote moved since the last call."""
        if self._hub.faults.quotes_stopped:
            return
        since, self._seen_until = self._seen_until, self._hub.venue.now
        wanted = {line.instrument.id for line in self._lines.values() if not line.is_delayed}
        late = {line.instrument.id for line in self._lines.values() if line.is_delayed}
        moved = {quote.instrument_id: quote for quote in self._hub.venue.quotes_changed(wanted, since=since)}
        delayed = {instrument_id: self._delayed_quote(instrument_id) for instrument_id in late}
        for (client, req_id), line in self._lines.items():
            quote = (delayed if line.is_delayed else moved).get(line.instrument.id)
            if quote is not None and quote != line.last:
                self._send_ticks(client, req_id, line, quote)

    def on_halt(self, instrument: Instrument, *, halted: bool) -> None:
        """Tell every line of an instrument that its trading was halted, or goes on."""
        for (client, req_id), line in self._lines.items():
            if line.instrument.id == instrument.id:
                client.send(encode.tick_generic(req_id, line.kinds.halted, Decimal(halted)))

    def start_competing(self) -> None:
        """Tell every line that another session of the login has the data now."""
        for client, req_id in self._lines:
            client.error(refusals.COMPETING_SESSION, refusals.COMPETING_TEXT, about=req_id)

    def flood(self, ticks: int) -> None:
        """Send so many ticks on every line, its bid and ask sizes in turn."""
        if not ticks or self._hub.faults.quotes_stopped:
            return
        for (client, req_id), line in self._lines.items():
            if line.last is None:
                continue
            bid, ask = line.last.bid_size or Decimal(0), line.last.ask_size or Decimal(0)
            pair = (
                encode.tick_size(req_id, line.kinds.bid_size, bid),
                encode.tick_size(req_id, line.kinds.ask_size, ask),
            )
            for number in range(ticks):
                client.send(pair[number % 2])

    def drop_all(self) -> None:
        """Forget every line without a word: data lost (1101)."""
        self._lines.clear()

    def forget(self, client: Client) -> None:
        """Drop the lines of a session that ended."""
        self._wanted_types.pop(client, None)
        for slot in [slot for slot in self._lines if slot[0] is client]:
            del self._lines[slot]

    # inside ---------------------------------------------------------------------------------------------------------

    def _granted_type(self, client: Client, req_id: int, instrument: Instrument) -> int | None:
        """Return the data type a line gets; None, and the reason to the client, when it gets none."""
        wanted, tier = self._wanted_types.get(client, LIVE), self._hub.faults.data_tier
        if tier is DataTier.LIVE:
            is_shut = wanted in (FROZEN, DELAYED_FROZEN) and not self._hub.venue.is_open(instrument.id)
            return FROZEN if is_shut else LIVE
        if tier is DataTier.DELAYED and wanted in (DELAYED, DELAYED_FROZEN):
            client.error(refusals.DELAYED_DATA, refusals.DELAYED_TEXT, about=req_id)
            return DELAYED
        if tier is DataTier.DELAYED:
            client.error(refusals.DELAYED_NOT_ENABLED, refusals.DELAYED_OFF_TEXT, about=req_id)
        else:
            client.error(refusals.NOT_SUBSCRIBED, refusals.NOT_SUBSCRIBED_TEXT, about=req_id)
        return None

    def _open(self, client: Client, req_id: int, line: _Line) -> None:
        if self._hub.faults.competing:
            client.error(refusals.COMPETING_SESSION, refusals.COMPETING_TEXT, about=req_id)
        tick = min(rule.increment for rule in line.instrument.tick_rules)
        client.send(encode.tick_request_parameters(req_id, tick, BBO_EXCHANGE))
        client.send(encode.market_data_type(req_id, line.data_type))
        if self._hub.faults.quotes_stopped:
            return
        instrument_id = line.instrument.id
        quote = (
            self._delayed_quote(instrument_id) if line.is_delayed else self._hub.venue.quote(instrument_id)
        )
        self._send_ticks(client, req_id, line, quote)
        halted = self._hub.venue.is_halted(instrument_id)
        client.send(encode.tick_generic(req_id, line.kinds.halted, Decimal(halted)))

    def _send_ticks(self, client: Client, req_id: int, line: _Line, quote: Quote) -> None:
        if line.instrument.symbol in self._hub.faults.dark_symbols:
            return
        for data in quote_ticks(req_id, line.last, quote, line.kinds):
            client.send(data)
        if line.generic:
            for data in generic_ticks(
                req_id,
                line.last,
                quote,
                wanted=line.generic,
                instrument=line.instrument,
                free=self._hub.venue.shortable(line.instrument.id),
            ):
                client.send(data)
        line.last = quote

    def _delayed_quote(self, instrument_id: InstrumentId) -> Quote:
        return self._hub.venue.quote(instrument_id, at=self._hub.venue.now - DELAY)


def _read_generic(text: str) -> frozenset[int] | None:
    """Return the generic ticks of a list such as `233,236`, None when one of them does not exist."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    numbers = {int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 5}
    if len(numbers) < len(set(parts)) or not numbers <= GENERIC_TICKS:
        return None
    return frozenset(numbers)
