"""The venue as whoever runs it sees it: halts, moods, permissions, shares to borrow, replays, and two faults."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import InstrumentId, OrderKey
from qe_dashboard.sim_venue.events import HaltChanged
from qe_dashboard.sim_venue.exchange import Exchange
from qe_dashboard.sim_venue.regimes import Regime, RegimeChange, RegimeKind
from qe_dashboard.sim_venue.replay import ReplayRow
from qe_dashboard.sim_venue.tape import step_of


class ControlSide:
    """Commands of the operator. They act at the venue's time, at once. KeyError = no such contract or order."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def halt(self, instrument_id: InstrumentId) -> None:
        """Stop trading in a contract: quotes stand still, orders wait, new ones are taken. HaltChanged tells."""
        listing, exchange = self._exchange.listing(instrument_id), self._exchange
        if exchange.market.tape.halt(instrument_id, step=step_of(exchange.now)):
            exchange.events.append(HaltChanged(listing.instrument, True, exchange.now))

    def resume(self, instrument_id: InstrumentId) -> None:
        """Let trading go on; orders meet the price of then. HaltChanged tells."""
        listing, exchange = self._exchange.listing(instrument_id), self._exchange
        if exchange.market.tape.resume(instrument_id, step=step_of(exchange.now)):
            exchange.events.append(HaltChanged(listing.instrument, False, exchange.now))

    def set_regime(self, regime: Regime, instrument_id: InstrumentId | None = None) -> None:
        """Give an underlying, or all of them, a mood from the next step on.

        A contract names its underlying, so SPY takes MES and ES along. HALT halts the contract (or every one), NORMAL
        resumes too. A contract under replay keeps to its bars.
        """
        exchange = self._exchange
        listing = None if instrument_id is None else exchange.listing(instrument_id)
        if regime.kind is not RegimeKind.HALT:
            name = "" if listing is None else listing.underlying.name
            exchange.market.tape.change(RegimeChange(step_of(exchange.now), name, regime))
        if regime.kind in (RegimeKind.HALT, RegimeKind.NORMAL):
            concerned = exchange.universe.instruments if listing is None else (listing.instrument,)
            for instrument in concerned:
                (self.halt if regime.kind is RegimeKind.HALT else self.resume)(instrument.id)

    def set_permitted(self, kinds: frozenset[SecType]) -> None:
        """Permit new orders in these kinds of contracts only; others are refused with PERMISSION."""
        self._exchange.desk.permitted = kinds

    def set_shortable(self, instrument_id: InstrumentId, shortable: bool) -> None:
        """Let shares of a stock be borrowed or not; short sales without shares are held (SHORT_LOCATE)."""
        self._exchange.listing(instrument_id)
        if not shortable:
            self._exchange.waiting.not_shortable.add(instrument_id)
            return
        self._exchange.waiting.not_shortable.discard(instrument_id)
        self._exchange.floor.find_shares(now=self._exchange.now)

    def replay(
        self, instrument_id: InstrumentId, rows: Iterable[ReplayRow], *, starts_at: datetime | None = None
    ) -> None:
        """Let a contract follow recorded bars, the first of them at a time (default now).

        Rows are not part of the snapshot, the start is: replaying again after a restart goes on where it was.
        Raises ValueError for rows that overlap or are none.
        """
        listing, exchange = self._exchange.listing(instrument_id), self._exchange
        first = step_of(starts_at or exchange.now)
        exchange.market.tape.replay(listing.instrument.id, rows, first_step=first)
        exchange.market.forget(instrument_id)

    def break_off(self, key: OrderKey, reason: str) -> None:
        """Cancel a working order that nobody asked to cancel; OrderChanged tells, with the reason."""
        self._exchange.desk.break_off(key, reason, now=self._exchange.now)

    def renumber(self, key: OrderKey) -> None:
        """Give a working order a second permId, as seen after some modifications; OrderChanged tells."""
        self._exchange.desk.renumber(key, now=self._exchange.now)
