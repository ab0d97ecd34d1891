"""The adapters under contract. Each entry makes a harness in front of a fresh venue; tests see only the port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from qe_dashboard.broker.simulated.adapter import SimulatedBroker
from qe_dashboard.broker.simulated.store import FIRST_ACCOUNT, VenueStore
from qe_dashboard.core.clock import ManualClock, deadline
from qe_dashboard.model.enums import AccountKind
from support.broker_harness import BrokerHarness
from support.ibkr_harness import IbkrHarness

T = TypeVar("T")


class SimulatedHarness(BrokerHarness):
    """The simulated broker on a clock of the test's own: a minute of market takes no minute."""

    kind = AccountKind.SIM

    def __init__(self, directory: Path) -> None:
        self._clock = ManualClock()
        self.simulated = SimulatedBroker(
            clock=self._clock, seed=7, store=VenueStore(directory / "venue.json")
        )
        super().__init__(self.simulated, account=FIRST_ACCOUNT)

    async def start(self) -> None:
        """Start; the file is read in a thread, in real time, so the start waits for real events."""
        self.broker.start(self.events)
        while len(self.events.identities) == 0:
            await self.events.next_event()
        await self.until_ready()

    async def stop(self) -> None:
        await self.broker.close()

    async def lose_links(self) -> None:
        self.simulated.lose_link()

    async def restore_links(self) -> None:
        await self.simulated.restore_link()

    async def wait_for_news(self) -> None:
        await self._clock.advance_async(0.05)

    async def let_time_pass(self, seconds: float) -> None:
        await self._clock.advance_async(seconds)

    async def _with_patience(self, waiting: Awaitable[T]) -> T:
        return await deadline(self._clock, waiting, self.patience)


ADAPTERS: dict[str, Callable[[Path], BrokerHarness]] = {"ibkr": IbkrHarness, "simulated": SimulatedHarness}


@pytest.fixture(params=sorted(ADAPTERS))
async def idle(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BrokerHarness]:
    """Return a harness whose broker was not started."""
    harness = ADAPTERS[request.param](tmp_path)
    yield harness
    await harness.stop()


@pytest.fixture
async def harness(idle: BrokerHarness) -> BrokerHarness:
    """Return a harness whose broker is READY on both links."""
    await idle.start()
    return idle
