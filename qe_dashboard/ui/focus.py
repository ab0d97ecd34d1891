"""The one focused symbol of the program: what the chart shows and what keys act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qe_dashboard.model.identifiers import InstrumentId
    from qe_dashboard.ui.desk import Desk
    from qe_dashboard.ui.screens.base import DashboardScreen


class SymbolFocus:
    """Part of the app."""

    focused_instrument: InstrumentId | None = None

    if TYPE_CHECKING:
        desk: Desk | None

        @property
        def visible_screen(self) -> DashboardScreen | None: ...

    @property
    def focused_symbol(self) -> str | None:
        """The focused instrument as a person types it (`AAPL`, `MNQ Dec26`), None when there is none."""
        if self.desk is None or self.focused_instrument is None:
            return None
        return self.desk.label_of(self.focused_instrument)

    def focus_symbol(self, symbol: str) -> None:
        """Make a symbol of the desk the focused one; one that is not on it changes nothing."""
        found = None if self.desk is None else self.desk.find_instrument(symbol)
        if found is not None:
            self.focus_instrument(found)

    def focus_instrument(self, instrument_id: InstrumentId) -> None:
        """Make an instrument the focused one. A screen that follows it does so at once when it is seen, else when
        it comes back."""
        self.focused_instrument = instrument_id
        screen = self.visible_screen
        if screen is not None:
            screen.show_focused(instrument_id)
