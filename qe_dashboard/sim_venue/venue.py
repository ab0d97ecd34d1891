"""The simulated exchange as its servers see it: orders in, events out, prices and books to ask for.

It holds no clock: its time is the `now` of the last `advance`. One account, any number of clients; orders are
addressed by `OrderKey`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.model.order import Fill
from qe_dashboard.sim_venue.events import AccountValues, NewOrder, OrderSnapshot, VenueEvent, VenuePosition
from qe_dashboard.sim_venue.exchange import Cancel, CancelAll, Exchange, Modify, Place, VenueConfig
from qe_dashboard.sim_venue.ids import IdBook
from qe_dashboard.sim_venue.ledger import Ledger
from qe_dashboard.sim_venue.state import VenueStateError
from qe_dashboard.sim_venue.universe import Listing

__all__ = ["STARTING_CASH", "Venue", "VenueConfig", "VenueStateError"]

STARTING_CASH = Decimal(1_000_000)
DEFAULT_CONFIG = VenueConfig()


class Venue:
    """A small exchange with one account. Prices are a pure function of seed, instrument and time."""

    def __init__(self, exchange: Exchange) -> None:
        self.account: AccountId = exchange.account
        self._exchange = exchange

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
        """Open a venue with an empty book. `epoch` (0 <= epoch < 2**32) is part of every permId and execId: a
        larger one makes larger ids, so a restart without state takes a new one, e.g. unix seconds (D28)."""
        ids = IdBook(epoch=epoch)
        ledger = Ledger(starting_cash)
        return cls(Exchange(seed=seed, account=account, now=now, ledger=ledger, ids=ids, config=config))

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
        """Send a new order; OrderChanged or OrderRefused answers."""
        self._exchange.send(Place(order))

    def modify(self, order: NewOrder) -> None:
        """Send new terms (quantity, prices, DAY or GTC); OrderChanged or OrderRefused answers."""
        self._exchange.send(Modify(order))

    def cancel(self, key: OrderKey, *, by: int | None = None) -> None:
        """Ask to cancel; OrderChanged or CancelRefused answers. `by` is the asking client, None = the key's own."""
        self._exchange.send(Cancel(key, key.client_id if by is None else by))

    def cancel_all(self) -> None:
        """Cancel every working order of every client."""
        self._exchange.send(CancelAll())

    def order(self, key: OrderKey) -> OrderSnapshot | None:
        """Return one order, working or closed in this or the last venue day."""
        found = self._exchange.desk.book.get(key)
        return None if found is None else found.snapshot()

    def open_orders(self) -> tuple[OrderSnapshot, ...]:
        """Return working orders of all clients, oldest first."""
        return tuple(order.snapshot() for order in self._exchange.desk.book.open())

    def completed_orders(self) -> tuple[OrderSnapshot, ...]:
        """Return orders closed in this or the last venue day, oldest first."""
        return tuple(order.snapshot() for order in self._exchange.desk.book.closed())

    # books ----------------------------------------------------------------------------------------------------------

    def executions(self, *, since: datetime | None = None) -> tuple[Fill, ...]:
        """Return executions of this and the last venue day, oldest first, with commission and realised P&L."""
        return tuple(fill for fill in self._exchange.desk.fills if since is None or fill.at >= since)

    def positions(self) -> tuple[VenuePosition, ...]:
        """Return positions that are not zero."""
        return self._exchange.accounts.positions(now=self.now)

    def account_values(self) -> AccountValues:
        """Return account values at the prices of now."""
        return self._exchange.accounts.values(now=self.now)

    # market ---------------------------------------------------------------------------------------------------------

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All contracts listed now: stocks, and two quarterly months of each future."""
        return self._exchange.universe.instruments

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return one contract, expired futures included; None when there never was one."""
        listing = self._exchange.universe.get(instrument_id)
        return None if listing is None else listing.instrument

    def find(self, symbol: str, sec_type: SecType, *, expiry: str = "") -> tuple[Instrument, ...]:
        """Look up listed contracts; `expiry` is YYYYMM, YYYYMMDD or empty for all, nearest first."""
        return self._exchange.universe.find(symbol, sec_type, expiry=expiry)

    def quote(self, instrument_id: InstrumentId) -> Quote:
        """Return the quote of now; it changes four times a second. Raises KeyError for an unknown id."""
        return self._exchange.market.quote(self._listing(instrument_id), self.now)

    def quotes_changed(self, instrument_ids: Iterable[InstrumentId], *, since: datetime) -> tuple[Quote, ...]:
        """Return the quotes whose `as_of` lies after a time."""
        quotes = (self.quote(instrument_id) for instrument_id in instrument_ids)
        return tuple(quote for quote in quotes if quote.as_of > since)

    def bars(
        self, instrument_id: InstrumentId, *, seconds: int, count: int, end: datetime | None = None
    ) -> tuple[Bar, ...]:
        """Return the last `count` trade bars that start before `end` (default: up to the one that runs), oldest first.

        The newest may still run: it holds what traded until now. Bars begin at whole multiples of `seconds` UTC;
        those of 86400 begin with the venue day, 17:00 New York. Raises KeyError, and ValueError for seconds < 1.
        """
        return self._exchange.market.bars(
            self._listing(instrument_id), seconds=seconds, count=count, now=self.now, end=end
        )

    def _listing(self, instrument_id: InstrumentId) -> Listing:
        listing = self._exchange.universe.get(instrument_id)
        if listing is None:
            raise KeyError(f"there is no contract {instrument_id} at this venue")
        return listing
