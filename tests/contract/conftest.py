"""The adapters under contract. Each entry makes a harness in front of a fresh venue; tests see only the port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from qe_dashboard.broker.simulated.store import VenueStore
from qe_dashboard.core.clock import ManualClock
from support.broker_harness import BrokerHarness
from support.ibkr_harness import IbkrHarness
from support.simulated_harness import SimulatedHarness


def simulated(directory: Path) -> BrokerHarness:
    """Return the simulated broker on a file and a clock of its own."""
    return SimulatedHarness(VenueStore(directory / "venue.json"), ManualClock())


ADAPTERS: dict[str, Callable[[Path], BrokerHarness]] = {"ibkr": IbkrHarness, "simulated": simulated}


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
