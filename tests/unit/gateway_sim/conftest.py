"""Fixtures of the gateway simulator's unit tests."""

import pytest

from support.gateway_wire import GatewayWorld


@pytest.fixture
async def world() -> GatewayWorld:
    """Return a gateway at work on a clock that only the test moves."""
    return GatewayWorld()
