"""Draws a grid's rows into strips and keeps them until a row, the width or the theme changes."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.columns import GAP, Slot, Table, fit
from qe_dashboard.ui.widgets.drawing import fit_text, marked, strip_of, styles_over, wrap


@dataclass(frozen=True, slots=True)
class _Look:
    """Styles of one kind of row."""

    tones: dict[Tone, Style]
    ground: Style


class GridPainter:
    """Strips of one grid. `stale` draws every row dimmed."""

    def __init__(self, grid: Widget, table: Table) -> None:
        self.stale = False
        self.marked = ""
        """Words to mark wherever a row shows them, in any case."""
        self._grid = grid
        self._table = table
        self._slots: tuple[Slot, ...] = ()
        self._width = -1
        self._strips: dict[str, Strip] = {}
        self._header: Strip | None = None
        self._plain: _Look | None = None
        self._cursor: _Look | None = None

    @property
    def column_names(self) -> tuple[str, ...]:
        """Headings drawn at this width."""
        return tuple(self._table[slot.index].column.name for slot in self._fitted())

    def row(self, key: str, line: Line, *, under_cursor: bool) -> Strip:
        """Draw a row, or return its strip when nothing changed since."""
        # First, because a new width empties the cache.
        slots = self._fitted()
        strip = self._strips.get(key)
        if strip is None:
            look = self._cursor_look() if under_cursor else self._plain_look()
            segments: list[Segment] = []
            for slot in slots:
                text, tone = line[slot.index]
                fitted = fit_text(text, slot.width, right=self._table[slot.index].column.right)
                segments += marked(fitted + " " * GAP, self.marked, look.tones[tone])
            strip = self._strips[key] = Strip(segments).adjust_cell_length(self._width, look.ground)
        return strip

    def header(self) -> Strip:
        slots = self._fitted()
        if self._header is None:
            style = self._grid.get_component_rich_style("live-grid--header")
            text = (" " * GAP).join(
                fit_text(
                    self._table[slot.index].column.name,
                    slot.width,
                    right=self._table[slot.index].column.right,
                )
                for slot in slots
            )
            self._header = Strip([Segment(text, style)]).adjust_cell_length(self._width, style)
        return self._header

    def notice(self, line: Line, index: int) -> Strip:
        """Draw one line of the text that stands in place of rows."""
        self._fitted()
        look = self._plain_look()
        parts = list(wrap(line, self._width))
        part = parts[index] if index < len(parts) else ()
        return strip_of(part, width=self._width, styles=look.tones, ground=look.ground)

    def blank(self) -> Strip:
        self._fitted()
        return Strip.blank(self._width, self._plain_look().ground)

    def drop(self, keys: Iterable[str]) -> None:
        """Forget rows whose content or cursor changed."""
        for key in keys:
            self._strips.pop(key, None)

    def keep(self, keys: Container[str]) -> None:
        """Forget rows that are not among these any more."""
        self._strips = {key: strip for key, strip in self._strips.items() if key in keys}

    def forget(self) -> None:
        """Forget every strip and style: width, theme, focus or staleness changed."""
        self._strips.clear()
        self._header = self._plain = self._cursor = None

    def _fitted(self) -> tuple[Slot, ...]:
        # Without the scroll bar, which is drawn over the content's last column.
        width = self._grid.scrollable_content_region.width
        if width != self._width:
            self._slots, self._width = fit(self._table, width), width
            self.forget()
        return self._slots

    def _plain_look(self) -> _Look:
        if self._plain is None:
            self._plain = self._look(self._grid.rich_style)
        return self._plain

    def _cursor_look(self) -> _Look:
        if self._cursor is None:
            part = "live-grid--cursor" if self._grid.has_focus else "live-grid--cursor-blurred"
            self._cursor = self._look(
                self._grid.rich_style + self._grid.get_component_rich_style(part, partial=True)
            )
        return self._cursor

    def _look(self, ground: Style) -> _Look:
        tones = styles_over(self._grid, ground)
        return _Look(dict.fromkeys(tones, tones[Tone.STALE]) if self.stale else tones, ground)
