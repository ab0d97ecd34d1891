"""The confirm step (D11): the act as one sentence, every gate's answer, and one way to say yes."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from qe_dashboard.engine.views import ConfirmTier, PreviewView
from qe_dashboard.model.enums import Outcome
from qe_dashboard.ui.format import plain
from qe_dashboard.ui.modals.key_guard import EventTiming, KeyGuard, Timing
from qe_dashboard.ui.modals.typing_input import TypingInput
from qe_dashboard.ui.presenters.verdicts import LEAST_CELL, passes, verdict_words

# D11: the second press of a lit control counts for this long.
SECOND_PRESS_S = 5.0
# Often enough that the countdown and the lit control never look late.
_TICK_S = 0.1

_SCROLLS = {"up": -1, "down": 1, "k": -1, "j": 1, "pageup": -8, "pagedown": 8}
# As many gates as a first look takes in; the others scroll.
_BODY_ROWS = 14
# Keys that lead away from here on every other screen; nobody should wonder why they are dead.
_ELSEWHERE = frozenset({*(f"f{number}" for number in range(1, 13)), "slash", "colon"})
_ANSWER_FIRST = "Answer this first: y sends, Esc drops."
_TOO_FAST = "Too fast: press y again."
_SCROLL_BAR = 2
_TYPED = (ConfirmTier.TYPE_WORD, ConfirmTier.TYPE_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person decided about a preview; `accepted` are the ASK codes that were named on screen."""

    token: str
    send: bool
    accepted: tuple[str, ...] = ()
    typed: str = ""


def ask_words(preview: PreviewView) -> str:
    """Name what a yes overrides, empty when nothing was asked."""
    texts = {verdict.code: verdict.text for verdict in preview.verdicts}
    named = "; ".join(f"{texts[code]} ({code})" if code in texts else code for code in preview.asks)
    return plain(f"y sends although: {named}") if named else ""


class ConfirmModal(ModalScreen[Decision]):
    """Show a preview and return a Decision. `explain` shows it with no way to send.

    Focus starts on Drop. `note` says why it is shown again.
    """

    CSS_PATH = "../styles/modals.tcss"
    AUTO_FOCUS = "#drop"

    def __init__(
        self,
        preview: PreviewView,
        *,
        owner: str,
        note: str = "",
        explain: bool = False,
        timing: Timing | None = None,
    ) -> None:
        super().__init__()
        self.preview = preview
        self._owner = owner
        self._note = note
        self._can_send = preview.can_send and not explain
        self._explain = explain
        self._timing = timing or EventTiming()
        self._guard = KeyGuard(self._timing)
        self._lifetime = (preview.expires_at - preview.created_at).total_seconds()
        self._opened_at = self._timing.now()
        self._first_press_at: float | None = None
        self._answered = ""
        self._passes = Static("", classes="verdict -allow", markup=False)
        self._verdicts = {
            verdict: Static("", classes=f"verdict -{verdict.outcome.value.lower()}", markup=False)
            for verdict in sorted(preview.verdicts, key=lambda item: -item.outcome.rank)
            if explain or verdict.outcome is not Outcome.ALLOW
        }
        self._write_gates(2 * LEAST_CELL)
        if preview.account_kind is not None:
            self.add_class(f"-{preview.account_kind.value.lower()}")

    def compose(self) -> ComposeResult:
        preview = self.preview
        panel = Vertical(classes="panel")
        panel.border_title = Content(plain(preview.title))
        panel.border_subtitle = Content(plain(self._owner))
        with panel:
            yield Static(plain(self._note), classes="note", id="note", markup=False)
            yield Static(plain(preview.sentence), classes="sentence", id="sentence", markup=False)
            with VerticalScroll(classes="body", can_focus=False):
                for line in preview.details:
                    yield Static(plain(line), classes="detail", markup=False)
                yield from self._verdicts.values()
                if not self._explain:
                    yield self._passes
            yield Static(
                ask_words(preview) if self._can_send else "", classes="asks", id="asks", markup=False
            )
            if self._is_typed:
                yield TypingInput(id="typed", placeholder=f"type  {preview.typed_word}", compact=True)
            yield Static("", classes="hint", id="hint", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Drop  Esc", id="drop", compact=True)
                if self._can_send:
                    yield Button(
                        Content(f"{plain(preview.title)}  y"), id="send", compact=True, disabled=True
                    )

    @property
    def _is_typed(self) -> bool:
        return self._can_send and self.preview.tier in _TYPED

    @property
    def seconds_left(self) -> float:
        """Seconds until the preview expires, not below 0."""
        return max(self._lifetime - (self._timing.now() - self._opened_at), 0.0)

    @property
    def is_lit(self) -> bool:
        """Whether a press of the send control would count now."""
        return (
            self._can_send
            and self._is_whole
            and self._guard.is_settled
            and self.seconds_left > 0
            and (not self._is_typed or self._typed == self.preview.typed_word)
        )

    @property
    def _is_whole(self) -> bool:
        """Whether all that a yes is about is on the screen: nobody may agree to half a sentence."""
        parts = [self.query_one(name) for name in ("#sentence", "#asks", "#send")]
        return all(part.region and self.region.contains_region(part.region) for part in parts if part.display)

    @property
    def _typed(self) -> str:
        return self.query_one("#typed", Input).value if self._is_typed else ""

    @property
    def _is_half_pressed(self) -> bool:
        first = self._first_press_at
        return first is not None and self._timing.now() - first <= SECOND_PRESS_S

    def on_mount(self) -> None:
        for name in ("#note", "#asks"):
            part = self.query_one(name, Static)
            part.display = bool(str(part.content))
        self.set_interval(_TICK_S, self.tick)
        self.tick()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Give the gates' lines what the rest leaves over: sentence and send control are never pushed off."""
        panel, body = self.query_one(".panel"), self.query_one(".body")
        self._write_gates(panel.content_region.width)
        rest = [child for child in panel.children if child.display and child is not body]
        used = sum(child.region.height + child.styles.margin.height for child in rest)
        frame = panel.region.height - panel.content_region.height
        body.styles.max_height = min(max(self.size.height - used - frame, 1), _BODY_ROWS)

    def _write_gates(self, width: int) -> None:
        """Write the gates' lines for a width; the body's scroll bar takes the last cells of it."""
        room = max(width - _SCROLL_BAR, 1)
        for verdict, line in self._verdicts.items():
            line.update(verdict_words(verdict, width=room))
        self._passes.update(passes(self.preview.verdicts, width=room))

    def on_screen_resume(self) -> None:
        self._guard.hidden()
        self.call_after_refresh(self._guard.painted)

    def tick(self) -> None:
        """Bring hint and send control up to now."""
        hint = self.query_one_optional("#hint", Static)
        if hint is None:
            # The timer's last tick can come after the widgets went and before the screen did.
            return
        hint.update(self._hint())
        hint.set_class(bool(self._answered), "-answer")
        if not self._can_send:
            return
        send = self.query_one("#send", Button)
        send.display = self.seconds_left > 0
        send.disabled = not self.is_lit
        send.set_class(self.is_lit, "-lit")
        send.set_class(self._is_half_pressed, "-half")

    def _hint(self) -> str:
        if self._explain:
            return "This explains the order; nothing is sent. Esc leaves."
        if not self._can_send:
            return "It cannot be sent; nothing was. Esc leaves."
        if self.seconds_left <= 0:
            return (
                "This preview has expired and can no longer be sent. Esc leaves; ask again for fresh numbers."
            )
        if not self._is_whole:
            return "The window is too small to show this whole. Enlarge it to send; Esc drops."
        left = f"{self.seconds_left:.0f} s left"
        if self._answered:
            return f"{self._answered} {left}"
        if self._is_typed and self._typed != self.preview.typed_word:
            return f"Tab, type {self.preview.typed_word}, then Enter on the lit control. Esc drops. {left}"
        if self._is_half_pressed:
            return f"Press y once more within 5 s to send. Esc drops. {left}"
        twice = "y twice" if self.preview.tier is ConfirmTier.PRESS_TWICE else "y"
        if self._note:
            return f"It changed: press {twice} again to send. Esc drops. {left}"
        return f"{twice} sends, Esc drops. {left}"

    def on_key(self, event: events.Key) -> None:
        """Decide what a key means here; nothing below or above this screen sees y, Enter or Esc."""
        self._answered = ""
        if event.key == "escape":
            event.stop()
            self._drop()
        elif event.key in _ELSEWHERE:
            event.stop()
            self._say(_ANSWER_FIRST)
        elif event.key == "y":
            event.stop()
            self._press(event)
        elif event.key == "enter":
            event.stop()
            self._enter(event)
        elif event.key in ("left", "right"):
            event.stop()
            (self.focus_next if event.key == "right" else self.focus_previous)()
        elif event.key in _SCROLLS:
            event.stop()
            self.query_one(".body", VerticalScroll).scroll_relative(y=_SCROLLS[event.key], animate=False)
        elif event.is_printable:
            self._guard.letter(event)

    def _enter(self, event: events.Key) -> None:
        focused = self.focused.id if self.focused is not None else None
        if focused == "drop":
            if self._guard.accepts(event):
                self._drop()
        elif focused == "send":
            self._press(event)
        elif focused == "typed":
            self.tick()
            self.query_one("#send", Button).focus()

    @on(Button.Pressed, "#drop")
    def _drop_clicked(self) -> None:
        self._drop()

    @on(Button.Pressed, "#send")
    def _send_clicked(self, event: Button.Pressed) -> None:
        self._press(event)

    @on(Input.Changed)
    def _word_typed(self) -> None:
        self.tick()

    def _press(self, event: Message) -> None:
        """Take a press of yes: send, light the control, or discard it."""
        if not self._guard.accepts(event):
            if self._can_send:
                self._say(_TOO_FAST)
            return
        if not self.is_lit:
            return
        if self.preview.tier is ConfirmTier.PRESS_TWICE and not self._is_half_pressed:
            self._first_press_at = self._timing.now()
            self.query_one("#send", Button).focus()
            self.tick()
            return
        self.dismiss(Decision(self.preview.token, send=True, accepted=self.preview.asks, typed=self._typed))

    def _say(self, answer: str) -> None:
        """Answer a key that did nothing, until the next key."""
        self._answered = answer
        self.tick()

    def _drop(self) -> None:
        self.dismiss(Decision(self.preview.token, send=False))
