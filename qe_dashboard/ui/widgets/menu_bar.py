"""The menu bar: one row with the names of the menus."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static

from qe_dashboard.ui.action_table import MENUS
from qe_dashboard.ui.actions import action, key_label


class MenuBar(Horizontal):
    """Names of the menus; a click on one posts Opened."""

    class Opened(Message):
        """A menu was asked for."""

        def __init__(self, menu: str) -> None:
            super().__init__()
            self.menu = menu

    def compose(self) -> ComposeResult:
        for menu in MENUS:
            yield Static(menu, classes="menu", id=f"menu-{menu.lower()}", markup=False)
        yield Static(key_label(action("menu").keys[0]), classes="menu-key", markup=False)

    def on_click(self, event: events.Click) -> None:
        if event.widget is not None and event.widget.has_class("menu"):
            event.stop()
            self.post_message(self.Opened(str(event.widget.render())))

    def anchors(self) -> dict[str, tuple[int, int]]:
        """Return where each menu drops down: column and row on the screen."""
        return {
            menu: (region.x, region.bottom)
            for menu in MENUS
            for region in (self.query_one(f"#menu-{menu.lower()}").region,)
        }
