"""Time a repaint of every visible cell: the watchlist's grid against Textual's DataTable, headless, 120x40."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

from textual.app import App, ComposeResult
from textual.coordinate import Coordinate
from textual.widgets import DataTable

from qe_dashboard.ui.presenters.watchlist import WATCHLIST, quote_row
from qe_dashboard.ui.themes import DEFAULT_THEME, PALETTES, themes, variables
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from support.view_builders import make_quote

ROWS = 100
REPAINTS = 40
SIZE = (120, 40)


class Host(App[None]):
    """Holds one widget; `repaints` counts the frames the compositor made."""

    def __init__(self, widget: LiveGrid | DataTable[str]) -> None:
        super().__init__()
        self.widget = widget
        for item in themes():
            self.register_theme(item)

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_mount(self) -> None:
        self.theme = DEFAULT_THEME

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables(PALETTES[DEFAULT_THEME])


async def _time(widget: LiveGrid | DataTable[str], change: Callable[[int], None]) -> list[float]:
    app = Host(widget)
    times: list[float] = []
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        for number in range(REPAINTS):
            change(number)
            began = time.perf_counter()
            # What a frame costs: the lines of the widget as the compositor asks for them.
            for y in range(widget.size.height):
                widget.render_line(y)
            times.append(time.perf_counter() - began)
            await pilot.pause()
    return times


async def measure() -> tuple[list[float], list[float]]:
    """Return seconds per repaint: our grid with every cell changed, DataTable with one cell changed."""
    grid = LiveGrid(WATCHLIST)

    def tick_all(number: int) -> None:
        quotes = [make_quote(f"S{n:03d}", last=Decimal(100 + n + number)) for n in range(ROWS)]
        grid.show([(quote.symbol, quote_row(quote, now=None)) for quote in quotes])

    ours = await _time(grid, tick_all)
    table: DataTable[str] = DataTable()

    def tick_one(number: int) -> None:
        if not table.columns:
            table.add_columns(*(f"C{n}" for n in range(len(WATCHLIST))))
            for n in range(ROWS):
                table.add_row(*(f"{n}.{m}" for m in range(len(WATCHLIST))), key=str(n))
        table.update_cell_at(Coordinate(0, 0), str(number))

    theirs = await _time(table, tick_one)
    return ours, theirs
