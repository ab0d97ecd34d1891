"""Menu bar and palette: every action by mouse, arrows or search."""

import pytest
from textual.command import CommandPalette
from textual.widgets import Input, OptionList

from qe_dashboard.engine.views import StatusView
from qe_dashboard.model.enums import AccountKind
from qe_dashboard.ui.action_table import MENUS
from qe_dashboard.ui.actions import in_menu
from qe_dashboard.ui.modals.halt_panel import HaltPanel
from qe_dashboard.ui.modals.menu import MenuModal
from qe_dashboard.ui.modals.reading import TextModal
from qe_dashboard.ui.palette import ActionProvider, Entry, effect_words
from qe_dashboard.ui.widgets.command_line import CommandLine
from support.flow_host import FlowHost, settle
from support.scripted_client import ScriptedClient
from support.view_builders import NOW, make_status


def rows(host: FlowHost) -> list[str | None]:
    return [option.id for option in host.screen.query_one(OptionList).options]


async def test_alt_m_opens_broker_and_arrows_go_round_the_menus() -> None:
    host = FlowHost()
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("alt+m")
        await settle(pilot, lambda: isinstance(host.screen, MenuModal))
        seen = []
        for _ in MENUS:
            menu = host.screen
            assert isinstance(menu, MenuModal)
            seen.append(menu.menu)
            assert rows(host) == [item.id for item in in_menu(menu.menu)]
            await pilot.press("right")
        assert tuple(seen) == MENUS
        await pilot.press("left")
        assert isinstance(host.screen, MenuModal)
        assert host.screen.menu == MENUS[-1]
        await pilot.press("escape")
        await settle(pilot, lambda: not isinstance(host.screen, MenuModal))
        assert host.scripted.calls == []


async def test_enter_does_what_the_row_says() -> None:
    host = FlowHost()
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("alt+m")
        await settle(pilot, lambda: isinstance(host.screen, MenuModal))
        await pilot.press(*["down"] * rows(host).index("reconnect"), "enter")
        await settle(pilot, lambda: ("reconnect", ()) in host.scripted.calls)
        assert not isinstance(host.screen, MenuModal)


async def test_a_click_opens_the_menu_below_its_name() -> None:
    host = FlowHost()
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.click("#menu-help")
        await settle(pilot, lambda: isinstance(host.screen, MenuModal))
        await pilot.pause()
        assert rows(host) == [item.id for item in in_menu("Help")]
        label = host.screen_stack[0].query_one("#menu-help").region
        drop_down = host.screen.query_one("#drop-down").region
        assert (drop_down.x, drop_down.y) == (label.x, label.bottom)
        await pilot.press("enter")
        await settle(pilot, lambda: isinstance(host.screen, TextModal))


async def test_the_brake_works_over_an_open_menu() -> None:
    host = FlowHost()
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("alt+m")
        await settle(pilot, lambda: isinstance(host.screen, MenuModal))
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(host.screen, HaltPanel))
        assert host.scripted.names_called() == ["halt"]


def entries(host: FlowHost) -> dict[str, Entry]:
    provider = ActionProvider(host.screen)
    return {entry.name: entry for entry in provider.entries()}


async def test_the_palette_lists_every_action_that_can_run_and_every_command() -> None:
    host = FlowHost()
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        found = entries(host)
        assert {"MAIN  F1  1", "HALT  ctrl+g", "Reconnect", "/buy", "/cancel", "/quit"} <= set(found)
        # This host has no time zones to change; what cannot run is not offered.
        assert not any(name.startswith("Time zone") for name in found)
        assert r"\[half|QTY]" in found["/close"].help


async def test_the_palette_runs_whole_commands_and_begins_the_others() -> None:
    host = FlowHost()
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+p")
        await settle(pilot, lambda: isinstance(host.screen, CommandPalette))
        await pilot.press(*"/reconnect")
        await settle(
            pilot, lambda: "/reconnect" in str([o.prompt for o in host.screen.query_one(OptionList).options])
        )
        await pilot.press("down", "enter")
        await settle(pilot, lambda: ("reconnect", ()) in host.scripted.calls)
        entries(host)["/buy"].run()
        await pilot.pause()
        assert host.screen.query_one(CommandLine).query_one(Input).value == "buy "


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (None, "the engine is still starting"),
        (make_status(), ""),
        (make_status(account_kind=AccountKind.LIVE, account="U1"), "REAL MONEY in U1"),
        (make_status(offline_since=NOW), "BROKER OFFLINE: nothing can be sent"),
        (make_status(can_trade=False, cannot_trade_because="HALTED"), "no new orders: HALTED"),
    ],
)
def test_what_acting_would_mean_now(status: StatusView | None, said: str) -> None:
    assert effect_words(status) == said


async def test_order_commands_say_in_the_palette_that_it_is_real_money() -> None:
    client = ScriptedClient()
    client.set_status(make_status(account_kind=AccountKind.LIVE, account="[U1]"))
    host = FlowHost(client)
    async with host.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        found = entries(host)
        assert found["/buy"].help.endswith(r"REAL MONEY in \[U1]")
        assert "REAL MONEY" not in found["/main"].help
