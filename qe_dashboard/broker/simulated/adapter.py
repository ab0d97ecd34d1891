"""`SimulatedBroker`: the broker port over the simulated venue, without a network."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal

from qe_dashboard.broker.port import (
    BrokerCapabilities,
    BrokerError,
    BrokerEvents,
    InstrumentQuery,
    NotSent,
    PlaceOrder,
    RequestFailed,
)
from qe_dashboard.broker.simulated.links import BOTH, ORDER_CLIENT_ID
from qe_dashboard.broker.simulated.reports import order_report
from qe_dashboard.broker.simulated.session import VenueSession
from qe_dashboard.broker.simulated.store import VenueStore
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import BrokerHealth, ConnectionTarget
from qe_dashboard.model.enums import DataTier, LinkName
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.market_data import Bar
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import LinkStatus, OrderReport, Position
from qe_dashboard.sim_venue.events import NewOrder
from qe_dashboard.sim_venue.market import DAY_SECONDS
from qe_dashboard.sim_venue.terms import VenueTerms
from qe_dashboard.sim_venue.universe import CURRENCY
from qe_dashboard.sim_venue.venue import DEFAULT_CONFIG, STARTING_CASH, Venue, VenueConfig

_DAYS_AT_ONCE = 20
_BARS_AT_ONCE = 200

_CAPABILITIES = BrokerCapabilities(name="Simulated venue", is_simulated=True, price_tier=DataTier.SIMULATED)


class SimulatedBroker:  # size: one class implements the whole broker port
    """A venue that needs no account. Its state lives in `store` and survives restarts (D28)."""

    def __init__(
        self,
        *,
        clock: Clock,
        seed: int,
        store: VenueStore,
        starting_cash: Decimal = STARTING_CASH,
        config: VenueConfig = DEFAULT_CONFIG,
    ) -> None:
        self._clock = clock
        self._session = VenueSession(
            clock=clock, seed=seed, store=store, starting_cash=starting_cash, config=config
        )
        self._reserved = 0

    @property
    def capabilities(self) -> BrokerCapabilities:
        return _CAPABILITIES

    def start(self, events: BrokerEvents) -> None:
        """Open the venue in the background and keep it running; report everything to `events`."""
        self._session.start(events)

    async def close(self) -> None:
        """Save and stop; emit nothing afterwards."""
        await self._session.close()

    async def reconnect(self) -> None:
        """Drop both links and bring them up again; a venue that could not be opened is tried once more."""
        self._session.lose(BOTH, "reconnecting as asked")
        await self._session.connect()

    def authorise_orders(self, account: AccountId) -> None:
        """Nothing to open: no money is at stake here, so the order link never waits for a typed account."""

    def links(self) -> tuple[LinkStatus, ...]:
        return self._session.links.all()

    async def reconfigure(self, target: ConnectionTarget) -> None:
        """Refuse: the bundled venue is inside this program. Raises BrokerError."""
        raise BrokerError(
            "The simulated venue is part of this program and has no address to change. Set `broker` to ibkr-paper or"
            " ibkr-live, then start again."
        )

    def health(self) -> BrokerHealth:
        """Return how the lines fare; nothing here has farms or budgets."""
        venue = self._session.venue
        return BrokerHealth(
            lines=() if venue is None else self._session.lines.health(venue, now=self._clock.now()),
            read_only=None if venue is None else False,
            next_order_id=None if venue is None else venue.next_valid_id(ORDER_CLIENT_ID),
        )

    def lose_link(self, *names: LinkName) -> None:
        """Cut links (none named: both) as a broken line would, until `restore_link` or `reconnect`."""
        self._session.lose(names or BOTH, "the link was cut; orders at the venue go on working")

    async def restore_link(self, *names: LinkName) -> None:
        """Bring cut links (none named: both) up again."""
        await self._session.connect(names or BOTH)

    # orders ---------------------------------------------------------------------------------------------------------

    def reserve_key(self, *, above: int) -> OrderKey:
        """Take the next order id. Raises NotSent when the order link is down."""
        next_valid = self._order_venue().next_valid_id(ORDER_CLIENT_ID)
        self._reserved = max(next_valid, above + 1, self._reserved + 1)
        return OrderKey(ORDER_CLIENT_ID, self._reserved)

    def place(self, order: PlaceOrder) -> None:
        """Send a new order. Raises NotSent when the order link is down."""
        self._order_venue().place(_sent(order))
        self._session.command_sent()

    def modify(self, order: PlaceOrder) -> None:
        """Send new terms. Raises NotSent when the order link is down."""
        self._order_venue().modify(_sent(order))
        self._session.command_sent()

    def cancel(self, key: OrderKey) -> None:
        """Ask to cancel. Raises NotSent when the order link is down."""
        self._order_venue().cancel(key, by=ORDER_CLIENT_ID)
        self._session.command_sent()

    # books ----------------------------------------------------------------------------------------------------------

    async def positions(self) -> Maybe[tuple[Position, ...]]:
        """Read the position book."""
        self._session.tick()
        return self._session.positions()

    async def open_orders(self) -> Maybe[tuple[OrderReport, ...]]:
        """Read the open orders of all clients."""
        self._session.tick()
        venue = self._session.venue
        if venue is None or not self._session.links.is_up(LinkName.DATA):
            return Unknown(self._session.links.reason(LinkName.DATA))
        return Known(tuple(order_report(order) for order in venue.open_orders()), self._clock.now())

    async def executions(self, *, since: datetime | None = None) -> Maybe[tuple[Fill, ...]]:
        """Read executions of this and the last venue day, with their commissions."""
        self._session.tick()
        venue = self._session.venue
        if venue is None or not self._session.links.is_up(LinkName.ORDER):
            return Unknown(self._session.links.reason(LinkName.ORDER))
        return Known(venue.executions(since=since), self._clock.now())

    # data -----------------------------------------------------------------------------------------------------------

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return a contract of the venue."""
        venue = self._session.venue
        return None if venue is None else venue.instrument(instrument_id)

    async def find_instruments(self, query: InstrumentQuery) -> tuple[Instrument, ...]:
        """Look up contracts. Raises RequestFailed when the data link is down."""
        venue = self._data_venue(f"{query.symbol} could not be looked up")
        if query.currency != CURRENCY:
            return ()
        return venue.find(query.symbol, query.sec_type, expiry=query.expiry)

    def want_quotes(self, instrument: Instrument) -> None:
        self._session.lines.want_quotes(instrument.id)

    def release_quotes(self, instrument: Instrument) -> None:
        self._session.lines.release_quotes(instrument.id)

    async def history(self, instrument: Instrument, *, bar_seconds: int, count: int) -> tuple[Bar, ...]:
        """Read the latest bars. Raises RequestFailed when the data link is down or there is no such contract."""
        failed = f"the history of {instrument.label} could not be read"
        venue = self._data_venue(failed)
        venue.advance(self._clock.now())
        # In slices of about 10 ms, or a year of days would stop the screen for a fifth of a second.
        slice_of = _DAYS_AT_ONCE if bar_seconds >= DAY_SECONDS else _BARS_AT_ONCE
        bars: tuple[Bar, ...] = ()
        while len(bars) < count:
            end = bars[0].start if bars else None
            try:
                some = min(slice_of, count - len(bars))
                bars = venue.bars(instrument.id, seconds=bar_seconds, count=some, end=end) + bars
            except (KeyError, ValueError) as error:
                raise RequestFailed(f"{failed}: {error.args[0]}") from error
            await asyncio.sleep(0)
        return bars

    def want_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        self._session.lines.want_bars((instrument.id, bar_seconds))

    def release_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        self._session.lines.release_bars((instrument.id, bar_seconds))

    def _order_venue(self) -> Venue:
        """Return the venue moved to now, or raise NotSent."""
        venue = self._session.venue
        if venue is None or not self._session.links.is_up(LinkName.ORDER):
            reason = self._session.links.reason(LinkName.ORDER)
            raise NotSent(f"Nothing was sent: the order link is down ({reason}). Reconnect, then try again.")
        venue.advance(self._clock.now())
        return venue

    def _data_venue(self, failed: str) -> Venue:
        venue = self._session.venue
        if venue is None or not self._session.links.is_up(LinkName.DATA):
            reason = self._session.links.reason(LinkName.DATA)
            raise RequestFailed(f"{failed}: the data link is down ({reason}). Reconnect, then try again.")
        return venue


def _sent(order: PlaceOrder) -> NewOrder:
    return NewOrder(
        key=order.key, account=order.account, order_ref=order.order_ref, terms=VenueTerms.of(order.spec)
    )
