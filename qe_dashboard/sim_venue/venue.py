"""The simulated exchange as its servers see it: orders in, events out, prices and books to ask for.

It holds no clock: its time is the `now` of the last `advance`. One account, any number of clients; orders are
addressed by `OrderKey`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.model.order import Fill
from qe_dashboard.sim_venue.events import AccountValues, NewOrder, OrderSnapshot, VenueEvent, VenuePosition

STARTING_CASH = Decimal(1_000_000)


class VenueStateError(Exception):
    """A saved state cannot be read; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class VenueConfig:
    """How the venue behaves. `latency` is the time a command needs to reach it; zero answers within the call.

    `catch_up` is the longest silence it matches step by step; after a longer one (a suspended machine, a restart)
    it goes on at the new time, and what would have filled in between fills at the prices of now.
    """

    latency: timedelta = timedelta(milliseconds=30)
    catch_up: timedelta = timedelta(seconds=10)


class Venue:
    """A small exchange with one account. Prices are a pure function of seed, instrument and time."""

    account: AccountId
    seed: int
    epoch: int
    now: datetime
    config: VenueConfig

    @classmethod
    def create(
        cls,
        *,
        seed: int,
        account: AccountId,
        now: datetime,
        starting_cash: Decimal = STARTING_CASH,
        epoch: int = 0,
        config: VenueConfig = VenueConfig(),
    ) -> Venue:
        """Open a venue with an empty book. `epoch` (0 <= epoch < 2**32) is part of every permId and execId: a
        larger one makes larger ids, so a restart without state takes a new one, e.g. unix seconds (D28)."""
        ...

    @classmethod
    def restore(cls, state: Mapping[str, object], *, now: datetime, config: VenueConfig = VenueConfig()) -> Venue:
        """Go on from a snapshot under the next epoch. Save once before the first order. Raises VenueStateError."""
        ...

    def snapshot(self) -> dict[str, object]:
        """Return everything that must survive a restart, JSON-able; events not yet taken are not in it."""
        ...

    # time and events ------------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Move time on: deliver commands, trigger, match, expire. Earlier times than the last one change nothing."""
        ...

    def take_events(self) -> tuple[VenueEvent, ...]:
        """Return what happened since the last call, in order."""
        ...

    # orders ---------------------------------------------------------------------------------------------------------

    def next_valid_id(self, client_id: int) -> int:
        """Return an order id greater than every one this client ever used, over restarts."""
        ...

    def place(self, order: NewOrder) -> None:
        """Send a new order; OrderChanged or OrderRefused answers."""
        ...

    def modify(self, order: NewOrder) -> None:
        """Send new terms (quantity, prices, DAY or GTC); OrderChanged or OrderRefused answers."""
        ...

    def cancel(self, key: OrderKey, *, by: int | None = None) -> None:
        """Ask to cancel; OrderChanged or CancelRefused answers. `by` is the asking client, None = the key's own."""
        ...

    def cancel_all(self) -> None:
        """Cancel every working order of every client."""
        ...

    def order(self, key: OrderKey) -> OrderSnapshot | None:
        """Return one order, working or closed in this or the last venue day."""
        ...

    def open_orders(self) -> tuple[OrderSnapshot, ...]:
        """Return working orders of all clients, oldest first."""
        ...

    def completed_orders(self) -> tuple[OrderSnapshot, ...]:
        """Return orders closed in this or the last venue day, oldest first."""
        ...

    # books ----------------------------------------------------------------------------------------------------------

    def executions(self, *, since: datetime | None = None) -> tuple[Fill, ...]:
        """Return executions of this and the last venue day, oldest first, with commission and realised P&L."""
        ...

    def positions(self) -> tuple[VenuePosition, ...]:
        """Return positions that are not zero."""
        ...

    def account_values(self) -> AccountValues:
        """Return account values at the prices of now."""
        ...

    # market ---------------------------------------------------------------------------------------------------------

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All contracts listed now: stocks, and two quarterly months of each future."""
        ...

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return one contract, expired futures included; None when there never was one."""
        ...

    def find(self, symbol: str, sec_type: SecType, *, expiry: str = "") -> tuple[Instrument, ...]:
        """Look up listed contracts; `expiry` is YYYYMM, YYYYMMDD or empty for all, nearest first."""
        ...

    def quote(self, instrument_id: InstrumentId) -> Quote:
        """Return the quote of now; it changes four times a second. Raises KeyError for an unknown id."""
        ...

    def quotes_changed(self, instrument_ids: Iterable[InstrumentId], *, since: datetime) -> tuple[Quote, ...]:
        """Return the quotes whose `as_of` lies after a time."""
        ...

    def bars(
        self, instrument_id: InstrumentId, *, seconds: int, count: int, end: datetime | None = None
    ) -> tuple[Bar, ...]:
        """Return the last `count` trade bars that start before `end` (default now), oldest first.

        The newest may still run: it holds what traded until now. Bars begin at whole multiples of `seconds` UTC;
        those of 86400 begin with the venue day, 17:00 New York. Raises KeyError, and ValueError for seconds < 1.
        """
        ...
