"""The footer: this screen's keys at the left, where the cursor is and how fast the screen draws at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qe_dashboard.ui.presenters.cells import Line, Tone, line_width


@dataclass(frozen=True, slots=True)
class FooterKey:
    """One key of the footer: what to press, what it does, and the action a click runs."""

    key: str
    label: str
    action: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """How drawing goes: the last frame, the loop's lateness, and whether the rate is halved."""

    frame_ms: float = 0.0
    lag_ms: float = 0.0
    is_halved: bool = False


def footer_line(keys: Sequence[FooterKey], *, position: str, drawing: Drawing, width: int) -> Line:
    """Build the footer for a width: keys that do not fit are left out from the right, the position never."""
    right = _right(position, drawing)
    if line_width(right) > width // 2:
        right = ((f" {position} ", Tone.STRONG),)
    room = width - line_width(right)
    left: Line = ()
    for key in keys:
        item: Line = ((f" {key.key} ", Tone.KEY), (f"{key.label} ", Tone.DIM))
        if line_width(left) + line_width(item) > room:
            break
        left = (*left, *item)
    space = max(width - line_width(left) - line_width(right), 0)
    return (*left, (" " * space, Tone.PLAIN), *right)


def key_at(keys: Sequence[FooterKey], line: Line, column: int) -> FooterKey | None:
    """Return the key drawn at a column of a footer line, None beside the keys."""
    end = 0
    for index, key in enumerate(keys):
        item = line[index * 2 : index * 2 + 2]
        if len(item) < 2 or item[0][0] != f" {key.key} ":
            return None
        end += line_width(item)
        if column < end:
            return key
    return None


def _right(position: str, drawing: Drawing) -> Line:
    where: Line = ((f" {position} ", Tone.STRONG),)
    if drawing.is_halved:
        return ((f" {drawing.frame_ms:.0f}ms, half rate", Tone.WARN), *where)
    return ((f" {drawing.frame_ms:.0f}ms lag {drawing.lag_ms:.0f}", Tone.DIM), *where)
