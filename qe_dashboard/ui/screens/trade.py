"""F6 TRADE: working orders, executions, log, account, and the SAFETY panel."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from qe_dashboard.engine.views import OrderView, Topic
from qe_dashboard.ui import actions
from qe_dashboard.ui.desk import Change
from qe_dashboard.ui.format import clock
from qe_dashboard.ui.modals.reading import Section, TextModal
from qe_dashboard.ui.presenters.account import account_panel
from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.presenters.orders import ORDERS, newest_first, order_row
from qe_dashboard.ui.presenters.safety import NAME_WIDTH, safety_panel
from qe_dashboard.ui.presenters.tape import LOG, TAPE, fill_row, log_row, newest_fill_first
from qe_dashboard.ui.screens.row_acts import OrderActs
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from qe_dashboard.ui.widgets.scroll_lines import ScrollLines

_WIDTHS = [(0, "-narrow"), (100, "-wide")]
# The log file has the rest; a longer list would be sorted and drawn for nobody.
_MOST_LOG_LINES = 200


class TradeScreen(OrderActs):
    """What works now and what keeps it safe."""

    SCOPE = "trade"
    TITLE_WORD = "TRADE"
    TOPICS: ClassVar[tuple[Topic, ...]] = (
        Topic.STATUS,
        Topic.ORDERS,
        Topic.TAPE,
        Topic.LOG,
        Topic.ACCOUNT,
    )
    CSS_PATH = "../styles/trade.tcss"
    HORIZONTAL_BREAKPOINTS = _WIDTHS

    def compose_body(self) -> ComposeResult:
        with Horizontal():
            with Vertical(id="left"):
                yield LiveGrid(ORDERS, id="working", title="WORKING", lists_orders=True)
                yield LiveGrid(TAPE, id="executions", title="EXECUTIONS")
                yield LiveGrid(LOG, id="log", title="LOG")
            with Vertical(id="right"):
                yield ScrollLines(id="safety", title="SAFETY", wraps=True, indent=NAME_WIDTH)
                yield CellLines(id="account", title="ACCOUNT", wraps=True)

    def redraw(self) -> None:
        super().redraw()
        if self.desk is None:
            for grid in self.query(LiveGrid):
                grid.set_notice("waiting for the broker; nothing is known yet", Tone.STALE)
        self._draw_safety()
        self._draw_account()

    def draw_change(self, change: Change) -> None:
        match change.topic:
            case Topic.ORDERS:
                self._draw_working()
            case Topic.TAPE:
                self._draw_executions()
            case Topic.LOG:
                self._draw_log()
            case Topic.ACCOUNT:
                self._draw_account()

    def draw_ages(self) -> None:
        self._draw_safety()
        self._draw_working()
        self._draw_account()
        if self.desk is not None and self.desk.tape.unknown is not None:
            self._draw_executions()

    def order_under_cursor(self) -> OrderView | None:
        grid = self.query_one("#working", LiveGrid)
        if self.desk is None or not grid.has_focus or grid.cursor_key is None:
            return None
        return self.desk.orders.rows.get(grid.cursor_key)

    @on(LiveGrid.Moved, "#working")
    def _order_chosen(self, event: LiveGrid.Moved) -> None:
        self.focus_row(event)

    @on(LiveGrid.Chosen, "#log")
    def _read_log_line(self, event: LiveGrid.Chosen) -> None:
        """Show a line in full: the list cuts what does not fit."""
        line = None if self.desk is None else self.desk.log.rows.get(event.key)
        if line is not None:
            when = f"{clock(line.at, self.app_.zone)} {line.source}"
            self.app.push_screen(TextModal("LOG", sections=(Section("", ((when, line.text),)),)))

    def _draw_working(self) -> None:
        if self.desk is not None:
            book, now, zone = self.desk.orders, self.now, self.app_.zone
            views = sorted((view for view in book.views if view.is_open), key=newest_first)
            rows = [(str(view.number), order_row(view, now=now, zone=zone)) for view in views]
            self.show_book(
                self.query_one("#working", LiveGrid), book, rows, name="WORKING", empty="no working orders"
            )

    def _draw_executions(self) -> None:
        if self.desk is not None:
            book, zone = self.desk.tape, self.app_.zone
            views = sorted(book.rows.items(), key=lambda item: newest_fill_first(item[1]))
            rows = [(key, fill_row(view, zone=zone)) for key, view in views]
            self.show_book(
                self.query_one("#executions", LiveGrid), book, rows, name="EXECUTIONS", empty="no fills today"
            )

    def _draw_log(self) -> None:
        if self.desk is not None:
            book, zone = self.desk.log, self.app_.zone
            latest = list(book.rows.items())[-_MOST_LOG_LINES:][::-1]
            rows = [(key, log_row(view, zone=zone)) for key, view in latest]
            self.show_book(self.query_one("#log", LiveGrid), book, rows, name="LOG", empty="nothing yet")

    def _draw_safety(self) -> None:
        self.query_one("#safety", CellLines).set_lines(
            *safety_panel(self.status, zone=self.app_.zone, keys=_safety_keys())
        )

    def _draw_account(self) -> None:
        desk, panel = self.desk, self.query_one("#account", CellLines)
        panel.set_lines(
            *account_panel(
                None if desk is None else desk.account,
                unknown=None if desk is None else desk.account_unknown,
                width=panel.size.width,
                now=self.now,
            )
        )


def _safety_keys() -> str:
    """Say how to halt and how to reconnect, as the table of actions has it."""
    halt = actions.action("halt")
    words = [actions.action(name).command for name in ("resume", "reconnect", "reconcile")]
    return " ".join((actions.key_label(halt.keys[0]), halt.label, *(f"/{word}" for word in words)))
