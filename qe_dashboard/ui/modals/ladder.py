"""Test connection: the ladder of the connection in force, as it was found just now."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from qe_dashboard.model.ladder import Ladder
from qe_dashboard.ui.format import plain
from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.presenters.connection import TEST_WORDS
from qe_dashboard.ui.presenters.ladder import ladder_lines, tested_line
from qe_dashboard.ui.widgets.cell_lines import CellLines


class LadderStep(StrEnum):
    """What the person wants after reading."""

    LEAVE = "leave"
    CONNECTION = "connection"


class LadderModal(ModalScreen[LadderStep]):
    """Run a test and show what it found. `check` starts one and hands over the ladder, or why there is none."""

    CSS_PATH = "../styles/connection.tcss"
    AUTO_FOCUS = "#result"

    def __init__(self, *, check: Callable[[Callable[[Ladder | str], None]], None]) -> None:
        super().__init__()
        self._check = check
        self._is_testing = False

    def compose(self) -> ComposeResult:
        panel = Vertical(classes="panel")
        panel.border_title = Content("Test connection")
        with panel:
            with VerticalScroll(id="result"):
                yield CellLines(id="ladder", wraps=True, indent=5)
            yield Static("Esc leaves, t tests again, c opens the connection.", classes="hint", markup=False)

    def on_mount(self) -> None:
        self._test()

    def _test(self) -> None:
        if not self._is_testing:
            self._is_testing = True
            self._show((("Testing…", Tone.STRONG),), ((TEST_WORDS, Tone.DIM),))
            self._check(self._tested)

    def _tested(self, answer: Ladder | str) -> None:
        self._is_testing = False
        if not self.is_attached:
            return
        if isinstance(answer, str):
            self._show(((plain(answer), Tone.BAD),))
        else:
            self._show(tested_line(answer), *ladder_lines(answer))

    def _show(self, *lines: tuple[tuple[str, Tone], ...]) -> None:
        self.query_one("#ladder", CellLines).set_lines(*lines)

    def on_key(self, event: events.Key) -> None:
        if event.key in ("escape", "enter", "q"):
            event.stop()
            self.dismiss(LadderStep.LEAVE)
        elif event.key == "c":
            event.stop()
            self.dismiss(LadderStep.CONNECTION)
        elif event.key == "t":
            event.stop()
            self._test()
