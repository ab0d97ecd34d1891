"""F9 HEALTH at every size, by keyboard alone."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from qe_dashboard.engine.health_views import HealthView, ProgramLine
from qe_dashboard.engine.views import Topic
from qe_dashboard.model.connection import LineState
from qe_dashboard.model.ladder import Rung, RungName, RungState
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.modals.connection import ConnectionModal
from qe_dashboard.ui.modals.ladder import LadderModal
from qe_dashboard.ui.modals.reading import TextModal
from qe_dashboard.ui.screens.health import HealthScreen
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.footer_bar import FooterBar
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from support.dashboard import SIZES, busy_client, running, shown, until
from support.flow_host import type_line
from support.health_builders import (
    ago,
    make_health,
    make_line,
    make_outage,
    make_program_lines,
    make_restoring,
)
from support.scripted_client import ScriptedClient
from support.view_builders import NOW, make_ladder

PANES = {"a": "ladder", "l": "links", "d": "lines", "o": "outages", "p": "log"}
WORDS = {"ladder": "LADDER 127", "links": "FARMS", "lines": "RESTORED", "outages": "BEGAN", "log": "LEVEL"}


def health_client(view: HealthView | None = None, *, logged: int = 0) -> ScriptedClient:
    client = busy_client()
    client.put(Topic.HEALTH, "", view or make_health())
    for key, line in make_program_lines(logged).items():
        client.put(Topic.PROGRAM_LOG, key, line)
    return client


async def open_health(app: DashboardApp, pilot: Pilot[int], *keys: str) -> HealthScreen:
    """Go to F9, wait for what the engine says, and press keys."""
    await pilot.press("f9")
    await until(pilot, lambda: app.current_mode == "health" and app.visible_screen is not None)
    screen = app.screen
    assert isinstance(screen, HealthScreen)
    await until(pilot, lambda: screen.health is not None)
    await pilot.pause()
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    return screen


def seen(screen: HealthScreen) -> list[str]:
    text = shown(screen)
    return [name for name, words in WORDS.items() if words in text]


@pytest.mark.parametrize("key", ["f9", "9", "alt+l", "/health"])
async def test_every_way_in_works(key: str) -> None:
    async with running(health_client()) as (app, pilot):
        await (type_line(pilot, key[1:]) if key.startswith("/") else pilot.press(key))
        await until(pilot, lambda: app.current_mode == "health")


@pytest.mark.parametrize("size", SIZES)
async def test_the_panes_that_fit_are_seen_and_none_overlaps(size: tuple[int, int]) -> None:
    expected = {
        80: {pane: [pane] for pane in WORDS},
        120: {pane: ["ladder", "links", "lines" if pane in ("ladder", "links") else pane] for pane in WORDS},
        200: {pane: list(WORDS) for pane in WORDS},
    }[size[0]]
    async with running(health_client(make_outage(), logged=8), size=size) as (app, pilot):
        screen = await open_health(app, pilot)
        for key, name in PANES.items():
            await pilot.press(key)
            await until(pilot, lambda name=name: seen(screen) == expected[name])  # type: ignore[misc]
            assert isinstance(screen.focused, LiveGrid)
            assert screen.focused in screen.query_one(f"#pane-{name}").query(LiveGrid)
            regions = [
                widget.region
                for widget in (*screen.query(LiveGrid), *screen.query(CellLines))
                if widget.region.area and widget.is_on_screen
            ]
            assert all(screen.region.contains_region(region) for region in regions)
            assert not any(
                one.intersection(other).area
                for index, one in enumerate(regions)
                for other in regions[index + 1 :]
            )
            # A pane may not lose a line without a mark.
            assert all(grid.size.height > 1 for grid in screen.query(LiveGrid) if grid.region.area)


async def test_tab_goes_round_the_panes_and_back() -> None:
    async with running(health_client(), size=(80, 24)) as (app, pilot):
        screen = await open_health(app, pilot)
        visited = []
        for _ in PANES:
            await pilot.press("tab")
            await pilot.pause()
            visited += seen(screen)
        assert visited == ["links", "lines", "outages", "log", "ladder"]
        await pilot.press("shift+tab")
        await until(pilot, lambda: seen(screen) == ["log"])


async def test_the_first_failure_and_its_fix_are_on_the_first_look_at_80x24() -> None:
    async with running(health_client(make_outage()), size=(80, 24)) as (app, pilot):
        text = shown(await open_health(app, pilot))
    assert "FAIL port open: nothing listens on 127.0.0.1:4002" in text
    assert "FIX  Start IB Gateway with the paper account and log in" in text
    assert "✗ FAIL     port open" in text
    assert "? unknown  a quote ticking" in text


async def test_a_changed_health_is_drawn_and_hidden_panes_are_not() -> None:
    client = health_client()
    async with running(client, size=(80, 24)) as (app, pilot):
        screen = await open_health(app, pilot)
        client.put(Topic.HEALTH, "", make_restoring())
        broken = replace(
            make_health(), ladder=make_ladder(Rung(RungName.CLOCK, RungState.FAIL, "3 s", "Set it."))
        )
        client.put(Topic.HEALTH, "", broken)
        await until(pilot, lambda: "FIX  Set it." in shown(screen))
        assert screen.query_one("#lines", LiveGrid).keys == ()
        client.put(Topic.HEALTH, "", make_restoring())
        await pilot.press("d")
        await until(pilot, lambda: "restored 12/14" in shown(screen))
        assert "✗ refused" in shown(screen)


async def test_a_hidden_screen_draws_nothing() -> None:
    client = health_client()
    async with running(client, size=(80, 24)) as (app, pilot):
        screen = await open_health(app, pilot)
        await pilot.press("f6")
        await until(pilot, lambda: app.current_mode == "trade")
        before = screen.query_one("#verdict", CellLines).text
        client.put(Topic.HEALTH, "", make_outage())
        for _ in range(20):
            await pilot.pause()
        assert screen.query_one("#verdict", CellLines).text == before
        await pilot.press("f9")
        await until(pilot, lambda: "FAIL port open" in shown(app.screen))


async def test_words_of_the_broker_are_text_and_a_row_is_read_in_full() -> None:
    async with running(health_client(make_restoring()), size=(80, 24)) as (app, pilot):
        screen = await open_health(app, pilot, "d")
        assert "[red]another[/]" in shown(screen)
        assert "took" not in shown(screen)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TextModal))
        await pilot.pause()
        text = shown(app.screen)
    assert "10197: [red]another[/] session" in text
    assert "took" in text
    assert "never" in text


@pytest.mark.parametrize(
    ("key", "words"),
    [("a", "Start IB Gateway"), ("l", "broken"), ("o", "still down"), ("p", "Level")],
)
async def test_enter_reads_a_row_of_every_pane(key: str, words: str) -> None:
    async with running(health_client(make_outage(), logged=8), size=(80, 24)) as (app, pilot):
        await open_health(app, pilot, key)
        await pilot.press(*("j" if key == "a" else ""), "enter")
        await until(pilot, lambda: isinstance(app.screen, TextModal))
        await pilot.pause()
        assert words in shown(app.screen)


async def test_a_key_moves_the_position_from_outside() -> None:
    async with running(health_client(logged=100), size=(80, 24)) as (app, pilot):
        screen = await open_health(app, pilot, "f", "f", "f", "g")
        footer = screen.query_one(FooterBar)
        await until(pilot, lambda: footer.text.rstrip().endswith("1/100"))
        for _ in range(11):
            await pilot.press("j")
        await until(pilot, lambda: footer.text.rstrip().endswith("12/100"))


# Log


def log_text(screen: HealthScreen) -> str:
    return screen.query_one("#filter", CellLines).text


async def test_levels_filter_and_are_counted() -> None:
    async with running(health_client(logged=80), size=(120, 36)) as (app, pilot):
        screen = await open_health(app, pilot, "p")
        await until(pilot, lambda: "60 of 80" in log_text(screen))
        await pilot.press("f")
        await until(pilot, lambda: "20 of 80" in log_text(screen))
        await pilot.press("f")
        await until(pilot, lambda: "10 of 80" in log_text(screen))
        assert "INFO " not in shown(screen).split("LEVEL")[1]


async def test_a_search_takes_the_keys_filters_marks_and_is_cleared_by_esc() -> None:
    async with running(health_client(logged=80), size=(80, 24)) as (app, pilot):
        screen = await open_health(app, pilot, "s")
        assert isinstance(screen.focused, Input)
        # Letters that are keys elsewhere are letters here.
        await pilot.press(*"usfarm")
        assert app.current_mode == "health"
        await pilot.press("enter")
        await until(pilot, lambda: "10 of 80" in log_text(screen))
        assert isinstance(screen.focused, LiveGrid)
        assert "“usfarm”" in shown(screen)
        grid = screen.query_one("#program-log", LiveGrid)
        strip = grid.render_line(1)
        assert [item.text for item in strip if item.style is not None and item.style.reverse] == ["usfarm"]
        await pilot.press("escape")
        await until(pilot, lambda: "60 of 80" in log_text(screen))
        assert "“" not in log_text(screen)


async def test_esc_in_the_search_leaves_it() -> None:
    async with running(health_client(logged=80), size=(80, 24)) as (app, pilot):
        screen = await open_health(app, pilot, "s", "x", "escape")
        assert isinstance(screen.focused, LiveGrid)
        assert "60 of 80" in log_text(screen)


async def test_the_tail_is_followed_until_somebody_scrolls() -> None:
    client = health_client(logged=80)
    async with running(client, size=(80, 24)) as (app, pilot):
        screen = await open_health(app, pilot, "p")
        grid = screen.query_one("#program-log", LiveGrid)
        await until(pilot, lambda: grid.position == "60/60")
        client.put(Topic.PROGRAM_LOG, "81", ProgramLine(NOW, "INFO", "x", "the newest of all"))
        await until(pilot, lambda: "the newest of all" in shown(screen))
        assert "following" in log_text(screen)
        await pilot.press("k")
        await until(pilot, lambda: "G follows" in log_text(screen))
        client.put(Topic.PROGRAM_LOG, "82", ProgramLine(NOW, "INFO", "x", "newer still"))
        await until(pilot, lambda: len(grid.keys) == 62)
        assert grid.position == "60/62"
        await pilot.press("G")
        await until(pilot, lambda: "newer still" in shown(screen) and "following" in log_text(screen))


@pytest.mark.parametrize("size", [(120, 36), (200, 60)])
async def test_the_tail_is_in_sight_at_the_first_look(size: tuple[int, int]) -> None:
    client = health_client(logged=300)
    client.put(Topic.PROGRAM_LOG, "301", ProgramLine(NOW, "INFO", "x", "the newest of all"))
    async with running(client, size=size) as (app, pilot):
        screen = await open_health(app, pilot, "p")
        await until(pilot, lambda: "the newest of all" in shown(screen))


# What it never claims, and where it leads


async def test_before_the_engine_spoke_nothing_is_claimed() -> None:
    async with running(busy_client(), size=(200, 60)) as (app, pilot):
        await pilot.press("f9")
        await until(pilot, lambda: app.current_mode == "health" and app.visible_screen is not None)
        await until(pilot, lambda: shown(app.screen).count("nothing is known yet") >= 8)
        assert "pass" not in shown(app.screen)


async def test_an_empty_session_says_what_there_is_not() -> None:
    none = replace(make_health(), farms=(), lines=(), meters=(), outages=(), expected=(), links=(), states=())
    async with running(health_client(none), size=(200, 60)) as (app, pilot):
        screen = await open_health(app, pilot)
        await until(pilot, lambda: "nothing was logged yet" in shown(screen) or "waiting" in shown(screen))
        text = shown(screen)
    for words in (
        "no farm has been heard of yet",
        "no line is wanted",
        "nothing was down",
        "nothing scheduled",
    ):
        assert words in text


async def test_ages_follow_the_engines_clock() -> None:
    line = make_line("AAPL", LineState.SILENT, last_tick_at=ago(seconds=70))
    async with running(health_client(replace(make_health(), lines=(line,)))) as (app, pilot):
        screen = await open_health(app, pilot, "d")
        await until(pilot, lambda: "○ silent     1m" in shown(screen))


async def test_c_opens_the_connection_and_t_tests_it() -> None:
    async with running(health_client()) as (app, pilot):
        await open_health(app, pilot, "c")
        await until(pilot, lambda: isinstance(app.screen, ConnectionModal))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, ConnectionModal))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, LadderModal))
