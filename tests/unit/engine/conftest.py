"""Worlds that engine tests share."""

from collections.abc import AsyncIterator

import pytest

from support.engine_world import EngineWorld, stop


@pytest.fixture
async def world() -> AsyncIterator[EngineWorld]:
    """Return a connected, flat paper session with AAPL quoted; ended in order."""
    built = EngineWorld()
    await built.connect()
    yield built
    await stop(built)
