"""Every text can be read on its ground, and every tone has a look."""

import pytest
from rich.color import Color

from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.themes import PALETTES, themes, tone_styles
from support.contrast import LEAST, contrast

BADGES = {Tone.BADGE, Tone.BADGE_SIM, Tone.BADGE_PAPER, Tone.BADGE_LIVE, Tone.BADGE_BAD}


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("tone", [tone for tone in Tone if tone is not Tone.FAINT])
def test_text_can_be_read_on_every_ground_it_stands_on(name: str, tone: Tone) -> None:
    palette, style = PALETTES[name], tone_styles(name)[tone]
    grounds = [Color.parse(ground) for ground in (palette.background, palette.surface, palette.panel)]
    for ground in [style.bgcolor] if tone in BADGES else grounds:
        assert contrast(style.color, ground) >= LEAST, (name, tone)


@pytest.mark.parametrize("name", PALETTES)
def test_up_and_down_differ(name: str) -> None:
    styles = tone_styles(name)
    assert styles[Tone.UP].color != styles[Tone.DOWN].color


@pytest.mark.parametrize("name", ["dark-safe", "light-safe"])
def test_the_safe_themes_tell_up_from_down_without_red_and_green(name: str) -> None:
    up, down = (Color.parse(colour).get_truecolor() for colour in (PALETTES[name].up, PALETTES[name].down))
    assert up.blue > down.blue + 60


def test_an_unknown_theme_still_has_every_tone() -> None:
    assert set(tone_styles("no such theme")) == set(Tone)


def test_style_sheets_can_use_the_state_colours() -> None:
    for theme in themes():
        assert {"up", "down", "live", "paper", "sim", "dim"} <= set(theme.variables)
