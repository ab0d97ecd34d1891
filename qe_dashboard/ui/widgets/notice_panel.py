"""The notice that there is no connection: it lies over the lists, and every key of the program works beneath it."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static

from qe_dashboard.engine.health_views import ConnectNotice
from qe_dashboard.ui.modals.key_guard import EventTiming, KeyGuard, Timing
from qe_dashboard.ui.presenters.notice import notice_lines, notice_title
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.drawing import rows_of

_INDENT = 3
# Of 76 columns, before the first layout: it must be right in its first frame.
_INNER_WIDTH = 70
# Two of the border, the row of buttons and the empty one above it, and the hint.
_FRAME_ROWS = 5


class NoticePanel(Vertical):
    """Shows a ConnectNotice and posts what was chosen. `came_from` had the focus before."""

    class Continued(Message):
        """Somebody wants to go on without a connection."""

    class Retried(Message):
        """Somebody wants another try now."""

    class ConnectionWanted(Message):
        """Somebody wants to change the connection."""

    def __init__(self, *, came_from: Widget | None, timing: Timing | None = None) -> None:
        super().__init__()
        self._came_from = came_from
        self._guard = KeyGuard(timing or EventTiming())
        self._text = CellLines(id="notice-text", wraps=True, indent=_INDENT)

    def compose(self) -> ComposeResult:
        yield self._text
        with Horizontal(classes="buttons"):
            yield Button("Continue anyway  Esc", id="continue", compact=True)
            yield Button("Retry now", id="retry", compact=True)
            yield Button("Connection…  alt+c", id="connection", compact=True)
        yield Static(
            "← → choose, Enter does it; every other key works as ever.", classes="hint", markup=False
        )

    def on_mount(self) -> None:
        # Closed before it was ever mounted, it has no buttons any more.
        for button in self.query(Button).results():
            self.screen.set_focus(button)
            self.call_after_refresh(self._guard.painted)
            break

    def show(self, notice: ConnectNotice, *, now: datetime) -> None:
        """Show a notice as it is now."""
        self.border_title = Text(notice_title(notice))
        width = self._text.size.width or _INNER_WIDTH
        lines = notice_lines(notice, now=now)
        for most in range(len(notice.causes), -1, -1):
            lines = notice_lines(notice, now=now, most=most)
            if rows_of(lines, width, indent=_INDENT) <= self._room:
                break
        self._text.set_lines(*lines)

    @property
    def _room(self) -> int:
        """Rows for the words, so that the buttons and what they are pressed by are always seen."""
        return self.screen.size.height - self.styles.margin.height - _FRAME_ROWS

    def close(self) -> None:
        """Go, and give the keys back to where they came from."""
        screen = self.screen
        if screen.focused is not None and self in screen.focused.ancestors:
            came_from = self._came_from
            screen.set_focus(came_from if came_from is not None and came_from.is_attached else None)
        self.remove()

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.post_message(self.Continued())
        elif event.key in ("left", "right"):
            event.stop()
            buttons = list(self.query(Button))
            at = next((index for index, button in enumerate(buttons) if button.has_focus), 0)
            self.screen.set_focus(buttons[(at + (1 if event.key == "right" else -1)) % len(buttons)])

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        # An Enter that was on its way to a list when this opened is no answer to it.
        if self._guard.accepts(event):
            answers = {"continue": self.Continued, "retry": self.Retried, "connection": self.ConnectionWanted}
            self.post_message(answers[str(event.button.id)]())
