"""Single ticks: as they come, past ones, and how much traded at which price."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.gateway_sim import encode_ticks as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.bar_terms import period_seconds
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.encode_contracts import home_exchange
from qe_dashboard.gateway_sim.encode_ticks import QuoteTick, TickKind, TradeTick
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.gateway_sim.timestamps import parse_client_time
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Quote
from qe_dashboard.sim_venue.tape import step_of, step_time

# What IBKR allows with 100 data lines.
MAX_LINES = 5
MAX_HISTORICAL = 1000
HISTOGRAM_BAR_S = 60
# Half an hour of steps: further back a request for "the last n" is not searched.
_MOST_STEPS = 7200
_KINDS = {
    "Last": TickKind.LAST,
    "AllLast": TickKind.ALL_LAST,
    "BidAsk": TickKind.BID_ASK,
    "MidPoint": TickKind.MID_POINT,
}
_PAST_KINDS = {"TRADES": TickKind.LAST, "BID_ASK": TickKind.BID_ASK, "MIDPOINT": TickKind.MID_POINT}
_NO_DATA = "Historical Market Data Service error message:"

Slot = tuple[Client, int]


@dataclass(slots=True)
class _Line:
    instrument: Instrument
    kind: TickKind
    last: Quote


class TickDesk:
    """Serves ticks. The venue prices in steps, so there is at most one trade and one quote per step."""

    def __init__(self, hub: Hub, contracts: ContractDesk) -> None:
        self._hub = hub
        self._contracts = contracts
        self._lines: dict[Slot, _Line] = {}
        self._seen_until: datetime = hub.venue.now

    # requests -------------------------------------------------------------------------------------------------------

    def subscribe(self, client: Client, request: rq.TickByTick) -> None:
        """Answer reqTickByTickData: the last ticks if asked for, then each new one."""
        instrument = self._contracts.resolve(client, request.req_id, request.contract)
        if instrument is None:
            return
        kind = _KINDS.get(request.kind)
        if kind is None or not 0 <= request.count <= MAX_HISTORICAL:
            text = refusals.invalid(f"Invalid tick-by-tick request: {request.kind} {request.count}")
            client.error(refusals.INVALID_REQUEST, text, about=request.req_id)
        elif sum(owner is client for owner, _ in self._lines) >= MAX_LINES:
            text = "Max number of tick-by-tick requests has been reached."
            client.error(refusals.TOO_MANY_TICK_LINES, text, about=request.req_id)
        else:
            if request.count:
                now = step_of(self._hub.venue.now)
                self._send_past(client, request.req_id, instrument, kind, (None, now, request.count))
            quote = self._hub.venue.quote(instrument.id)
            self._lines[client, request.req_id] = _Line(instrument, kind, quote)

    def cancel(self, client: Client, request: rq.ById) -> None:
        """Handle cancelTickByTickData; a line that is not there is error 300."""
        if self._lines.pop((client, request.req_id), None) is None:
            client.error(refusals.NO_TICKER, refusals.no_ticker(request.req_id), about=request.req_id)

    def historical_ticks(self, client: Client, request: rq.HistoricalTicks) -> None:
        """Answer reqHistoricalTicks: up to n ticks from a start on, or up to an end."""
        instrument = self._contracts.resolve(client, request.req_id, request.contract)
        if instrument is None:
            return
        kind = _PAST_KINDS.get(request.what)
        problem = ""
        if kind is None:
            problem = f"Historical ticks of {request.what} are not possible"
        elif not 1 <= request.count <= MAX_HISTORICAL:
            problem = f"Number of ticks is 1 to {MAX_HISTORICAL}, not {request.count}"
        elif bool(request.start) == bool(request.end):
            problem = "Please specify one of start or end time"
        try:
            times = [
                parse_client_time(text, zone=instrument.time_zone)
                for text in (request.start, request.end)
                if text
            ]
        except ValueError as error:
            problem = str(error)
        if problem or kind is None:
            client.error(refusals.INVALID_REQUEST, refusals.invalid(problem), about=request.req_id)
            return
        now = step_of(self._hub.venue.now)
        step = min(step_of(times[0]), now)
        span = (step, now, request.count) if request.start else (None, step, request.count)
        self._send_past(client, request.req_id, instrument, kind, span)

    def histogram(self, client: Client, request: rq.Histogram) -> None:
        """Answer reqHistogramData: what traded at the closing price of each minute of a period."""
        instrument = self._contracts.resolve(client, request.req_id, request.contract)
        if instrument is None:
            return
        seconds = period_seconds(request.period)
        if seconds is None:
            text = refusals.invalid(f"Histogram period is invalid: {request.period}")
            client.error(refusals.INVALID_REQUEST, text, about=request.req_id)
            return
        traded: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
        count = -(-seconds // HISTOGRAM_BAR_S)
        for bar in self._hub.venue.bars(instrument.id, seconds=HISTOGRAM_BAR_S, count=count):
            traded[bar.close] += bar.volume
        client.send(encode.histogram(request.req_id, sorted(traded.items())))

    # changes --------------------------------------------------------------------------------------------------------

    def send_changes(self) -> None:
        """Send the ticks of every line whose quote moved since the last call."""
        if self._hub.faults.quotes_stopped:
            return
        since, self._seen_until = self._seen_until, self._hub.venue.now
        wanted = {line.instrument.id for line in self._lines.values()}
        moved = {quote.instrument_id: quote for quote in self._hub.venue.quotes_changed(wanted, since=since)}
        for (client, req_id), line in self._lines.items():
            quote = moved.get(line.instrument.id)
            if quote is not None:
                data = _tick(req_id, line, quote)
                line.last = quote
                if data is not None:
                    client.send(data)

    def drop_all(self) -> None:
        """Forget every line without a word: data lost (1101)."""
        self._lines.clear()

    def forget(self, client: Client) -> None:
        """Drop the lines of a session that ended."""
        for slot in [slot for slot in self._lines if slot[0] is client]:
            del self._lines[slot]

    # inside ---------------------------------------------------------------------------------------------------------

    def _send_past(
        self,
        client: Client,
        req_id: int,
        instrument: Instrument,
        kind: TickKind,
        span: tuple[int | None, int, int],
    ) -> None:
        """Send up to `count` ticks: from step `first` on, or the last ones up to step `last`."""
        first, last, count = span
        begin = last - min(count, _MOST_STEPS) + 1 if first is None else first
        steps = range(begin, min(last, begin + count - 1) + 1)
        quotes = [self._hub.venue.quote(instrument.id, at=step_time(step)) for step in steps]
        if kind in (TickKind.LAST, TickKind.ALL_LAST):
            trades = [tick for tick in (_trade(quote, instrument) for quote in quotes) if tick is not None]
            client.send(encode.historical_trades(req_id, trades, done=True))
            return
        sides = [tick for tick in map(_sides, quotes) if tick is not None]
        build = encode.historical_quotes if kind is TickKind.BID_ASK else encode.historical_middles
        client.send(build(req_id, sides, done=True))


def _tick(req_id: int, line: _Line, quote: Quote) -> bytes | None:
    """Return the tick between two quotes, None when what the line is about did not change."""
    if line.kind in (TickKind.LAST, TickKind.ALL_LAST):
        trade = _trade(quote, line.instrument)
        if trade is None or quote.volume == line.last.volume:
            return None
        return encode.tick_by_tick_trade(req_id, line.kind, trade)
    sides, before = _sides(quote), _sides(line.last)
    if sides is None:
        return None
    if line.kind is TickKind.BID_ASK:
        return encode.tick_by_tick_quote(req_id, sides)
    if before is not None and before.middle == sides.middle:
        return None
    return encode.tick_by_tick_middle(req_id, sides)


def _trade(quote: Quote, instrument: Instrument) -> TradeTick | None:
    if quote.last is None or quote.last_size is None:
        return None
    return TradeTick(int(quote.as_of.timestamp()), quote.last, quote.last_size, home_exchange(instrument))


def _sides(quote: Quote) -> QuoteTick | None:
    if quote.bid is None or quote.ask is None:
        return None
    zero = Decimal(0)
    return QuoteTick(
        int(quote.as_of.timestamp()), quote.bid, quote.ask, quote.bid_size or zero, quote.ask_size or zero
    )
