"""The notice that there is no connection: it tells, it asks, and it is in nobody's way."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from qe_dashboard.engine.connect_notice import likely_causes
from qe_dashboard.engine.views import StatusView
from qe_dashboard.model.connection import ConnectionTarget, LinkCause
from qe_dashboard.model.enums import Profile, TradingState
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.modals.connection import ConnectionModal
from qe_dashboard.ui.modals.halt_panel import HaltPanel
from qe_dashboard.ui.modals.reading import TextModal
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from qe_dashboard.ui.widgets.notice_panel import NoticePanel
from support.dashboard import SIZES, busy_client, running, settled, shown, until
from support.health_builders import make_notice
from support.scripted_client import ScriptedClient
from support.view_builders import make_status

TITLE = "Interactive Brokers Not Connected"


def disconnected(**changes: object) -> StatusView:
    return make_status(notice=make_notice(**changes))


def noticing_client(**changes: object) -> ScriptedClient:
    client = busy_client()
    client.set_status(disconnected(**changes))
    return client


def panels(app: DashboardApp) -> int:
    return len(app.screen.query(NoticePanel))


async def opened(app: DashboardApp, pilot: Pilot[int]) -> None:
    """Wait for the notice, and until a press of a key counts."""
    await until(pilot, lambda: TITLE in shown(app.screen))
    await settled(app, pilot, app.screen.query_one(NoticePanel)._guard)


async def say_again(client: ScriptedClient, pilot: Pilot[int]) -> None:
    """The status comes every second; let a few of them come."""
    for second in range(3):
        client.set_status(disconnected(reason=f"refused {second}"))
        for _ in range(5):
            await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_it_names_the_address_and_the_causes_in_order(size: tuple[int, int]) -> None:
    async with running(noticing_client(), size=size) as (app, pilot):
        await opened(app, pilot)
        text = shown(app.screen)
        assert "Tried 127.0.0.1:4002 for 12s without success." in text
        causes = [text.index(f" {number}. ") for number in range(1, 5)]
        assert causes == sorted(causes)
        for words in ("Retry now", "Continue anyway", "Connection…  alt+c"):
            assert words in text
        assert app.screen.region.contains_region(app.screen.query_one(NoticePanel).region)


async def test_it_follows_what_is_known_and_goes_when_there_is_a_connection() -> None:
    client = noticing_client()
    async with running(client) as (app, pilot):
        await opened(app, pilot)
        client.set_status(disconnected(reason="it [red]refuses[/] now"))
        await until(pilot, lambda: "it [red]refuses[/] now" in shown(app.screen))
        client.set_status(make_status())
        await until(pilot, lambda: panels(app) == 0)
        assert isinstance(app.screen.focused, LiveGrid)


@pytest.mark.parametrize("key", ["escape", "enter"])
async def test_continue_leaves_it_for_this_outage_and_a_later_one_tells_again(key: str) -> None:
    client = noticing_client()
    async with running(client) as (app, pilot):
        await opened(app, pilot)
        await pilot.press(key)
        await until(pilot, lambda: panels(app) == 0)
        await say_again(client, pilot)
        assert panels(app) == 0
        assert isinstance(app.screen.focused, LiveGrid)
        client.set_status(make_status())
        await until(pilot, lambda: app.desk is not None and app.desk.status == make_status())
        client.set_status(disconnected())
        await until(pilot, lambda: panels(app) == 1)


async def test_retry_asks_the_engine_and_stays_until_it_worked() -> None:
    client = noticing_client()
    async with running(client) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "reconnect" in client.names_called())
        assert panels(app) == 1


async def test_an_enter_that_was_on_its_way_answers_nothing() -> None:
    async with running(noticing_client()) as (app, pilot):
        await until(pilot, lambda: TITLE in shown(app.screen))
        await pilot.press("enter")
        await pilot.pause()
        assert panels(app) == 1


@pytest.mark.parametrize("keys", [("left", "enter"), ("alt+c",)])
async def test_it_leads_to_the_connection(keys: tuple[str, ...]) -> None:
    async with running(noticing_client()) as (app, pilot):
        await opened(app, pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: isinstance(app.screen, ConnectionModal))


async def test_screens_commands_and_the_brake_work_over_it() -> None:
    client = noticing_client()
    async with running(client) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("f10")
        await until(pilot, lambda: app.current_mode == "orders" and panels(app) == 1)
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "main" and app.visible_screen is not None)
        await pilot.press("slash", *"halt", "enter")
        await until(pilot, lambda: isinstance(app.screen, HaltPanel))
        assert "halt" in client.names_called()
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "main" and not isinstance(app.screen, HaltPanel))
        await pilot.press("ctrl+g")
        await until(pilot, lambda: client.names_called().count("halt") == 2)


async def test_left_on_one_screen_it_is_left_on_all() -> None:
    client = noticing_client()
    async with running(client) as (app, pilot):
        await opened(app, pilot)
        await pilot.press("f10")
        await until(pilot, lambda: app.current_mode == "orders" and panels(app) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: panels(app) == 0)
        await pilot.press("f1")
        await until(pilot, lambda: app.current_mode == "main" and panels(app) == 0)


async def test_it_waits_for_whoever_types() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await pilot.press("slash", *"buy AA")
        client.set_status(disconnected())
        await say_again(client, pilot)
        assert panels(app) == 0
        await pilot.press("P")
        assert isinstance(app.screen.focused, Input)
        assert app.screen.focused.value == "buy AAP"
        await pilot.press("escape")
        client.set_status(disconnected(reason="later"))
        await until(pilot, lambda: panels(app) == 1)


async def test_it_waits_for_an_open_question() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, TextModal))
        client.set_status(disconnected())
        await say_again(client, pilot)
        assert not app.screen_stack[0].query(NoticePanel)
        await pilot.press("escape")
        await until(pilot, lambda: panels(app) == 1)


async def test_esc_in_a_list_leaves_it_too() -> None:
    async with running(noticing_client()) as (app, pilot):
        await opened(app, pilot)
        app.screen.set_focus(app.screen.query(LiveGrid).first())
        await pilot.press("escape")
        await until(pilot, lambda: panels(app) == 0)


async def test_without_one_there_is_none() -> None:
    client = busy_client()
    client.set_status(make_status(trading_state=TradingState.HALTED))
    async with running(client) as (app, pilot):
        await pilot.pause()
        assert panels(app) == 0
        await pilot.press("escape")
        assert panels(app) == 0


async def test_its_buttons_are_seen_however_many_causes_there_are() -> None:
    target = ConnectionTarget("10.0.0.9", 4002, 1, 2)
    causes = likely_causes(Profile.IBKR_PAPER, target, cause=LinkCause.DROPPED)
    client = noticing_client(causes=causes, reason="Nothing is listening on 10.0.0.9:4002. " * 3)
    async with running(client, size=(80, 24)) as (app, pilot):
        await opened(app, pilot)
        client.set_status(disconnected(causes=causes, reason="Nothing is listening there. " * 8))
        await until(pilot, lambda: "… " in shown(app.screen) and " more" in shown(app.screen))
        screen = app.screen.region
        for widget in app.screen.query_one(NoticePanel).query("Button, .hint"):
            assert widget.region.height
            assert screen.contains_region(widget.region)
        text = shown(app.screen)
        assert "Retry now" in text
        assert "every other key works as ever" in text
        assert "most likely first" in text
