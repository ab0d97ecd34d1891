"""The app's life: paint first, start, refuse, stop; keys that work everywhere; themes and terminals."""

import asyncio
import os
import re
import signal
from datetime import timedelta

import pytest
from textual import events
from textual.color import Color
from textual.widgets import Input

from qe_dashboard.engine.facade import CancelRequest, CancelScope, StartRefused
from qe_dashboard.engine.views import Lamp, Topic
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.presenters.chrome import session_class
from qe_dashboard.ui.themes import PALETTES, tone_styles
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.command_line import CommandLine
from qe_dashboard.ui.widgets.footer_bar import FooterBar
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from support.contrast import LEAST, contrast
from support.dashboard import busy_client, redraws, running, shown, until
from support.scripted_client import ScriptedHost, calls_of
from support.view_builders import NOW, make_setting, make_settings, make_status, stock_id


async def test_every_screen_renders_while_the_engine_is_still_starting() -> None:
    host = ScriptedHost(busy_client(), hold=asyncio.Event())
    async with running(host=host) as (app, pilot):
        assert host.started == 1
        for name in ("main", "trade", "settings", "orders"):
            app.show_screen(name)
            await until(pilot, lambda: app.visible_screen is not None)
            text = shown(app.screen)
            assert "◐ Connecting…" in text.splitlines()[0]
            assert "SIM?" in text.splitlines()[0]
            assert "flat" not in text
            assert "no orders" not in text
        assert host.hold is not None
        host.hold.set()
        app.show_screen("main")
        await until(pilot, lambda: "● Connected" in shown(app.screen) and "233.33" in shown(app.screen))


async def test_a_refused_start_leaves_with_its_code_and_text() -> None:
    host = ScriptedHost(refuse=StartRefused("port: expected 1 to 65535 [not markup]", exit_code=2))
    app = DashboardApp(host=host, profile=Profile.SIM)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 2
    assert app.last_words == "port: expected 1 to 65535 [not markup]"
    assert host.stopped == 1


async def test_what_the_engine_says_at_its_end_is_printed_after_the_screen() -> None:
    host = ScriptedHost()
    host.last_words = "AAPL: POSITION LEFT WITHOUT A STOP."
    app = DashboardApp(host=host, profile=Profile.SIM)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.client is not None)
        app.leave()
    assert app.last_words == "AAPL: POSITION LEFT WITHOUT A STOP."


async def test_a_start_that_breaks_says_so_and_stops_what_it_began() -> None:
    host = ScriptedHost(refuse=RuntimeError("no such thing"))
    app = DashboardApp(host=host, profile=Profile.SIM)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 70
    assert "RuntimeError: no such thing" in app.last_words
    assert host.stopped == 1


async def test_leaving_while_the_engine_starts_ends_the_start_and_stops_the_host() -> None:
    host = ScriptedHost(hold=asyncio.Event())
    async with running(host=host) as (app, _):
        starting = app._starting
        assert starting is not None
    assert starting.cancelled()
    assert host.stopped == 1


async def test_leaving_stops_the_host_once_and_releases_every_feed() -> None:
    client = busy_client()
    host = ScriptedHost(client)
    async with running(host=host) as (app, pilot):
        redraws(app)
        await pilot.press("q")
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 0
    assert host.stopped == 1
    assert all(not table.feeds for table in client.tables.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
async def test_a_signal_leaves_cleanly(number: signal.Signals) -> None:
    host = ScriptedHost(busy_client())
    async with running(host=host) as (app, pilot):
        os.kill(os.getpid(), number)
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 0
    assert host.stopped == 1


async def test_quit_asks_while_orders_work_and_stays_by_default() -> None:
    client = busy_client()
    client.set_status(make_status(working_entries=2, working_protective=1))
    async with running(client) as (app, pilot):
        await pilot.press("q")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert "2 entries" in shown(app.screen)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.return_code is None


@pytest.mark.parametrize(
    ("key", "mode"),
    [
        ("f6", "trade"),
        ("6", "trade"),
        ("f8", "settings"),
        ("8", "settings"),
        ("ctrl+comma", "settings"),
        ("f10", "orders"),
        ("0", "orders"),
        ("ctrl+o", "orders"),
    ],
)
async def test_keys_of_the_screens(key: str, mode: str) -> None:
    async with running() as (app, pilot):
        await pilot.press(key)
        await until(pilot, lambda: app.current_mode == mode)
        await pilot.press("f1")
        await until(pilot, lambda: app.current_mode == "main")


async def test_keys_of_one_burst_after_a_slash_are_typed_not_obeyed() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await pilot.press("0")
        await until(pilot, lambda: app.visible_screen is not None and app.current_mode == "orders")
        redraws(app)
        await pilot.pause()
        for key in ("slash", "x", "x", "m", "1"):
            app.post_message(events.Key(key, "/" if key == "slash" else key))
        await until(pilot, lambda: app.screen.query_one("#command", Input).value == "xxm1")
        assert app.current_mode == "orders"
        assert calls_of(client, "preview_cancel") == []


async def test_buy_and_sell_begin_a_command_for_the_focused_symbol() -> None:
    async with running() as (app, pilot):
        redraws(app)
        app.focus_symbol("NVDA")
        await pilot.press("b")
        entry = app.screen.query_one("#command", Input)
        assert entry.value == "buy NVDA "
        await pilot.press("escape")
        await pilot.press("s")
        assert entry.value == "sell NVDA "


async def test_x_cancels_the_order_under_the_cursor_and_m_begins_its_change() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await pilot.press("0")
        await until(pilot, lambda: app.visible_screen is not None and app.current_mode == "orders")
        redraws(app)
        app.screen.query_one("#orders", LiveGrid).move_to("17")
        await pilot.press("x")
        await until(pilot, lambda: bool(calls_of(client, "preview_cancel")))
        assert calls_of(client, "preview_cancel") == [(CancelRequest(CancelScope.ORDER, number=17),)]  # type: ignore[arg-type]
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("m")
        assert app.screen.query_one("#command", Input).value == "modify 17 @ "


async def test_x_without_an_order_under_the_cursor_cancels_nothing() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: app.visible_screen is not None and app.current_mode == "trade")
        redraws(app)
        await pilot.press("tab", "x")
        await pilot.pause()
        assert calls_of(client, "preview_cancel") == []
        assert "nothing was cancelled" in app.screen.query_one(CommandLine).result_text


async def test_a_click_in_the_footer_is_its_key() -> None:
    async with running() as (app, pilot):
        footer = app.screen.query_one(FooterBar)
        await pilot.click(footer, offset=(footer.text.index("TRADE") + 1, 0))
        await until(pilot, lambda: app.current_mode == "trade")


async def test_a_terminal_too_small_says_what_it_needs_and_halt_still_works() -> None:
    client = busy_client()
    async with running(client, size=(79, 24)) as (app, pilot):
        text = shown(app.screen)
        assert "needs 80x24, this is 79x24" in text
        assert "keep working at the venue" in text
        assert "WATCHLIST" not in text
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "halt" in client.names_called())
        await pilot.press("escape")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "WATCHLIST" in shown(app.screen_stack[0]))
        assert "needs 80x24" not in shown(app.screen_stack[0])


@pytest.mark.parametrize("key", ["x", "m", "b", "s", "X"])
async def test_no_trading_key_acts_on_what_a_too_small_terminal_hides(key: str) -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await pilot.press("0")
        await until(pilot, lambda: app.visible_screen is not None and app.current_mode == "orders")
        redraws(app)
        await pilot.pause()
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        await pilot.press(key)
        await pilot.pause()
        assert not any(name.startswith("preview") for name in client.names_called())
        assert not app.screen.query_one(CommandLine).is_open


async def test_the_frame_follows_the_account_found() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        bar = app.screen.query_one("#top", CellLines)
        grounds: dict[str, Color] = {}
        for kind in AccountKind:
            client.set_status(make_status(account_kind=kind))
            await until(pilot, lambda kind=kind: app.screen.has_class(f"-{kind.value.lower()}"))  # type: ignore[misc]
            await pilot.pause()
            grounds[kind.value] = bar.styles.background
            assert f" {kind.value} " in shown(app.screen).splitlines()[0]
        assert len(set(grounds.values())) == 3


@pytest.mark.parametrize("theme", PALETTES)
async def test_the_top_bar_can_be_read_in_every_session_and_theme(theme: str) -> None:
    client = busy_client()
    client.settings_view = make_settings([make_setting("display.theme", value=f'"{theme}"')])
    async with running(client, theme=theme) as (app, pilot):
        for status in (
            *(make_status(account_kind=kind) for kind in AccountKind),
            make_status(lamp=Lamp.DISCONNECTED),
        ):
            client.set_status(status)
            wanted = session_class(status, Profile.SIM)
            await until(pilot, lambda wanted=wanted: app.screen.has_class(wanted))  # type: ignore[misc]
            await pilot.pause()
            for bar in ("#top", "#footer"):
                under, over = app.screen.query_one(bar).background_colors
                ground = under + over
                for tone in (Tone.PLAIN, Tone.DIM, Tone.STRONG, Tone.TITLE, Tone.GOOD, Tone.WARN, Tone.BAD):
                    measured = contrast(tone_styles(theme)[tone].color, ground.rich_color)
                    assert measured >= LEAST, (bar, wanted, tone, round(measured, 2))


async def test_themes_change_by_action_and_an_unknown_one_falls_back() -> None:
    async with running(theme="no such theme") as (app, pilot):
        assert app.theme == "dark"
        seen = [app.theme]
        for _ in range(4):
            app.action_next_theme()
            await pilot.pause()
            seen.append(app.theme)
        assert seen == ["dark", "light", "dark-safe", "light-safe", "dark"]


async def test_without_colour_everything_is_still_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running() as (app, pilot):
        redraws(app)
        await pilot.pause()
        assert app.no_color
        text = shown(app.screen)
        for words in (" SIM ", "● Connected", "+1.01%", "BUY"):
            assert words in text


async def test_the_zone_key_changes_clock_and_times() -> None:
    async with running() as (app, pilot):
        assert "10:30:00 ET" in shown(app.screen)
        await pilot.press("z", "z")
        await pilot.pause()
        text = shown(app.screen)
        assert "15:30:00 UTC" in text
        assert "15:28:00" in text


async def test_the_pump_shows_what_it_measures_every_second_while_the_log_level_is_debug() -> None:
    client = busy_client()
    client.settings_view = make_settings((make_setting("diagnostics.log_level", value='"DEBUG"'),))
    async with running(client) as (app, pilot):
        redraws(app)
        await until(pilot, lambda: app.pump.frame_ms > 0)
        client.set_status(make_status(venue_time=NOW + timedelta(seconds=1)))
        await until(pilot, lambda: re.search(r"(\d+ms|half rate).* 1/3 $", shown(app.screen)) is not None)


async def test_a_flush_draws_profit_without_waiting_for_its_turn() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        redraws(app)
        client.tables[Topic.POSITIONS].remove(stock_id("AAPL"))
        app.pump.stop()
        app.pump.flush()
        await until(pilot, lambda: "flat" in shown(app.screen))


async def test_display_settings_apply_after_the_start_and_when_they_change() -> None:
    client = busy_client()
    client.settings_view = make_settings(
        [make_setting("display.time_zone", value='"utc"'), make_setting("display.quotes_fps", value="5")]
    )
    async with running(client) as (app, pilot):
        await until(pilot, lambda: "15:30:00 UTC" in shown(app.screen))
        assert app.pump.schedule.fps == 5
        app.apply_settings(make_settings([make_setting("display.theme", value='"light"')]))
        await pilot.pause()
        assert app.theme == "light"
        assert "10:30:00 ET" in shown(app.screen)


async def test_a_key_outlives_settings_that_did_not_change() -> None:
    async with running() as (app, pilot):
        await until(pilot, lambda: "settings" in app.client.names_called())  # type: ignore[union-attr]
        await pilot.press("z")
        app.apply_settings(make_settings())
        await pilot.pause()
        assert app.zone == "local"
