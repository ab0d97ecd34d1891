"""Quote lines: asked for again after every gap, and proven by a first tick before they count as a market (D13, R39)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from qe_dashboard.broker.ibkr.asking import Asker, NoAnswer
from qe_dashboard.broker.ibkr.codes import (
    BARS_FAILED,
    COMPETING_SESSION,
    DEAD_LINE,
    NEEDS_PERMISSION,
    TOO_MANY_LINES,
)
from qe_dashboard.broker.ibkr.contracts import contract_fields
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.line_budget import LineBudget, to_release
from qe_dashboard.broker.ibkr.line_words import over_budget, released_words
from qe_dashboard.broker.ibkr.lines import Line, LineWatch
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.rounds import Chores, Rounds
from qe_dashboard.broker.ibkr.ticks import Prices
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import LineKind, LineState, Meter
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.reports import VenueMessage

# Type 3 asks for delayed prices only where there are no live ones; each line says which it got.
DELAYED_WHERE_NOT_LIVE = 3


@dataclass(eq=False, slots=True)
class _Feed:
    """One wanted quote. `ticker` is the library's object of the present subscription, None while there is none."""

    line: Line
    quote: Quote | None = None
    contract: Any = None
    ticker: Any = None
    req_id: int | None = None
    prices: Prices | None = None
    """What the present subscription told; None until its first tick, while `quote` is still from before the gap."""
    has_place: bool = False
    """It counts against the line budget."""
    was_refused: bool = False
    """The gateway had no place for it (101) since it was wanted last: another refusal is not tried again."""

    @property
    def instrument(self) -> Instrument:
        return self.line.instrument


class MarketData:
    """The registry of wanted lines and their quotes, one event per line and slice of messages."""

    def __init__(
        self,
        *,
        clock: Clock,
        outlet: Outlet,
        watch: LineWatch,
        max_lines: int,
        held: Callable[[], Collection[int | None]],
    ) -> None:
        self._clock = clock
        self._outlet = outlet
        self._watch = watch
        self._budget = LineBudget(max_lines)
        self._held = held
        self._feeds: dict[str, _Feed] = {}
        self._by_con_id: dict[int, tuple[_Feed, ...]] = {}
        """One contract can be wanted under two ids, as `MNQ.FUT.202612` and with the day."""
        self._changed: dict[str, _Feed] = {}
        self._asker: Asker | None = None
        self._chores = Chores()
        self._rounds = Rounds(self._subscribe_all)

    def attach(self, asker: Asker) -> None:
        """Use a new session: ask for everything wanted again."""
        self._asker = asker
        self._budget.reset()
        listen(asker.session.ib.pendingTickersEvent, self._on_tickers)
        asker.session.slice_listeners.append(self._publish)
        self._chores.spawn(self._begin(asker))

    def detach(self) -> None:
        """The session is gone: every quote becomes history."""
        self._asker = None
        self._chores.cancel()
        for feed in self._feeds.values():
            feed.ticker = feed.contract = feed.req_id = None
            feed.has_place = False
        self.unprove("the data link is down")

    # wishes ---------------------------------------------------------------------------------------------------------

    def want(self, instrument: Instrument) -> None:
        """Keep a line open; when it is, it is now the last one to give its place away."""
        feed = self._feeds.get(instrument.id)
        if feed is not None:
            self._watch.wanted_again(feed.line)
            feed.was_refused = False
            is_shut_out = feed.line.ended_at is not None
            if is_shut_out:
                feed.line.ended_at, feed.line.told = None, 0
            if feed.line.state is LineState.RELEASED or is_shut_out:
                self._chores.spawn(self._subscribe(feed))
        elif instrument.con_id is not None:
            feed = _Feed(self._watch.add(instrument, LineKind.QUOTES))
            self._feeds[instrument.id] = feed
            self._by_con_id[instrument.con_id] = (*self._by_con_id.get(instrument.con_id, ()), feed)
            self._chores.spawn(self._subscribe(feed))

    def release(self, instrument: Instrument) -> None:
        """Close a line; unknown ones are ignored. Its place goes to the one wanted last of those without."""
        feed = self._feeds.pop(instrument.id, None)
        if feed is None:
            return
        con_id = feed.instrument.con_id or 0
        left = tuple(one for one in self._by_con_id.pop(con_id, ()) if one is not feed)
        if left:
            self._by_con_id[con_id] = left
        self._watch.remove(feed.line)
        had_place = feed.has_place
        self._cancel_later(feed)
        without = [one for one in self._feeds.values() if one.line.state is LineState.RELEASED]
        if had_place and without:
            self._chores.spawn(self._subscribe(max(without, key=self._importance)))

    def resubscribe(self) -> None:
        """Ask for every line again (1101, 1102); each is unproven until its first tick."""
        self.unprove("asked for again")
        self._rounds.request(self._chores)

    def renew(self, line: Line) -> None:
        """Cancel one line and ask for it again."""
        feed = self._feeds.get(line.instrument.id)
        if feed is not None and feed.line is line:
            self._chores.spawn(self._subscribe(feed))

    def unprove(self, why: str = "") -> None:
        """Mark every quote as history: the numbers stay, the claim that they are a market goes."""
        for feed in self._feeds.values():
            self._unprove(feed)
            self._watch.unproven(feed.line, why)

    def on_error(self, req_id: int, code: int, text: str) -> Instrument | None:
        """Return the instrument whose line an error is about, unless that was told; a line that died is no market."""
        feed = next((one for one in self._feeds.values() if one.req_id == req_id), None)
        if feed is None:
            return None
        if code == TOO_MANY_LINES:
            self._no_place(feed)
            return None
        if code in DEAD_LINE:
            self._unprove(feed)
            is_news, feed.line.told = feed.line.told != code, code
            self._watch.refused(feed.line, code, text)
            # A competing session only stops the ticks; the other codes end the request.
            feed.has_place = code == COMPETING_SESSION
            return feed.instrument if is_news or code not in NEEDS_PERMISSION else None
        if code in NEEDS_PERMISSION:
            # Delayed or partial prices may follow; when none do, this is why.
            is_news, feed.line.code = feed.line.told != code, code
            return feed.instrument if is_news else None
        if code in BARS_FAILED:
            self._unprove(feed)
            self._watch.unproven(feed.line, text)
            self.renew(feed.line)
        return feed.instrument

    def meter(self) -> Meter:
        """Return the use of the line budget; `waiting` lines have no place."""
        without = sum(feed.line.state is LineState.RELEASED for feed in self._feeds.values())
        return Meter("data lines", self._standing(), self._budget.limit, "lines", 0, waiting=without)

    # asking ---------------------------------------------------------------------------------------------------------

    async def _begin(self, asker: Asker) -> None:
        try:
            await asker.send(lambda: asker.session.ib.reqMarketDataType(DELAYED_WHERE_NOT_LIVE))
        except (NoAnswer, ConnectionError):
            return
        self._rounds.request(self._chores)

    async def _subscribe_all(self) -> None:
        # When the places do not suffice, held positions and what was wanted last have them.
        for feed in sorted(self._feeds.values(), key=self._importance, reverse=True):
            await self._subscribe(feed)

    async def _subscribe(self, feed: _Feed) -> None:
        asker = self._asker
        if asker is None or not self._is_wanted(feed):
            return
        try:
            for old in self._take_place(feed):
                await self._cancel(asker, old)
            if not feed.has_place:
                return
            # A new object each time: ib_insync finds its ticker by it, and a used one swallows ticks that repeat.
            contract = asker.session.library.contract(**contract_fields(feed.instrument))
            await asker.send(lambda: self._request(asker, feed, contract))
        except (NoAnswer, ConnectionError):
            return
        except Undecodable as error:
            feed.has_place = False
            self._watch.refused(feed.line, 0, str(error))
            self._outlet.on_message(
                VenueMessage(
                    0,
                    str(error),
                    MessageClass.DATA,
                    Severity.ERROR,
                    self._clock.now(),
                    instrument_id=feed.instrument.id,
                )
            )

    def _request(self, asker: Asker, feed: _Feed, contract: Any) -> None:
        # Released, asked for already or by a newer session, while this one waited for the wire budget.
        if self._is_wanted(feed) and asker is self._asker and feed.contract is None and feed.has_place:
            self._unprove(feed)
            feed.prices = None
            feed.contract, feed.req_id = contract, asker.session.next_id
            feed.ticker = asker.session.ib.reqMktData(contract)
            self._watch.asked(feed.line)

    async def _cancel(self, asker: Asker, contract: Any) -> None:
        try:
            await asker.send(lambda: asker.session.ib.cancelMktData(contract))
        except (NoAnswer, ConnectionError):
            return

    def _cancel_later(self, feed: _Feed) -> None:
        contract = self._clear(feed)
        if self._asker is not None and contract is not None:
            self._chores.spawn(self._cancel(self._asker, contract))

    def _clear(self, feed: _Feed) -> Any:
        """Forget the subscription and its place; return the contract to cancel, if any."""
        contract, feed.contract, feed.ticker, feed.req_id = feed.contract, None, None, None
        feed.has_place = False
        return contract

    # places ---------------------------------------------------------------------------------------------------------

    def _importance(self, feed: _Feed) -> tuple[bool, int]:
        return (feed.instrument.con_id in self._held(), feed.line.order)

    def _standing(self) -> int:
        return sum(feed.has_place for feed in self._feeds.values())

    def _take_place(self, feed: _Feed) -> list[Any]:
        """Give a line a place, another's when need be; return the contracts to cancel before it is asked for."""
        old = self._clear(feed)
        cancelled = [] if old is None else [old]
        if self._standing() >= self._budget.limit:
            standing = [one.line for one in self._feeds.values() if one.has_place]
            line = to_release(standing, held=self._held(), wanted=feed.line, now=self._clock.monotonic())
            if line is None:
                self._watch.released(feed.line, released_words(self._budget.limit))
                return cancelled
            other = self._feeds[line.instrument.id]
            self._unprove(other)
            self._watch.released(line, released_words(self._budget.limit))
            if (contract := self._clear(other)) is not None:
                cancelled.append(contract)
        feed.has_place = True
        return cancelled

    def _no_place(self, feed: _Feed) -> None:
        """The gateway has fewer places than we thought (101): learn it, and let the least recently wanted go once."""
        self._cancel_later(feed)
        self._unprove(feed)
        self._budget.learn(self._standing())
        self._watch.released(feed.line, released_words(self._budget.limit))
        if not self._budget.is_told:
            self._budget.is_told = True
            self._outlet.on_message(over_budget(self._budget.limit, feed.instrument, self._clock.now()))
        if not feed.was_refused:
            feed.was_refused = True
            self._chores.spawn(self._subscribe(feed))

    # ticks ----------------------------------------------------------------------------------------------------------

    def _on_tickers(self, tickers: Iterable[Any]) -> None:
        """Consume the ticks, which are gone at the next read; the quotes follow once the slice is done."""
        for ticker in tickers:
            for feed in self._by_con_id.get(ticker.contract.conId, ()):
                if feed.ticker is ticker and ticker.ticks:
                    if feed.prices is None:
                        # After a gap nothing of the old quote may stand beside new numbers.
                        feed.prices = Prices()
                    feed.prices.take(ticker.ticks)
                    self._changed[feed.instrument.id] = feed

    def _publish(self) -> None:
        if not self._changed:
            return
        now, monotonic = self._clock.now(), self._clock.monotonic()
        changed, self._changed = self._changed, {}
        for feed in changed.values():
            if feed.prices is not None and feed.ticker is not None and self._is_wanted(feed):
                feed.quote = feed.prices.quote(
                    feed.instrument.id, as_of=now, market_data_type=feed.ticker.marketDataType
                )
                if feed.quote.proven:
                    self._watch.ticked(feed.line, now, monotonic)
                self._outlet.on_quote(feed.quote)

    def _unprove(self, feed: _Feed) -> None:
        if feed.prices is not None:
            feed.prices.is_proven = False
        if feed.quote is not None and feed.quote.proven:
            feed.quote = replace(feed.quote, proven=False)
            self._outlet.on_quote(feed.quote)

    def _is_wanted(self, feed: _Feed) -> bool:
        return self._feeds.get(feed.instrument.id) is feed
