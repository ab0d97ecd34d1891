"""A simulated broker on a file and a clock of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from qe_dashboard.broker.simulated.store import VenueStore
from qe_dashboard.core.clock import ManualClock
from support.simulated_harness import SimulatedHarness as Bench

Restart = Callable[[], Awaitable[Bench]]


@pytest.fixture
def store(tmp_path: Path) -> VenueStore:
    return VenueStore(tmp_path / "venue.json")


@pytest.fixture
async def restart(store: VenueStore) -> AsyncIterator[Restart]:
    """Return a function that closes the broker there is, and starts another on the same file and clock."""
    clock = ManualClock()
    benches: list[Bench] = []

    async def start() -> Bench:
        for old in benches:
            await old.stop()
        benches.append(Bench(store, clock))
        await benches[-1].open()
        return benches[-1]

    yield start
    for bench in benches:
        await bench.stop()


@pytest.fixture
async def bench(restart: Restart) -> Bench:
    return await restart()
