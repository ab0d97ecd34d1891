"""What ctrl+g opens after it has halted (D6, D7): state, what still works, and previews of what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from qe_dashboard.engine.views import StatusView
from qe_dashboard.model.enums import TradingState
from qe_dashboard.ui.format import plain
from qe_dashboard.ui.presenters.safety import working_counts, working_kinds

# Twice a second: the counts fall while cancels come back.
_REFRESH_S = 0.5


class HaltStep(StrEnum):
    """What the person wants to look at next; each opens a preview and sends nothing."""

    LEAVE = "leave"
    CANCEL_ENTRIES = "cancel entries"
    CANCEL_MINE = "cancel mine"
    CLOSE = "close"
    RESUME = "resume"


_KEYS = {
    "e": HaltStep.CANCEL_ENTRIES,
    "m": HaltStep.CANCEL_MINE,
    "c": HaltStep.CLOSE,
    "r": HaltStep.RESUME,
    "escape": HaltStep.LEAVE,
}


def working_words(status: StatusView | None) -> str:
    """Say how many orders still work, or that it is not known (R16)."""
    counts = None if status is None else working_counts(status)
    if status is None or counts is None:
        return "Orders still working: NOT KNOWN. Look in TWS or call the broker before relying on it."
    total = sum(counts)
    if total == 0 and status.uncertain == 0:
        return "No orders are working."
    words = f"{total} order{'' if total == 1 else 's'} still working: {working_kinds(counts)}"
    return f"{words}, and {status.uncertain} UNCERTAIN" if status.uncertain else words


class HaltPanel(ModalScreen[HaltStep]):
    """Show the latched halt. `read_status` gives the newest status, `outcome` what went wrong or
    is still under way with the halt call, else nothing."""

    CSS_PATH = "../styles/modals.tcss"
    AUTO_FOCUS = None

    def __init__(self, *, read_status: Callable[[], StatusView | None], outcome: Callable[[], str]) -> None:
        super().__init__()
        self._read_status = read_status
        self._outcome = outcome

    def compose(self) -> ComposeResult:
        panel = Vertical(classes="panel -danger")
        panel.border_title = Content("HALT")
        with panel:
            for name in ("state", "answer", "working", "offline"):
                yield Static("", id=name, classes="detail", markup=False)
            yield Static(
                "Only orders that reduce a position pass now. Nothing at the venue was touched.",
                classes="detail",
                markup=False,
            )
            yield Static(
                "e  preview: cancel entries (stops and targets stay)\n"
                "m  preview: cancel all of your own orders\n"
                "c  close a position: pick the symbol\n"
                "r  resume: asks for the word resume",
                classes="keys",
                markup=False,
            )
            yield Static("Esc leaves; it stays halted, also after a restart.", classes="hint", markup=False)

    def on_mount(self) -> None:
        self.set_interval(_REFRESH_S, self.show_now)
        self.show_now()

    def show_now(self) -> None:
        """Bring the panel up to the newest status."""
        state = self.query_one_optional("#state", Static)
        if state is None:
            # The timer's last tick can come after the widgets went and before the screen did.
            return
        status = self._read_status()
        state.update(_state_words(status))
        answer = self.query_one("#answer", Static)
        answer.update(plain(self._outcome()))
        answer.display = bool(self._outcome())
        self.query_one("#working", Static).update(working_words(status))
        offline = status is not None and status.offline_since is not None
        note = self.query_one("#offline", Static)
        note.display = offline
        if offline:
            note.update(
                "The broker is offline: counts are the last known ones, and cancels cannot reach it now."
            )

    def on_key(self, event: events.Key) -> None:
        event.stop()
        step = _KEYS.get(event.key)
        if step is not None:
            self.dismiss(step)


def _state_words(status: StatusView | None) -> str:
    if status is None:
        return "Trading state: not known yet"
    if status.trading_state is TradingState.HALTED:
        return f"HALTED: {plain(status.trading_reason) or 'no reason given'}"
    return f"{status.trading_state.value}: the halt is not latched yet"
