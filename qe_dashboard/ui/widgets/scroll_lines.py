"""Presented lines that may be more than the rows: keys scroll them, and the last row says that there is more."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.widgets.cell_lines import CellLines


class ScrollLines(CellLines):
    """Lines with a place: it can have the focus only while there is something to scroll, so that no Tab stop is
    without effect. `key` is what a person presses to get there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_lines(1)", show=False),
        Binding("k,up", "scroll_lines(-1)", show=False),
        Binding("pagedown,ctrl+d", "page(1)", show=False),
        Binding("pageup,ctrl+u", "page(-1)", show=False),
        Binding("g,home", "end(False)", show=False),
        Binding("G,end", "end(True)", show=False),
    ]

    def __init__(
        self,
        *,
        id: str,  # noqa: A002 - Textual's name
        key: str = "Tab",
        title: str = "",
        wraps: bool = False,
        indent: int = 0,
    ) -> None:
        super().__init__(id=id, title=title, wraps=wraps, indent=indent)
        self._key = key

    @property
    def overflows(self) -> bool:
        """Whether there are more lines than rows."""
        return self._most_top > 0

    @property
    def _most_top(self) -> int:
        return max(len(self._fitted()) - self.size.height, 0)

    def set_lines(self, *lines: Line) -> None:
        super().set_lines(*lines)
        self._settle()

    def on_resize(self) -> None:
        self._settle()

    def _settle(self) -> None:
        """Keep the place within the lines, and be a Tab stop only where that does something."""
        self.can_focus = self.has_focus or self.overflows
        if self._top > self._most_top:
            self._go(self._most_top)

    def action_scroll_lines(self, step: int) -> None:
        self._go(self._top + step)

    def action_page(self, direction: int) -> None:
        self._go(self._top + direction * max(self.size.height - 2, 1))

    def action_end(self, last: bool) -> None:
        self._go(self._most_top if last else 0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._go(self._top + 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._go(self._top - 1)

    def _go(self, top: int) -> None:
        wanted = min(max(top, 0), self._most_top)
        if wanted != self._top:
            self._top = wanted
            self._strips.clear()
            self.refresh()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self._strips.clear()
        if not has_focus:
            self._settle()

    def _mark(self, unseen: int) -> Line:
        keys = "  j k" if self.has_focus else f"  {self._key}, then j k"
        return ((f"… {unseen} more {'line' if unseen == 1 else 'lines'}", Tone.DIM), (keys, Tone.KEY))
