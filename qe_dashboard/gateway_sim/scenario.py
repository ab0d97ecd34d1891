"""Scenarios: fault commands at times or at requests, read from TOML. Every problem names the file, line and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qe_dashboard.gateway_sim.command import WEEK_S, Command, ControlError
from qe_dashboard.gateway_sim.control import parse
from qe_dashboard.gateway_sim.request_names import REQUEST_NAMES
from qe_dashboard.settings.paths import shipped_config_dir

SUFFIX = ".toml"
_STEP_KEYS = ("at", "on", "nth", "after", "do")
_MOST_REQUESTS = 1_000_000


class ScenarioError(Exception):
    """A scenario that cannot be read; the text is one line for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Step:
    """Commands and when they are carried out: `after` seconds from the start, or from the nth request of an id.

    With `after` 0 a request's commands act before that request is served.
    """

    after: float
    commands: tuple[tuple[Command[Any], str], ...]
    request: int | None = None
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    description: str
    steps: tuple[Step, ...]


def shipped_scenarios() -> tuple[Scenario, ...]:
    """Read every scenario that comes with the program, by name. Raises ScenarioError."""
    return tuple(load_scenario(path) for path in sorted(_directory().glob(f"*{SUFFIX}")))


def find_scenario(name_or_file: str) -> Scenario:
    """Read a scenario by its name, or from a file. Raises ScenarioError."""
    shipped = _directory() / f"{name_or_file}{SUFFIX}"
    if re.fullmatch(r"[a-z0-9-]+", name_or_file) and shipped.is_file():
        return load_scenario(shipped)
    path = Path(name_or_file)
    if path.is_file():
        return load_scenario(path)
    names = ", ".join(path.stem for path in sorted(_directory().glob(f"*{SUFFIX}")))
    raise ScenarioError(f"There is no scenario and no file {name_or_file!r}; the scenarios are: {names}.")


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises ScenarioError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} cannot be read: {error}.") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}: {error}") from error
    return _Source(path, text.splitlines()).scenario(content)


class _Source:
    """The lines of a file, to say where a problem stands."""

    def __init__(self, path: Path, lines: list[str]) -> None:
        self._path = path
        self._lines = lines
        self._steps = [number for number, line in enumerate(lines) if line.strip().startswith("[[step]]")]

    def scenario(self, content: Mapping[str, Any]) -> Scenario:
        """Check the whole content."""
        for key in content:
            if key not in ("description", "step"):
                raise self._problem(None, key, "is not known here; known are description and [[step]]")
        description = content.get("description")
        if not isinstance(description, str) or not description.strip() or "\n" in description:
            raise self._problem(None, "description", "is one line of text that says what happens")
        steps = content.get("step")
        if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
            raise self._problem(None, "step", "is missing: write at least one [[step]]")
        return Scenario(
            self._path.stem,
            description.strip(),
            tuple(self._step(number, step) for number, step in enumerate(steps)),
        )

    def _step(self, number: int, step: Mapping[str, Any]) -> Step:
        for key in step:
            if key not in _STEP_KEYS:
                raise self._problem(number, key, f"is not known in a step; known are {', '.join(_STEP_KEYS)}")
        if ("at" in step) == ("on" in step):
            raise self._problem(number, "at", "or `on` is needed, and not both: a time or a request")
        commands = self._commands(number, step.get("do"))
        if "at" in step:
            for key in ("nth", "after"):
                if key in step:
                    raise self._problem(number, key, "goes with `on`, not with `at`")
            return Step(self._seconds(number, "at", step["at"]), commands)
        return Step(
            self._seconds(number, "after", step.get("after", 0)),
            commands,
            request=self._request(number, step["on"]),
            nth=self._nth(number, step.get("nth", 1)),
        )

    def _commands(self, number: int, value: object) -> tuple[tuple[Command[Any], str], ...]:
        lines = [value] if isinstance(value, str) else value
        if not isinstance(lines, list) or not lines or not all(isinstance(line, str) for line in lines):
            raise self._problem(number, "do", "is a command of the control, or a list of them")
        try:
            return tuple(parse(line) for line in lines)
        except ControlError as error:
            raise self._problem(number, "do", str(error)) from None

    def _seconds(self, number: int, key: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= WEEK_S:
            raise self._problem(number, key, f"is a number of seconds from 0 to {WEEK_S}, not {value!r}")
        return float(value)

    def _request(self, number: int, value: object) -> int:
        if not isinstance(value, str) or value not in REQUEST_NAMES:
            raise self._problem(
                number, "on", f"is a request such as placeOrder or reqPositions, not {value!r}"
            )
        return REQUEST_NAMES[value]

    def _nth(self, number: int, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_REQUESTS:
            raise self._problem(number, "nth", f"is a whole number from 1, not {value!r}")
        return value

    def _problem(self, step: int | None, key: str, words: str) -> ScenarioError:
        return ScenarioError(f"{self._path}, line {self._line(step, key)}: {key} {words}.")

    def _line(self, step: int | None, key: str) -> int:
        """Return the line of a key, or of the table that should have it."""
        begin, end = 0, len(self._lines)
        if step is not None and step < len(self._steps):
            begin = self._steps[step]
            end = self._steps[step + 1] if step + 1 < len(self._steps) else end
        pattern = re.compile(rf"\s*(\[\[?\s*)?\"?{re.escape(key)}\"?\s*[=.\]]")
        for number in range(begin, end):
            if pattern.match(self._lines[number]):
                return number + 1
        return begin + 1


def _directory() -> Path:
    return shipped_config_dir() / "scenarios"
