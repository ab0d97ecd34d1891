"""Texts to read and rows to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from qe_dashboard.ui.format import plain

# Of 80 columns this leaves half for what a row means.
_LEFT_WIDTH = 34


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its rows: a short left text and what it means."""

    title: str
    rows: tuple[tuple[str, str], ...]


class TextModal(ModalScreen[None]):
    """Show sections to read; any of Esc, q, Enter leaves."""

    CSS_PATH = "../styles/modals.tcss"
    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "leave", "Close", show=False),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, title: str, *, sections: tuple[Section, ...]) -> None:
        super().__init__()
        self._title = title
        self._sections = sections

    def compose(self) -> ComposeResult:
        panel = Vertical(classes="panel wide")
        panel.border_title = Content(self._title)
        panel.border_subtitle = Content("Esc closes · j k PgUp PgDn scroll")
        with panel, VerticalScroll(id="text"):
            for section in self._sections:
                if section.title:
                    yield Static(section.title, classes="heading", markup=False)
                if section.rows:
                    yield Static(_rows(section), classes="detail")

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_scroll(self, direction: str) -> None:
        text = self.query_one("#text", VerticalScroll)
        (text.scroll_down if direction == "down" else text.scroll_up)(animate=False)


def _rows(section: Section) -> Table:
    """Lay rows out in two columns of text, so that a long meaning wraps under itself. The text is never markup."""
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(width=min(max(len(left) for left, _ in section.rows), _LEFT_WIDTH))
    grid.add_column(ratio=1)
    for left, right in section.rows:
        grid.add_row(Text(plain(left), style="bold"), Text(plain(right)))
    return grid


class ChoiceModal(ModalScreen[str | None]):
    """Let a person pick what an ambiguous word meant; None when left by Esc."""

    CSS_PATH = "../styles/modals.tcss"
    AUTO_FOCUS = "OptionList"

    def __init__(self, question: str, *, choices: tuple[str, ...]) -> None:
        super().__init__()
        self._question = question
        self._choices = choices

    def compose(self) -> ComposeResult:
        panel = Vertical(classes="panel")
        panel.border_title = Content("Which one?")
        with panel:
            yield Static(plain(self._question), classes="detail", markup=False)
            yield OptionList(*(Option(Content(plain(choice))) for choice in self._choices), compact=True)
            yield Static("Enter picks, Esc leaves; nothing is sent by picking.", classes="hint", markup=False)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(None)

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(self._choices[event.option_index])
