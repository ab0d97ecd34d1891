"""The list for everything that ticks: one cached strip per row, and only dirty visible rows are repainted.

A stock `DataTable` repaints all visible cells for one changed cell, 31 ms at 120x40; this takes 3 (performance.md 2.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
from qe_dashboard.ui.widgets.row_cursor import RowCursor

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
        """The cursor stands on another row; `key` is None when there is no row.

        `by_hand`: somebody moved it; else rows came or went beneath it.
        """

        def __init__(self, grid: LiveGrid, key: str | None, *, by_hand: bool) -> None:
            super().__init__()
            self.grid = grid
            self.key = key
            self.by_hand = by_hand

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
        self._title: str | None = None
        self._lines: dict[str, Line] = {}
        self._cursor = RowCursor(lists_orders=lists_orders)
        self._notice: Line = ()
        self.painter = GridPainter(self, table)
        self.set_title(title)

    # What is shown

    def show(self, rows: Iterable[tuple[str, Line]], *, marked: str = "") -> None:
        """Show these rows in this order and no others; rows that did not change are not drawn again.

        `marked` are words to stand out wherever a row shows them.
        """
        if marked != self.painter.marked:
            self.painter.marked = marked
            self.painter.forget()
            self.refresh()
        lines = dict(rows)
        order = tuple(lines)
        changed = [key for key, line in lines.items() if self._lines.get(key) != line]
        self.painter.drop(changed)
        self._lines = lines
        if order == self._cursor.order:
            self._redraw(changed)
            return
        before = self._cursor.key
        self.painter.keep(lines)
        self._cursor.replace(order, is_watched=self.has_focus)
        self.virtual_size = Size(1, len(order) + HEADER_ROWS)
        self._cursor_left(before, by_hand=False)
        if self.has_focus:
            # Rows that arrive above must not push the row an act would hit out of sight.
            self._scroll_to_cursor()
        self.refresh()

    def update_rows(self, changed: Mapping[str, Line]) -> None:
        """Replace rows that are shown already; keys that are not are ignored."""
        dirty = [key for key, line in changed.items() if key in self._lines and self._lines[key] != line]
        for key in dirty:
            self._lines[key] = changed[key]
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
            if not self._lines:
                self.refresh()

    @property
    def keys(self) -> tuple[str, ...]:
        """Row keys in drawing order."""
        return self._cursor.order

    def has(self, key: str) -> bool:
        return key in self._lines

    @property
    def cursor_key(self) -> str | None:
        return self._cursor.key

    @property
    def position(self) -> str:
        """Cursor position as `12/100`; `0/0` without rows."""
        return self._cursor.position

    # The cursor

    def move_to(self, key: str) -> None:
        """Put the cursor on a row by key; a key that is not shown changes nothing."""
        if key in self._lines:
            self._move(lambda: self._cursor.go(self._cursor.places[key]))

    def action_move(self, step: int) -> None:
        self._move(lambda: self._cursor.move(step))

    def action_end(self, last: bool) -> None:
        self._move(lambda: self._cursor.go(len(self._lines) if last else 0))

    def action_page(self, direction: int) -> None:
        self.action_move(direction * max(self._page_rows - 1, 1))

    def action_choose(self) -> None:
        if self._cursor.key is not None:
            self.post_message(self.Chosen(self, self._cursor.key))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < HEADER_ROWS:
            return
        index = offset.y - HEADER_ROWS + self.scroll_offset.y
        if index < len(self._lines):
            self._move(lambda: self._cursor.go(index))
            self.action_choose()

    @property
    def _page_rows(self) -> int:
        return max(self.size.height - HEADER_ROWS, 1)

    def _move(self, step: Callable[[], None]) -> None:
        before = self._cursor.key
        step()
        self._cursor_left(before, by_hand=True)
        self._scroll_to_cursor()
        self._redraw([key for key in {before, self._cursor.key} if key is not None])

    def _cursor_left(self, before: str | None, *, by_hand: bool) -> None:
        """Forget how both rows looked, and tell."""
        after = self._cursor.key
        if before != after:
            self.painter.drop([key for key in (before, after) if key is not None])
            self.post_message(self.Moved(self, after, by_hand=by_hand))

    def _scroll_to_cursor(self) -> None:
        index, top = self._cursor.index, self.scroll_offset.y
        if index is None:
            return
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + self._page_rows:
            self.scroll_to(y=index - self._page_rows + 1, animate=False)

    # Drawing

    def render_line(self, y: int) -> Strip:
        if y < HEADER_ROWS:
            return self.painter.header()
        if not self._lines:
            return self.painter.notice(self._notice, y - HEADER_ROWS)
        index = y - HEADER_ROWS + self.scroll_offset.y
        if index >= len(self._lines):
            return self.painter.blank()
        key = self._cursor.order[index]
        return self.painter.row(key, self._lines[key], under_cursor=key == self._cursor.key)

    def _redraw(self, keys: Iterable[str]) -> None:
        """Repaint rows by key, where they are on screen."""
        top, width, rows = self.scroll_offset.y, self.size.width, self._page_rows
        places = [self._cursor.places[key] for key in keys]
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
