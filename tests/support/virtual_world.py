"""Gateway, adapter and engine in one virtual loop, talking TCP: what hours of faults are run in (D32)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from qe_dashboard.broker.ibkr.broker import IbkrBroker
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.core.backoff import Backoff
from qe_dashboard.core.ids import SequenceIds
from qe_dashboard.core.supervisor import Supervisor
from qe_dashboard.engine.connection_desk import ConnectionSettings
from qe_dashboard.engine.engine import Engine, EngineConfig
from qe_dashboard.engine.facade import ConnectionRequest, EngineClient, OrderRequest
from qe_dashboard.engine.health_views import HealthView
from qe_dashboard.engine.maintenance import Schedule
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.views import CommandResult, Delta, StatusView, Topic
from qe_dashboard.gateway_sim.control import Control
from qe_dashboard.gateway_sim.doors import Doors
from qe_dashboard.gateway_sim.faults import Faults
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.model.enums import OrderSide, OrderType, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.risk.limits import RiskLimits
from qe_dashboard.sim_venue.venue import STARTING_CASH, Venue, VenueConfig
from support.engine_world import KeptSettings
from support.memory_journal import MemoryJournal
from support.risk_world import LIMITS
from support.shipped_codes import shipped_codes
from support.virtual_loop import LoopClock

ACCOUNT = AccountId("DU1234567")


class VirtualWorld:
    """One gateway with a venue, one engine over the real adapter; the control speaks to the gateway."""

    def __init__(
        self,
        clock: LoopClock,
        *,
        watchlist: tuple[str, ...] = ("AAPL", "MSFT", "MNQ"),
        limits: RiskLimits = LIMITS,
        seed: int = 7,
        begin: tuple[str, ...] = (),
        is_shut: bool = False,
        host: str = "127.0.0.1",
        port: int | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        """`begin` are faults from the start; with `is_shut` nothing listens; `port` is another address to call."""
        self.clock = clock
        self.seed = seed
        self._begin = begin
        self._is_shut = is_shut
        self._host = host
        self._port = port
        self._schedule = Schedule() if schedule is None else schedule
        self.venue = Venue.create(
            seed=seed,
            account=ACCOUNT,
            now=clock.now(),
            starting_cash=STARTING_CASH,
            epoch=1,
            config=VenueConfig(),
        )
        self.gateway = Gateway(
            venue=self.venue,
            clock=clock,
            faults=Faults(),
            save=lambda venue: None,
            on_order_read=lambda: None,
            latency=timedelta(milliseconds=20),
        )
        self._control = Control(self.gateway)
        self.ids_called: list[int] = []
        """The client ids that came in, in order, whether they were let in or not."""
        self.gateway.on_client(self.ids_called.append)
        self._doors = Doors(self.gateway, host="127.0.0.1", port=0)
        self.journal = MemoryJournal()
        self._limits = limits
        self._watchlist = watchlist
        self.engine: Engine | None = None
        self.status_seen: list[StatusView] = []

    async def start(self) -> None:
        address = await self._doors.open()
        self.gateway.start()
        for line in self._begin:
            self.fault(line)
        if self._is_shut:
            self._doors.shut()
        rng = random.Random(self.seed)
        config = self.config(int(address.rpartition(":")[2]) if self._port is None else self._port)
        request = ConnectionRequest(config.host, config.port, config.client_id, config.order_client_id)
        self.broker = IbkrBroker(
            clock=self.clock,
            config=config,
            rng=rng,
            codes=shipped_codes(),
        )
        self.supervisor = Supervisor(self.clock, lambda: Backoff(first=0.5, cap=30.0, rng=rng))
        self.engine = Engine(
            EngineConfig(
                Profile.IBKR_PAPER,
                self._limits,
                self._watchlist,
                "1.2.3",
                ConnectionSettings(request, schedule=self._schedule),
            ),
            clock=self.clock,
            ids=SequenceIds("V"),
            broker=self.broker,
            journal=self.journal,
            reader=self.journal,
            settings=KeptSettings(),
            supervisor=self.supervisor,
            halt_file=lambda: False,
        )
        self.client = self.engine.client
        self.engine.start()

    def config(self, port: int) -> IbkrConfig:
        """The shipped intervals: time costs nothing here."""
        return IbkrConfig(
            profile=Profile.IBKR_PAPER, host=self._host, port=port, client_id=1, order_client_id=2
        )

    async def stop(self) -> None:
        assert self.engine is not None
        await self.engine.stop()
        self._doors.shut()
        self.gateway.stop()
        await asyncio.sleep(0)

    def fault(self, line: str) -> None:
        """Fire a fault at the gateway; one it refuses is a mistake of the test."""
        answer = self._control.execute(line)
        assert answer.startswith("ok"), f"{line}: {answer}"

    # what the venue and the gateway know, for comparing

    def venue_orders(self) -> dict[str, int]:
        """How many orders the venue was ever sent under each orderRef."""
        refs: dict[str, int] = {}
        for order in (*self.venue.open_orders(), *self.venue.completed_orders()):
            refs[order.order_ref] = refs.get(order.order_ref, 0) + 1
        return refs

    def lines_served(self) -> Counter[str]:
        """How often each instrument's quotes are subscribed at the gateway: never more than once."""
        return Counter(line.instrument.id for line in self.gateway._quotes._lines.values())

    def sessions_served(self) -> int:
        return len(self.gateway._sessions)

    async def bid_for_one(self, symbol: str = "AAPL") -> CommandResult:
        """Ask for one share far below the market: no check of prices stands in the way of such an order."""
        request = OrderRequest(symbol, OrderSide.BUY, Decimal(1), OrderType.LIMIT, limit_price=Decimal(100))
        preview = await self.client.preview_order(request)
        return await self.client.confirm(preview.token, accepted=preview.asks)

    async def buy_one(self, symbol: str = "AAPL") -> CommandResult:
        """Ask for one share at market the way every front end does: preview, then yes."""
        request = OrderRequest(symbol, OrderSide.BUY, Decimal(1), OrderType.MARKET)
        preview = await self.client.preview_order(request)
        return await self.client.confirm(preview.token, accepted=preview.asks)

    def open_doors(self) -> None:
        """Let the gateway listen (again)."""
        self._doors.move(True)

    @property
    def parts(self) -> Parts:
        assert self.engine is not None
        return self.engine._parts

    def status(self) -> StatusView:
        delta = self._drain(Topic.STATUS)
        view = delta.rows[0].view
        assert isinstance(view, StatusView)
        return replace(view)

    def health(self) -> HealthView:
        view = self._drain(Topic.HEALTH).rows[0].view
        assert isinstance(view, HealthView)
        return view

    async def until(self, holds: Callable[[], bool], what: str, *, seconds: float) -> float:
        """Let virtual time pass until something holds; return the seconds it took."""
        began = self.clock.monotonic()
        while not holds():
            took = self.clock.monotonic() - began
            assert took < seconds, f"{what}: not within {seconds:g} s; {self.words()}"
            await self.clock.sleep(0.25)
        return self.clock.monotonic() - began

    def words(self) -> str:
        """Say where things stand, for a failed assertion."""
        status = self.status()
        links = ", ".join(f"{link.name} {link.state} ({link.reason})" for link in status.links)
        return f"can trade {status.can_trade}: {status.cannot_trade_because}; {links}"

    def _drain(self, topic: Topic) -> Delta:
        feed = self.client.watch(topic)
        try:
            delta = feed.drain()
        finally:
            feed.close()
        assert delta is not None
        return delta


class WorldHost:
    """The `EngineHost` of a virtual world, for the real app."""

    def __init__(self, world: VirtualWorld) -> None:
        self._world = world

    async def start(self) -> EngineClient:
        await self._world.start()
        return self._world.client

    async def stop(self) -> str:
        await self._world.stop()
        return ""
