"""Fixtures that every kind of test may use."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from qe_dashboard.engine.facade import EngineHost
from support.roundtrip_client import RoundTripHost

# No deadline per example: on a loaded machine it reports the load, not the code. CI draws the same examples each time,
# so that a red run is about the change; at a desk every run looks somewhere new.
settings.register_profile("project", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("project")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Return the top of the source tree."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(params=["direct", "serialised"])
def facade(request: pytest.FixtureRequest) -> Callable[[EngineHost], EngineHost]:
    """Run a test over a host as it is, and again with every facade message put through the codec (section 6)."""
    return RoundTripHost if request.param == "serialised" else lambda host: host
