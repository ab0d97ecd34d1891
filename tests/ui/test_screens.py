"""MAIN, TRADE and ORDERS: what they show, at every size, and what they never claim."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from textual.pilot import Pilot

from qe_dashboard.engine.views import BannerLine, Lamp, Topic, bars_key
from qe_dashboard.model.enums import LinkName, LinkState, Severity, TradingState
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.screens.main import MainScreen
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.footer_bar import FooterBar
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from support.dashboard import SIZES, busy_client, redraws, running, shown, until
from support.scripted_client import ScriptedClient
from support.view_builders import (
    NOW,
    make_bars,
    make_fill,
    make_link,
    make_log,
    make_order,
    make_position,
    make_quote,
    make_status,
    stock_id,
)

SCREENS = ("main", "trade", "settings", "health", "orders")


async def go(app: DashboardApp, pilot: Pilot[int], name: str) -> None:
    app.show_screen(name)
    await until(pilot, lambda: app.current_mode == name and app.visible_screen is not None)
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCREENS)
async def test_every_screen_fits_every_size_without_overlap(name: str, size: tuple[int, int]) -> None:
    async with running(size=size) as (app, pilot):
        await go(app, pilot, name)
        redraws(app)
        await pilot.pause()
        widgets = [*app.screen.query(LiveGrid), *app.screen.query(CellLines)]
        regions = [widget.region for widget in widgets if widget.region.area]
        whole = app.screen.region
        assert all(whole.contains_region(region) for region in regions)
        overlaps = [
            (first, second)
            for index, first in enumerate(regions)
            for second in regions[index + 1 :]
            if first.intersection(second).area
        ]
        assert overlaps == []
        text = shown(app.screen)
        assert name.upper() in text.splitlines()[0]
        assert text.splitlines()[-1].rstrip().endswith(app.screen.query_one(FooterBar).text.rstrip()[-3:])


@pytest.mark.parametrize("size", SIZES)
async def test_main_shows_prices_positions_fills_and_account(size: tuple[int, int]) -> None:
    async with running(size=size) as (app, pilot):
        redraws(app)
        await pilot.pause()
        text = shown(app.screen)
    for words in (
        "AAPL",
        "233.33",
        "+1.01%",
        "POSITIONS 1",
        "+32.30",
        "TAPE 1",
        "NET LIQ 100,032.30",
        "CHART AAPL 1m",
    ):
        assert words in text


async def test_a_price_that_ticks_is_drawn_in_its_row() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        client.put_quotes(make_quote("MSFT", last=Decimal("412.07")))
        await until(pilot, lambda: "412.07" in shown(app.screen))


async def test_a_watched_and_an_unwatched_symbol_come_and_go() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        client.put_quotes(make_quote("TSLA"))
        await until(pilot, lambda: "TSLA" in shown(app.screen))
        client.tables[Topic.QUOTES].remove(stock_id("TSLA"))
        await until(pilot, lambda: "TSLA" not in shown(app.screen))


async def test_a_fill_appears_on_the_tape_and_in_positions() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        client.put_fills(make_fill("E2", symbol="NVDA", label="NVDA", price=Decimal("131.27"), at=NOW))
        client.put_positions(make_position("NVDA", quantity=Decimal(7)))
        await until(pilot, lambda: "131.27" in shown(app.screen) and "POSITIONS 2" in shown(app.screen))
        assert app.screen.query_one("#tape", LiveGrid).keys[0] == "E2"


async def test_before_the_first_answer_nothing_is_claimed() -> None:
    client = ScriptedClient()
    for topic in (Topic.POSITIONS, Topic.TAPE, Topic.QUOTES, Topic.ORDERS):
        client.set_unknown(topic, "the books are read when the order link is up")
    async with running(client) as (app, pilot):
        redraws(app)
        await pilot.pause()
        text = shown(app.screen)
        assert "POSITIONS UNKNOWN" in text
        assert "flat" not in text
        await go(app, pilot, "orders")
        redraws(app)
        await pilot.pause()
        text = shown(app.screen)
    assert "ORDERS UNKNOWN" in text
    assert "Nothing is known yet." in text
    assert "no orders" not in text


async def test_an_empty_book_that_was_read_says_so() -> None:
    client = ScriptedClient()
    async with running(client) as (app, pilot):
        redraws(app)
        await pilot.pause()
        assert "flat" in shown(app.screen)


async def test_rows_of_a_book_that_became_unknown_stay_dimmed_with_their_age() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        redraws(app)
        client.set_unknown(Topic.POSITIONS, "order link down", as_of=NOW - timedelta(seconds=40))
        grid = app.screen.query_one("#positions", LiveGrid)
        await until(pilot, lambda: grid.painter.stale)
        text = shown(app.screen)
        assert "POSITIONS UNKNOWN, last read 40s ago: order link down" in text
        assert grid.keys == (stock_id("AAPL"),)
        client.set_unknown(Topic.POSITIONS, None)
        await until(pilot, lambda: not grid.painter.stale)


async def test_a_lost_broker_changes_badge_lamp_and_frame_on_every_screen() -> None:
    client = busy_client()
    link = make_link(
        LinkName.ORDER,
        state=LinkState.WAITING,
        reason="port 4002 refuses: is the Gateway running?",
        retry_at=NOW + timedelta(seconds=9),
    )
    async with running(client) as (app, pilot):
        client.set_status(
            make_status(
                lamp=Lamp.DISCONNECTED,
                offline_since=NOW,
                can_trade=False,
                cannot_trade_because="both links are down",
                links=(make_link(), link),
                banner=(BannerLine(Severity.CRITICAL, "BROKER OFFLINE: orders keep working at the venue"),),
            )
        )
        for name in SCREENS:
            await go(app, pilot, name)
            await until(pilot, lambda: "BROKER OFFLINE" in shown(app.screen).splitlines()[0])
            assert "○ Disconnected" in shown(app.screen).splitlines()[0]
            await until(pilot, lambda: "orders keep working" in shown(app.screen))
            assert app.screen.has_class("-offline")
        await go(app, pilot, "trade")
        text = shown(app.screen)
        for words in ("WAITING", "next try in 9s", "port 4002 refuses", "both links are down"):
            assert words in text


async def test_halted_is_seen_in_the_top_bar_and_in_safety() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        client.set_status(make_status(trading_state=TradingState.HALTED, trading_reason="ctrl+g"))
        await go(app, pilot, "trade")
        await until(pilot, lambda: "HALTED" in shown(app.screen).splitlines()[0])
        assert "ctrl+g" in str(app.screen.query_one("#safety", CellLines).text)


async def test_trade_lists_working_orders_only_and_orders_lists_all() -> None:
    client = busy_client()
    client.put_orders(make_order(19, status=OrderStatus.REJECTED, why="no funds"))
    async with running(client) as (app, pilot):
        await go(app, pilot, "trade")
        redraws(app)
        assert set(app.screen.query_one("#working", LiveGrid).keys) == {"17", "18"}
        await go(app, pilot, "orders")
        redraws(app)
        assert set(app.screen.query_one("#orders", LiveGrid).keys) == {"17", "18", "19"}


async def test_filter_keys_of_orders() -> None:
    client = busy_client()
    client.put_orders(
        make_order(19, status=OrderStatus.FILLED, created_at=NOW - timedelta(days=2)),
        make_order(20, is_own=False, owner="TWS"),
    )
    async with running(client) as (app, pilot):
        await go(app, pilot, "orders")
        redraws(app)
        grid = app.screen.query_one("#orders", LiveGrid)
        seen = {}
        for key in ("w", "o", "t", "a"):
            await pilot.press(key)
            seen[key] = {int(number) for number in grid.keys}
    assert seen == {"w": {17, 18, 20}, "o": {17, 18, 19}, "t": {17, 18, 20}, "a": {17, 18, 19, 20}}


async def test_the_detail_shows_the_brokers_words_literally() -> None:
    client = busy_client()
    words = "[red]Order rejected[/red] - [/] reason: \x1b[2Jno funds"
    client.put_orders(make_order(30, status=OrderStatus.REJECTED, why=words, created_at=NOW))
    async with running(client) as (app, pilot):
        await go(app, pilot, "orders")
        redraws(app)
        app.screen.query_one("#orders", LiveGrid).move_to("30")
        await pilot.pause()
        text = shown(app.screen)
    assert "[red]Order rejected[/red] - [/] reason: [2Jno funds" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("words", ["[bold]x[/bold]", "[/]", "[@click=app.quit]x[/]"])
async def test_markup_in_any_foreign_text_is_text(words: str) -> None:
    client = busy_client()
    client.put_quotes(make_quote("EVIL", label=words))
    client.set_unknown(Topic.POSITIONS, words)
    client.set_status(
        make_status(account=words, banner=(BannerLine(Severity.ERROR, words),), session_word=words)
    )
    client.put(Topic.BARS, bars_key(stock_id("AAPL"), 60), make_bars(problem=words))
    async with running(client, size=(200, 60)) as (app, pilot):
        for name in SCREENS:
            await go(app, pilot, name)
            redraws(app)
            await pilot.pause()
            assert words in shown(app.screen)


async def test_the_chart_follows_the_cursor_and_releases_the_line_before() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await until(pilot, lambda: "CHART AAPL" in shown(app.screen))
        app.focus_symbol("NVDA")
        await until(pilot, lambda: "CHART NVDA" in shown(app.screen))
        assert app.focused_symbol == "NVDA"
        assert len(client.tables[Topic.BARS].feeds) == 1


async def test_the_chart_is_named_after_what_it_draws_not_after_the_cursor() -> None:
    async with running() as (app, pilot):
        await until(pilot, lambda: "CHART AAPL" in shown(app.screen))
        main = app.screen
        assert isinstance(main, MainScreen)
        await pilot.press("j")
        main.redraw()
        assert app.focused_symbol == "MSFT"
        assert "CHART AAPL" in shown(main)


async def test_focus_symbol_by_name_moves_the_cursor() -> None:
    async with running() as (app, pilot):
        redraws(app)
        app.focus_symbol("msft")
        await pilot.pause()
        assert app.screen.query_one("#watchlist", LiveGrid).cursor_key == stock_id("MSFT")
        app.focus_symbol("no such")
        assert app.focused_symbol == "MSFT"


async def test_the_position_number_moves_with_a_key() -> None:
    async with running() as (app, pilot):
        redraws(app)
        await pilot.pause()
        footer = app.screen.query_one(FooterBar)
        assert footer.text.rstrip().endswith("1/3")
        await pilot.press("j")
        assert footer.text.rstrip().endswith("2/3")


async def test_tab_moves_between_the_lists_and_the_position_follows() -> None:
    async with running() as (app, pilot):
        redraws(app)
        await pilot.press("tab")
        assert app.screen.focused is app.screen.query_one("#positions", LiveGrid)
        assert app.screen.query_one(FooterBar).text.rstrip().endswith("1/1")


async def test_ages_go_on_while_nothing_ticks() -> None:
    client = busy_client()
    async with running(client, size=(200, 60)) as (app, pilot):
        await until(pilot, lambda: " 1s" in shown(app.screen))
        status = make_status(venue_time=NOW + timedelta(seconds=31))
        client.set_status(status)
        await until(pilot, lambda: "32s" in shown(app.screen) and "STALE" in shown(app.screen))


async def test_a_second_resume_changes_nothing() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await until(pilot, lambda: "CHART AAPL" in shown(app.screen))
        before = shown(app.screen).splitlines()[:-1]
        feeds = {topic: list(table.feeds) for topic, table in client.tables.items()}
        screen = app.visible_screen
        assert screen is not None
        screen.on_screen_resume()
        screen.on_screen_resume()
        await pilot.pause()
        # Without the footer, which shows how long drawing took.
        assert shown(app.screen).splitlines()[:-1] == before
        assert {topic: list(table.feeds) for topic, table in client.tables.items()} == feeds


async def test_a_screen_that_comes_back_shows_the_present_and_keeps_its_cursor() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        redraws(app)
        await pilot.press("j")
        await go(app, pilot, "orders")
        client.put_quotes(make_quote("AAPL", last=Decimal("299.99")))
        await go(app, pilot, "main")
        await until(pilot, lambda: "299.99" in shown(app.screen))
        assert app.screen.query_one("#watchlist", LiveGrid).cursor_key == stock_id("MSFT")


async def test_only_the_visible_screen_is_drained_and_drawn() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await go(app, pilot, "orders")
        redraws(app)
        quotes = client.tables[Topic.QUOTES].feeds[-1]
        main = app._screen_stacks["main"][0].query_one("#watchlist", LiveGrid)
        drains, before = quotes.drains, main.render_line(1).text
        client.put_quotes(make_quote("AAPL", last=Decimal("299.99")))
        for _ in range(5):
            redraws(app)
        assert quotes.drains == drains
        assert main.render_line(1).text == before


async def test_under_a_modal_the_screen_goes_on_drawing() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        redraws(app)
        app.flows.about()
        await until(pilot, lambda: len(app.screen_stack) == 2)
        client.set_status(replace(make_status(), lamp=Lamp.DISCONNECTED, offline_since=NOW))
        await until(
            pilot, lambda: app.visible_screen is not None and app.visible_screen.has_class("-offline")
        )


async def test_a_log_line_is_read_in_full_by_enter() -> None:
    client = busy_client()
    words = "the broker said " + "very much " * 20 + "at last"
    client.put_log(make_log(words))
    async with running(client, size=(80, 24)) as (app, pilot):
        await go(app, pilot, "trade")
        redraws(app)
        app.screen.query_one("#log", LiveGrid).focus()
        await pilot.press("g", "enter")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.pause()
        assert "at last" in shown(app.screen)


async def test_a_working_order_shows_its_price_at_80_columns() -> None:
    client = busy_client()
    client.put_orders(make_order(40, limit_price=Decimal("187.65")))
    async with running(client, size=(80, 24)) as (app, pilot):
        await go(app, pilot, "trade")
        redraws(app)
        await until(pilot, lambda: "187.65" in shown(app.screen))


async def test_the_age_of_an_unknown_book_counts_on() -> None:
    client = busy_client()
    client.set_unknown(Topic.POSITIONS, "order link down", as_of=NOW - timedelta(seconds=40))
    async with running(client) as (app, pilot):
        await until(pilot, lambda: "last read 40s ago" in shown(app.screen))
        client.set_status(make_status(venue_time=NOW + timedelta(seconds=10)))
        await until(pilot, lambda: "last read 50s ago" in shown(app.screen))
