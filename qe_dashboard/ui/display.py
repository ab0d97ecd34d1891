"""What the `[display]` settings say, read from the settings as the engine shows them."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.ui.themes import DEFAULT_THEME, PALETTES

ZONE_CHOICES = ("exchange", "local", "utc")
MOST_FPS = 30


@dataclass(frozen=True, slots=True)
class Display:
    """How the front end shows things: theme, zone of TIME columns, frames a second for prices."""

    theme: str = DEFAULT_THEME
    time_zone: str = ZONE_CHOICES[0]
    quotes_fps: int = MOST_FPS
    is_debug: bool = False
    """The log level is DEBUG: how long drawing takes is shown."""


def checked(display: Display) -> Display:
    """Replace what is not known here by its default: a display never stands in the way of a start."""
    return Display(
        theme=display.theme if display.theme in PALETTES else DEFAULT_THEME,
        time_zone=display.time_zone if display.time_zone in ZONE_CHOICES else ZONE_CHOICES[0],
        quotes_fps=min(max(display.quotes_fps, 1), MOST_FPS),
        is_debug=display.is_debug,
    )


def display_of(view: SettingsView) -> Display:
    """Read the display settings; values are TOML text."""
    values = {setting.key: setting.value.strip('"') for setting in view.settings}
    fps = values.get("display.quotes_fps", "")
    return checked(
        Display(
            theme=values.get("display.theme", DEFAULT_THEME),
            time_zone=values.get("display.time_zone", ZONE_CHOICES[0]),
            quotes_fps=int(fps) if fps.isdecimal() else MOST_FPS,
            is_debug=values.get("diagnostics.log_level", "").upper() == "DEBUG",
        )
    )
