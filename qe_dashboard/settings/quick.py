"""The little that the first paint needs from the settings file: its syntax, the profile, the theme (D29).

Standard library only; full validation follows right after, before any link or venue starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.content import decode, read_if_present
from qe_dashboard.settings.problems import parse_toml


@dataclass(frozen=True, slots=True)
class Peek:
    """What a first look found. None = the file names something that full validation will refuse."""

    profile: Profile | None
    theme: str | None


def peek(path: Path, *, profile: str | None = None, environ: Mapping[str, str]) -> Peek:
    """Return profile and theme, a missing file being all defaults; raise SettingsError for broken TOML.

    `profile` is the command line's choice. It and the environment can never select ibkr-live (D19).
    """
    data = read_if_present(path)
    values = {} if data is None else parse_toml(decode(data, path), str(path))
    override = profile if profile is not None else environ.get("QE__BROKER")
    found = _profile(override if override is not None else values.get("broker", Profile.SIM.value))
    if override is not None and found is Profile.IBKR_LIVE:
        found = None
    display = values.get("display", {})
    theme = display.get("theme") if isinstance(display, dict) else None
    theme = environ.get("QE__DISPLAY__THEME", theme)
    return Peek(found, theme if isinstance(theme, str) else None)


def _profile(word: object) -> Profile | None:
    return next((profile for profile in Profile if profile.value == word), None)
