"""Running candles: historical data that is kept up to date, asked for again after every gap (R39)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer
from qe_dashboard.broker.ibkr.bar_rows import bar_of
from qe_dashboard.broker.ibkr.codes import BARS_FAILED
from qe_dashboard.broker.ibkr.history import AWAITED, History, request_for
from qe_dashboard.broker.ibkr.history_budget import Place
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.lines import Line, LineWatch
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.rounds import Chores, Rounds
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import LineKind
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.reports import VenueMessage

# Far apart enough for IBKR's pacing, which frowns on equal questions within 15 s.
RETRY_S = 30.0
# The running bar and the one before it.
COUNT = 2


@dataclass(eq=False, slots=True)
class _Feed:
    """One wanted chart. `bars` is the library's list of the present subscription."""

    line: Line
    bars: Any = None
    place: Place | None = None
    failed: bool = False

    @property
    def key(self) -> tuple[InstrumentId, int]:
        return (self.line.instrument.id, self.line.seconds)


class BarFeed:
    """Running bars of wanted lines, asked for again after every gap."""

    def __init__(self, *, clock: Clock, outlet: Outlet, watch: LineWatch, history: History) -> None:
        self._clock = clock
        self._outlet = outlet
        self._watch = watch
        self._history = history
        self._feeds: dict[tuple[InstrumentId, int], _Feed] = {}
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
        for feed in self._feeds.values():
            feed.bars = feed.place = None

    def resubscribe(self) -> None:
        """Ask for every line again: after 1102 bars often stay silent although data was "maintained"."""
        self._rounds.request(self._chores)

    def want(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Keep a running bar line open."""
        known = self._feeds.get((instrument.id, bar_seconds))
        if known is not None:
            self._watch.wanted_again(known.line)
            return
        feed = _Feed(self._watch.add(instrument, LineKind.BARS, seconds=bar_seconds))
        self._feeds[feed.key] = feed
        self._chores.spawn(self._subscribe(feed))

    def release(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Close a running bar line; unknown ones are ignored."""
        feed = self._feeds.pop((instrument.id, bar_seconds), None)
        if feed is None:
            return
        self._watch.remove(feed.line)
        if self._asker is not None:
            self._chores.spawn(self._cancel(self._asker, feed))

    def renew(self, line: Line) -> None:
        """Cancel one line and ask for it again."""
        feed = self._feeds.get((line.instrument.id, line.seconds))
        if feed is not None and feed.line is line:
            self._chores.spawn(self._subscribe(feed))

    def unprove(self, why: str) -> None:
        """The farm behind the charts broke: the next bar proves them again."""
        for feed in self._feeds.values():
            self._watch.unproven(feed.line, why)

    def on_error(self, req_id: int, code: int, text: str) -> Instrument | None:
        """Return the instrument whose running line an error is about; one that IBKR stopped is asked for again."""
        feed = next(
            (one for one in self._feeds.values() if one.bars is not None and one.bars.reqId == req_id), None
        )
        if feed is None or code not in BARS_FAILED:
            return None
        self._watch.unproven(feed.line, text)
        self.renew(feed.line)
        return feed.line.instrument

    async def _subscribe_all(self) -> None:
        for feed in list(self._feeds.values()):
            await self._subscribe(feed)

    async def _subscribe(self, feed: _Feed) -> None:
        asker, line = self._asker, feed.line
        if asker is None:
            return
        await self._cancel(asker, feed)
        try:
            request = request_for(line.instrument, line.seconds, count=COUNT, keep=True)
            # Nobody looks on, so it may wait as long as it takes.
            place = await asker.until_closed(self._history.budget.turn(request), awaited=AWAITED)
            if not self._is_free(feed):
                self._history.budget.ended(place)
                return
            feed.place = place
            self._watch.asked(line)
            bars = await self._history.ask(asker, line.instrument, request)
        except (NoAnswer, AnsweredWithError, Undecodable) as error:
            self._give_back(feed)
            if not asker.session.closed.done():
                self._failed(feed, error)
                self._chores.spawn(self._try_again(feed))
            return
        feed.failed = False
        feed.bars = bars
        if self._feeds.get(feed.key) is not feed or asker is not self._asker:
            await self._cancel(asker, feed)
            return
        self._report(feed, bars[-1:])

    def _is_free(self, feed: _Feed) -> bool:
        """Tell whether a line is still wanted and nobody else is asking for it."""
        return self._feeds.get(feed.key) is feed and feed.place is None

    async def _try_again(self, feed: _Feed) -> None:
        """Ask once more later: pacing and farm trouble pass."""
        await self._clock.sleep(RETRY_S)
        if self._is_free(feed):
            await self._subscribe(feed)

    async def _cancel(self, asker: Asker, feed: _Feed) -> None:
        bars, feed.bars = feed.bars, None
        if bars is None:
            return
        self._give_back(feed)
        try:
            await asker.send(lambda: asker.session.ib.cancelHistoricalData(bars))
        except (NoAnswer, ConnectionError):
            return

    def _give_back(self, feed: _Feed) -> None:
        if feed.place is not None:
            self._history.budget.ended(feed.place)
            feed.place = None

    def _on_update(self, bars: Any, has_new_bar: bool) -> None:
        for feed in self._feeds.values():
            if feed.bars is bars:
                # With a new bar the one before has its final values.
                self._report(feed, bars[-2:] if has_new_bar else bars[-1:])
                return

    def _report(self, feed: _Feed, rows: Any) -> None:
        now, line = self._clock.now(), feed.line
        try:
            for row in rows:
                self._outlet.on_bar(bar_of(row, instrument=line.instrument, seconds=line.seconds, now=now))
                self._watch.ticked(line, now, self._clock.monotonic())
        except Undecodable as error:
            self._failed(feed, error)

    def _failed(self, feed: _Feed, error: Exception) -> None:
        line = feed.line
        if isinstance(error, NoAnswer):
            self._watch.gave_up(line, str(error))
        else:
            self._watch.refused(line, getattr(error, "code", 0), str(error))
        if feed.failed:
            return
        feed.failed = True
        text = f"The {line.seconds} s chart of {line.instrument.label} does not move: {error}"
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
