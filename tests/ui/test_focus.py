"""One focused symbol: the chart, the cursors and what `b`, `s`, `c` act on agree, wherever it was chosen."""

from textual.pilot import Pilot

from qe_dashboard.engine.facade import CloseRequest
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.screens.main import MainScreen
from qe_dashboard.ui.widgets.command_line import CommandLine
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from support.dashboard import busy_client, redraws, running, shown, until
from support.scripted_client import calls_of
from support.view_builders import make_order, make_position, make_quote, stock_id


async def go(app: DashboardApp, pilot: Pilot[int], name: str) -> None:
    app.show_screen(name)
    await until(pilot, lambda: app.current_mode == name and app.visible_screen is not None)
    redraws(app)
    await pilot.pause()


def entered(app: DashboardApp) -> str:
    return app.screen.query_one(CommandLine)._input.value


async def test_a_row_of_orders_is_what_main_then_shows_and_acts_on() -> None:
    async with running() as (app, pilot):
        await until(pilot, lambda: "CHART AAPL" in shown(app.screen))
        await go(app, pilot, "orders")
        assert app.focused_symbol == "AAPL"
        for number in ("17", "18"):
            app.screen.query_one("#orders", LiveGrid).move_to(number)
        await until(pilot, lambda: app.focused_symbol == "MSFT")
        await go(app, pilot, "main")
        await until(pilot, lambda: "CHART MSFT" in shown(app.screen))
        assert app.screen.query_one("#watchlist", LiveGrid).cursor_key == stock_id("MSFT")
        await pilot.press("b")
        assert entered(app) == "buy MSFT "


async def test_opening_orders_and_trade_moves_no_focus() -> None:
    client = busy_client()
    client.put_orders(make_order(30, symbol="NVDA"))
    async with running(client) as (app, pilot):
        await until(pilot, lambda: "CHART AAPL" in shown(app.screen))
        for name in ("orders", "trade"):
            await go(app, pilot, name)
            assert app.focused_symbol == "AAPL"


async def test_on_orders_a_key_means_the_row_under_the_cursor() -> None:
    client = busy_client()
    client.put_orders(make_order(30, symbol="NVDA"))
    async with running(client) as (app, pilot):
        await until(pilot, lambda: "CHART AAPL" in shown(app.screen))
        await go(app, pilot, "orders")
        grid = app.screen.query_one("#orders", LiveGrid)
        under_cursor = client.tables[app.desk.orders.topic].rows[str(grid.cursor_key)] if app.desk else None
        await pilot.press("b")
        assert under_cursor is not None
        assert entered(app) == f"buy {under_cursor.label} "  # type: ignore[union-attr]  # ORDERS rows have one


async def test_main_names_a_symbol_that_is_not_on_the_watchlist() -> None:
    client = busy_client()
    client.put_orders(make_order(30, symbol="TSLA"))
    async with running(client, size=(200, 60)) as (app, pilot):
        await until(pilot, lambda: "CHART AAPL" in shown(app.screen))
        await go(app, pilot, "orders")
        for number in ("17", "30"):
            app.screen.query_one("#orders", LiveGrid).move_to(number)
        await until(pilot, lambda: app.focused_symbol == "TSLA")
        await go(app, pilot, "main")
        await until(pilot, lambda: "CHART TSLA 1m · b s c act on it" in shown(app.screen))
        client.put_quotes(make_quote("AAPL"))
        redraws(app)
        await pilot.pause()
        assert app.focused_symbol == "TSLA"
        await pilot.press("j")
        await until(pilot, lambda: app.focused_symbol != "TSLA")
        await until(pilot, lambda: "act on it" not in shown(app.screen))


async def test_tab_into_positions_takes_its_row_and_leads_the_other_cursor_there() -> None:
    client = busy_client()
    client.put_positions(make_position("NVDA"))
    async with running(client) as (app, pilot):
        redraws(app)
        await pilot.press("tab")
        await pilot.press("j")
        await until(pilot, lambda: app.focused_symbol == "NVDA")
        assert app.screen.query_one("#watchlist", LiveGrid).cursor_key == stock_id("NVDA")
        await pilot.press("c")
        await until(pilot, lambda: bool(calls_of(client, "preview_close")))
        assert calls_of(client, "preview_close") == [(CloseRequest("NVDA"),)]


async def test_a_key_of_the_same_burst_acts_on_the_row_the_cursor_is_on() -> None:
    async with running() as (app, pilot):
        redraws(app)
        await pilot.pause()
        main = app.screen
        assert isinstance(main, MainScreen)
        main.query_one("#watchlist", LiveGrid).action_move(1)
        main.action_buy()
        assert entered(app) == "buy MSFT "
