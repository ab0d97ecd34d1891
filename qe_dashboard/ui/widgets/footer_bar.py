"""The footer line, made from the table of actions; a click on a key does what the key does."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.footer import Drawing, FooterKey, footer_line, key_at
from qe_dashboard.ui.widgets.cell_lines import CellLines


class FooterBar(CellLines):
    """Keys, cursor position (`12/100`, so that latency can be measured from outside), frame time and loop lag."""

    def __init__(self, keys: Sequence[FooterKey]) -> None:
        super().__init__(id="footer")
        self._keys = tuple(keys)
        self._position = "0/0"
        self._drawing = Drawing()
        self._mode = ""

    def set_position(self, position: str) -> None:
        if position != self._position:
            self._position = position
            self._draw()

    def set_mode(self, words: str) -> None:
        """Say what the keys do now in place of the screen's keys; empty gives these back."""
        if words != self._mode:
            self._mode = words
            self._draw()

    def set_drawing(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    async def on_click(self, event: events.Click) -> None:
        key = key_at(self._keys, self._line(), event.x)
        if key is not None:
            await self.screen.run_action(key.action)

    def _line(self) -> Line:
        if self._mode:
            return ((f" {self._mode}", Tone.STRONG),)
        return footer_line(self._keys, position=self._position, drawing=self._drawing, width=self.size.width)

    def _draw(self) -> None:
        if self.size.width > 0:
            self.set_lines(self._line())
