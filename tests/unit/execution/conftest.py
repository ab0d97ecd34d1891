"""The bench that execution tests share."""

import pytest

from support.order_bench import OrderBench


@pytest.fixture
async def bench() -> OrderBench:
    """Return a connected session, flat, with its books read."""
    built = OrderBench()
    await built.read_books()
    return built
