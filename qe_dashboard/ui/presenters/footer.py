"""The footer: this screen's keys at the left, where the cursor is and how fast the screen draws at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qe_dashboard.ui.presenters.cells import Line, Tone, line_width

# Below this the keys of the screens would not all fit beside it.
_TIMING_FROM = 100


@dataclass(frozen=True, slots=True)
class FooterKey:
    """One key of the footer: what to press, what it does, and the action a click runs."""

    key: str
    label: str
    action: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """How drawing goes: the last frame, the loop's lateness, and whether the rate is halved.

    `is_shown`: somebody looks for what slows it (log level DEBUG).
    """

    frame_ms: float = 0.0
    lag_ms: float = 0.0
    is_halved: bool = False
    is_shown: bool = False


def footer_line(keys: Sequence[FooterKey], *, position: str, drawing: Drawing, width: int) -> Line:
    """Build the footer for a width. The position always shows; keys that do not fit are left out from the right.

    Frame time and lag are for DEBUG and give way to the keys on a narrow screen; that drawing is slow does not.
    """
    where: Line = ((f" {position} ", Tone.STRONG),)
    timing = _timing(drawing)
    kept = line_width(where) + (line_width(timing) if drawing.is_halved or width >= _TIMING_FROM else 0)
    left: Line = ()
    for key in keys:
        item: Line = ((f" {key.key}", Tone.KEY), (f" {key.label} ", Tone.DIM))
        if line_width(left) + line_width(item) > width - kept:
            break
        left = (*left, *item)
    shows_timing = line_width(left) + line_width(timing) + line_width(where) <= width
    right = (*timing, *where) if shows_timing else where
    space = max(width - line_width(left) - line_width(right), 0)
    return (*left, (" " * space, Tone.PLAIN), *right)


def key_at(keys: Sequence[FooterKey], line: Line, column: int) -> FooterKey | None:
    """Return the key drawn at a column of a footer line, None beside the keys."""
    end = 0
    for index, key in enumerate(keys):
        item = line[index * 2 : index * 2 + 2]
        if len(item) < 2 or item[0][0] != f" {key.key}":
            return None
        end += line_width(item)
        if column < end:
            return key
    return None


def _timing(drawing: Drawing) -> Line:
    if drawing.is_halved:
        return ((" drawing is slow: prices at half rate", Tone.WARN),)
    if not drawing.is_shown:
        return ()
    return ((f" {drawing.frame_ms:.0f}ms lag {drawing.lag_ms:.0f}", Tone.DIM),)
