"""The ibkr adapter in front of a scripted gateway in the same loop, with everything it says recorded."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

from qe_dashboard.broker.ibkr.broker import IbkrBroker
from qe_dashboard.broker.ibkr.code_book import CodeBook
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.broker.ibkr.contracts import instrument_from_row
from qe_dashboard.broker.port import PlaceOrder
from qe_dashboard.core.clock import SystemClock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.model.enums import LinkName, LinkState, OrderSide, OrderType, Profile
from qe_dashboard.model.identifiers import AccountId, IntentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.order import OrderSpec
from support.broker_harness import RecordedEvents
from support.ibkr_rows import raw_contract
from support.scripted_gateway import Peer, ScriptedGateway, scripted_gateway
from support.shipped_codes import shipped_codes

DATA_CLIENT, ORDER_CLIENT = 1, 2
PATIENCE_S = 10.0


class Rig:
    """A broker, its gateway and its events."""

    def __init__(self, gateway: ScriptedGateway, config: IbkrConfig, codes: CodeBook) -> None:
        self.gateway = gateway
        self.events = RecordedEvents()
        self.broker = IbkrBroker(clock=SystemClock(), config=config, codes=codes, rng=random.Random(7))
        self.instrument = instrument_from_row(raw_contract())

    @property
    def data(self) -> Peer:
        """Return the data link's latest connection, seen from the gateway."""
        return self.gateway.peer(DATA_CLIENT)

    @property
    def order(self) -> Peer:
        """Return the order link's latest connection."""
        return self.gateway.peer(ORDER_CLIENT)

    def state(self, name: LinkName) -> LinkState:
        """Return a link's present state."""
        return next(status.state for status in self.broker.links() if status.name is name)

    def start(self) -> None:
        """Start the broker."""
        self.broker.start(self.events)

    async def ready(self) -> None:
        """Start the broker and wait for both links."""
        self.start()
        await self.ready_again()

    async def ready_again(self) -> None:
        """Wait for both links."""
        await self.until(lambda: all(status.is_up for status in self.broker.links()), "both links are READY")

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for events until a condition holds."""

        async def wait() -> None:
            while not holds():
                await self.events.next_event()

        await self._patiently(wait(), what)

    async def until_heard(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for messages at the gateway until a condition holds."""

        async def wait() -> None:
            while not holds():
                self.gateway.heard.clear()
                await self.gateway.heard.wait()

        await self._patiently(wait(), what)

    async def _patiently(self, waiting: Awaitable[None], what: str) -> None:
        try:
            await deadline(SystemClock(), waiting, PATIENCE_S)
        except DeadlineExpired:
            raise AssertionError(
                f"never came true: {what}; {self.events.log[-20:]} {self.broker.links()}"
            ) from None

    def limit_order(
        self, key: OrderKey, *, price: str = "233.33", instrument: Instrument | None = None
    ) -> PlaceOrder:
        """Build BUY 100 AAPL at a limit."""
        about = instrument if instrument is not None else self.instrument
        spec = OrderSpec(about.id, OrderSide.BUY, Decimal(100), OrderType.LIMIT, limit_price=Decimal(price))
        return PlaceOrder(key, IntentId("abc"), "QE:abc", AccountId("DU1234567"), about, spec)


@asynccontextmanager
async def rig(*, codes: CodeBook | None = None, **changes: object) -> AsyncIterator[Rig]:
    """Run an adapter against a scripted gateway for a block; deadlines are short, behaviour is real."""
    async with scripted_gateway() as gateway:
        config = IbkrConfig(
            profile=Profile.IBKR_PAPER,
            host="127.0.0.1",
            port=gateway.port,
            client_id=DATA_CLIENT,
            order_client_id=ORDER_CLIENT,
            connect_timeout_s=5.0,
            request_timeout_s=2.0,
            retry_min_s=0.05,
            retry_max_s=0.1,
        )
        one = Rig(gateway, replace(config, **changes), codes or shipped_codes())  # type: ignore[arg-type]
        try:
            yield one
        finally:
            await one.broker.close()
