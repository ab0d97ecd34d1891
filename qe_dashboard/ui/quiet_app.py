"""What Textual 8.2.8 does at the edges of an app's life that a trader must not see. Its version is pinned for this."""

from __future__ import annotations

import contextlib

from textual.app import App, ScreenStackError
from textual.css.query import NoMatches


class QuietApp(App[int]):
    """An app that starts and ends without noise."""

    def clear_selection(self) -> None:
        """Clear selected text. With eager tasks (Python 3.12) an input of the first screen asks before it is there."""
        with contextlib.suppress(ScreenStackError):
            super().clear_selection()

    def _handle_exception(self, error: Exception) -> None:
        """Let a screen go that was still opening when the program ended: told to mount, it was never composed."""
        if self._exit and isinstance(error, NoMatches):
            self.log.warning(f"ended while a screen was opening: {error}")
            return
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Print a crash without local variables: Textual's own traceback shows them, and they hold account ids."""
        from rich.traceback import Traceback

        self.bell()
        self.panic(Traceback(show_locals=False))
