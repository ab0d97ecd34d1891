"""F10 ORDERS: every order of the account from every client, with the broker's own words."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from qe_dashboard.engine.views import OrderView, Topic
from qe_dashboard.ui.desk import Change
from qe_dashboard.ui.presenters.cells import EMPTY, Line, Tone
from qe_dashboard.ui.presenters.orders import (
    ORDERS,
    OrderFilter,
    newest_first,
    order_detail,
    order_filter,
    order_row,
)
from qe_dashboard.ui.screens.row_acts import OrderActs
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.live_grid import LiveGrid


class OrdersScreen(OrderActs):
    """The list, its filter, and the order under the cursor in full."""

    SCOPE = "orders"
    TITLE_WORD = "ORDERS"
    TOPICS: ClassVar[tuple[Topic, ...]] = (Topic.STATUS, Topic.ORDERS)
    CSS_PATH = "../styles/orders.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._filter = OrderFilter.ALL

    def compose_body(self) -> ComposeResult:
        yield CellLines(id="filters")
        yield LiveGrid(ORDERS, id="orders", title="ORDERS", lists_orders=True)
        yield CellLines(id="detail", title="ORDER", wraps=True)

    def redraw(self) -> None:
        super().redraw()
        if self.desk is None:
            notice = "waiting for the broker; nothing is known yet"
            self.query_one("#orders", LiveGrid).set_notice(notice, Tone.STALE)
        self._draw_filters(0, 0)
        self._draw_orders()

    def draw_change(self, change: Change) -> None:
        if change.topic is Topic.ORDERS:
            self._draw_orders()

    def draw_ages(self) -> None:
        self._draw_orders()

    def action_filter(self, choice: str) -> None:
        """Show only some of the orders: `all`, `working`, `own` or `today`."""
        self._filter = OrderFilter(choice)
        self._draw_orders()

    def order_under_cursor(self) -> OrderView | None:
        grid = self.query_one("#orders", LiveGrid)
        if self.desk is None or not grid.has_focus or grid.cursor_key is None:
            return None
        return self.desk.orders.rows.get(grid.cursor_key)

    @on(LiveGrid.Moved, "#orders")
    def _order_chosen(self, event: LiveGrid.Moved) -> None:
        self.focus_row(event)
        self._draw_detail()

    def _draw_orders(self) -> None:
        if self.desk is None:
            return
        book, now, zone = self.desk.orders, self.now, self.app_.zone
        wanted = order_filter(self._filter, now=now, zone=zone)
        views = sorted((view for view in book.views if wanted(view)), key=newest_first)
        rows = [(str(view.number), order_row(view, now=now, zone=zone)) for view in views]
        empty = (
            "no orders"
            if self._filter is OrderFilter.ALL
            else f"no orders pass the filter: {self._filter.value}"
        )
        self.show_book(self.query_one("#orders", LiveGrid), book, rows, name="ORDERS", empty=empty)
        self._draw_filters(len(views), len(book.rows))
        self._draw_detail()

    def _draw_filters(self, shown: int, held: int) -> None:
        line: Line = ((" show ", Tone.DIM),)
        for choice in OrderFilter:
            is_on = choice is self._filter
            name = choice.value
            line = (
                *line,
                (f" {name[0]}", Tone.KEY),
                (f" {name} ", Tone.BADGE if is_on else Tone.PLAIN),
            )
        self.query_one("#filters", CellLines).set_lines((*line, (f"   {shown} of {held} orders", Tone.DIM)))

    def _draw_detail(self) -> None:
        order = None
        key = self.query_one("#orders", LiveGrid).cursor_key
        if self.desk is not None and key is not None:
            order = self.desk.orders.rows.get(key)
        detail = self.query_one("#detail", CellLines)
        if order is None:
            detail.set_lines((("no order under the cursor", Tone.STALE),), EMPTY)
        else:
            detail.set_lines(*order_detail(order, now=self.now, zone=self.app_.zone))
