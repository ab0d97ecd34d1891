"""The broker port over two links to TWS or Gateway (D21): what connects the parts, and decides which link does what."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from qe_dashboard.broker.ibkr.account import AccountBook
from qe_dashboard.broker.ibkr.asking import Asker
from qe_dashboard.broker.ibkr.bars import BarFeed
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.broker.ibkr.executions import Executions
from qe_dashboard.broker.ibkr.ib_lib import IbSession, listen
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.link import Link, SessionRefused
from qe_dashboard.broker.ibkr.market_data import MarketData
from qe_dashboard.broker.ibkr.notices import Notices
from qe_dashboard.broker.ibkr.open_orders import OpenOrders
from qe_dashboard.broker.ibkr.order_desk import OrderDesk
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.positions import PositionBook
from qe_dashboard.broker.ibkr.rounds import Chores
from qe_dashboard.broker.ibkr.upstream import Upstream
from qe_dashboard.broker.port import (
    BrokerCapabilities,
    BrokerError,
    BrokerEvents,
    InstrumentQuery,
    PlaceOrder,
)
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import DataTier, LinkName, Profile
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Maybe, Unknown
from qe_dashboard.model.market_data import Bar
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import Identity, LinkStatus, OrderReport, Position
from qe_dashboard.risk.identity import IdentityRefused, check_identity

log = logging.getLogger(__name__)


class IbkrBroker:
    """Interactive Brokers. Construct it idle; `start` connects in the background and needs a running loop."""

    def __init__(self, *, clock: Clock, config: IbkrConfig, rng: random.Random) -> None:
        self._config = config
        self._identity: Identity | None = None
        self._authorised: AccountId | None = None
        self._askers: dict[LinkName, Asker] = {}
        self._chores = Chores()
        self._outlet = Outlet()
        self._data_link = Link(name=LinkName.DATA, config=config, clock=clock, rng=rng, owner=self)
        self._order_link = Link(name=LinkName.ORDER, config=config, clock=clock, rng=rng, owner=self)
        self._catalogue = Catalogue()
        self._upstream = Upstream(clock=clock, outlet=self._outlet)
        self._positions = PositionBook(clock=clock, outlet=self._outlet, catalogue=self._catalogue)
        self._account = AccountBook(clock=clock, outlet=self._outlet)
        self._open_orders = OpenOrders(
            clock=clock, catalogue=self._catalogue, order_client_id=config.order_client_id
        )
        self._executions = Executions(clock=clock, outlet=self._outlet, catalogue=self._catalogue)
        self._quotes = MarketData(clock=clock, outlet=self._outlet)
        self._bars = BarFeed(clock=clock, outlet=self._outlet)
        self._desk = OrderDesk(
            clock=clock,
            outlet=self._outlet,
            catalogue=self._catalogue,
            link=self._order_link,
            upstream=self._upstream,
            client_id=config.order_client_id,
        )
        self._notices = Notices(
            clock=clock,
            outlet=self._outlet,
            upstream=self._upstream,
            quotes=self._quotes,
            bars=self._bars,
            desk=self._desk,
            account_taken=lambda: self._chores.spawn(self._account.subscribe()),
        )
        self._catalogue.on_resolved = self._positions.changed

    @property
    def capabilities(self) -> BrokerCapabilities:
        """Return what differs between venues."""
        return BrokerCapabilities("Interactive Brokers", is_simulated=False, price_tier=DataTier.LIVE)

    # life -----------------------------------------------------------------------------------------------------------

    def start(self, events: BrokerEvents) -> None:
        """Begin connecting the data link; the order link follows once the account is known and orders are allowed."""
        self._outlet.open(events)
        self._data_link.start()

    async def close(self) -> None:
        """Emit nothing any more, disconnect both links; bounded by their closing time of about a second."""
        self._outlet.shut()
        self._chores.cancel()
        await asyncio.gather(self._data_link.stop("closed"), self._order_link.stop("closed"))

    async def reconnect(self) -> None:
        """Drop both links and try again now."""
        restarts = [self._data_link.restart("reconnecting")]
        if self._order_link.is_running:
            restarts.append(self._order_link.restart("reconnecting"))
        await asyncio.gather(*restarts)

    def authorise_orders(self, account: AccountId) -> None:
        """Open the order link of a live session. Raises BrokerError when the id is not the account's (D19)."""
        if self._identity is None or account != self._identity.account:
            found = "none yet" if self._identity is None else self._identity.account
            raise BrokerError(
                f"Orders stay off: {account!r} was typed, the connected account is {found}. Type its full id."
            )
        self._authorised = account
        self._open_order_link()

    def links(self) -> tuple[LinkStatus, ...]:
        """Return the present state of each link."""
        return (self._data_link.status, self._order_link.status)

    # what the links ask and tell (LinkOwner) ------------------------------------------------------------------------

    def link_changed(self, status: LinkStatus) -> None:
        """Pass a link's change on."""
        self._outlet.on_link(status)

    def check_session(self, name: LinkName, session: IbSession) -> None:
        """Judge the account before anything about orders is asked (D18). Raises SessionRefused."""
        known = self._identity.account if self._identity is not None else AccountId("")
        verdict = check_identity(
            profile=self._config.profile,
            # The first account found binds the rest of this process: a gateway must not swap it under open orders.
            bound_account=AccountId(self._config.account) or known,
            found=tuple(AccountId(account) for account in session.accounts()),
        )
        if isinstance(verdict, IdentityRefused):
            other = self._order_link if name is LinkName.DATA else self._data_link
            self._chores.spawn(other.stop(verdict.reason))
            self._outlet.on_identity_refused(verdict.reason, verdict.accounts)
            raise SessionRefused(verdict.reason)
        self._identity = verdict
        if name is LinkName.DATA:
            self._outlet.on_identity(verdict)
            self._open_order_link()

    async def sync_session(self, name: LinkName, asker: Asker) -> None:
        """Attach the parts this link serves and read their books."""
        assert self._identity is not None  # check_session ran first
        self._askers[name] = asker
        listen(asker.session.ib.errorEvent, self._error_handler(name))
        if name is LinkName.DATA:
            await self._sync_data(asker, self._identity)
        else:
            self._desk.attach(asker)
            self._executions.attach_live(asker, self._identity.account)
            await self._desk.sync(asker)

    def session_lost(self, name: LinkName, reason: str) -> None:
        """Everything that link told is unknown from now."""
        self._askers.pop(name, None)
        if name is LinkName.DATA:
            self._catalogue.detach()
            self._positions.detach(reason)
            self._account.detach(reason)
            self._open_orders.detach(reason)
            self._quotes.detach()
            self._bars.detach()
        if not self._askers:
            self._upstream.on_no_link()

    async def _sync_data(self, asker: Asker, identity: Identity) -> None:
        self._catalogue.attach(asker)
        self._positions.attach(asker, identity.account)
        self._account.attach(asker, identity)
        self._open_orders.attach(asker, identity.account)
        self._executions.watch_decoding(asker)
        book, _ = await asyncio.gather(self._positions.read(), self._account.subscribe())
        self._quotes.attach(asker)
        self._bars.attach(asker)
        if not isinstance(book, Unknown):
            self._upstream.on_books_read()

    def _open_order_link(self) -> None:
        live = self._config.profile is Profile.IBKR_LIVE
        account = None if self._identity is None else self._identity.account
        if account is not None and (not live or self._authorised == account):
            self._order_link.start()

    def _error_handler(self, name: LinkName) -> Callable[[int, int, str, Any], None]:
        def handle(req_id: int, code: int, text: str, contract: Any) -> None:
            speaks = name is LinkName.DATA or LinkName.DATA not in self._askers
            self._notices.on_error(name, req_id, code, text, contract, speaks_for_gateway=speaks)

        return handle

    # orders ---------------------------------------------------------------------------------------------------------

    def reserve_key(self, *, above: int) -> OrderKey:
        """Take the next order id. Raises NotSent when the order link is down."""
        return self._desk.reserve_key(above=above)

    def place(self, order: PlaceOrder) -> None:
        """Send a new order. Raises NotSent when nothing was written."""
        self._desk.place(order)

    def modify(self, order: PlaceOrder) -> None:
        """Send new terms under the same key. Raises NotSent when nothing was written."""
        self._desk.modify(order)

    def cancel(self, key: OrderKey) -> None:
        """Ask to cancel an order of this order link. Raises NotSent when nothing was written."""
        self._desk.cancel(key)

    # books ----------------------------------------------------------------------------------------------------------

    async def positions(self) -> Maybe[tuple[Position, ...]]:
        """Read the position book afresh, over the data link."""
        return await self._positions.read()

    async def open_orders(self) -> Maybe[tuple[OrderReport, ...]]:
        """Read open orders of all clients, over the data link (D21)."""
        return await self._open_orders.read()

    async def executions(self, *, since: datetime | None = None) -> Maybe[tuple[Fill, ...]]:
        """Read the day's executions over the order link, which placed the orders (R42), else over the data link."""
        asker = self._askers.get(LinkName.ORDER) or self._askers.get(LinkName.DATA)
        if asker is None or self._identity is None:
            return Unknown(f"both links are down ({self._data_link.status.reason})")
        return await self._executions.read(asker, self._identity.account, since=since)

    # data -----------------------------------------------------------------------------------------------------------

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return a contract this session has met."""
        return self._catalogue.by_id(instrument_id)

    async def find_instruments(self, query: InstrumentQuery) -> tuple[Instrument, ...]:
        """Look contracts up. Raises RequestFailed when the answer is not known."""
        return await self._catalogue.find(query)

    def want_quotes(self, instrument: Instrument) -> None:
        """Keep a quote line open."""
        self._quotes.want(instrument)

    def release_quotes(self, instrument: Instrument) -> None:
        """Close a quote line."""
        self._quotes.release(instrument)

    async def history(self, instrument: Instrument, *, bar_seconds: int, count: int) -> tuple[Bar, ...]:
        """Read the latest bars. Raises RequestFailed."""
        return await self._bars.history(instrument, bar_seconds=bar_seconds, count=count)

    def want_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Keep a running bar line open."""
        self._bars.want(instrument, bar_seconds=bar_seconds)

    def release_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Close a running bar line."""
        self._bars.release(instrument, bar_seconds=bar_seconds)
