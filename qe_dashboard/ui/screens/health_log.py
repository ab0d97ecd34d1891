"""The LOG pane of F9: follows the tail until somebody scrolls, filtered by level and by words."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from qe_dashboard.engine.health_views import ProgramLine
from qe_dashboard.ui.desk import Book
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.program_log import PROGRAM_LOG, LogFilter, filter_line, program_row
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.live_grid import LiveGrid


class LogPane(Vertical):
    """The list, the line that says what is listed, and the input for words to look for."""

    class Filtered(Message):
        """Other lines are wanted now."""

    def __init__(self, *, id: str, classes: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._filter = LogFilter()
        # Lines never change: each is presented once, however many there are.
        self._rows: dict[str, Line] = {}
        self._zone = ""
        self._counts = (0, 0)

    def compose(self) -> ComposeResult:
        yield CellLines(id="filter")
        search = Input(id="search", compact=True, placeholder="words to look for; Enter filters, Esc clears")
        search.can_focus = False
        yield search
        yield LiveGrid(PROGRAM_LOG, id="program-log", title="LOG")

    def draw(self, book: Book[ProgramLine] | None, *, zone: str) -> None:
        """Show what the filter lets through; the cursor follows the tail while it stands on it."""
        if book is None or not book.is_read:
            self._grid.set_notice("waiting for the engine; nothing is known yet", Tone.STALE)
            self._draw_filter()
            return
        if zone != self._zone:
            self._zone, self._rows = zone, {}
        shown = {key: line for key, line in book.rows.items() if self._filter.wants(line)}
        rows = [(key, self._rows.get(key) or program_row(line, zone=zone)) for key, line in shown.items()]
        self._rows = dict(rows)
        grid = self._grid
        follows = self._follows
        grid.set_notice("no line of the log passes the filter" if book.rows else "nothing was logged yet")
        grid.show(rows, marked=self._filter.words)
        if follows and rows:
            grid.move_to(rows[-1][0])
        self._counts = len(rows), len(book.rows)
        self._draw_filter()

    def on_resize(self) -> None:
        # What was scrolled to before there was a height is not where the tail is now.
        self.call_after_refresh(self._keep_tail)

    def _keep_tail(self) -> None:
        grid = self._grid
        if grid.keys and self._follows:
            grid.move_to(grid.keys[-1])

    def next_level(self) -> None:
        self._filter = self._filter.next_level()

    @property
    def _grid(self) -> LiveGrid:
        return self.query_one(LiveGrid)

    @property
    def _search(self) -> Input:
        return self.query_one("#search", Input)

    @property
    def _follows(self) -> bool:
        """New lines scroll in while the cursor stands on the newest."""
        return self._grid.cursor_key is None or self._grid.cursor_key == self._grid.keys[-1]

    @on(LiveGrid.Moved)
    def _draw_filter(self) -> None:
        shown, held = self._counts
        self.query_one("#filter", CellLines).set_lines(
            filter_line(self._filter, shown=shown, held=held, follows=self._follows)
        )

    # Search

    def open_search(self) -> None:
        """Take the keys for the words to look for."""
        search = self._search
        search.value = self._filter.words
        search.can_focus = True
        search.add_class("-open")
        self.screen.set_focus(search)

    def close_search(self) -> None:
        """Give the keys back to the list; what was found stays listed."""
        search = self._search
        if search.has_class("-open"):
            search.remove_class("-open")
            search.can_focus = False
            if self.screen.focused in (search, None):
                self.screen.set_focus(self._grid)

    def clear_search(self) -> bool:
        """List all lines again; False when nothing was looked for."""
        had_words = bool(self._filter.words)
        self._filter = self._filter.with_words("")
        return had_words

    @on(Input.Submitted)
    def _found(self, event: Input.Submitted) -> None:
        event.stop()
        self._filter = self._filter.with_words(event.value)
        self.close_search()
        self.post_message(self.Filtered())

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape" and self.screen.focused is self._search:
            event.stop()
            self.clear_search()
            self.close_search()
            self.post_message(self.Filtered())
