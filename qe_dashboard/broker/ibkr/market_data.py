"""Quote lines: asked for again after every gap, and proven by a first tick before they count as a market (D13, R39)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from qe_dashboard.broker.ibkr.asking import Asker, NoAnswer
from qe_dashboard.broker.ibkr.codes import DEAD_LINE
from qe_dashboard.broker.ibkr.contracts import contract_fields
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.rounds import Chores, Rounds
from qe_dashboard.broker.ibkr.values import Undecodable, number, price
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import DataTier, MessageClass, Severity
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.reports import VenueMessage

# Type 3 asks for delayed prices only where there are no live ones; each line says which it got.
DELAYED_WHERE_NOT_LIVE = 3
_TIERS = {1: DataTier.LIVE, 2: DataTier.FROZEN, 3: DataTier.DELAYED, 4: DataTier.DELAYED}

_BID, _ASK, _LAST = frozenset({1, 66}), frozenset({2, 67}), frozenset({4, 68})
_BID_SIZE, _ASK_SIZE, _LAST_SIZE = frozenset({0, 69}), frozenset({3, 70}), frozenset({5, 71})
_VOLUME = frozenset({8, 74})
# Yesterday's close or today's high may come from a cache; trading shows in these.
_PROOF = _BID | _ASK | _LAST | _BID_SIZE | _ASK_SIZE | _LAST_SIZE | _VOLUME
_FIRST_DELAYED_TICK = 66
_LAST_DELAYED_TICK = 76


def _with_high(quote: Quote, value: Decimal | None) -> Quote:
    return replace(quote, high=value)


def _with_low(quote: Quote, value: Decimal | None) -> Quote:
    return replace(quote, low=value)


def _with_close(quote: Quote, value: Decimal | None) -> Quote:
    return replace(quote, prev_close=value)


def _with_open(quote: Quote, value: Decimal | None) -> Quote:
    return replace(quote, open=value)


_DAY: dict[int, Callable[[Quote, Decimal | None], Quote]] = {
    **dict.fromkeys((6, 72), _with_high),
    **dict.fromkeys((7, 73), _with_low),
    **dict.fromkeys((9, 75), _with_close),
    **dict.fromkeys((14, 76), _with_open),
}


def tier_of(market_data_type: int, tick_types: Iterable[int]) -> DataTier:
    """Return a line's tier: the worse of what the gateway said and what the ticks' own numbers show."""
    if any(_FIRST_DELAYED_TICK <= kind <= _LAST_DELAYED_TICK for kind in tick_types):
        return DataTier.DELAYED
    return _TIERS.get(market_data_type, DataTier.UNKNOWN)


def apply_tick(quote: Quote, tick: Any) -> Quote:
    """Fold one tick in. A side of size 0 has no quote: the libraries differ in what price they leave there."""
    kind, size = tick.tickType, number(tick.size)
    if kind in _BID or (kind in _BID_SIZE and size == 0):
        return replace(quote, bid=number(tick.price) if size else None, bid_size=size or None)
    if kind in _ASK or (kind in _ASK_SIZE and size == 0):
        return replace(quote, ask=number(tick.price) if size else None, ask_size=size or None)
    if kind in _BID_SIZE:
        return replace(quote, bid_size=size)
    if kind in _ASK_SIZE:
        return replace(quote, ask_size=size)
    if kind in _LAST:
        last = number(tick.price)
        return quote if last == -1 and not size else replace(quote, last=last, last_size=size or None)
    if kind in _LAST_SIZE:
        return replace(quote, last_size=size or None)
    if kind in _VOLUME:
        return replace(quote, volume=size)
    if kind in _DAY:
        return _DAY[kind](quote, price(tick.price))
    return quote


@dataclass(slots=True)
class _Line:
    """One wanted quote. `ticker` is the library's object of the present subscription, None while there is none."""

    instrument: Instrument
    quote: Quote | None = None
    contract: Any = None
    ticker: Any = None
    started: bool = False
    """The present subscription has begun to fill `quote`; before that the numbers are those before the gap."""
    proven: bool = False


class MarketData:
    """The registry of wanted lines and their quotes, one event per line and socket read."""

    def __init__(self, *, clock: Clock, outlet: Outlet) -> None:
        self._clock = clock
        self._outlet = outlet
        self._lines: dict[str, _Line] = {}
        self._by_con_id: dict[int, _Line] = {}
        self._asker: Asker | None = None
        self._chores = Chores()
        self._rounds = Rounds(self._subscribe_all)

    def attach(self, asker: Asker) -> None:
        """Use a new session: ask for everything wanted again."""
        self._asker = asker
        listen(asker.session.ib.pendingTickersEvent, self._on_tickers)
        self._chores.spawn(self._begin(asker))

    def detach(self) -> None:
        """The session is gone: every quote becomes history."""
        self._asker = None
        self._chores.cancel()
        for line in self._lines.values():
            line.ticker = line.contract = None
        self.unprove()

    def want(self, instrument: Instrument) -> None:
        """Keep a line open; without effect when it is."""
        if instrument.id in self._lines or instrument.con_id is None:
            return
        line = _Line(instrument)
        self._lines[instrument.id] = self._by_con_id[instrument.con_id] = line
        self._chores.spawn(self._subscribe(line))

    def release(self, instrument: Instrument) -> None:
        """Close a line; unknown ones are ignored."""
        line = self._lines.pop(instrument.id, None)
        if line is None:
            return
        self._by_con_id.pop(line.instrument.con_id or 0, None)
        if self._asker is not None and line.contract is not None:
            self._chores.spawn(self._cancel(self._asker, line.contract))

    def resubscribe(self) -> None:
        """Ask for every line again (1101, 1102); each is unproven until its first tick."""
        self.unprove()
        self._rounds.request(self._chores)

    def unprove(self) -> None:
        """Mark every quote as history: the numbers stay, the claim that they are a market goes."""
        for line in self._lines.values():
            self._unprove(line)

    def _unprove(self, line: _Line) -> None:
        line.proven = False
        if line.quote is not None and line.quote.proven:
            line.quote = replace(line.quote, proven=False)
            self._outlet.on_quote(line.quote)

    def on_error(self, contract: Any, code: int) -> Instrument | None:
        """Return the instrument whose line an error is about, and stop trusting a line that has died."""
        line = self._by_con_id.get(getattr(contract, "conId", 0) or 0)
        if line is None:
            return None
        if code in DEAD_LINE:
            self._unprove(line)
        return line.instrument

    async def _begin(self, asker: Asker) -> None:
        try:
            await asker.send(lambda: asker.session.ib.reqMarketDataType(DELAYED_WHERE_NOT_LIVE))
        except (NoAnswer, ConnectionError):
            return
        self._rounds.request(self._chores)

    async def _subscribe_all(self) -> None:
        for line in list(self._lines.values()):
            await self._subscribe(line)

    async def _subscribe(self, line: _Line) -> None:
        asker = self._asker
        if asker is None:
            return
        try:
            if line.contract is not None:
                await self._cancel(asker, line.contract)
            # A copy: ib_insync finds its ticker by the object, and a used one swallows ticks that repeat old values.
            contract = copy.copy(asker.session.library.contract(**contract_fields(line.instrument)))
            await asker.send(lambda: self._request(asker, line, contract))
        except (NoAnswer, ConnectionError):
            return
        except Undecodable as error:
            self._outlet.on_message(
                VenueMessage(
                    0,
                    str(error),
                    MessageClass.DATA,
                    Severity.ERROR,
                    self._clock.now(),
                    instrument_id=line.instrument.id,
                )
            )

    def _request(self, asker: Asker, line: _Line, contract: Any) -> None:
        # Released, or asked for by a newer session, while this one waited for the wire budget.
        if self._lines.get(line.instrument.id) is line and asker is self._asker:
            self._unprove(line)
            line.started = False
            line.contract = contract
            line.ticker = asker.session.ib.reqMktData(contract)

    async def _cancel(self, asker: Asker, contract: Any) -> None:
        try:
            await asker.send(lambda: asker.session.ib.cancelMktData(contract))
        except (NoAnswer, ConnectionError):
            return

    def _on_tickers(self, tickers: Iterable[Any]) -> None:
        now = self._clock.now()
        for ticker in tickers:
            line = self._by_con_id.get(ticker.contract.conId)
            if line is not None and line.ticker is ticker and ticker.ticks:
                self._take(line, ticker, now)

    def _take(self, line: _Line, ticker: Any, now: datetime) -> None:
        kinds = [tick.tickType for tick in ticker.ticks]
        tier = tier_of(ticker.marketDataType, kinds)
        quote = line.quote
        if quote is None or not line.started:
            # After a gap nothing of the old quote may stand beside new numbers.
            quote = Quote(line.instrument.id, now, tier)
            line.started = True
        for tick in ticker.ticks:
            quote = apply_tick(quote, tick)
        line.proven = line.proven or not _PROOF.isdisjoint(kinds)
        line.quote = replace(quote, as_of=now, tier=tier, proven=line.proven)
        self._outlet.on_quote(line.quote)
