"""The list for everything that ticks: one cached strip per row, and only dirty visible rows are repainted.

A stock `DataTable` repaints all visible cells for one changed cell, 31 ms at 120x40; this takes 3 (performance.md 2.5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.columns import Table
from qe_dashboard.ui.widgets.grid_painter import GridPainter

HEADER_ROWS = 1


class LiveGrid(ScrollView, can_focus=True):
    """Rows by key under a fixed heading. The cursor stays on its row's key, wherever the row moves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "live-grid--header",
        "live-grid--cursor",
        "live-grid--cursor-blurred",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Next row", show=False),
        Binding("k,up", "move(-1)", "Previous row", show=False),
        Binding("g,home", "end(False)", "First row", show=False),
        Binding("G,end", "end(True)", "Last row", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]

    class Moved(Message):
        """The cursor stands on another row; `key` is None when there is no row."""

        def __init__(self, grid: LiveGrid, key: str | None) -> None:
            super().__init__()
            self.grid = grid
            self.key = key

        @property
        def control(self) -> LiveGrid:
            return self.grid

    class Chosen(Message):
        """Enter or a click on a row."""

        def __init__(self, grid: LiveGrid, key: str) -> None:
            super().__init__()
            self.grid = grid
            self.key = key

        @property
        def control(self) -> LiveGrid:
            return self.grid

    def __init__(
        self,
        table: Table,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
        title: str = "",
        lists_orders: bool = False,
    ) -> None:
        super().__init__(id=id)
        self._lists_orders = lists_orders
        self._title: str | None = None
        self._order: list[str] = []
        self._lines: dict[str, Line] = {}
        self._places: dict[str, int] = {}
        self._cursor: str | None = None
        self._resting_at: int | None = None
        self._notice: Line = ()
        self.painter = GridPainter(self, table)
        self.set_title(title)

    # What is shown

    def show(self, rows: Iterable[tuple[str, Line]]) -> None:
        """Show these rows in this order and no others; rows that did not change are not drawn again."""
        before, lines = self._order, dict(rows)
        order = list(lines)
        changed = [key for key, line in lines.items() if self._lines.get(key) != line]
        self.painter.drop(changed)
        self._lines = lines
        if order == before:
            self._redraw(changed)
            return
        self.painter.keep(lines)
        if self._cursor is not None:
            self._resting_at = self._places[self._cursor]
        self._order, self._places = order, {key: index for index, key in enumerate(order)}
        self.virtual_size = Size(1, len(order) + HEADER_ROWS)
        self._keep_cursor()
        self.refresh()

    def update_rows(self, changed: Mapping[str, Line]) -> None:
        """Replace rows that are shown already; keys that are not are ignored."""
        dirty = []
        for key, line in changed.items():
            if key in self._places and self._lines[key] != line:
                self._lines[key] = line
                dirty.append(key)
        self.painter.drop(dirty)
        self._redraw(dirty)

    def set_title(self, title: str) -> None:
        """Set the text in the top border; plain text, never markup."""
        if title != self._title:
            self._title = title
            self.border_title = Text(title) if title else None

    def set_stale(self, stale: bool) -> None:
        """Dim all rows: they are the last known ones, not the present ones."""
        if stale != self.painter.stale:
            self.painter.stale = stale
            self.painter.forget()
            self.refresh()

    def set_notice(self, text: str, tone: Tone = Tone.DIM) -> None:
        """Set what stands in place of rows when there are none."""
        notice: Line = ((text, tone),)
        if notice != self._notice:
            self._notice = notice
            if not self._order:
                self.refresh()

    @property
    def keys(self) -> Sequence[str]:
        """Row keys in drawing order."""
        return tuple(self._order)

    @property
    def cursor_key(self) -> str | None:
        return self._cursor

    @property
    def position(self) -> str:
        """Cursor position as `12/100`; `0/0` without rows."""
        place = 0 if self._cursor is None else self._places[self._cursor] + 1
        return f"{place}/{len(self._order)}"

    # The cursor

    def move_to(self, key: str) -> None:
        """Put the cursor on a row by key; a key that is not shown changes nothing."""
        if key in self._places:
            self._move(self._places[key])

    def action_move(self, step: int) -> None:
        if self._cursor is not None:
            self._move(self._places[self._cursor] + step)
        else:
            self._move((self._resting_at or 0) + min(step, 0))

    def action_end(self, last: bool) -> None:
        self._move(len(self._order) - 1 if last else 0)

    def action_page(self, direction: int) -> None:
        self.action_move(direction * max(self._page_rows - 1, 1))

    def action_choose(self) -> None:
        if self._cursor is not None:
            self.post_message(self.Chosen(self, self._cursor))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < HEADER_ROWS:
            return
        index = offset.y - HEADER_ROWS + self.scroll_offset.y
        if index < len(self._order):
            self._move(index)
            self.action_choose()

    @property
    def _page_rows(self) -> int:
        return max(self.size.height - HEADER_ROWS, 1)

    def _move(self, index: int) -> None:
        if not self._order:
            return
        before = self._cursor
        self._place_cursor(max(0, min(index, len(self._order) - 1)))
        self._scroll_to_cursor()
        if before != self._cursor:
            self._redraw([key for key in (before, self._cursor) if key is not None])

    def _keep_cursor(self) -> None:
        """Keep the cursor on its row; when that is gone, take the row in its place.

        In a list of orders that has the focus there is no cursor then until the person moves: a key meant for the
        order that vanished must not hit its neighbour.
        """
        if self._cursor in self._places:
            if self.has_focus:
                # Rows that arrive above must not push the row an act would hit out of sight.
                self._scroll_to_cursor()
        elif self._lists_orders and self.has_focus and self._resting_at is not None:
            self._place_cursor(-1)
        else:
            self._place_cursor(min(self._resting_at or 0, len(self._order) - 1))

    def _place_cursor(self, index: int) -> None:
        key = self._order[index] if 0 <= index < len(self._order) else None
        if key != self._cursor:
            self.painter.drop([item for item in (self._cursor, key) if item is not None])
            self._cursor = key
            self.post_message(self.Moved(self, key))

    def _scroll_to_cursor(self) -> None:
        if self._cursor is None:
            return
        index, top = self._places[self._cursor], self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + self._page_rows:
            self.scroll_to(y=index - self._page_rows + 1, animate=False)

    # Drawing

    def render_line(self, y: int) -> Strip:
        if y < HEADER_ROWS:
            return self.painter.header()
        if not self._order:
            return self.painter.notice(self._notice, y - HEADER_ROWS)
        index = y - HEADER_ROWS + self.scroll_offset.y
        if index >= len(self._order):
            return self.painter.blank()
        key = self._order[index]
        return self.painter.row(key, self._lines[key], under_cursor=key == self._cursor)

    def _redraw(self, keys: Iterable[str]) -> None:
        """Repaint rows by key, where they are on screen."""
        top, width, rows = self.scroll_offset.y, self.size.width, self._page_rows
        places = [self._places[key] for key in keys]
        regions = [
            Region(0, place - top + HEADER_ROWS, width, 1) for place in places if top <= place < top + rows
        ]
        if regions:
            self.refresh(*regions)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.painter.forget()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.painter.forget()
        if has_focus:
            self._scroll_to_cursor()

    def on_resize(self) -> None:
        self._scroll_to_cursor()
