"""Fixtures that every kind of test may use."""

from pathlib import Path

import pytest
from hypothesis import settings

# No deadline per example: on a loaded machine it reports the load, not the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Return the top of the source tree."""
    return Path(__file__).resolve().parent.parent
