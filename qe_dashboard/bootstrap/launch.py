"""What a launch was asked for: places, settings sources, profile. Standard library only, for the first paint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qe_dashboard.settings.paths import Home, resolve_home

LIVE_VARIABLE = "QE_LIVE_TRADING"
LIVE_WORDS = "I_MEAN_IT"


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of the program. `profile` is the command line's choice, None = what the settings say."""

    home: Home
    environ: Mapping[str, str]
    profile: str | None = None

    @property
    def live_was_meant(self) -> bool:
        """Whether this launch carries the live opt-in, which cannot be stored (L0, D19)."""
        return self.environ.get(LIVE_VARIABLE) == LIVE_WORDS


def make_launch(
    *, environ: Mapping[str, str], profile: str | None = None, settings: str | None = None
) -> Launch:
    """Build a launch from the environment and the command line."""
    home = resolve_home(environ)
    if settings is not None:
        home = home.with_settings(Path(settings))
    return Launch(home, environ, profile)
