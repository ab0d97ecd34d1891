"""The smallest Textual app that counts key presses: the floor that ratios are taken against."""

from __future__ import annotations

import os
from typing import ClassVar

os.environ.setdefault("TEXTUAL_FPS", "240")

from textual.app import App, ComposeResult
from textual.widgets import Static


class Trivial(App[None]):
    """Shows READY and a counter that `j` moves."""

    BINDINGS: ClassVar = [("j", "count", "count")]

    def compose(self) -> ComposeResult:
        yield Static("READY 1/9999", id="status")

    def on_mount(self) -> None:
        self.count = 1

    def action_count(self) -> None:
        self.count += 1
        self.query_one("#status", Static).update(f"READY {self.count}/9999", layout=False)


Trivial().run()
