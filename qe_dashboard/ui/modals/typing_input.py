"""An input for words that have to be typed: a paste is discarded (D11)."""

from __future__ import annotations

from textual import events
from textual.widgets import Input


class TypingInput(Input):
    """Input that takes keys only."""

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.border_subtitle = "type it; a paste does not count"

    def action_paste(self) -> None:
        """Ignore ctrl+v, which inserts Textual's own clipboard."""
