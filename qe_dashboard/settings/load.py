"""Read and validate settings: defaults < settings file < environment < command line (design section 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qe_dashboard.settings.content import decode, digest, read_bytes, read_if_present
from qe_dashboard.settings.fields import by_path
from qe_dashboard.settings.layers import (
    SHIPPED,
    Merged,
    Origin,
    Override,
    environment_overrides,
    file_layer,
    override_layer,
)
from qe_dashboard.settings.migrate import version_problem
from qe_dashboard.settings.paths import shipped_config_dir
from qe_dashboard.settings.problems import Problem, SettingsError
from qe_dashboard.settings.schema import Settings
from qe_dashboard.settings.validate import validated


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything settings are read from."""

    path: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    overrides: Sequence[Override] = ()
    """From the command line, strongest last."""
    shipped: Path | None = None
    """Directory of default.toml; None is the shipped one."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Valid settings, where each value came from, and which state of the file they were read from."""

    settings: Settings
    origins: Mapping[tuple[str, ...], Origin]
    path: Path
    digest: str


def load(sources: Sources) -> Loaded:
    """Return the settings in force; raise SettingsError with every problem found in any source."""
    return load_bytes(read_if_present(sources.path), sources)


def load_bytes(data: bytes | None, sources: Sources) -> Loaded:
    """Return the settings that this content of the file would give; None is a file that does not exist."""
    merged = Merged()
    problems: list[Problem] = []
    _lay_shipped(merged, sources)
    try:
        problems += _lay_file(merged, data, sources.path)
    except SettingsError as error:
        problems += error.problems
    problems += _lay_overrides(merged, sources)
    settings, found = validated(merged)
    problems += found
    if problems or settings is None:
        raise SettingsError(problems)
    origins = {path: merged.origins.get(path, Origin(SHIPPED)) for path in by_path()}
    return Loaded(settings, origins, sources.path, digest(data))


def _lay_shipped(merged: Merged, sources: Sources) -> None:
    path = (sources.shipped if sources.shipped is not None else shipped_config_dir()) / "default.toml"
    values, origins = file_layer(decode(read_bytes(path), path), str(path))
    merged.lay(values, dict.fromkeys(origins, Origin(SHIPPED)))


def _lay_file(merged: Merged, data: bytes | None, path: Path) -> list[Problem]:
    if data is None:
        return []
    source = str(path)
    values, origins = file_layer(decode(data, path), source)
    version = origins.get(("schema",))
    problem = version_problem(values, source=source, line=None if version is None else version.line)
    if problem is not None:
        # Its other keys belong to another layout; judging them by this one would only mislead.
        return [problem]
    merged.lay(values, origins)
    return []


def _lay_overrides(merged: Merged, sources: Sources) -> list[Problem]:
    found, problems = environment_overrides(sources.environ)
    for override in (*found, *sources.overrides):
        try:
            merged.lay(*override_layer(override))
        except SettingsError as error:
            problems += error.problems
    return problems
