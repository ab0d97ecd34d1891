"""Settings as F8 receives them: frozen, plain and serialisable like every view."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SettingView:
    """One setting as F8 shows it, in TOML; `applies` says when a change takes effect ("at once", "next launch")."""

    key: str
    section: str
    name: str
    value: str
    default: str
    source: str
    description: str
    unit: str
    choices: tuple[str, ...]
    applies: str


@dataclass(frozen=True, slots=True)
class SettingsView:
    """All settings, the file they live in, and what is wrong with the file now (last good stays in force)."""

    path: str
    settings: tuple[SettingView, ...]
    problems: tuple[str, ...]
