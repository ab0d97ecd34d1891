"""Requests for price history within IBKR's budget, and charts that are read once (D23)."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer, SingleFlight
from qe_dashboard.broker.ibkr.bar_rows import BAR_SIZES, FORMAT_UTC, bar_of, duration, what_to_show
from qe_dashboard.broker.ibkr.codes import HISTORY_REFUSED
from qe_dashboard.broker.ibkr.contracts import contract_fields
from qe_dashboard.broker.ibkr.history_budget import IDENTICAL_S, HistoryBudget, HistoryRequest, Place
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.broker.port import RequestFailed
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Bar

log = logging.getLogger(__name__)

AWAITED = "The price history"


@dataclass(frozen=True, slots=True)
class _Shared:
    """One chart that was asked for, and when; whoever asks for the same within 15 s gets this answer."""

    flight: SingleFlight[tuple[Bar, ...]]
    asked_at: float


class History:
    """Asks for bars: every request waits its turn, and holds a place while it is open."""

    def __init__(self, clock: Clock) -> None:
        self.budget = HistoryBudget(clock)
        self._clock = clock
        self._asker: Asker | None = None
        self._shared: dict[tuple[InstrumentId, int, int], _Shared] = {}

    def attach(self, asker: Asker) -> None:
        """Use a new session."""
        self._asker = asker

    def detach(self) -> None:
        """Forget the session and what it answered."""
        self._asker = None
        self._shared.clear()
        self.budget.forget_open()

    async def chart(self, instrument: Instrument, *, bar_seconds: int, count: int) -> tuple[Bar, ...]:
        """Read the latest bars, oldest first. Raises RequestFailed, which says what it waited for."""
        asker = self._asker
        if asker is None:
            raise RequestFailed(
                f"No chart of {instrument.label}: the data link is down. It comes when it is back."
            )
        now = self._clock.monotonic()
        for key in [key for key, one in self._shared.items() if now - one.asked_at >= IDENTICAL_S]:
            del self._shared[key]
        key = (instrument.id, bar_seconds, count)
        shared = self._shared.setdefault(key, _Shared(SingleFlight(keeps_answer=True), now))
        try:
            return await shared.flight.join(lambda: self._read(asker, instrument, bar_seconds, count))
        except (NoAnswer, AnsweredWithError, Undecodable) as error:
            raise RequestFailed(f"No chart of {instrument.label}: {error}") from error

    async def _read(self, asker: Asker, instrument: Instrument, seconds: int, count: int) -> tuple[Bar, ...]:
        started = self._clock.monotonic()
        request = request_for(instrument, seconds, count=count, keep=False)
        place = await self._turn_in_time(asker, request)
        left = asker.seconds - (self._clock.monotonic() - started)
        try:
            rows = await self.ask(asker, instrument, request, seconds=left)
        finally:
            self.budget.ended(place)
        now = self._clock.now()
        bars = [bar_of(row, instrument=instrument, seconds=seconds, now=now) for row in rows]
        return tuple(bars[-count:])

    async def _turn_in_time(self, asker: Asker, request: HistoryRequest) -> Place:
        """Wait for the turn within the request's deadline; at once when it cannot come in time. Raises NoAnswer."""
        if self.budget.earliest(request) > asker.seconds:
            raise NoAnswer(f"{self.budget.why(request)}.")
        turn = asker.until_closed(self.budget.turn(request), awaited=AWAITED)
        try:
            return await deadline(self._clock, turn, asker.seconds, awaited=AWAITED)
        except DeadlineExpired:
            raise NoAnswer(f"{self.budget.why(request)}; waited {asker.seconds:g} s for its turn.") from None

    async def ask(
        self, asker: Asker, instrument: Instrument, request: HistoryRequest, *, seconds: float | None = None
    ) -> Any:
        """Send a request that has its turn and return the bar list. Raises NoAnswer or AnsweredWithError."""
        library, ib = asker.session.library, asker.session.ib
        contract = library.contract(**contract_fields(instrument))
        bars = library.bar_list()
        # The library leaves it unset, and a socket that went hands out no id: then there is nothing to cancel.
        bars.reqId = 0

        def start() -> Any:
            # As the library's reqHistoricalDataAsync, whose own 60 s time-out turns "no answer" into an empty list.
            bars.reqId, bars.contract, bars.keepUpToDate = ib.client.getReqId(), contract, request.keep
            bars.barSizeSetting, bars.formatDate = BAR_SIZES[request.bar_seconds], FORMAT_UTC
            bars.durationStr, bars.whatToShow = request.duration, request.shown
            bars.endDateTime, bars.useRTH, bars.chartOptions = "", False, []
            answer = ib.wrapper.startReq(bars.reqId, contract, container=bars)
            if request.keep:
                ib.wrapper.startSubscription(bars.reqId, bars, contract)
            ib.client.reqHistoricalData(
                bars.reqId,
                contract,
                bars.endDateTime,
                bars.durationStr,
                bars.barSizeSetting,
                bars.whatToShow,
                bars.useRTH,
                bars.formatDate,
                request.keep,
                bars.chartOptions,
            )
            return answer

        try:
            return await asker.ask(start, awaited=AWAITED, seconds=seconds)
        except AnsweredWithError as error:
            if request.keep:
                ib.wrapper.endSubscription(bars)
            # The only way to tell a pacing violation from "no data": both are 162.
            if error.code == HISTORY_REFUSED and "pacing" in error.text.casefold():
                self.budget.complained()
            raise
        except (NoAnswer, asyncio.CancelledError):
            if bars.reqId and asker.session.is_open:
                # It counts against the 50 open history requests until it is cancelled.
                ib.client.cancelHistoricalData(bars.reqId)
                ib.wrapper.endSubscription(bars)
            raise


def request_for(instrument: Instrument, seconds: int, *, count: int, keep: bool) -> HistoryRequest:
    """Return what is asked for. Raises Undecodable for a bar length IBKR does not have, or a contract nobody met."""
    if seconds not in BAR_SIZES:
        raise Undecodable(f"IBKR has no bars of {seconds} seconds")
    contract_fields(instrument)
    return HistoryRequest(
        instrument.con_id or 0, seconds, duration(seconds, count), what_to_show(instrument), keep
    )
