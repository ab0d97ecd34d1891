"""The engine: builds its parts, starts and stops them in order, owns every long-lived task."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from qe_dashboard.broker.port import Broker, ConnectionProber
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.core.ids import IdSource
from qe_dashboard.core.log_ring import LogRing
from qe_dashboard.core.loop_lag import LoopLag
from qe_dashboard.core.supervisor import Supervisor
from qe_dashboard.engine.bar_lines import BarLines
from qe_dashboard.engine.boards import Boards
from qe_dashboard.engine.checklist import checklist
from qe_dashboard.engine.connection_desk import ConnectionDesk, ConnectionSettings
from qe_dashboard.engine.connectivity import Connectivity
from qe_dashboard.engine.facade import CommandRefused
from qe_dashboard.engine.health import build_health
from qe_dashboard.engine.health_views import HealthView
from qe_dashboard.engine.inbox import Inbox
from qe_dashboard.engine.local_client import LocalClient
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.program_log import ProgramLog
from qe_dashboard.engine.session import Session
from qe_dashboard.engine.session_clock import session_word
from qe_dashboard.engine.settings_port import SettingsService
from qe_dashboard.engine.status import build_status
from qe_dashboard.engine.symbols import Symbols
from qe_dashboard.engine.views import StatusView
from qe_dashboard.engine.watchlist import Watchlist
from qe_dashboard.execution.books import Books
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.flatten import FlattenService
from qe_dashboard.execution.in_flight import InFlight
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.order_service import OrderService
from qe_dashboard.journal.port import JournalReader, JournalWriter
from qe_dashboard.model.enums import Profile, Severity
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.risk.limits import RiskLimits

T = TypeVar("T")

log = logging.getLogger(__name__)

TICK_S = 1.0
STOPPING = "The program is stopping: nothing more is sent. ORDERS of the next session shows how this ended."
STOP_STEP_S = 3.0
"""Each step of stopping is given this long; a hanging venue cannot keep the terminal."""

JOURNAL_STOP_S = 6.0
"""The journal has a deadline of its own, 5 s for a slow disk; cut short, rows already queued would be lost."""


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """What an engine is told at start; plain values only."""

    profile: Profile
    limits: RiskLimits
    watchlist: tuple[str, ...]
    version: str
    connection: ConnectionSettings | None = None
    """None = the profile connects to nothing (sim)."""


class Engine:
    """One trading session: a broker, a journal, and everything between them and a front end."""

    def __init__(
        self,
        config: EngineConfig,
        *,
        clock: Clock,
        ids: IdSource,
        broker: Broker,
        journal: JournalWriter,
        reader: JournalReader,
        settings: SettingsService,
        supervisor: Supervisor,
        halt_file: Callable[[], bool],
        prober: ConnectionProber | None = None,
        program_log: LogRing | None = None,
    ) -> None:
        self._config = config
        self._supervisor = supervisor
        self._lag = LoopLag(clock)
        self._program_log = ProgramLog(LogRing() if program_log is None else program_log)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._parts = self._build(clock, ids, broker, journal, reader, settings, halt_file)
        self._watchlist = Watchlist(self._parts)
        self._bars = BarLines(self._parts)
        self.session = Session(self._parts, watchlist=self._watchlist, bars=self._bars)
        self.connection = ConnectionDesk(
            self._parts,
            config.connection,
            prober=prober,
            on_schedule=lambda schedule: setattr(self._parts.connectivity, "schedule", schedule),
        )
        self._inbox = Inbox(
            self._parts,
            resync=self.session.ask_resync,
            data_up=lambda: self.spawn("open the data lines", self.session.open_lines()),
            found=self.session.found,
        )
        self.client = LocalClient(
            self._parts,
            session=self.session,
            connection=self.connection,
            agreement=self._inbox.agreement,
            watchlist=self._watchlist,
            bars=self._bars,
        )

    def _build(
        self,
        clock: Clock,
        ids: IdSource,
        broker: Broker,
        journal: JournalWriter,
        reader: JournalReader,
        settings: SettingsService,
        halt_file: Callable[[], bool],
    ) -> Parts:
        cache = OrderCache(clock=clock, on_change=lambda old, new: self._inbox.order_changed(old, new))
        desk = Desk(
            clock=clock,
            profile=self._config.profile,
            limits=self._config.limits,
            cache=cache,
            journal_error=lambda: journal.health().error,
            feed_is_simulated=broker.capabilities.is_simulated,
        )
        symbols = Symbols(broker=broker, clock=clock)
        boards = self._build_boards(desk, cache, symbols)
        books = self._build_books(broker, desk, cache, boards)
        in_flight = InFlight(clock=clock, cache=cache, books=books, say=self._say_of_order)
        orders = OrderService(
            clock=clock,
            ids=ids,
            desk=desk,
            cache=cache,
            journal=journal,
            broker=broker,
            on_overdue=self._overdue,
        )
        flatten = self._build_flatten(desk, books, orders, journal)
        return Parts(
            clock=clock,
            broker=broker,
            journal=journal,
            reader=reader,
            desk=desk,
            cache=cache,
            books=books,
            orders=orders,
            in_flight=in_flight,
            flatten=flatten,
            symbols=symbols,
            boards=boards,
            connectivity=self._build_connectivity(broker, desk),
            settings=settings,
            halt_file=halt_file,
            spawn=self.spawn,
            finish=self.finish,
        )

    def _build_flatten(
        self, desk: Desk, books: Books, orders: OrderService, journal: JournalWriter
    ) -> FlattenService:
        return FlattenService(
            clock=desk.clock,
            desk=desk,
            cache=desk.cache,
            books=books,
            orders=orders,
            journal=journal,
            alarm=self._alarm,
            spawn=self.spawn,
        )

    def _build_books(self, broker: Broker, desk: Desk, cache: OrderCache, boards: Boards) -> Books:
        return Books(
            clock=desk.clock,
            broker=broker,
            desk=desk,
            cache=cache,
            on_fill=lambda fill: self._inbox.on_fill(fill),
            on_change=lambda: self._books_changed(boards),
        )

    def _books_changed(self, boards: Boards) -> None:
        boards.touch_books()
        self._inbox.agreement.look()

    def _build_boards(self, desk: Desk, cache: OrderCache, symbols: Symbols) -> Boards:
        return Boards(
            clock=desk.clock,
            desk=desk,
            cache=cache,
            named=symbols.named,
            status=self.status,
            health=self.health,
            program_log=self._program_log,
        )

    def _build_connectivity(self, broker: Broker, desk: Desk) -> Connectivity:
        return Connectivity(
            clock=desk.clock,
            desk=desk,
            health=broker.health,
            target=lambda: self.connection.target,
            on_outage=lambda line: self._inbox.outage(line),
            say=lambda severity, source, text: self._parts.log.say(severity, source, text),
        )

    # life

    def start(self) -> None:
        """Start the session; returns at once, everything else happens in the background."""
        self.session.journal_start(self._config.version)
        self._watchlist.set(self._config.watchlist)
        self._supervisor.start("measure the loop's lag", self._lag.run)
        self._supervisor.start("keep the books fresh", self.session.keep_fresh)
        self._supervisor.start("tick", self._tick)
        self._supervisor.start("housekeeping", self._housekeeping)
        self._parts.broker.start(self._inbox)

    async def stop(self) -> str:
        """Stop in order: tasks, broker, journal; orders at the venue are left as they are.

        Returns what a person must know once the screen is gone: positions that are left without their stop.
        """
        self._stopping = True
        # A stop that was taken away is put back, or its exit is in, before anything is torn down.
        left = await self._secured()
        await self._supervisor.stop_all(STOP_STEP_S)
        await self._bounded("its tasks to stop", self._stop_tasks)
        await self._bounded("the broker to close", self._parts.broker.close)
        await self._bounded("the journal to close", self._parts.journal.close, seconds=JOURNAL_STOP_S)
        return "\n".join(left)

    async def _secured(self) -> tuple[str, ...]:
        try:
            left = await self._parts.flatten.secure()
        except Exception:  # broker and journal are closed all the same, and the person is told to look
            log.exception("while securing the stops that a flatten took away")
            left = (
                "A flatten failed while the program ended: look in TWS whether each position has its stop.",
            )
        for words in left:
            log.critical("%s", words)
        return left

    async def _stop_tasks(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _bounded(
        self, awaited: str, step: Callable[[], Awaitable[None]], *, seconds: float = STOP_STEP_S
    ) -> None:
        try:
            await deadline(self._parts.clock, step(), seconds, awaited=awaited)
        except DeadlineExpired as expired:
            log.error("%s", expired)
        except Exception:  # a step that fails must not keep the journal, which is last, from being written
            log.exception("while waiting for %s", awaited)

    def spawn(self, name: str, coroutine: Coroutine[Any, Any, object]) -> None:
        """Run a one-off engine task; its failure is logged and shown, never lost."""
        if self._stopping:
            coroutine.close()
            return
        task: asyncio.Task[object] = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def finish(self, name: str, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a command to its end as an engine task: Textual cancels what a closed screen awaits, never an order."""
        if self._stopping:
            coroutine.close()
            raise CommandRefused(STOPPING)
        task: asyncio.Task[T] = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled() and self._stopping:
                raise CommandRefused(STOPPING) from None
            raise

    def set_limits(self, limits: RiskLimits) -> None:
        """Put changed limits in force (D17)."""
        self._parts.desk.set_limits(limits)
        self._parts.boards.status.touch_all()

    def set_watchlist(self, symbols: tuple[str, ...]) -> None:
        """Follow a watchlist changed in the settings file."""
        if symbols != self._watchlist.symbols:
            self._watchlist.set(symbols)
            self.spawn("resolve the watchlist", self._watchlist.sync())

    def settings_changed(self, severity: Severity, text: str) -> None:
        """Show and journal what a change of the settings file came to."""
        self._parts.log.say(severity, "settings", text)
        self.session.journal_settings(text)

    def status(self) -> StatusView:
        """Build the status view as of now."""
        parts, session = self._parts, self.session
        first = next((i for i in parts.boards.watchlist.values() if i is not None), None)
        word = session_word(first, now=parts.clock.now(), always_open=parts.broker.capabilities.is_simulated)
        notes = self.connection.line()
        return build_status(
            parts.desk,
            session=word,
            reconcile_words=session.reconcile_words(),
            reconciled_at=parts.books.read_at,
            journal_error=parts.journal.health().error,
            alarms=parts.boards.alarms,
            naked=(*parts.flatten.naked.values(), *self._inbox.agreement.words()),
            connection=parts.connectivity.words(checklist(parts), notes=notes, zone=word.time_zone),
            refused=parts.boards.problems,
            version=self._config.version,
        )

    def health(self) -> HealthView:
        """Build the health view as of now."""
        parts = self._parts
        watched = next((i for i in parts.boards.watchlist.values() if i is not None), None)
        return build_health(
            parts.desk,
            parts.connectivity,
            health=parts.broker.health(),
            target=self.connection.target,
            watched=watched,
            checklist=checklist(parts),
            lag=self._lag,
        )

    def _say_of_order(self, number: OrderNumber, words: str) -> None:
        self._parts.log.say(Severity.ERROR, "order", f"order {number}: {words}")

    def _alarm(self, words: str) -> None:
        self._parts.log.say(Severity.CRITICAL, "flatten", words)

    def _overdue(self, number: OrderNumber) -> None:
        if self._stopping:
            return
        if self._parts.in_flight.overdue(number):
            self.spawn(f"ask about order {number}", self._parts.in_flight.ask(number))

    async def _tick(self) -> None:
        """Once a second: the clock on screen, and what only the adapter knows; no disk is waited for here."""
        while True:
            self._parts.connectivity.look()
            self._parts.boards.touch_connection()
            await self._parts.clock.sleep(TICK_S)

    async def _housekeeping(self) -> None:
        """Once a second: the HALT file (D6)."""
        while True:
            await self.session.latch.heed_file()
            await self.session.latch.keep()
            await self._parts.clock.sleep(TICK_S)

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("engine task %s failed", task.get_name(), exc_info=error)
            words = f"{task.get_name()} failed: {error}. The log file has the details."
            self._parts.log.say(Severity.ERROR, "engine", words)
