"""Candles: history on demand and running bars, by historical data that is kept up to date."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer
from qe_dashboard.broker.ibkr.contracts import contract_fields
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.rounds import Chores, Rounds
from qe_dashboard.broker.ibkr.values import Undecodable, needed, number, utc_time
from qe_dashboard.broker.port import RequestFailed
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import MessageClass, SecType, Severity
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Bar
from qe_dashboard.model.reports import VenueMessage

BAR_SIZES = {
    1: "1 secs",
    5: "5 secs",
    10: "10 secs",
    15: "15 secs",
    30: "30 secs",
    60: "1 min",
    120: "2 mins",
    180: "3 mins",
    300: "5 mins",
    600: "10 mins",
    900: "15 mins",
    1200: "20 mins",
    1800: "30 mins",
    3600: "1 hour",
    7200: "2 hours",
    10800: "3 hours",
    14400: "4 hours",
    28800: "8 hours",
    86400: "1 day",
}
DAY_S = 86_400
# The shortest session that matters, US stocks without their extended hours, is 6.5 h: days asked for are enough days.
SHORTEST_SESSION_S = 23_400
# IBKR's longest durations per step: an hour of half-minutes and less, a year in days.
LONGEST_IN_SECONDS = 3_600
LONGEST_IN_DAYS = 365
FORMAT_UTC = 2
# Far apart enough for IBKR's pacing, which frowns on equal questions within 15 s.
RETRY_S = 30.0


def duration(bar_seconds: int, count: int) -> str:
    """Return IBKR's duration text that holds at least `count` bars where IBKR allows that many."""
    if bar_seconds < 30:
        return f"{min(max(bar_seconds * count, 60), LONGEST_IN_SECONDS)} S"
    if bar_seconds >= DAY_S:
        days = count
    else:
        # One day more: right after the open "1 D" holds hardly a bar.
        days = math.ceil(bar_seconds * count / SHORTEST_SESSION_S) + 1
    return f"{days} D" if days <= LONGEST_IN_DAYS else f"{math.ceil(days / LONGEST_IN_DAYS)} Y"


def bar_of(raw: Any, *, instrument: Instrument, seconds: int, now: datetime) -> Bar:
    """Read one bar. Raises Undecodable, above all for a time that cannot be (R38)."""
    return Bar(
        instrument_id=instrument.id,
        start=_start(raw.date, instrument, now),
        seconds=seconds,
        open=needed(raw.open, "a bar's open"),
        high=needed(raw.high, "a bar's high"),
        low=needed(raw.low, "a bar's low"),
        close=needed(raw.close, "a bar's close"),
        volume=_volume(raw.volume),
    )


def _start(raw: object, instrument: Instrument, now: datetime) -> datetime:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        # A daily bar names the day only: it starts at midnight where the exchange is.
        raw = datetime.combine(raw, time(), tzinfo=ZoneInfo(instrument.time_zone))
    return utc_time(raw, now).astimezone(UTC)


def _volume(raw: object) -> Decimal:
    value = number(raw)
    # -1 where the data has no volume (mid points, currencies).
    return Decimal(0) if value is None or value < 0 else value


def what_to_show(instrument: Instrument) -> str:
    """Return which prices make the bars: currencies have no trades."""
    return "MIDPOINT" if instrument.sec_type is SecType.FOREX else "TRADES"


@dataclass(slots=True)
class _Line:
    instrument: Instrument
    seconds: int
    bars: Any = None
    failed: bool = False


class BarFeed:
    """Running bars of wanted lines, asked for again after every gap, and one-off history."""

    def __init__(self, *, clock: Clock, outlet: Outlet) -> None:
        self._clock = clock
        self._outlet = outlet
        self._lines: dict[tuple[InstrumentId, int], _Line] = {}
        self._asker: Asker | None = None
        self._chores = Chores()
        self._rounds = Rounds(self._subscribe_all)

    def attach(self, asker: Asker) -> None:
        """Use a new session: ask for every wanted line again."""
        self._asker = asker
        listen(asker.session.ib.barUpdateEvent, self._on_update)
        self._rounds.request(self._chores)

    def detach(self) -> None:
        """Forget the session."""
        self._asker = None
        self._chores.cancel()
        for line in self._lines.values():
            line.bars = None

    def resubscribe(self) -> None:
        """Ask for every line again: after 1102 bars often stay silent although data was "maintained"."""
        self._rounds.request(self._chores)

    async def history(self, instrument: Instrument, *, bar_seconds: int, count: int) -> tuple[Bar, ...]:
        """Read the latest bars, oldest first. Raises RequestFailed."""
        if self._asker is None:
            raise RequestFailed(
                f"No chart of {instrument.label}: the data link is down. It comes when it is back."
            )
        try:
            rows = await self._request(self._asker, instrument, bar_seconds, count=count, keep=False)
            now = self._clock.now()
            bars = [bar_of(row, instrument=instrument, seconds=bar_seconds, now=now) for row in rows]
        except (NoAnswer, AnsweredWithError, Undecodable) as error:
            raise RequestFailed(f"No chart of {instrument.label}: {error}") from error
        return tuple(bars[-count:])

    def want(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Keep a running bar line open."""
        key = (instrument.id, bar_seconds)
        if key in self._lines:
            return
        line = self._lines[key] = _Line(instrument, bar_seconds)
        self._chores.spawn(self._subscribe(line))

    def release(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Close a running bar line; unknown ones are ignored."""
        line = self._lines.pop((instrument.id, bar_seconds), None)
        if line is not None and line.bars is not None and self._asker is not None:
            self._chores.spawn(self._cancel(self._asker, line.bars))

    async def _subscribe_all(self) -> None:
        for line in list(self._lines.values()):
            await self._subscribe(line)

    async def _subscribe(self, line: _Line) -> None:
        asker = self._asker
        if asker is None:
            return
        if line.bars is not None:
            old, line.bars = line.bars, None
            await self._cancel(asker, old)
        try:
            bars = await self._request(asker, line.instrument, line.seconds, count=2, keep=True)
        except (NoAnswer, AnsweredWithError, Undecodable) as error:
            self._failed(line, str(error))
            self._chores.spawn(self._try_again(line))
            return
        line.failed = False
        wanted = self._lines.get((line.instrument.id, line.seconds)) is line and line.bars is None
        if not wanted or asker is not self._asker:
            await self._cancel(asker, bars)
            return
        line.bars = bars
        self._report(line, bars[-1:])

    async def _try_again(self, line: _Line) -> None:
        """Ask once more later: pacing and farm trouble pass."""
        await self._clock.sleep(RETRY_S)
        if self._lines.get((line.instrument.id, line.seconds)) is line and line.bars is None:
            await self._subscribe(line)

    async def _request(
        self, asker: Asker, instrument: Instrument, seconds: int, *, count: int, keep: bool
    ) -> Any:
        if seconds not in BAR_SIZES:
            raise Undecodable(f"IBKR has no bars of {seconds} seconds")
        library, ib = asker.session.library, asker.session.ib
        contract = library.contract(**contract_fields(instrument))
        bars = library.bar_list()

        def start() -> Any:
            # As the library's reqHistoricalDataAsync, whose own 60 s time-out turns "no answer" into an empty list.
            bars.reqId, bars.contract, bars.keepUpToDate = ib.client.getReqId(), contract, keep
            bars.barSizeSetting, bars.formatDate = BAR_SIZES[seconds], FORMAT_UTC
            bars.durationStr, bars.whatToShow = duration(seconds, count), what_to_show(instrument)
            bars.endDateTime, bars.useRTH, bars.chartOptions = "", False, []
            answer = ib.wrapper.startReq(bars.reqId, contract, container=bars)
            if keep:
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
                keep,
                bars.chartOptions,
            )
            return answer

        try:
            return await asker.ask(start, awaited="The price history")
        except NoAnswer:
            if bars.reqId and asker.session.is_open:
                # It counts against the 50 open history requests until it is cancelled.
                ib.client.cancelHistoricalData(bars.reqId)
                ib.wrapper.endSubscription(bars)
            raise

    async def _cancel(self, asker: Asker, bars: Any) -> None:
        try:
            await asker.send(lambda: asker.session.ib.cancelHistoricalData(bars))
        except (NoAnswer, ConnectionError):
            return

    def _on_update(self, bars: Any, has_new_bar: bool) -> None:
        for line in self._lines.values():
            if line.bars is bars:
                # With a new bar the one before has its final values.
                self._report(line, bars[-2:] if has_new_bar else bars[-1:])
                return

    def _report(self, line: _Line, rows: Any) -> None:
        now = self._clock.now()
        try:
            for row in rows:
                self._outlet.on_bar(bar_of(row, instrument=line.instrument, seconds=line.seconds, now=now))
        except Undecodable as error:
            self._failed(line, str(error))

    def _failed(self, line: _Line, why: str) -> None:
        if line.failed:
            return
        line.failed = True
        text = f"The {line.seconds} s chart of {line.instrument.label} does not move: {why}"
        self._outlet.on_message(
            VenueMessage(
                0,
                text,
                MessageClass.DATA,
                Severity.WARNING,
                self._clock.now(),
                instrument_id=line.instrument.id,
            )
        )
