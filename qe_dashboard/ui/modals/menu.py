"""An opened menu: arrows and Enter pick an action, Esc leaves."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from qe_dashboard.ui.action_table import MENUS, Action
from qe_dashboard.ui.actions import in_menu, key_label

_LABEL_WIDTH = 18


class MenuModal(ModalScreen[str | None]):
    """Show one menu at a time; return the id of the picked action, None when left."""

    CSS_PATH = "../styles/modals.tcss"
    AUTO_FOCUS = "OptionList"

    def __init__(self, menu: str, *, anchors: Mapping[str, tuple[int, int]]) -> None:
        super().__init__()
        self.menu = menu if menu in MENUS else MENUS[0]
        self._anchors = anchors

    def compose(self) -> ComposeResult:
        with Vertical(id="drop-down"):
            yield OptionList(compact=True)
            yield Static("", id="about-row", markup=False)

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        rows = self.query_one(OptionList)
        rows.clear_options()
        rows.add_options([Option(_row(item), id=item.id) for item in in_menu(self.menu)])
        rows.highlighted = 0
        drop_down = self.query_one("#drop-down", Vertical)
        drop_down.border_title = Content(self.menu)
        drop_down.styles.offset = self._anchors.get(self.menu, (0, 0))

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            self.dismiss(None)
        elif event.key in ("left", "right"):
            event.stop()
            step = 1 if event.key == "right" else -1
            self.menu = MENUS[(MENUS.index(self.menu) + step) % len(MENUS)]
            self._show()

    def on_click(self, event: events.Click) -> None:
        if event.widget is self:
            self.dismiss(None)

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        about = next((item.description for item in in_menu(self.menu) if item.id == event.option_id), "")
        self.query_one("#about-row", Static).update(about)

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)


def _row(item: Action) -> Content:
    key = key_label(item.keys[0]) if item.keys else ""
    return Content.assemble(item.label.ljust(_LABEL_WIDTH), (key.rjust(8), "dim"))
