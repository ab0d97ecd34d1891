"""Small questions with a word or a key for an answer: resume, live account, quit."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from qe_dashboard.ui.format import plain
from qe_dashboard.ui.modals.key_guard import EventTiming, KeyGuard, Timing
from qe_dashboard.ui.modals.typing_input import TypingInput


class TypeModal(ModalScreen[str | None]):
    """Ask for an exact word; return it, or None when left by Esc.

    `lines` say what happens; `leave` says what Esc means. `word` None accepts any text for somebody else to judge.
    """

    CSS_PATH = "../styles/modals.tcss"
    AUTO_FOCUS = "#typed"

    def __init__(self, title: str, *, lines: tuple[str, ...], word: str | None, leave: str) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._word = word
        self._leave = leave

    def compose(self) -> ComposeResult:
        panel = Vertical(classes="panel")
        panel.border_title = Content(self._title)
        with panel:
            for line in self._lines:
                yield Static(plain(line), classes="detail", markup=False)
            yield TypingInput(id="typed", placeholder=f"type {self._word or 'it'}", compact=True)
            yield Static(self._hint(""), id="hint", classes="hint", markup=False)

    def _hint(self, problem: str) -> str:
        return f"{problem}Enter answers. Esc: {self._leave}."

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(None)

    @on(Input.Submitted, "#typed")
    def _answer(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value.strip()
        if not typed or (self._word is not None and typed != self._word):
            wanted = "it" if self._word is None else f"exactly {self._word}"
            self.query_one("#hint", Static).update(self._hint(f"`{typed}` does not do; type {wanted}. "))
            return
        self.dismiss(typed)


class QuitModal(ModalScreen[bool]):
    """Ask before leaving while orders work; True leaves. Focus and default are to stay."""

    CSS_PATH = "../styles/modals.tcss"
    AUTO_FOCUS = "#stay"

    def __init__(self, *, lines: tuple[str, ...], timing: Timing | None = None) -> None:
        super().__init__()
        self._lines = lines
        self._guard = KeyGuard(timing or EventTiming())

    def compose(self) -> ComposeResult:
        panel = Vertical(classes="panel")
        panel.border_title = Content("Leave the dashboard?")
        with panel:
            for line in self._lines:
                yield Static(plain(line), classes="detail", markup=False)
            yield Static("y leaves, Esc stays.", classes="hint", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Stay  Esc", id="stay", compact=True)
                yield Button("Leave  y", id="leave", compact=True)

    def on_screen_resume(self) -> None:
        self._guard.hidden()
        self.call_after_refresh(self._guard.painted)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(False)
        elif event.key in ("y", "enter"):
            event.stop()
            focused = self.focused.id if self.focused is not None else None
            if self._guard.accepts(event):
                self.dismiss(event.key == "y" or focused == "leave")
        elif event.key in ("left", "right"):
            event.stop()
            self.focus_next()
        elif event.is_printable:
            self._guard.letter(event)

    @on(Button.Pressed)
    def _clicked(self, event: Button.Pressed) -> None:
        if self._guard.accepts(event):
            self.dismiss(event.button.id == "leave")
