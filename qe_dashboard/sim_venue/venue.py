"""The simulated exchange as its servers see it: orders in, events out, prices and books to ask for.

It holds no clock: its time is the `now` of the last `advance`. One account, any number of clients; orders are
addressed by `OrderKey`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.order import Fill
from qe_dashboard.sim_venue.accounts import WhatIf
from qe_dashboard.sim_venue.commands import Cancel, CancelAll, Modify, Place
from qe_dashboard.sim_venue.control_side import ControlSide
from qe_dashboard.sim_venue.events import AccountValues, NewOrder, OrderSnapshot, VenueEvent, VenuePosition
from qe_dashboard.sim_venue.exchange import Exchange, VenueConfig
from qe_dashboard.sim_venue.ids import IdBook
from qe_dashboard.sim_venue.ledger import Ledger
from qe_dashboard.sim_venue.market_side import MarketSide
from qe_dashboard.sim_venue.state import VenueStateError
from qe_dashboard.sim_venue.terms import VenueTerms

__all__ = ["STARTING_CASH", "Venue", "VenueConfig", "VenueStateError"]

STARTING_CASH = Decimal(1_000_000)
DEFAULT_CONFIG = VenueConfig()


class Venue(MarketSide, ControlSide):
    """A small exchange with one account. Prices are a pure function of seed, instrument and time."""

    def __init__(self, exchange: Exchange) -> None:
        self.account: AccountId = exchange.account
        super().__init__(exchange)

    @property
    def now(self) -> datetime:
        """The venue's time: that of the last `advance`."""
        return self._exchange.now

    @classmethod
    def create(
        cls,
        *,
        seed: int,
        account: AccountId,
        now: datetime,
        starting_cash: Decimal = STARTING_CASH,
        epoch: int = 0,
        config: VenueConfig = DEFAULT_CONFIG,
    ) -> Venue:
        """Open a venue with an empty book. `epoch` (0 <= epoch < 2**32) is part of every execId and decides where
        permIds begin, so a restart without state takes a new one, e.g. unix seconds (D28); see `IdBook`."""
        ids = IdBook(epoch=epoch)
        ledger = Ledger(starting_cash)
        venue = cls(Exchange(seed=seed, account=account, now=now, ledger=ledger, ids=ids, config=config))
        if config.regime is not None:
            venue.set_regime(config.regime)
        return venue

    @classmethod
    def restore(
        cls,
        state: Mapping[str, object],
        *,
        now: datetime,
        config: VenueConfig = DEFAULT_CONFIG,
        seed: int | None = None,
    ) -> Venue:
        """Go on from a snapshot under the next epoch; save once before the first order. Raises VenueStateError.

        Resting orders that the market ran through in the meantime fill at the prices of now. `seed` replaces the
        saved one: prices follow it, the books stay.
        """
        return cls(Exchange.restore(state, now=now, config=config, seed=seed))

    def snapshot(self) -> dict[str, object]:
        """Return everything that must survive a restart, JSON-able; events not yet taken are not in it."""
        return self._exchange.snapshot()

    # time and events ------------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Move time on: deliver commands, trigger, match, expire. Earlier times than the last one change nothing."""
        self._exchange.advance(now)

    def take_events(self) -> tuple[VenueEvent, ...]:
        """Return what happened since the last call, in order."""
        events = tuple(self._exchange.events)
        self._exchange.events.clear()
        return events

    # orders ---------------------------------------------------------------------------------------------------------

    def next_valid_id(self, client_id: int) -> int:
        """Return an order id greater than every one this client ever used, over restarts."""
        return self._exchange.next_valid_id(client_id)

    def place(self, order: NewOrder) -> None:
        """Send a new order; OrderChanged or OrderRefused answers.

        An untransmitted one is checked, and then silent until it or one of its family is transmitted.
        """
        self._exchange.send(Place(order))

    def modify(self, order: NewOrder) -> None:
        """Send new terms (quantity, prices, time in force); OrderChanged or OrderRefused answers.

        Any terms may replace an untransmitted order's; with `transmit` they send it and its family off.
        Untransmitted terms of a live order do nothing, as in TWS, where they wait on the screen.
        """
        self._exchange.send(Modify(order))

    def cancel(self, key: OrderKey, *, by: int | None = None) -> None:
        """Ask to cancel; OrderChanged or CancelRefused answers. `by` is the asking client, None = the key's own."""
        self._exchange.send(Cancel(key, key.client_id if by is None else by))

    def cancel_all(self) -> None:
        """Cancel every order of every client, untransmitted ones too."""
        self._exchange.send(CancelAll())

    def what_if(self, terms: VenueTerms) -> WhatIf:
        """Return what an order would cost at the prices of now; nothing is sent. Raises KeyError."""
        return self._exchange.desk.preview(self._exchange.listing(terms.instrument_id), terms, now=self.now)

    def order(self, key: OrderKey) -> OrderSnapshot | None:
        """Return one order, untransmitted, working, or closed in this or the last venue day."""
        book = self._exchange.floor.book
        found = book.drafts.get(key) or book.get(key)
        return None if found is None else found.snapshot()

    def open_orders(self) -> tuple[OrderSnapshot, ...]:
        """Return working orders of all clients, oldest first."""
        return tuple(order.snapshot() for order in self._exchange.floor.book.open())

    def completed_orders(self) -> tuple[OrderSnapshot, ...]:
        """Return orders closed in this or the last venue day, oldest first."""
        return tuple(order.snapshot() for order in self._exchange.floor.book.closed())

    # books ----------------------------------------------------------------------------------------------------------

    def executions(self, *, since: datetime | None = None) -> tuple[Fill, ...]:
        """Return executions of this and the last venue day, oldest first, with commission and realised P&L."""
        return tuple(fill for fill in self._exchange.floor.fills if since is None or fill.at >= since)

    def positions(self) -> tuple[VenuePosition, ...]:
        """Return positions that are not zero."""
        return self._exchange.accounts.positions(now=self.now)

    def account_values(self) -> AccountValues:
        """Return account values at the prices of now."""
        return self._exchange.accounts.values(now=self.now)
