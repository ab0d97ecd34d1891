"""Every text can be read on its ground, and every tone has a look."""

import pytest
from rich.color import Color
from rich.color_triplet import ColorTriplet

from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.themes import PALETTES, themes, tone_styles

LEAST_CONTRAST = 4.5
BADGES = {Tone.BADGE, Tone.BADGE_SIM, Tone.BADGE_PAPER, Tone.BADGE_LIVE, Tone.BADGE_BAD}


def luminance(color: ColorTriplet) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else float(((share + 0.055) / 1.055) ** 2.4)

    return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)


def contrast(front: ColorTriplet, back: ColorTriplet) -> float:
    lights = sorted((luminance(front), luminance(back)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def triplet(color: Color | None) -> ColorTriplet:
    assert color is not None
    return color.get_truecolor()


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("tone", [tone for tone in Tone if tone is not Tone.FAINT])
def test_text_can_be_read_on_every_ground_it_stands_on(name: str, tone: Tone) -> None:
    palette, style = PALETTES[name], tone_styles(name)[tone]
    grounds = (
        [triplet(style.bgcolor)]
        if tone in BADGES
        else [triplet(Color.parse(ground)) for ground in (palette.background, palette.surface, palette.panel)]
    )
    for ground in grounds:
        assert contrast(triplet(style.color), ground) >= LEAST_CONTRAST, (name, tone)


@pytest.mark.parametrize("name", PALETTES)
def test_up_and_down_differ(name: str) -> None:
    styles = tone_styles(name)
    assert styles[Tone.UP].color != styles[Tone.DOWN].color


@pytest.mark.parametrize("name", ["dark-safe", "light-safe"])
def test_the_safe_themes_tell_up_from_down_without_red_and_green(name: str) -> None:
    up, down = (triplet(tone_styles(name)[tone].color) for tone in (Tone.UP, Tone.DOWN))
    assert up.blue > down.blue + 60


def test_an_unknown_theme_still_has_every_tone() -> None:
    assert set(tone_styles("no such theme")) == set(Tone)


def test_style_sheets_can_use_the_state_colours() -> None:
    for theme in themes():
        assert {"up", "down", "live", "paper", "sim", "dim"} <= set(theme.variables)
