"""Fixtures of the settings tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qe_dashboard.settings.load import Loaded, Sources, load
from qe_dashboard.settings.problems import Problem, SettingsError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the test's settings file is; it does not exist yet."""
    return tmp_path / "settings.toml"


@pytest.fixture
def load_text(file: Path) -> Callable[[str], Loaded]:
    """Return a function that loads a settings file with the given content."""

    def run(text: str) -> Loaded:
        file.write_text(text, encoding="utf-8")
        return load(Sources(file))

    return run


@pytest.fixture
def problems_of(load_text: Callable[[str], Loaded]) -> Callable[[str], tuple[Problem, ...]]:
    """Return a function that loads content which must be refused, and gives every problem found."""

    def run(text: str) -> tuple[Problem, ...]:
        with pytest.raises(SettingsError) as caught:
            load_text(text)
        return caught.value.problems

    return run


@pytest.fixture
def message_of(problems_of: Callable[[str], tuple[Problem, ...]]) -> Callable[[str], str]:
    """Return a function that loads content with exactly one problem and gives its text without the directory."""

    def run(text: str) -> str:
        (problem,) = problems_of(text)
        return str(problem).replace(str(Path(problem.source).parent) + "/", "")

    return run
