"""The broker port over two links to TWS or Gateway: what connects the parts, and decides which link does what (D21)."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import Any

from qe_dashboard.broker.ibkr.code_book import CodeBook
from qe_dashboard.broker.ibkr.codes import (
    READ_ONLY,
    READ_ONLY_MEANS,
    READ_ONLY_PRESS,
    READ_ONLY_SIGN,
    TOO_FAST,
)
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.broker.ibkr.data_side import DataSide
from qe_dashboard.broker.ibkr.executions import Executions
from qe_dashboard.broker.ibkr.ib_lib import IbSession, listen
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.notices import Notices
from qe_dashboard.broker.ibkr.order_desk import OrderDesk
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.sessions import Sessions
from qe_dashboard.broker.ibkr.upstream import Upstream
from qe_dashboard.broker.port import (
    BrokerCapabilities,
    BrokerError,
    BrokerEvents,
    InstrumentQuery,
    PlaceOrder,
)
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import BrokerHealth, ConnectionTarget
from qe_dashboard.model.enums import DataTier, LinkName
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Maybe, Unknown
from qe_dashboard.model.market_data import Bar
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import LinkStatus, OrderReport, Position


class IbkrBroker:  # size: one class implements the whole broker port
    """Interactive Brokers. Construct it idle; `start` connects in the background and needs a running loop."""

    def __init__(self, *, clock: Clock, config: IbkrConfig, codes: CodeBook, rng: random.Random) -> None:
        self._config = config
        self._outlet = outlet = Outlet()
        self._catalogue = catalogue = Catalogue()
        self._sessions = sessions = Sessions(clock=clock, config=config, rng=rng, outlet=outlet)
        self._upstream = upstream = Upstream(clock=clock, outlet=outlet)
        self._executions = executions = Executions(clock=clock, outlet=outlet, catalogue=catalogue)
        self._data = data = DataSide(
            clock=clock,
            outlet=outlet,
            catalogue=catalogue,
            upstream=upstream,
            executions=executions,
            config=config,
        )
        self._desk = OrderDesk(
            clock=clock,
            outlet=outlet,
            catalogue=catalogue,
            link=sessions.order_link,
            upstream=upstream,
            executions=executions,
            client_id=config.order_client_id,
            codes=codes,
        )
        self._notices = Notices(
            clock=clock,
            outlet=outlet,
            quotes=data.quotes,
            bars=data.bars,
            desk=self._desk,
            codes=codes,
            account_taken=data.account_taken,
        )
        sessions.sides = {LinkName.DATA: data, LinkName.ORDER: self._desk}
        sessions.hear = self._hear
        sessions.none_left = self._no_link
        sessions.aim = self._aim

    @property
    def capabilities(self) -> BrokerCapabilities:
        """Return what differs between venues."""
        return BrokerCapabilities("Interactive Brokers", is_simulated=False, price_tier=DataTier.LIVE)

    # life -----------------------------------------------------------------------------------------------------------

    def start(self, events: BrokerEvents) -> None:
        """Begin connecting; return at once."""
        self._outlet.open(events)
        self._notices.say_problem()
        self._sessions.start()

    async def close(self) -> None:
        """Emit nothing any more and disconnect; bounded: 1.5 s for cancels that wait, a second for the links."""
        await self._desk.cancels_sent()
        self._outlet.shut()
        await self._sessions.close()

    async def reconnect(self) -> None:
        """Drop both links and try again now."""
        await self._sessions.reconnect()

    def authorise_orders(self, account: AccountId) -> None:
        """Open the order link of a live session. Raises BrokerError when the id is not the account's (D19)."""
        self._sessions.authorise(account)

    async def reconfigure(self, target: ConnectionTarget) -> None:
        """End both links and connect to another address, or with other ids. Raises BrokerError, with nothing changed.

        What was typed or bound for the old address counts no more (D19).
        """
        try:
            config = replace(
                self._config,
                host=target.host,
                port=target.port,
                client_id=target.client_id,
                order_client_id=target.order_client_id,
                account=target.account,
            )
        except ValueError as error:
            raise BrokerError(f"The connection was not changed: {error}") from error
        self._config = config
        await self._sessions.reconfigure(config)

    def health(self) -> BrokerHealth:
        """Return how the connection fares beside the links' states."""
        data, sessions = self._data, self._sessions
        return BrokerHealth(
            farms=data.farms.all(),
            lines=data.watch.statuses(),
            restoration=data.watch.restoration,
            meters=(
                sessions.data_link.pacer.meter("data link"),
                sessions.order_link.pacer.meter("order link"),
                *data.meters(),
            ),
            read_only=self._desk.read_only,
            next_order_id=self._desk.next_order_id,
            competing_session=data.care.competing,
        )

    def links(self) -> tuple[LinkStatus, ...]:
        """Return the present state of each link."""
        return (self._sessions.data_link.status, self._sessions.order_link.status)

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
        """Ask to cancel an order of this order link, ahead of all else. Raises NotSent when the link is down."""
        self._desk.cancel(key)

    # books ----------------------------------------------------------------------------------------------------------

    async def positions(self) -> Maybe[tuple[Position, ...]]:
        """Read the position book afresh, over the data link."""
        return await self._data.positions.read()

    async def open_orders(self) -> Maybe[tuple[OrderReport, ...]]:
        """Read open orders of all clients, over the data link (D21)."""
        return await self._data.open_orders.read()

    async def executions(self, *, since: datetime | None = None) -> Maybe[tuple[Fill, ...]]:
        """Read the day's executions over the order link, which placed the orders (R42), else over the data link."""
        askers, identity = self._sessions.askers, self._sessions.identity
        asker = askers.get(LinkName.ORDER) or askers.get(LinkName.DATA)
        if asker is None or identity is None:
            return Unknown(f"both links are down ({self._sessions.data_link.status.reason})")
        return await self._executions.read(asker, identity.account, since=since)

    # data -----------------------------------------------------------------------------------------------------------

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return a contract this session has met."""
        return self._catalogue.by_id(instrument_id)

    async def find_instruments(self, query: InstrumentQuery) -> tuple[Instrument, ...]:
        """Look contracts up. Raises RequestFailed when the answer is not known."""
        return await self._catalogue.find(query)

    def want_quotes(self, instrument: Instrument) -> None:
        """Keep a quote line open."""
        self._data.quotes.want(instrument)

    def release_quotes(self, instrument: Instrument) -> None:
        """Close a quote line."""
        self._data.quotes.release(instrument)

    async def history(self, instrument: Instrument, *, bar_seconds: int, count: int) -> tuple[Bar, ...]:
        """Read the latest bars. Raises RequestFailed."""
        return await self._data.history.chart(instrument, bar_seconds=bar_seconds, count=count)

    def want_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Keep a running bar line open."""
        self._data.bars.want(instrument, bar_seconds=bar_seconds)

    def release_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        """Close a running bar line."""
        self._data.bars.release(instrument, bar_seconds=bar_seconds)

    # what the gateway says ------------------------------------------------------------------------------------------

    def _hear(self, name: LinkName, session: IbSession) -> None:
        self._notices.session_opened()
        number = self._upstream.session_opened()

        def on_error(req_id: int, code: int, text: str, contract: Any) -> None:
            # About the gateway itself the data link speaks, while there is one: both would say the same.
            speaks = name is LinkName.DATA or LinkName.DATA not in self._sessions.askers
            if code == TOO_FAST:
                self._sessions.slow_down(name)
                return
            if code == READ_ONLY and READ_ONLY_SIGN in text.casefold():
                self._desk.read_only = True
                if asker := self._sessions.askers.get(name):
                    asker.refuse_orders(code, f"{READ_ONLY_MEANS} {READ_ONLY_PRESS}")
            # But that IBKR was lost counts from either link: the data link may hang.
            is_news = req_id <= 0 and self._upstream.on_code(name, number, code, text, speaks=speaks)
            if speaks or is_news:
                self._data.on_notice(code, text)
            self._notices.on_error(name, req_id, code, text, contract, speaks_for_gateway=speaks or is_news)

        listen(session.ib.errorEvent, on_error)

    def _no_link(self) -> None:
        self._upstream.on_no_link()
        self._data.farms.forget()
        self._desk.read_only = None

    def _aim(self, config: IbkrConfig) -> None:
        self._upstream.forget()
        self._desk.aim(config.order_client_id)
        self._data.open_orders.aim(config.order_client_id)
