"""F1 MAIN: watchlist, candles of the focused symbol, positions, account, own fills."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from qe_dashboard.engine.views import Topic
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.ui import actions
from qe_dashboard.ui.desk import Change
from qe_dashboard.ui.presenters.account import account_strip
from qe_dashboard.ui.presenters.candles import interval_words
from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.presenters.positions import POSITIONS, position_row
from qe_dashboard.ui.presenters.tape import TAPE, fill_row, newest_fill_first
from qe_dashboard.ui.presenters.watchlist import WATCHLIST, quote_row
from qe_dashboard.ui.screens.row_acts import SymbolActs
from qe_dashboard.ui.widgets.candle_chart import CandleChart
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.live_grid import LiveGrid

BAR_SECONDS = 60
# Walking down a list must not ask the venue for the history of every row: it allows 60 requests in 10 minutes.
_CHART_DELAY_S = 0.3
_SYMBOL_LISTS = ("watchlist", "positions")
_ACT_KEYS = " ".join(actions.action(name).keys[0] for name in ("buy", "sell", "close_position"))


class MainScreen(SymbolActs):
    """The cursor of whichever list it is in chooses the focused symbol; the chart follows it."""

    SCOPE = "main"
    TITLE_WORD = "MAIN"
    TOPICS: ClassVar[tuple[Topic, ...]] = (
        Topic.STATUS,
        Topic.TAPE,
        Topic.QUOTES,
        Topic.BARS,
        Topic.POSITIONS,
        Topic.ACCOUNT,
    )
    CSS_PATH = "../styles/main.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._chart_timer: Timer | None = None
        self._charted: InstrumentId | None = None
        self._list_in_use = "watchlist"
        self._heard: dict[str, str | None] = {}

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="upper"):
            yield LiveGrid(WATCHLIST, id="watchlist", title="WATCHLIST")
            yield CandleChart(id="chart")
        with Horizontal(id="lower"):
            yield LiveGrid(POSITIONS, id="positions", title="POSITIONS")
            yield LiveGrid(TAPE, id="tape", title="TAPE")
        yield CellLines(id="account")

    def redraw(self) -> None:
        super().redraw()
        if self.desk is None:
            for grid in self.query(LiveGrid):
                grid.set_notice("waiting for the broker; nothing is known yet", Tone.STALE)
        self._draw_account()

    def draw_change(self, change: Change) -> None:
        match change.topic:
            case Topic.QUOTES:
                self._draw_quotes(change)
            case Topic.POSITIONS:
                self._draw_positions()
            case Topic.TAPE:
                self._draw_tape()
            case Topic.ACCOUNT:
                self._draw_account()
            case Topic.BARS:
                self._draw_chart()

    def draw_ages(self) -> None:
        self._draw_quotes(Change(Topic.QUOTES, full=True))
        if self.desk is not None and self.desk.positions.unknown is not None:
            self._draw_positions()
        if self.desk is not None and self.desk.tape.unknown is not None:
            self._draw_tape()

    def show_focused(self, instrument_id: InstrumentId) -> None:
        """Follow the app's focused symbol: cursors of both lists where they have it, then the chart."""
        self._point_at(instrument_id)
        self._follow(instrument_id, delay=0)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        focused = self.app_.focused_instrument
        if self.is_ready and focused is not None and focused != self._charted:
            self.show_focused(focused)

    def on_descendant_focus(self) -> None:
        """Tab into a list is a choice of its row: what the keys act on must not stay in the list left behind."""
        grid = self.focused
        if not isinstance(grid, LiveGrid) or grid.id is None or grid.id == self._list_in_use:
            return
        self._list_in_use = grid.id
        if grid.id in _SYMBOL_LISTS and grid.cursor_key is not None:
            self._choose(InstrumentId(grid.cursor_key))

    @on(LiveGrid.Moved, "#watchlist")
    @on(LiveGrid.Moved, "#positions")
    def _symbol_under_cursor(self, event: LiveGrid.Moved) -> None:
        self._heard[str(event.grid.id)] = event.grid.cursor_key
        if event.key is None:
            return
        if event.by_hand:
            # A cursor that was only led to the focused symbol chooses nothing new.
            if event.key != self.app_.focused_instrument and event.key == event.grid.cursor_key:
                self._choose(InstrumentId(event.key))
        elif event.grid.id == "watchlist":
            self._list_filled(InstrumentId(event.key))

    def _list_filled(self, key: InstrumentId) -> None:
        """Rows came or went under the cursor: they take no focus from a symbol that is still known."""
        focused = self.app_.focused_instrument
        if focused is None or self.desk is None or not self.desk.knows(focused):
            self._choose(key)
        else:
            self.show_focused(focused)

    def _choose(self, instrument_id: InstrumentId) -> None:
        self.app_.focused_instrument = instrument_id
        self._point_at(instrument_id)
        self._follow(instrument_id, delay=_CHART_DELAY_S)

    def _point_at(self, instrument_id: InstrumentId) -> None:
        for name in _SYMBOL_LISTS:
            grid = self.query_one(f"#{name}", LiveGrid)
            grid.move_to(instrument_id)
            self._heard[name] = grid.cursor_key

    @property
    def symbol_to_act_on(self) -> str | None:
        """The focused symbol; keys that come in one burst are ahead of the message that the cursor moved."""
        grid = self.focused
        if isinstance(grid, LiveGrid) and grid.id in _SYMBOL_LISTS:
            key = grid.cursor_key
            if key is not None and key != self._heard.get(grid.id, key):
                self._choose(InstrumentId(key))
        return super().symbol_to_act_on

    def _follow(self, instrument_id: InstrumentId, *, delay: float) -> None:
        if self._chart_timer is not None:
            self._chart_timer.stop()
            self._chart_timer = None
        if delay and self.desk is not None and self.desk.bars is not None:
            self._chart_timer = self.set_timer(delay, lambda: self._open_chart(instrument_id))
        else:
            self._open_chart(instrument_id)

    def _open_chart(self, instrument_id: InstrumentId) -> None:
        if self.desk is not None:
            self._charted = instrument_id
            self.desk.show_bars(instrument_id, BAR_SECONDS)
            self.app_.pump.flush()
            self._draw_chart()

    def _draw_quotes(self, change: Change) -> None:
        if self.desk is None:
            return
        book, grid, now = self.desk.quotes, self.query_one("#watchlist", LiveGrid), self.now
        if change.full or change.removed or not all(grid.has(key) for key in change.keys):
            rows = [(key, quote_row(view, now=now)) for key, view in book.rows.items()]
            self.show_book(
                grid, book, rows, name="WATCHLIST", empty="no symbols; add one with: watch add AAPL"
            )
        else:
            grid.update_rows({key: quote_row(book.rows[key], now=now) for key in change.keys})

    def _draw_positions(self) -> None:
        if self.desk is not None:
            book = self.desk.positions
            views = sorted(book.rows.items(), key=lambda item: item[1].label)
            rows = [(key, position_row(view)) for key, view in views]
            self.show_book(self.query_one("#positions", LiveGrid), book, rows, name="POSITIONS", empty="flat")

    def _draw_tape(self) -> None:
        if self.desk is not None:
            book, zone = self.desk.tape, self.app_.zone
            views = sorted(book.rows.items(), key=lambda item: newest_fill_first(item[1]))
            rows = [(key, fill_row(view, zone=zone)) for key, view in views]
            self.show_book(self.query_one("#tape", LiveGrid), book, rows, name="TAPE", empty="no fills today")

    def _draw_account(self) -> None:
        desk = self.desk
        strip = self.query_one("#account", CellLines)
        strip.set_lines(
            account_strip(
                None if desk is None else desk.account,
                unknown=None if desk is None else desk.account_unknown,
                width=self.app.size.width,
            )
        )

    def _draw_chart(self) -> None:
        desk = self.desk
        chart = self.query_one("#chart", CandleChart)
        if desk is None or self._charted is None:
            return
        # The name of what is drawn: the cursor may have moved on to a symbol whose candles are not asked for yet.
        cursor = self.query_one("#watchlist", LiveGrid).cursor_key
        is_elsewhere = self._charted == self.app_.focused_instrument != cursor
        acts = f" · {_ACT_KEYS} act on it, the watchlist does not have it" if is_elsewhere else ""
        chart.set_title(f"CHART {desk.label_of(self._charted)} {interval_words(BAR_SECONDS)}{acts}")
        if desk.bars_unknown is not None:
            chart.show_notice(f"UNKNOWN: {desk.bars_unknown}", Tone.UNKNOWN)
        elif desk.bars is None:
            chart.show_notice("waiting for candles")
        else:
            chart.show_bars(desk.bars, zone=self.app_.zone)
