"""The connection dialog: where and as whom to connect, tried out before it is saved. It saves nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static

from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.engine.health_views import ConnectionAdvice, ConnectionView
from qe_dashboard.model.ladder import Ladder, PortScan
from qe_dashboard.ui.format import plain
from qe_dashboard.ui.modals.key_guard import EventTiming, KeyGuard, Timing
from qe_dashboard.ui.presenters import connection as words
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.ladder import ladder_lines, scan_line, scan_summary, tested_line
from qe_dashboard.ui.widgets.cell_lines import CellLines

_KEYS = ("host", "port", "client_id", "order_client_id")
_LABELS = {
    "host": "Host",
    "port": "Port",
    "client_id": "Data client id",
    "order_client_id": "Order client id",
}
_HINT = "Tab or Enter: next field. Esc leaves. Nothing is saved before Save."
_ANYWAY = "→ then Enter saves it anyway. Enter or Esc leaves the connection as it was."
_FOCUSED, _OTHER = "▸ ", "  "


class Questions(Protocol):
    """What the dialog may ask. Each returns at once; the answer, or the words why there is none, comes later."""

    def check(self, request: ConnectionRequest, answered: Callable[[Ladder | str], None]) -> None: ...

    def scan(self, host: str, answered: Callable[[PortScan | str], None]) -> None: ...

    def advise(
        self, request: ConnectionRequest, answered: Callable[[ConnectionAdvice | str], None]
    ) -> None: ...


class ConnectionModal(ModalScreen[ConnectionRequest | None]):
    """Edit a connection; return what to save, None when left."""

    CSS_PATH = "../styles/connection.tcss"
    AUTO_FOCUS = "#port"

    def __init__(self, view: ConnectionView, *, questions: Questions, timing: Timing | None = None) -> None:
        super().__init__()
        self._guard = KeyGuard(timing or EventTiming())
        self._view = view
        self._questions = questions
        self._asked = 0
        self._scan: PortScan | None = None
        self._advised: ConnectionRequest | None = None
        """What was warned of; the same fields saved again mean yes."""

    def compose(self) -> ComposeResult:
        fields = words.fields_of(self._view)
        panel = Vertical(classes="panel")
        panel.border_title = Content(f"Connection of {self._view.profile.value}")
        with panel:
            for key in _KEYS:
                with Horizontal(classes="field"):
                    yield Static(_OTHER + _LABELS[key], id=f"label-{key}", classes="label", markup=False)
                    # Whoever comes to a field by Tab types over it.
                    yield Input(getattr(fields, key), id=key, compact=True)
                    yield CellLines(id=f"about-{key}")
                if key == "port":
                    with Horizontal(classes="picks"):
                        for pick in words.PORT_PICKS:
                            button = Button(f"{pick.words} {pick.port}", id=f"pick-{pick.port}", compact=True)
                            # For the mouse; the keys have ↑ and ↓ in the field.
                            button.can_focus = False
                            yield button
            with Horizontal(classes="field"):
                yield Static(f"{_OTHER}Account", classes="label", markup=False)
                yield CellLines(id="about-account")
            yield CellLines(id="problem", wraps=True)
            with VerticalScroll(id="result", can_focus=False):
                yield CellLines(id="ladder", wraps=True, indent=5)
            yield OptionList(id="ports", compact=True)
            yield Static(_HINT, id="hint", classes="hint", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Test connection", id="test", compact=True)
                yield Button("Probe ports", id="probe", compact=True)
                yield Button("Cancel  Esc", id="cancel", compact=True)
                yield Button("Save", id="save", compact=True)

    def on_mount(self) -> None:
        self.query_one("#about-account", CellLines).set_lines(words.account_words(self._view))
        self._show_result(((words.TEST_WORDS, Tone.DIM),))
        self._describe()

    @property
    def _fields(self) -> words.Fields:
        return words.Fields(*(self.query_one(f"#{key}", Input).value for key in _KEYS))

    def _describe(self) -> None:
        """Say beside each input what it means, and below what is wrong with them."""
        fields = self._fields
        about: dict[str, Line] = {
            "host": (),
            "port": words.port_words(fields.port),
            "client_id": (),
            "order_client_id": words.order_id_words(fields),
        }
        for key, line in about.items():
            if words.overridden(self._view, key):
                line = ((words.OVERRIDE_WORDS, Tone.WARN),)
            self.query_one(f"#about-{key}", CellLines).set_lines(line)
        warning = words.kind_warning(self._view.profile, fields.port)
        self._say(*(((warning, Tone.WARN),) if warning else ()))

    def _say(self, *cells: tuple[str, Tone]) -> None:
        self.query_one("#problem", CellLines).set_lines(*((cell,) for cell in cells))

    def _request(self) -> ConnectionRequest | None:
        """Read the inputs; when they mean nothing, say why."""
        request = words.request_of(self._fields)
        if isinstance(request, str):
            self._say((request, Tone.BAD))
            return None
        return request

    @on(Input.Changed)
    def _edited(self) -> None:
        self._advised = None
        self._rename_save()
        self._describe()

    # Trying out

    def _test(self) -> None:
        request = self._request()
        if request is not None:
            self._asked += 1
            asked = self._asked
            self._show_result(((f"Testing {plain(request.host)}:{request.port}…", Tone.STRONG),))
            self._questions.check(request, lambda answer: self._tested(asked, answer))

    def _tested(self, asked: int, answer: Ladder | str) -> None:
        if asked != self._asked or not self.is_attached:
            return
        if isinstance(answer, str):
            self._show_result(((plain(answer), Tone.BAD),))
        else:
            self._show_result(tested_line(answer), *ladder_lines(answer))

    def _probe(self) -> None:
        host = self._fields.host.strip()
        if not host:
            self._say(("Host: type a name or an address to probe.", Tone.BAD))
            return
        self._asked += 1
        asked = self._asked
        self._show_result(((f"Asking the four standard ports of {plain(host)}…", Tone.STRONG),))
        self._questions.scan(host, lambda answer: self._probed(asked, answer))

    def _probed(self, asked: int, answer: PortScan | str) -> None:
        if asked != self._asked or not self.is_attached:
            return
        if isinstance(answer, str):
            self._show_result(((plain(answer), Tone.BAD),))
            return
        self._show_result(scan_summary(answer), scan=answer)

    def _show_result(self, *lines: Line, scan: PortScan | None = None) -> None:
        self._scan = scan
        self.query_one("#ladder", CellLines).set_lines(*lines)
        self.query_one("#result", VerticalScroll).scroll_home(animate=False)
        self.call_after_refresh(self._offer_result)
        ports = self.query_one("#ports", OptionList)
        ports.display = scan is not None
        self.set_class(scan is not None, "-scanned")
        ports.clear_options()
        if scan is not None:
            ports.add_options([_content(scan_line(answer, self._view.profile)) for answer in scan.answers])
            ports.highlighted = words.best_answer(scan, self._view.profile)
            # Whoever types on must not be torn from the input.
            if not isinstance(self.focused, Input):
                ports.focus()

    def _offer_result(self) -> None:
        """Be a Tab stop only while there is something to scroll."""
        result = self.query_one("#result", VerticalScroll)
        result.can_focus = result.has_focus or result.max_scroll_y > 0

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _mark_field(self) -> None:
        """Mark the field that has the keys at its left, for whoever sees no colour."""
        for key in _KEYS:
            mark = _FOCUSED if self.query_one(f"#{key}", Input).has_focus else _OTHER
            self.query_one(f"#label-{key}", Static).update(mark + _LABELS[key])

    @on(OptionList.OptionSelected, "#ports")
    def _port_picked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._scan is not None:
            self._take_port(self._scan.answers[event.option_index].port)

    def _take_port(self, port: int) -> None:
        field = self.query_one("#port", Input)
        field.value = str(port)
        field.focus()

    # Saving

    def _save(self) -> None:
        request = self._request()
        if request is None:
            return
        if request == self._advised:
            self.dismiss(request)
            return
        self._asked += 1
        asked = self._asked
        self._say(("Asking what this would change…", Tone.PLAIN))
        self._questions.advise(request, lambda answer: self._was_advised(asked, request, answer))

    def _was_advised(self, asked: int, request: ConnectionRequest, answer: ConnectionAdvice | str) -> None:
        if asked != self._asked or not self.is_attached or words.request_of(self._fields) != request:
            return
        refusal = answer if isinstance(answer, str) else answer.refusal
        if refusal:
            self._say((f"Not saved: {plain(refusal)}", Tone.BAD))
            return
        warnings = () if isinstance(answer, str) else answer.warnings
        if not warnings:
            self.dismiss(request)
            return
        self._advised = request
        self._say(*((plain(warning), Tone.WARN) for warning in warnings))
        self._rename_save()
        # At once: `focus()` waits its turn, and a second Enter meant for Save would say yes to what nobody read.
        self.set_focus(self.query_one("#cancel", Button))
        self._guard.hidden()
        self.call_after_refresh(self._guard.painted)

    def _rename_save(self) -> None:
        is_asked = self._advised is not None
        self.query_one("#save", Button).label = "Save anyway" if is_asked else "Save"
        hint = self.query_one("#hint", Static)
        hint.update(_ANYWAY if is_asked else _HINT)
        hint.set_class(is_asked, "-asks")

    # Keys

    def on_key(self, event: events.Key) -> None:
        focused = self.focused
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key in ("up", "down") and focused is not None and focused.id == "port":
            event.stop()
            step = 1 if event.key == "down" else -1
            self._take_port(int(words.next_port(self._fields.port, step)))
        elif event.key in ("left", "right") and isinstance(focused, Button):
            event.stop()
            (self.focus_next if event.key == "right" else self.focus_previous)()

    @on(Input.Submitted)
    def _next_field(self, event: Input.Submitted) -> None:
        """Enter in an input goes on to the next one, from the last to the test; it never saves."""
        event.stop()
        after = (*_KEYS, "test")[_KEYS.index(str(event.input.id)) + 1]
        self.set_focus(self.query_one(f"#{after}"))

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        name = str(event.button.id)
        if self._advised is not None and not self._guard.accepts(event):
            return
        if name.startswith("pick-"):
            self._take_port(int(name.removeprefix("pick-")))
        else:
            {"test": self._test, "probe": self._probe, "save": self._save, "cancel": self._leave}[name]()

    def _leave(self) -> None:
        self.dismiss(None)


def _content(line: Line) -> Content:
    """Turn a presented line into an option's text, which is never markup."""
    return Content("".join(text for text, _ in line))
