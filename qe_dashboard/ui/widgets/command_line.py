"""The command line at the bottom of every screen: one row until somebody types or something was said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from qe_dashboard.ui.commands.history import History
from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.widgets.drawing import wrap

if TYPE_CHECKING:
    from qe_dashboard.ui.commands.completion import Candidate, Surroundings

# Rows of suggestions: enough to choose from, few enough that 24 rows still show the screen.
_SHOWN = 5
_WORD_WIDTH = 14
# What is said may not push the screen about: so many rows of it, and one when it is old (D31).
_MOST_ROWS, _MOST_ROWS_SHORT, _SHORT = 3, 2, 30
_REJECTION_ROWS = 4
IDLE_WORDS = "/ or : command   ? keys   ctrl+g HALT"

MORE_MARK = "… alt+e: all of it"


class CommandLine(Vertical):
    """Takes a line and posts it; `accept` and `reject` say what became of it."""

    class Submitted(Message):
        """A line was entered."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        *,
        history: History,
        surroundings: Callable[[], Surroundings],
        id: str | None = None,  # noqa: A002  # Textual's name for it
    ) -> None:
        super().__init__(id=id)
        self._history = history
        self._surroundings = surroundings
        self._names: Surroundings | None = None
        self._candidates: tuple[Candidate, ...] = ()
        self._picked: int | None = None
        self._is_waiting = False
        self._came_from: Widget | None = None
        self._message = ""
        self._message_at = ""
        self._is_bad_message = False
        self._is_old_message = False
        self._rejection = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="suggestions", markup=False)
        yield Static("", id="result", markup=False)
        yield Static(IDLE_WORDS, id="idle", markup=False)
        with Horizontal(id="entry"):
            yield Static("›", id="prompt", markup=False)
            yield Input(id="command", compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        self._input.can_focus = False
        self._suggest()

    @property
    def _input(self) -> Input:
        return self.query_one("#command", Input)

    @property
    def is_open(self) -> bool:
        """Whether it takes keys now."""
        return self._input.can_focus

    @property
    def result_text(self) -> str:
        """What is said in place now: while a line is typed why it was not understood, else the last message."""
        return self._rejection if self.is_open else self._message

    def open(self, line: str = "") -> None:
        """Take the keys, with the start of a command when there is one."""
        if not self.is_open:
            self._came_from = self.screen.focused
        self._names = self._surroundings()
        self._is_waiting = False
        self._rejection = ""
        self._input.can_focus = True
        self._input.value = line
        self._input.cursor_position = len(line)
        # Not `focus()`, which waits its turn behind keys that were typed after the one that opened this line.
        self.screen.set_focus(self._input)
        self._suggest()

    def leave(self) -> None:
        """Give the keys back to where they came from; what was typed is gone."""
        if not self.is_open:
            return
        came_from, self._came_from = self._came_from, None
        self._is_waiting = False
        self._input.value = ""
        self._input.can_focus = False
        self.screen.set_focus(came_from if came_from is not None and came_from.is_attached else None)
        self._suggest()

    def accept(self) -> None:
        """The line was understood and runs now."""
        self.leave()

    def reject(self, reason: str) -> None:
        """The line was not understood: say why, keep it for correction."""
        self._is_waiting = False
        self._rejection = reason
        self._arrange()

    def show_result(self, text: str, *, is_bad: bool, at: str = "", is_old: bool = False) -> None:
        """Show the message of all screens with the time it was said; it stands behind a line that is being typed.

        What has no room is cut with a mark that names the key for all of it; one that `is_old` has one row.
        """
        before = self._message, self._message_at, self._is_bad_message, self._is_old_message
        now = text, at, is_bad, is_old
        self._message, self._message_at, self._is_bad_message, self._is_old_message = now
        # Before it is mounted there is nothing to draw on; mounting draws what was said.
        if now != before and self.is_mounted:
            self._arrange()

    def _arrange(self) -> None:
        said = bool(self.result_text)
        shows_time = said and not self.is_open and bool(self._message_at)
        result = self.query_one("#result", Static)
        at = f"{self._message_at} " if shows_time else ""
        words = self._cut(at + self.result_text)
        result.update(Content.assemble((words[: len(at)], "dim"), words[len(at) :]))
        result.set_class(self.is_open or self._is_bad_message, "-bad")
        self.query_one("#result").display = said
        self.query_one("#entry").display = self.is_open
        self.query_one("#idle").display = not self.is_open and not said

    def _cut(self, text: str) -> str:
        """Break a text into the rows it may have; what is left out is marked."""
        width = self.size.width - 2
        if width <= len(MORE_MARK) or not text:
            return text
        rows = ["".join(part for part, _ in row) for row in wrap(((text, Tone.PLAIN),), width)]
        if self.is_open:
            most = _REJECTION_ROWS
        elif self._is_old_message:
            most = 1
        else:
            most = _MOST_ROWS_SHORT if self.app.size.height < _SHORT else _MOST_ROWS
        if len(rows) <= most:
            return text
        last = rows[most - 1][: width - len(MORE_MARK)].rstrip(" .,;:(")
        return "\n".join([*rows[: most - 1], last + MORE_MARK])

    def on_resize(self) -> None:
        self._arrange()

    def on_key(self, event: events.Key) -> None:
        """Esc, Tab and arrows mean something else here than on the screen."""
        if not self.is_open:
            return
        moves: dict[str, Callable[[], None]] = {
            "escape": self.leave,
            "tab": lambda: self._complete(1),
            "shift+tab": lambda: self._complete(-1),
            "up": lambda: self._recall(self._history.older),
            "down": lambda: self._recall(self._history.newer),
        }
        move = moves.get(event.key)
        if move is not None:
            event.stop()
            event.prevent_default()
            move()

    @on(Input.Submitted, "#command")
    def _submit(self, event: Input.Submitted) -> None:
        event.stop()
        text = event.value.strip()
        if not text:
            self.leave()
        elif not self._is_waiting:
            # A second Enter before the first was answered is the same line, not another order.
            self._is_waiting = True
            self._history.add(text)
            self.post_message(self.Submitted(text))

    @on(Input.Changed, "#command")
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._picked is not None and event.value == self._candidates[self._picked].line:
            return
        self._is_waiting = False
        self._suggest()

    @on(events.DescendantBlur)
    def _left_by_mouse(self) -> None:
        if self.is_open and self.screen.focused is not self._input and self.screen.is_current:
            self._came_from = self.screen.focused
            self.leave()

    def _recall(self, step: Callable[[str], str]) -> None:
        self._put(step(self._input.value))

    def _complete(self, step: int) -> None:
        if not self._candidates:
            return
        if len(self._candidates) == 1:
            self._put(f"{self._candidates[0].line} ")
            return
        start = -1 if step > 0 else 0
        self._picked = ((self._picked if self._picked is not None else start) + step) % len(self._candidates)
        self._put(self._candidates[self._picked].line)
        self._draw_suggestions()

    def _put(self, line: str) -> None:
        self._input.value = line
        self._input.cursor_position = len(line)

    def _suggest(self) -> None:
        self._picked = None
        self._candidates = ()
        if self.is_open and self._names is not None:
            from qe_dashboard.ui.commands.completion import complete

            self._candidates = complete(self._input.value, self._names)
        self._draw_suggestions()
        self._arrange()

    def _draw_suggestions(self) -> None:
        shown = self.query_one("#suggestions", Static)
        lines = [self._suggestion(index) for index in self._window()]
        if self.is_open:
            from qe_dashboard.ui.commands.completion import usage_of

            if usage := usage_of(self._input.value):
                lines.append(Content.styled(usage, "dim"))
        shown.display = bool(lines)
        shown.update(Content("\n").join(lines))

    def _window(self) -> range:
        """Return which candidates are shown: a window that the picked one stays in."""
        first = max((self._picked or 0) - _SHOWN + 1, 0)
        return range(first, min(first + _SHOWN, len(self._candidates)))

    def _suggestion(self, index: int) -> Content:
        candidate = self._candidates[index]
        style = "reverse" if index == self._picked else "bold"
        more = len(self._candidates) - _SHOWN
        tail = f"  (+{more}, Tab)" if index == self._window()[-1] and more > 0 else ""
        return Content.assemble(
            (candidate.word.ljust(_WORD_WIDTH), style), f" {candidate.description}", (tail, "dim")
        )
