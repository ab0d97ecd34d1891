"""The four sources of settings as layers of plain values, each value knowing where it was written."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qe_dashboard.settings.fields import ENV_PREFIX, Leaf, by_path, leaves, nearest_key
from qe_dashboard.settings.locate import Where, line_numbers
from qe_dashboard.settings.problems import Problem, SettingsError, parse_toml
from qe_dashboard.settings.values import key_text, toml_text

SHIPPED = "shipped default"
ENVIRONMENT = "environment "
"""How the source of a value from a `QE__...` variable begins."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: a file and line, an environment variable, a flag, or the shipped defaults."""

    source: str
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class Override:
    """One value from the environment or the command line: `name` names it to the user, `text` is raw."""

    path: tuple[str, ...]
    name: str
    text: str


@dataclass(slots=True)
class Merged:
    """Layers laid over each other: the values that win and where each was written."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[Where, Origin] = field(default_factory=dict)

    def lay(self, values: Mapping[str, Any], origins: Mapping[Where, Origin]) -> None:
        """Put a layer on top: tables merge, everything else replaces."""
        _merge(self.values, values)
        self.origins.update(origins)

    def origin(self, where: Where) -> Origin:
        """Return where a value was written, or the nearest table above it that was."""
        for length in range(len(where), 0, -1):
            found = self.origins.get(where[:length])
            if found is not None:
                return found
        return Origin(SHIPPED)


def file_layer(text: str, source: str) -> tuple[dict[str, Any], dict[Where, Origin]]:
    """Return a TOML text's values and their lines; raise SettingsError for broken syntax."""
    values = parse_toml(text, source)
    return values, {where: Origin(source, line) for where, line in line_numbers(text).items()}


def environment_overrides(environ: Mapping[str, str]) -> tuple[list[Override], list[Problem]]:
    """Return what `QE__...` variables set, and the variables that name no key."""
    known = {leaf.env_name: leaf for leaf in leaves()}
    found: list[Override] = []
    problems: list[Problem] = []
    for name, text in sorted(environ.items()):
        if not name.startswith(ENV_PREFIX):
            continue
        leaf = known.get(name)
        if leaf is not None:
            found.append(Override(leaf.path, f"{ENVIRONMENT}{name}", text))
            continue
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        problems.append(
            Problem(
                source=f"environment {name}",
                message=f"no setting has this name, its value {toml_text(text)} was not used",
                nearest=close[0] if close else "",
            )
        )
    return found, problems


def override_layer(override: Override) -> tuple[dict[str, Any], dict[Where, Origin]]:
    """Return one override as a layer; raise SettingsError for a key that is unknown or kept to the file."""
    leaf = by_path().get(override.path)
    problem = _refusal(override, leaf)
    if problem is not None:
        raise SettingsError([problem])
    values: dict[str, Any] = {}
    table = values
    for part in override.path[:-1]:
        table = table.setdefault(part, {})
    table[override.path[-1]] = from_text(override.text, by_path()[override.path])
    return values, {override.path: Origin(override.name)}


def from_text(text: str, leaf: Leaf) -> Any:
    """Read a value typed outside a file: TOML, or a bare string where it is none or the key holds text."""
    try:
        value = parse_toml(f"value = {text}", leaf.key)["value"]
    except SettingsError:
        return text.strip()
    is_misread = leaf.reading.is_text and not isinstance(value, str)
    return text if is_misread else value


def _refusal(override: Override, leaf: Leaf | None) -> Problem | None:
    if leaf is None:
        return Problem(
            source=override.name,
            key=key_text(override.path),
            message="no setting has this name",
            nearest=nearest_key(override.path),
        )
    found = override.text
    if override.path == ("broker",) and from_text(found, leaf) == "ibkr-live":
        expected = (
            'real money is chosen only by broker = "ibkr-live" in the settings file; '
            "expected sim or ibkr-paper here, nothing was connected"
        )
        return Problem(source=override.name, key=leaf.key, found=toml_text(found), message=expected)
    if override.path[:3] == ("limits", "live", "loosen"):
        expected = "a reason for loosening a live limit counts only in the settings file, on record"
        return Problem(source=override.name, key=leaf.key, found=toml_text(found), message=expected)
    return None


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        old = below.get(key)
        if isinstance(value, Mapping) and isinstance(old, dict):
            _merge(old, value)
        else:
            below[key] = _copied(value)


def _copied(value: Any) -> Any:
    """Copy tables, so that laying a later layer never writes into an earlier one."""
    return {key: _copied(item) for key, item in value.items()} if isinstance(value, Mapping) else value
