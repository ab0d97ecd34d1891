"""The real engine over a scripted broker and a journal in memory, time by hand."""

from __future__ import annotations

import random
from collections.abc import Callable

from qe_dashboard.broker.port import ConnectionProber
from qe_dashboard.core.backoff import Backoff
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.core.ids import SequenceIds
from qe_dashboard.core.log_ring import LogRing
from qe_dashboard.core.supervisor import Supervisor
from qe_dashboard.engine.connection_desk import ConnectionSettings
from qe_dashboard.engine.engine import Engine, EngineConfig
from qe_dashboard.engine.facade import ConnectionRequest, EngineClient
from qe_dashboard.engine.health_views import HealthView
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.settings_port import SettingsService
from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.views import CommandResult, Delta, ResultKind, StatusView, Topic
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Known
from qe_dashboard.model.order import Order
from qe_dashboard.risk.limits import RiskLimits
from support.memory_journal import MemoryJournal
from support.order_bench import account_state, start_with
from support.risk_world import ACCOUNT, LIMITS
from support.scripted_broker import ScriptedBroker, Wire, quote


class KeptSettings:
    """A settings service that keeps what it is told."""

    def __init__(self) -> None:
        self.watchlist: tuple[str, ...] | None = None
        self.written: list[tuple[str, str]] = []
        self.connections: list[ConnectionRequest] = []
        self.on_connection: Callable[[ConnectionRequest], None] = lambda request: None
        """What stands in for the watcher: called after the write."""
        self.refusal: str | None = None

    async def view(self) -> SettingsView:
        return SettingsView("settings.toml", (), ())

    async def write(self, key: str, value: str) -> CommandResult:
        self.written.append((key, value))
        return CommandResult(ResultKind.DONE, "saved")

    async def set_watchlist(self, symbols: tuple[str, ...]) -> CommandResult:
        if self.refusal is not None:
            return CommandResult(ResultKind.REFUSED, self.refusal)
        self.watchlist = symbols
        return CommandResult(ResultKind.DONE, "saved")

    async def set_connection(self, profile: Profile, request: ConnectionRequest) -> CommandResult:
        if self.refusal is not None:
            return CommandResult(ResultKind.REFUSED, self.refusal)
        self.connections.append(request)
        self.on_connection(request)
        return CommandResult(ResultKind.DONE, "saved in settings.toml.")


class EngineWorld:
    """One launch of the engine; `restart` is the next launch over the same journal."""

    def __init__(
        self,
        *,
        limits: RiskLimits = LIMITS,
        profile: Profile = Profile.IBKR_PAPER,
        watchlist: tuple[str, ...] = (),
        journal: MemoryJournal | None = None,
        clock: ManualClock | None = None,
        prefix: str = "I",
        connection: ConnectionSettings | None = None,
        prober: ConnectionProber | None = None,
        settings: SettingsService | None = None,
    ) -> None:
        self.clock = clock if clock is not None else ManualClock()
        self.limits = limits
        self.profile = profile
        self.broker = ScriptedBroker(self.clock, is_simulated=profile is Profile.SIM)
        self.journal = journal if journal is not None else MemoryJournal()
        self.broker.trace = self.journal.trace
        self.settings = KeptSettings()
        self.halt_file = False
        self.program_log = LogRing()
        rng = random.Random(1)
        self.engine = Engine(
            EngineConfig(profile, limits, watchlist, "1.2.3", connection),
            clock=self.clock,
            ids=SequenceIds(prefix),
            broker=self.broker,
            journal=self.journal,
            reader=self.journal,
            settings=self.settings if settings is None else settings,
            supervisor=Supervisor(self.clock, lambda: Backoff(first=0.5, cap=30.0, rng=rng)),
            halt_file=lambda: self.halt_file,
            prober=prober,
            program_log=self.program_log,
        )
        self.client: EngineClient = self.engine.client
        self.engine.start()

    @property
    def parts(self) -> Parts:
        return self.engine._parts

    @property
    def kind(self) -> AccountKind:
        return {
            Profile.SIM: AccountKind.SIM,
            Profile.IBKR_PAPER: AccountKind.PAPER,
            Profile.IBKR_LIVE: AccountKind.LIVE,
        }[self.profile]

    async def connect(self, account: AccountId = ACCOUNT) -> None:
        """Connect and let the account be taken up and its books read."""
        self.broker.connect(account, self.kind)
        state = account_state(self.clock, self.kind, account)
        self.broker.heard.on_account(Known(state, self.clock.now()))
        await self.settle()
        self.tick()
        await self.settle()

    def start_with(self, quantity: int) -> None:
        """Make this AAPL position the one that was held when the session began."""
        start_with(self.parts.desk, self.broker, quantity)

    def tick(self, bid: str | None = "99.99", ask: str | None = "100.01") -> None:
        self.broker.heard.on_quote(quote(self.clock, bid, ask))

    async def settle(self) -> None:
        await self.clock.advance_async(0)

    async def restart(self, *, prefix: str = "J") -> EngineWorld:
        """Kill this launch - nothing is stopped in order - and start the next one on the same journal."""
        self.engine._stopping = True
        for task in tuple(self.engine._tasks):
            task.cancel()
        await self.parts_supervisor_stop()
        return EngineWorld(
            limits=self.limits,
            profile=self.profile,
            journal=self.journal,
            clock=self.clock,
            prefix=prefix,
        )

    async def parts_supervisor_stop(self) -> None:
        await self.engine._supervisor.stop_all(1.0)

    def status(self) -> StatusView:
        return self.engine.status()

    def health(self) -> HealthView:
        """Return F9's view as a front end gets it."""
        view = self.drain(Topic.HEALTH).rows[0].view
        assert isinstance(view, HealthView)
        return view

    def drain(self, topic: Topic, *keys: str) -> Delta:
        """Return a topic whole, as a front end that just opened it gets it."""
        feed = self.client.watch(topic, keys)
        delta = feed.drain()
        feed.close()
        assert delta is not None
        return delta

    @property
    def last(self) -> Wire:
        return self.broker.wire[-1]

    def orders(self) -> list[Order]:
        return list(self.parts.cache.orders.values())

    def words(self) -> list[str]:
        """Return the log as a person reads it."""
        return [getattr(row.view, "text", "") for row in self.drain(Topic.LOG).rows]


async def stop(world: EngineWorld) -> str:
    """End a world in order; time passes for steps that wait. Returns its last words."""
    import asyncio

    task = asyncio.get_running_loop().create_task(world.engine.stop())
    for _ in range(60):
        if task.done():
            break
        await world.clock.advance_async(1)
    return await task
