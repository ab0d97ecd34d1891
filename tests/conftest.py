"""Fixtures that every kind of test may use."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Return the top of the source tree."""
    return Path(__file__).resolve().parent.parent
