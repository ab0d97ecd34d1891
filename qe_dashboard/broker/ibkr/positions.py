"""The position book: whole or Unknown, never shorter (R01), signs kept (R04)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer, SingleFlight
from qe_dashboard.broker.ibkr.ib_lib import listen
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.values import Undecodable, needed
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.reports import Position

POSITION_KINDS = frozenset({"61", "62", "position", "positionEnd"})
Book = Maybe[tuple[Position, ...]]


@dataclass(frozen=True, slots=True)
class _Row:
    contract: Any
    quantity: object
    average_cost: object


class PositionBook:
    """Positions of the bound account, kept by reqPositions of the data link and re-read on demand."""

    def __init__(self, *, clock: Clock, outlet: Outlet, catalogue: Catalogue) -> None:
        self._clock = clock
        self._outlet = outlet
        self._catalogue = catalogue
        self._account = AccountId("")
        self._asker: Asker | None = None
        self._flight: SingleFlight[None] = SingleFlight()
        self._rows: dict[int, _Row] = {}
        self._fresh: dict[int, _Row] | None = None
        self._fault = "positions were not read yet"
        self._undecoded = 0
        self._dirty = False
        self.held: frozenset[int] = frozenset()
        """conIds of the positions last known; a gap does not make them less held."""

    def attach(self, asker: Asker, account: AccountId) -> None:
        """Listen to a new session."""
        self._asker, self._account = asker, account
        self._flight = SingleFlight()
        self._rows, self._fresh, self._fault, self._undecoded = {}, None, "positions were not read yet", 0
        ib = asker.session.ib
        listen(ib.positionEvent, self._on_row)
        listen(ib.updateEvent, self._publish_changes)
        asker.session.decode_listeners.append(self._on_undecoded)

    def detach(self, reason: str) -> None:
        """Forget the session: nothing is known any more."""
        self._asker = None
        self._fault = f"the data link is down ({reason})"
        self._outlet.on_positions(Unknown(self._fault))

    async def read(self) -> Book:
        """Ask for the whole book again and return it."""
        asker = self._asker
        if asker is None:
            return Unknown(self._fault)
        try:
            await asker.patiently(self._flight.join(lambda: self._read(asker)), awaited="The positions")
        except (NoAnswer, AnsweredWithError) as error:
            if asker is self._asker:
                self._fault = str(error)
                self._outlet.on_positions(Unknown(self._fault))
            return Unknown(str(error))
        self._dirty = False
        book = self._book()
        self._outlet.on_positions(book)
        return book

    def changed(self) -> None:
        """Report the book again, since a contract in it became known better."""
        if self._asker is not None and not self._fault:
            self._outlet.on_positions(self._book())

    async def _read(self, asker: Asker) -> None:
        undecoded = self._undecoded
        fresh = self._fresh = {}
        try:
            await asker.ask_long(asker.session.ib.reqPositionsAsync, awaited="The positions")
        finally:
            if self._fresh is fresh:
                self._fresh = None
        if asker is self._asker:
            # Rows that came after the end of the answer are in `fresh` as well.
            self._rows = fresh
            self._fault = "" if undecoded == self._undecoded else self._words()

    def _on_row(self, row: Any) -> None:
        if row.account != self._account:
            return
        entry = _Row(row.contract, row.position, row.avgCost)
        for book in (self._rows, self._fresh):
            if book is not None:
                book[row.contract.conId] = entry
        self._dirty = True

    def _on_undecoded(self, kind: str) -> None:
        if kind in POSITION_KINDS:
            self._undecoded += 1
            self._fault = self._words()
            self._dirty = True

    def _words(self) -> str:
        return (
            f"{self._undecoded} position message(s) could not be read, so the list may lack a position."
            " Reconnect; if it stays, look at the positions in TWS."
        )

    def _publish_changes(self) -> None:
        if self._dirty and self._fresh is None:
            self._dirty = False
            self._outlet.on_positions(self._book())

    def _book(self) -> Book:
        if self._fault:
            return Unknown(self._fault)
        try:
            positions = [self._position(row) for row in self._rows.values()]
        except Undecodable as error:
            return Unknown(f"a position cannot be read: {error}")
        held = tuple(position for position in positions if position.quantity != 0)
        self.held = frozenset(
            position.instrument.con_id for position in held if position.instrument.con_id is not None
        )
        return Known(held, self._clock.now())

    def _position(self, row: _Row) -> Position:
        instrument = self._catalogue.of_row(row.contract)
        quantity = needed(row.quantity, f"the quantity of {instrument.label}")
        cost = needed(row.average_cost, f"the average cost of {instrument.label}")
        average = Decimal(0) if quantity == 0 else cost / instrument.multiplier
        return Position(self._account, instrument, quantity, average)
