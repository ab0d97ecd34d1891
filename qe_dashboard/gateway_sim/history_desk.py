"""Bars: past ones, past ones kept up to date, and five-second ones as they close."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from qe_dashboard.gateway_sim import encode_data as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.bar_terms import (
    BAR_KINDS,
    EPOCH_FORMAT,
    LIVE_KINDS,
    TRADES,
    bar_row,
    bar_seconds,
    duration_seconds,
)
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.faults import HISTORY_FARM
from qe_dashboard.gateway_sim.hub import Client, Hub
from qe_dashboard.gateway_sim.pacing import PACED_UP_TO_SECONDS, VIOLATION, Pacing
from qe_dashboard.gateway_sim.timestamps import parse_client_time, stamp
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Bar

REAL_TIME_BAR_SECONDS = 5
# Two days of five-second bars are 34,560; beyond this one answer would take the gateway's attention for seconds.
MAX_BARS = 35_000

Slot = tuple[Client, int]


@dataclass(slots=True)
class _Live:
    """A history request with keepUpToDate. `last` is the bar sent last, possibly still running then."""

    instrument: Instrument
    seconds: int
    what: str
    date_format: int
    last: Bar | None


@dataclass(slots=True)
class _RealTime:
    instrument: Instrument
    what: str
    sent_until: datetime


class HistoryDesk:
    """Answers history requests. The venue never closes, so regular hours and all hours are the same bars."""

    def __init__(self, hub: Hub, contracts: ContractDesk) -> None:
        self._hub = hub
        self._contracts = contracts
        self._live: dict[Slot, _Live] = {}
        self._real_time: dict[Slot, _RealTime] = {}
        self._pacing = Pacing()

    # requests -------------------------------------------------------------------------------------------------------

    def historical_data(self, client: Client, request: rq.HistoricalData) -> None:
        """Answer reqHistoricalData."""
        instrument = self._contracts.resolve(client, request.req_id, request.contract)
        if instrument is None:
            return
        asked = self._read_terms(request, instrument)
        if isinstance(asked, str):
            client.error(refusals.INVALID_REQUEST, refusals.invalid(asked), about=request.req_id)
            return
        seconds, length, asked_end = asked
        if not self._is_allowed(client, request, instrument, seconds=seconds):
            return
        end = asked_end or self._hub.venue.now
        count = -(-length // seconds)
        if count > MAX_BARS:
            text = f"Historical Market Data Service error message:{count} bars in one request, at most {MAX_BARS}"
            client.error(refusals.HISTORY, text, about=request.req_id)
            return
        kind = BAR_KINDS[request.what]
        bars = self._hub.venue.bars(instrument.id, seconds=seconds, count=count, end=asked_end, kind=kind)
        start = stamp(end - timedelta(seconds=length), zone=instrument.time_zone, version=client.version)
        rows = [
            bar_row(
                bar,
                instrument,
                what=request.what,
                date_format=request.format_date,
                version=client.version,
            )
            for bar in bars
        ]
        until = stamp(end, zone=instrument.time_zone, version=client.version)
        client.send(encode.historical_data(request.req_id, start, until, rows))
        if request.keep_up_to_date:
            last = bars[-1] if bars else None
            self._live[client, request.req_id] = _Live(
                instrument, seconds, request.what, request.format_date, last
            )

    def cancel_historical_data(self, client: Client, request: rq.ById) -> None:
        """Handle cancelHistoricalData."""
        if self._live.pop((client, request.req_id), None) is None:
            text = f"No historical data query found for ticker id:{request.req_id}"
            client.error(refusals.NO_HISTORY_QUERY, text, about=request.req_id)
        else:
            text = f"Historical Market Data Service error message:API historical data query cancelled: {request.req_id}"
            client.error(refusals.HISTORY, text, about=request.req_id)

    def head_timestamp(self, client: Client, request: rq.HeadTimestamp) -> None:
        """Answer reqHeadTimestamp with the start of the contract's trading."""
        instrument = self._contracts.resolve(client, request.req_id, request.contract)
        if instrument is None:
            return
        if not instrument.trading_hours:
            text = "Historical Market Data Service error message:No head time stamp"
            client.error(refusals.HISTORY, text, about=request.req_id)
            return
        begins = instrument.trading_hours[0].start
        text = f"{begins:%Y%m%d-%H:%M:%S}"
        if request.format_date == EPOCH_FORMAT:
            text = str(int(begins.timestamp()))
        client.send(encode.head_timestamp(request.req_id, text))

    def real_time_bars(self, client: Client, request: rq.RealTimeBars) -> None:
        """Handle reqRealTimeBars: from now on one bar every five seconds."""
        if request.what not in LIVE_KINDS or request.bar_size not in (0, REAL_TIME_BAR_SECONDS):
            text = refusals.invalid(f"{request.what} in {request.bar_size} s bars is not simulated")
            client.error(refusals.INVALID_REQUEST, text, about=request.req_id)
            return
        instrument = self._contracts.resolve(client, request.req_id, request.contract)
        if instrument is not None:
            self._real_time[client, request.req_id] = _RealTime(instrument, request.what, self._hub.venue.now)

    def cancel_real_time_bars(self, client: Client, request: rq.ById) -> None:
        """Handle cancelRealTimeBars; a line that is not there is error 300."""
        if self._real_time.pop((client, request.req_id), None) is None:
            text = f"Can't find EId with tickerId:{request.req_id}"
            client.error(refusals.NO_TICKER, text, about=request.req_id)

    # changes --------------------------------------------------------------------------------------------------------

    def send_changes(self) -> None:
        """Send what moved: the end of a bar first, then the bar that runs."""
        if self._hub.faults.upstream_down:
            return
        for (client, req_id), live in self._live.items():
            kind = BAR_KINDS[live.what]
            for bar in self._hub.venue.bars(live.instrument.id, seconds=live.seconds, count=2, kind=kind):
                if live.last is None or (bar.start >= live.last.start and bar != live.last):
                    row = bar_row(
                        bar,
                        live.instrument,
                        what=live.what,
                        date_format=live.date_format,
                        version=client.version,
                    )
                    client.send(encode.historical_data_update(req_id, row))
                    live.last = bar
        for (client, req_id), line in self._real_time.items():
            self._send_closed(client, req_id, line)

    def drop_all(self) -> None:
        """Forget every live line without a word: data lost (1101)."""
        self._live.clear()
        self._real_time.clear()

    def forget(self, client: Client) -> None:
        """Drop the lines of a session that ended."""
        for slot in [slot for slot in self._live if slot[0] is client]:
            del self._live[slot]
        for slot in [slot for slot in self._real_time if slot[0] is client]:
            del self._real_time[slot]

    # inside ---------------------------------------------------------------------------------------------------------

    def _is_allowed(
        self, client: Client, request: rq.HistoricalData, instrument: Instrument, *, seconds: int
    ) -> bool:
        """Tell whether the farm serves a request now; if not, say why with 162."""
        text = ""
        if instrument.sec_type is SecType.FOREX and request.what in TRADES:
            # Currency pairs trade off any exchange: there are quotes of them, no trades.
            text = f"Historical Market Data Service error message:No market data for {instrument.local_symbol} TRADES"
        elif HISTORY_FARM in self._hub.faults.farms_down:
            text = "Historical Market Data Service error message:HMDS server connection is not available"
        elif seconds <= PACED_UP_TO_SECONDS:
            whole = replace(request, req_id=0)
            line = (request.contract, request.what)
            if not self._pacing.allows(whole, line, now=self._hub.clock.monotonic()):
                text = VIOLATION
        if text:
            client.error(refusals.HISTORY, text, about=request.req_id)
        return not text

    def _read_terms(
        self, request: rq.HistoricalData, instrument: Instrument
    ) -> tuple[int, int, datetime | None] | str:
        """Return bar length, duration (both seconds) and end (None = now), or what is wrong with the request."""
        seconds, length = bar_seconds(request.bar_size), duration_seconds(request.duration)
        if seconds is None:
            return f"Historical data bar size setting is invalid: {request.bar_size}"
        if length is None:
            return f"Historical data request duration is invalid: {request.duration}"
        if request.what not in BAR_KINDS:
            return f"whatToShow {request.what} is not simulated"
        if request.keep_up_to_date and request.what not in LIVE_KINDS:
            return f"whatToShow {request.what} is not supported with keepUpToDate"
        if request.keep_up_to_date and request.end:
            return "End date not supported with keepUpToDate"
        try:
            end = parse_client_time(request.end, zone=instrument.time_zone) if request.end else None
        except ValueError as error:
            return f"Invalid end date: {error}"
        is_past = end is not None and end < self._hub.venue.now
        return seconds, max(length, seconds), end if is_past else None

    def _send_closed(self, client: Client, req_id: int, line: _RealTime) -> None:
        now = self._hub.venue.now
        kind = BAR_KINDS[line.what]
        bars = self._hub.venue.bars(line.instrument.id, seconds=REAL_TIME_BAR_SECONDS, count=3, kind=kind)
        for bar in bars:
            closes = bar.start + timedelta(seconds=REAL_TIME_BAR_SECONDS)
            if line.sent_until < closes <= now:
                row = bar_row(
                    bar,
                    line.instrument,
                    what=line.what,
                    date_format=EPOCH_FORMAT,
                    version=client.version,
                )
                client.send(encode.real_time_bar(req_id, row))
                line.sent_until = closes
