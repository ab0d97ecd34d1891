"""Quote lines: asked for again after every gap, and proven by a first tick before they count as a market (D13, R39)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from qe_dashboard.broker.ibkr.asking import Asker, NoAnswer
from qe_dashboard.broker.ibkr.codes import DEAD_LINE
from qe_dashboard.broker.ibkr.contracts import contract_fields
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.rounds import Chores, Rounds
from qe_dashboard.broker.ibkr.ticks import Prices
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.reports import VenueMessage

# Type 3 asks for delayed prices only where there are no live ones; each line says which it got.
DELAYED_WHERE_NOT_LIVE = 3


@dataclass(slots=True)
class _Line:
    """One wanted quote. `ticker` is the library's object of the present subscription, None while there is none."""

    instrument: Instrument
    quote: Quote | None = None
    contract: Any = None
    ticker: Any = None
    prices: Prices | None = None
    """What the present subscription told; None until its first tick, while `quote` is still from before the gap."""


class MarketData:
    """The registry of wanted lines and their quotes, one event per line and slice of messages."""

    def __init__(self, *, clock: Clock, outlet: Outlet) -> None:
        self._clock = clock
        self._outlet = outlet
        self._lines: dict[str, _Line] = {}
        self._by_con_id: dict[int, _Line] = {}
        self._changed: dict[str, _Line] = {}
        self._asker: Asker | None = None
        self._chores = Chores()
        self._rounds = Rounds(self._subscribe_all)

    def attach(self, asker: Asker) -> None:
        """Use a new session: ask for everything wanted again."""
        self._asker = asker
        listen(asker.session.ib.pendingTickersEvent, self._on_tickers)
        asker.session.slice_listeners.append(self._publish)
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
        if line.prices is not None:
            line.prices.is_proven = False
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
                old, line.contract, line.ticker = line.contract, None, None
                await self._cancel(asker, old)
            # A new object each time: ib_insync finds its ticker by it, and a used one swallows ticks that repeat.
            contract = asker.session.library.contract(**contract_fields(line.instrument))
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
        # Released, asked for already or by a newer session, while this one waited for the wire budget.
        if self._is_wanted(line) and asker is self._asker and line.contract is None:
            self._unprove(line)
            line.prices = None
            line.contract = contract
            line.ticker = asker.session.ib.reqMktData(contract)

    async def _cancel(self, asker: Asker, contract: Any) -> None:
        try:
            await asker.send(lambda: asker.session.ib.cancelMktData(contract))
        except (NoAnswer, ConnectionError):
            return

    def _on_tickers(self, tickers: Iterable[Any]) -> None:
        """Consume the ticks, which are gone at the next read; the quotes follow once the slice is done."""
        for ticker in tickers:
            line = self._by_con_id.get(ticker.contract.conId)
            if line is not None and line.ticker is ticker and ticker.ticks:
                if line.prices is None:
                    # After a gap nothing of the old quote may stand beside new numbers.
                    line.prices = Prices()
                line.prices.take(ticker.ticks)
                self._changed[line.instrument.id] = line

    def _publish(self) -> None:
        now = self._clock.now()
        changed, self._changed = self._changed, {}
        for line in changed.values():
            if line.prices is not None and line.ticker is not None and self._is_wanted(line):
                line.quote = line.prices.quote(
                    line.instrument.id, as_of=now, market_data_type=line.ticker.marketDataType
                )
                self._outlet.on_quote(line.quote)

    def _is_wanted(self, line: _Line) -> bool:
        return self._lines.get(line.instrument.id) is line
