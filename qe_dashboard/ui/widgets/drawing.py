"""From presented lines to Textual strips, with the theme's styles over a widget's own ground."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone
from qe_dashboard.ui.themes import tone_styles

# A number cut at either end is another number; this is what a sheet shows instead.
OVERFLOW = "#"
_FOUND = Style(reverse=True)


def styles_over(widget: Widget, ground: Style) -> dict[Tone, Style]:
    """Return the style of each tone on a ground (colour, background, weight of the widget or one of its parts)."""
    return {tone: ground + style for tone, style in tone_styles(widget.app.theme).items()}


def fit_text(text: str, width: int, *, right: bool) -> str:
    """Pad or cut text to a width. Numbers (right-aligned) are never cut: they become `####`."""
    if not text.isprintable():
        text = fmt.plain(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length <= width:
        padding = " " * (width - length)
        return padding + text if right else text + padding
    if right:
        return OVERFLOW * width
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def marked(text: str, words: str, style: Style) -> Iterable[Segment]:
    """Cut a text into segments, with every place where it has these words drawn in reverse; case does not count."""
    # Not `casefold`, which changes lengths: places found there are places here.
    where, wanted, start = text.lower(), words.lower(), 0
    if wanted and len(where) == len(text):
        found = where.find(wanted)
        while found >= 0:
            end = found + len(wanted)
            yield Segment(text[start:found], style)
            yield Segment(text[found:end], style + _FOUND)
            start, found = end, where.find(wanted, end)
    yield Segment(text[start:], style)


def strip_of(line: Line, *, width: int, styles: dict[Tone, Style], ground: Style) -> Strip:
    """Draw a line into exactly `width` cells, filled with the ground; what does not fit ends in a mark."""
    strip = Strip(
        [
            Segment(text if text.isprintable() else fmt.plain(text), styles[tone])
            for text, tone in line
            if text
        ]
    )
    if strip.cell_length > width > 0:
        mark = Strip([Segment("…", styles[line[-1][1]])])
        return Strip.join([strip.crop(0, width - 1), mark]).adjust_cell_length(width, ground)
    return strip.adjust_cell_length(width, ground)


def rows_of(lines: Iterable[Line], width: int, *, indent: int = 0) -> int:
    """Count the rows that lines take when they are broken at a width."""
    return sum(max(sum(1 for _ in wrap(line, width, indent=indent)), 1) for line in lines)


def wrap(line: Line, width: int, *, indent: int = 0) -> Iterable[Line]:
    """Break a line at spaces so that each part fits a width; parts after the first are indented."""
    part: list[Cell] = []
    used = 0
    for text, tone in line:
        for index, word in enumerate(text.split(" ")):
            piece = word if index == 0 else f" {word}"
            if used > indent and used + cell_len(piece) > width:
                yield tuple(part)
                part, used, piece = [(" " * indent, Tone.PLAIN)], indent, word
            part.append((piece, tone))
            used += cell_len(piece)
    if part:
        yield tuple(part)
