"""The four themes, and the one place that says what a tone looks like.

Hue carries state: SIM blue, PAPER green, LIVE red, unknown magenta. `-safe` themes replace green and red by blue and
orange for eyes that cannot tell the first pair apart. Every text colour has a contrast of at least 4.5 to its ground.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rich.style import Style
from textual.theme import Theme

from qe_dashboard.ui.presenters.cells import Tone


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme; badge grounds carry `on_badge` text."""

    dark: bool
    background: str
    surface: str
    panel: str
    text: str
    dim: str
    stale: str
    title: str
    accent: str
    up: str
    down: str
    good: str
    warn: str
    bad: str
    unknown: str
    sim: str = "#2b6cb0"
    paper: str = "#23794a"
    live: str = "#c02634"
    neutral: str = "#566070"
    on_badge: str = "#ffffff"


_DARK = Palette(
    dark=True,
    background="#0d1117",
    surface="#11161d",
    panel="#1c232d",
    text="#d3dae3",
    dim="#8993a2",
    stale="#808a99",
    title="#f0f4f9",
    accent="#6cb6ff",
    up="#56c08d",
    down="#ee7c80",
    good="#56c08d",
    warn="#e0b252",
    bad="#ff7b72",
    unknown="#d790ee",
)
_LIGHT = Palette(
    dark=False,
    background="#f7f8fa",
    surface="#f0f2f5",
    panel="#dfe4ea",
    text="#1b2430",
    dim="#566171",
    stale="#5b6573",
    title="#0b1017",
    accent="#0b5cad",
    up="#0f6b3f",
    down="#b3202c",
    good="#0f6b3f",
    warn="#7d5200",
    bad="#b3202c",
    unknown="#8022a3",
)
PALETTES: Mapping[str, Palette] = {
    "dark": _DARK,
    "light": _LIGHT,
    "dark-safe": replace(_DARK, up="#5ab4f0", down="#f2a33c", good="#5ab4f0", bad="#ff9d5c"),
    "light-safe": replace(_LIGHT, up="#0b5cad", down="#8f4700", good="#0b5cad", bad="#a33b00"),
}
DEFAULT_THEME = "dark"

_VARIABLES = ("up", "down", "good", "warn", "bad", "unknown", "stale", "dim", "title", "sim", "paper", "live")


def themes() -> tuple[Theme, ...]:
    """Return all themes, ready to register."""
    return tuple(_theme(name, palette) for name, palette in PALETTES.items())


def variables(palette: Palette) -> dict[str, str]:
    """Return what style sheets may use beside Textual's own names: `$up`, `$live`, `$dim`."""
    return {name: str(getattr(palette, name)) for name in _VARIABLES}


def tone_styles(theme: str) -> dict[Tone, Style]:
    """Return the style of each tone; a theme that is not ours gets the default palette."""
    palette = PALETTES.get(theme, PALETTES[DEFAULT_THEME])

    def on(ground: str) -> Style:
        return Style(color=palette.on_badge, bgcolor=ground, bold=True)

    return {
        Tone.PLAIN: Style(color=palette.text),
        Tone.DIM: Style(color=palette.dim),
        Tone.FAINT: Style(color=palette.neutral),
        Tone.STRONG: Style(color=palette.title, bold=True),
        Tone.TITLE: Style(color=palette.accent, bold=True),
        Tone.KEY: Style(color=palette.accent),
        Tone.UP: Style(color=palette.up),
        Tone.DOWN: Style(color=palette.down),
        Tone.GOOD: Style(color=palette.good),
        Tone.WARN: Style(color=palette.warn),
        Tone.BAD: Style(color=palette.bad, bold=True),
        Tone.STALE: Style(color=palette.stale, italic=True),
        Tone.UNKNOWN: Style(color=palette.unknown, bold=True),
        Tone.ACCENT: Style(color=palette.accent),
        Tone.BADGE: on(palette.neutral),
        Tone.BADGE_SIM: on(palette.sim),
        Tone.BADGE_PAPER: on(palette.paper),
        Tone.BADGE_LIVE: on(palette.live),
        Tone.BADGE_BAD: on(palette.live),
    }


def _theme(name: str, palette: Palette) -> Theme:
    return Theme(
        name=name,
        dark=palette.dark,
        primary=palette.accent,
        secondary=palette.neutral,
        accent=palette.accent,
        foreground=palette.text,
        background=palette.background,
        surface=palette.surface,
        panel=palette.panel,
        success=palette.good,
        warning=palette.warn,
        error=palette.bad,
        variables=variables(palette),
    )
