"""An `EngineHost` for tests: the real engine, the real simulated venue and a real SQLite journal, time by hand.

Worker threads (journal, venue file) answer in their own time; everything here waits for what they give, never for
time to pass.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

from qe_dashboard.broker.simulated.adapter import SimulatedBroker
from qe_dashboard.broker.simulated.store import VenueStore
from qe_dashboard.core.backoff import Backoff
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.core.ids import SequenceIds
from qe_dashboard.core.supervisor import Supervisor
from qe_dashboard.engine.engine import Engine, EngineConfig
from qe_dashboard.engine.facade import EngineClient
from qe_dashboard.engine.views import StatusView
from qe_dashboard.journal.sqlite.open import open_journal
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter
from qe_dashboard.model.enums import Profile
from qe_dashboard.risk.limits import RiskLimits
from support.engine_world import KeptSettings
from support.risk_world import LIMITS

WATCHLIST = ("AAPL", "MSFT", "MNQ")
STEP_S = 0.05
TURNS = 100_000
"""Loop turns after which something that should come counts as never coming; a thread answers within thousands."""


class SimHost:
    """One launch of profile `sim` in a directory; a second one in the same directory is a restart."""

    def __init__(
        self,
        home: Path,
        *,
        clock: ManualClock | None = None,
        seed: int = 7,
        watchlist: tuple[str, ...] = WATCHLIST,
        limits: RiskLimits = LIMITS,
        prefix: str = "T",
    ) -> None:
        self.home = home
        self.clock = clock if clock is not None else ManualClock()
        self.settings = KeptSettings()
        self._seed = seed
        self._watchlist = watchlist
        self._limits = limits
        self._prefix = prefix
        self._engine: Engine | None = None
        self._broker: SimulatedBroker | None = None
        self._journal: tuple[SqliteJournalWriter, SqliteJournalReader] | None = None

    @property
    def engine(self) -> Engine:
        assert self._engine is not None, "the host was not started"
        return self._engine

    @property
    def broker(self) -> SimulatedBroker:
        """The venue's adapter: `lose_link` and `restore_link` cut and mend its lines."""
        assert self._broker is not None, "the host was not started"
        return self._broker

    @property
    def journal(self) -> SqliteJournalWriter:
        assert self._journal is not None, "the host was not started"
        return self._journal[0]

    @property
    def reader(self) -> SqliteJournalReader:
        assert self._journal is not None, "the host was not started"
        return self._journal[1]

    async def start(self) -> EngineClient:
        """Start the session and return when it could trade."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._journal = await open_journal(self.home / "journal.sqlite3", clock=self.clock)
        self._broker = SimulatedBroker(
            clock=self.clock, seed=self._seed, store=VenueStore(self.home / "venue.json")
        )
        rng = random.Random(self._seed)
        self._engine = Engine(
            EngineConfig(Profile.SIM, self._limits, self._watchlist, "1.2.3"),
            clock=self.clock,
            ids=SequenceIds(self._prefix),
            broker=self._broker,
            journal=self._journal[0],
            reader=self._journal[1],
            settings=self.settings,
            supervisor=Supervisor(self.clock, lambda: Backoff(first=0.5, cap=30.0, rng=rng)),
            halt_file=(self.home / "HALT").exists,
        )
        self._engine.start()
        parts = self._engine._parts
        await self.until(lambda: parts.desk.not_ready_because() is None and parts.books.read_at is not None)
        return self._engine.client

    async def stop(self) -> str:
        """Stop in order; safe when it was never started, or twice."""
        engine, self._engine = self._engine, None
        return "" if engine is None else await engine.stop()

    async def advance(self, seconds: float) -> None:
        """Let time pass in the steps in which the venue looks at its market."""
        for _ in range(max(1, round(seconds / STEP_S))):
            await self.clock.advance_async(STEP_S)
        await self.journal.flush()
        await self.clock.advance_async(0)

    async def until(self, holds: Callable[[], bool], *, seconds: float = 10) -> None:
        """Let threads answer and time pass until something holds; fails after that much of the session's time."""
        for _ in range(round(seconds / STEP_S)):
            for _ in range(TURNS // round(seconds / STEP_S)):
                if holds():
                    return
                await asyncio.sleep(0)
            await self.clock.advance_async(STEP_S)
        raise AssertionError("it never came to hold")

    def status(self) -> StatusView:
        return self.engine.status()
