"""Keys that act on the row under the cursor. They prepare; the flows ask, and the engine decides."""

from __future__ import annotations

from qe_dashboard.engine.views import OrderView
from qe_dashboard.ui.presenters.orders import modify_command
from qe_dashboard.ui.screens.base import DashboardScreen
from qe_dashboard.ui.widgets.live_grid import LiveGrid


class SymbolActs(DashboardScreen):
    """Acts on the focused symbol."""

    @property
    def symbol_to_act_on(self) -> str | None:
        """The symbol a key means, None when none is chosen."""
        return self.app_.focused_symbol

    def action_buy(self) -> None:
        self._begin("buy")

    def action_sell(self) -> None:
        self._begin("sell")

    def action_close_position(self) -> None:
        symbol = self.symbol_to_act_on
        if symbol is None:
            self.app_.say("No symbol is chosen. Move the cursor to one, then press c.")
        else:
            self.app_.flows.close_position(symbol)

    def action_cancel_symbol(self) -> None:
        symbol = self.symbol_to_act_on
        if symbol is None:
            self.app_.say("No symbol is chosen, nothing was cancelled. Move the cursor to one, then press X.")
        else:
            self.app_.flows.cancel_symbol(symbol)

    def _begin(self, verb: str) -> None:
        symbol = self.symbol_to_act_on
        self.app_.flows.begin(f"{verb} " if symbol is None else f"{verb} {symbol} ")


class OrderActs(SymbolActs):
    """Acts on the order under the cursor."""

    def order_under_cursor(self) -> OrderView | None:
        """Return the order a key would act on, None when the cursor is on none."""
        raise LookupError(f"{type(self).__name__} lists no orders")

    @property
    def symbol_to_act_on(self) -> str | None:
        """That of the row under the cursor, which is what the person looks at, else the focused one."""
        order = self.order_under_cursor()
        return super().symbol_to_act_on if order is None else order.label

    def focus_row(self, event: LiveGrid.Moved) -> None:
        """Make the symbol of the row somebody moved to the focused one; rows that come and go move no focus."""
        order = self.order_under_cursor()
        if event.by_hand and order is not None:
            self.app_.focus_instrument(order.instrument_id)

    def action_cancel_row(self) -> None:
        order = self.order_under_cursor()
        if order is None:
            self.app_.say("The cursor is on no order, nothing was cancelled. Move it to one, then press x.")
        else:
            self.app_.flows.cancel_order(order.number)

    def action_modify_row(self) -> None:
        order = self.order_under_cursor()
        if order is None:
            self.app_.say("The cursor is on no order. Move it to one, then press m.")
        else:
            self.app_.flows.begin(modify_command(order))
