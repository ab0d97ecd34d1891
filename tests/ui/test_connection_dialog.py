"""The connection dialog and the test of a connection, by keyboard alone: nothing is saved that was not saved."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, OptionList

from qe_dashboard.engine.facade import CommandRefused, ConnectionRequest
from qe_dashboard.engine.health_views import ConnectionAdvice
from qe_dashboard.engine.views import CommandResult, ResultKind
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.ladder import PortAnswer, PortScan, RungName
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.modals.connection import ConnectionModal
from qe_dashboard.ui.modals.halt_panel import HaltPanel
from qe_dashboard.ui.modals.ladder import LadderModal
from qe_dashboard.ui.widgets.cell_lines import CellLines
from support.dashboard import SIZES, busy_client, running, settled, shown, until
from support.flow_host import type_line
from support.health_builders import failing
from support.scripted_client import ScriptedClient, calls_of
from support.view_builders import make_connection

SCAN = PortScan(
    "127.0.0.1",
    (
        PortAnswer(7497, "TWS paper", False, "nothing listens"),
        PortAnswer(7496, "TWS live", True, "server 176", ("U7654321",), AccountKind.LIVE),
        PortAnswer(4002, "Gateway paper", True, "server 176 [/]", ("DU1234567",), AccountKind.PAPER),
        PortAnswer(4001, "Gateway live", None, "is silent"),
    ),
)


async def open_dialog(app: DashboardApp, pilot: Pilot[int]) -> ConnectionModal:
    await pilot.press("alt+c")
    await until(pilot, lambda: isinstance(app.screen, ConnectionModal) and app.screen.focused is not None)
    screen = app.screen
    assert isinstance(screen, ConnectionModal)
    for button in screen.query(Button):
        # Textual's button takes no second Enter for 0.2 s of real time, which no test waits for.
        button.active_effect_duration = 0
    return screen


async def go_to(screen: ConnectionModal, pilot: Pilot[int], name: str) -> None:
    """Press Tab until the control has the focus."""
    for _ in range(20):
        if screen.focused is not None and screen.focused.id == name:
            return
        await pilot.press("tab")
    raise AssertionError(f"Tab never comes to {name}")


async def retype(screen: ConnectionModal, pilot: Pilot[int], name: str, text: str) -> None:
    await go_to(screen, pilot, name)
    await pilot.press("end", "ctrl+u", *text)
    await pilot.pause()
    assert screen.query_one(f"#{name}", Input).value == text


def problem(screen: ConnectionModal) -> str:
    return screen.query_one("#problem", CellLines).text


def result(screen: ConnectionModal | LadderModal) -> str:
    return screen.query_one("#ladder", CellLines).text


@pytest.mark.parametrize("way", ["menu", "f8 c", "connection"])
async def test_every_way_in_works(way: str) -> None:
    async with running(busy_client()) as (app, pilot):
        if way == "menu":
            await pilot.press("alt+m", "down", "down", "enter")
        elif way == "f8 c":
            await pilot.press("f8")
            await until(pilot, lambda: app.current_mode == "settings" and app.visible_screen is not None)
            await pilot.press("c")
        else:
            await type_line(pilot, way)
        await until(pilot, lambda: isinstance(app.screen, ConnectionModal))


@pytest.mark.parametrize("size", SIZES)
async def test_all_of_it_is_on_the_screen(size: tuple[int, int]) -> None:
    client = busy_client()
    client.connection_view = make_connection(
        account="DU1234567", fixed_by=("connection.ibkr-paper.client_id",)
    )
    async with running(client, size=size) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await pilot.pause()
        text = shown(screen)
        for words in (
            "TWS paper 7497   TWS live 7496   Gateway paper 4002   Gateway live 4001",
            "environment overrides it this launch",
            "auto               = 2",
            "DU1234567 bound",
            "Test connection",
            "Probe ports",
            "Cancel",
            "Save",
        ):
            assert words in text


async def test_a_saved_connection_is_asked_about_and_then_applied() -> None:
    client = busy_client()
    client.results = [CommandResult(ResultKind.DONE, "Connecting to gw:7497.")]
    async with running(client, size=(80, 24)) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await pilot.press("shift+tab")
        await retype(screen, pilot, "host", "gw")
        await retype(screen, pilot, "port", "7497")
        await retype(screen, pilot, "client_id", "11")
        await retype(screen, pilot, "order_client_id", "20")
        await go_to(screen, pilot, "save")
        assert calls_of(client, "connection_advice") == []
        await pilot.press("enter")
        await until(pilot, lambda: "apply_connection" in client.names_called())
        wanted = ConnectionRequest("gw", 7497, 11, 20)
        assert calls_of(client, "connection_advice") == [(wanted,)]
        assert calls_of(client, "apply_connection") == [(wanted,)]
        await until(pilot, lambda: "Connecting to gw:7497." in shown(app.screen))


async def test_enter_saves_only_on_save() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        screen = await open_dialog(app, pilot)
        for name in ("port", "client_id", "order_client_id"):
            await go_to(screen, pilot, name)
            await pilot.press("enter")
            await pilot.pause()
            assert app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: "nothing was saved" in shown(app.screen))
        assert not {"connection_advice", "apply_connection"} & set(client.names_called())


async def test_arrows_and_buttons_pick_the_usual_ports_and_the_other_kind_is_warned_of() -> None:
    async with running(busy_client()) as (app, pilot):
        screen = await open_dialog(app, pilot)
        assert problem(screen) == ""
        await pilot.press("down")
        assert screen.query_one("#port", Input).value == "4001"
        assert "4001 is the usual port of Gateway live (LIVE, real money)" in problem(screen)
        await pilot.click("#pick-7497")
        await pilot.pause()
        assert screen.query_one("#port", Input).value == "7497"
        assert problem(screen) == ""


async def test_equal_ids_are_refused_in_place() -> None:
    client = busy_client()
    async with running(client, size=(80, 24)) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await retype(screen, pilot, "order_client_id", "1")
        await go_to(screen, pilot, "save")
        await pilot.press("enter")
        await pilot.pause()
        assert "both are 1" in problem(screen)
        assert app.screen is screen
        assert not {"connection_advice", "apply_connection"} & set(client.names_called())


async def test_a_refusal_stays_in_the_dialog() -> None:
    client = busy_client()
    client.advice = ConnectionAdvice("the account is bound to another gateway [/]", ())
    async with running(client) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await go_to(screen, pilot, "save")
        await pilot.press("enter")
        await until(
            pilot, lambda: "Not saved: the account is bound to another gateway [/]" in problem(screen)
        )
        await pilot.press("enter")
        await pilot.pause()
        assert "apply_connection" not in client.names_called()


async def test_a_warning_asks_with_the_focus_on_cancel_and_an_edit_asks_again() -> None:
    client = busy_client()
    client.advice = ConnectionAdvice("", ("Orders 17 and 18 become FOREIGN.", "The session reconnects now."))
    async with running(client, size=(80, 24)) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await go_to(screen, pilot, "save")
        await pilot.press("enter")
        await until(pilot, lambda: "Orders 17 and 18 become FOREIGN." in problem(screen))
        assert screen.focused is not None
        assert screen.focused.id == "cancel"
        await pilot.pause()
        assert "Save anyway" in shown(screen)
        assert "→ then Enter saves it anyway" in shown(screen)
        await retype(screen, pilot, "port", "7497")
        assert "Save anyway" not in shown(screen)
        await go_to(screen, pilot, "save")
        await pilot.press("enter")
        await until(
            pilot, lambda: len(calls_of(client, "connection_advice")) == 2 and "FOREIGN" in problem(screen)
        )
        await go_to(screen, pilot, "save")
        await pilot.press("enter")
        await pilot.pause()
        assert "apply_connection" not in client.names_called()
        await settled(app, pilot, screen._guard)
        await pilot.press("enter")
        await until(
            pilot,
            lambda: (
                calls_of(client, "apply_connection") == [(ConnectionRequest("127.0.0.1", 7497, 1, None),)]
            ),
        )


async def test_a_warning_left_by_enter_on_cancel_saves_nothing() -> None:
    client = busy_client()
    client.advice = ConnectionAdvice("", ("Orders become FOREIGN.",))
    async with running(client) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await go_to(screen, pilot, "save")
        await pilot.press("enter")
        await until(pilot, lambda: "FOREIGN" in problem(screen))
        await pilot.pause()
        await settled(app, pilot, screen._guard)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not screen)
        assert "apply_connection" not in client.names_called()


async def test_a_test_shows_every_rung_the_failure_first_and_saves_nothing() -> None:
    client = busy_client()
    client.ladder = failing(RungName.HANDSHAKE, "accepts and is [silent]", "Answer the dialog in TWS.")
    async with running(client, size=(80, 24)) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await retype(screen, pilot, "port", "7497")
        await go_to(screen, pilot, "test")
        await pilot.press("enter")
        await until(pilot, lambda: "FIX" in result(screen))
        text = shown(screen)
        assert "FAIL API handshake: accepts and is [silent]" in text
        assert "Answer the dialog in TWS." in text
        assert "on client ids of its own; nothing was changed" in text
        assert all(name.value in result(screen) for name in RungName)
        assert calls_of(client, "check_connection") == [(ConnectionRequest("127.0.0.1", 7497, 1, None),)]
        assert "apply_connection" not in client.names_called()


async def test_typing_goes_on_while_a_test_runs_and_only_the_newest_answer_counts() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        screen = await open_dialog(app, pilot)
        slow: list[object] = []
        screen._questions.check = lambda request, answered: slow.append((request, answered))  # type: ignore[method-assign]
        await go_to(screen, pilot, "test")
        await pilot.press("enter")
        await pilot.pause()
        assert "Testing 127.0.0.1:4002…" in result(screen)
        await retype(screen, pilot, "port", "7497")
        await go_to(screen, pilot, "test")
        await pilot.press("enter")
        await pilot.pause()
        (_, first), (_, second) = slow  # type: ignore[misc]
        second("the newest answer")  # type: ignore[has-type]
        first("an old answer")  # type: ignore[has-type]
        assert result(screen) == "the newest answer"


async def test_a_probed_port_is_taken_by_enter() -> None:
    client = busy_client()
    client.port_scan = SCAN
    async with running(client, size=(80, 24)) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await go_to(screen, pilot, "probe")
        await pilot.press("enter")
        await until(pilot, lambda: screen.query_one("#ports", OptionList).option_count == 4)
        await pilot.pause()
        text = shown(screen)
        assert "2 of 4 standard ports answer, 1 unclear. ↑ ↓ choose, Enter takes one." in text
        words = " ".join(text.split())
        assert "LIVE not for ibkr-paper: U7654321 server 176" in words
        assert "PAPER DU1234567 server 176 [/]" in words
        # The profile's own kind is under the cursor; one up is real money.
        await pilot.press("up", "enter")
        await pilot.pause()
        assert screen.query_one("#port", Input).value == "7496"
        assert "real money" in problem(screen)
        assert calls_of(client, "scan_ports") == [("127.0.0.1",)]


async def test_a_question_that_is_refused_or_breaks_says_so_in_the_dialog() -> None:
    client = busy_client()

    def refuse(name: str) -> None:
        if name == "check_connection":
            raise CommandRefused("a test is running already")
        if name == "scan_ports":
            raise ValueError("boom")

    client.before_answer = refuse
    async with running(client) as (app, pilot):
        screen = await open_dialog(app, pilot)
        await go_to(screen, pilot, "test")
        await pilot.press("enter")
        await until(pilot, lambda: result(screen) == "a test is running already")
        await go_to(screen, pilot, "probe")
        await pilot.press("enter")
        await until(pilot, lambda: result(screen).startswith("It broke before it had an answer"))


async def test_a_profile_without_a_connection_says_so() -> None:
    client = busy_client()
    client.connection_view = make_connection(profile=Profile.SIM, refusal="Profile sim connects to nothing.")
    async with running(client) as (app, pilot):
        await pilot.press("alt+c")
        await until(pilot, lambda: "Profile sim connects to nothing." in shown(app.screen))
        assert not isinstance(app.screen, ConnectionModal)


async def test_the_brake_works_over_the_dialog() -> None:
    client = busy_client()
    async with running(client) as (app, pilot):
        await open_dialog(app, pilot)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, HaltPanel))
        assert "halt" in client.names_called()


# Test connection


@pytest.mark.parametrize("way", ["alt+t", "test", "menu"])
async def test_the_connection_in_force_is_tested_again_and_changed_from_there(way: str) -> None:
    client: ScriptedClient = busy_client()
    async with running(client, size=(80, 24)) as (app, pilot):
        if way == "menu":
            await pilot.press("alt+m", "down", "enter")
        elif way == "test":
            await type_line(pilot, way)
        else:
            await pilot.press(way)
        await until(
            pilot, lambda: isinstance(app.screen, LadderModal) and "every rung passes" in shown(app.screen)
        )
        assert calls_of(client, "check_connection") == [(None,)]
        await pilot.press("t")
        await until(pilot, lambda: len(calls_of(client, "check_connection")) == 2)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ConnectionModal))


async def test_before_the_engine_is_up_a_test_says_so() -> None:
    import asyncio

    from support.scripted_client import ScriptedHost

    host = ScriptedHost(busy_client(), hold=asyncio.Event())
    async with running(host=host) as (app, pilot):
        await pilot.press("alt+t")
        await until(pilot, lambda: "still starting" in shown(app.screen))
        assert not isinstance(app.screen, LadderModal)


async def test_tab_and_enter_go_from_field_to_field_and_stop_at_nothing_that_is_empty() -> None:
    async with running(busy_client(), size=(80, 24)) as (app, pilot):
        screen = await open_dialog(app, pilot)
        seen = []
        for key in ("enter", "enter", "enter"):
            await pilot.press(key)
            assert screen.focused is not None
            seen.append(screen.focused.id)
        assert seen == ["client_id", "order_client_id", "test"]
        await pilot.press("shift+tab")
        assert "▸ Order client id" in shown(screen)
        await pilot.press("9")
        assert screen.query_one("#order_client_id", Input).value == "9"
