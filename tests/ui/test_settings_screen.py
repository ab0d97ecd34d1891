"""F8: what is shown, editing in place, and that only the engine judges a value."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.views import CommandResult, ResultKind
from qe_dashboard.model.enums import Profile
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.modals.halt_panel import HaltPanel
from qe_dashboard.ui.presenters.settings import editable, is_heading, setting_rows, value_place
from qe_dashboard.ui.screens.settings import SettingsScreen
from qe_dashboard.ui.widgets.cell_lines import CellLines
from qe_dashboard.ui.widgets.command_line import CommandLine
from qe_dashboard.ui.widgets.live_grid import LiveGrid
from support.facade_wire import FacadeWire
from support.flow_host import settle
from support.scripted_client import ScriptedClient, ScriptedHost, calls_of
from support.view_builders import make_setting, make_settings

LIMIT = "limits.sim.max_order_qty_stock"


def view(*, problems: tuple[str, ...] = (), limit: str = "10000") -> SettingsView:
    return make_settings(
        [
            make_setting(
                "broker",
                value='"sim"',
                default='"sim"',
                choices=("sim", "ibkr-paper", "ibkr-live"),
                applies="at its next launch",
            ),
            make_setting(
                LIMIT,
                value=limit,
                default="10000",
                unit="shares",
                choices=(),
                description="Most shares of one [order].",
                source="settings.toml:31" if limit != "10000" else "shipped default",
            ),
            make_setting("connection.ibkr-paper.account", value='"DU***567"', default='""', choices=()),
            make_setting("display.theme"),
        ],
        path="/home/me/settings.toml",
        problems=problems,
    )


class Desk:
    """The app on F8 over a scripted engine."""

    def __init__(self, settings: SettingsView | None = None) -> None:
        self.client = ScriptedClient()
        self.client.settings_view = settings or view()
        self.app = DashboardApp(host=FacadeWire.host(ScriptedHost(self.client)), profile=Profile.SIM)

    async def open(self, pilot: Pilot[int]) -> None:
        await settle(pilot, lambda: self.app.client is not None)
        await pilot.press("f8")
        await settle(pilot, lambda: isinstance(self.app.screen, SettingsScreen) and bool(self.grid.keys))

    @property
    def grid(self) -> LiveGrid:
        return self.app.screen.query_one("#settings", LiveGrid)

    @property
    def editor(self) -> Input:
        return self.app.screen.query_one("#editor", Input)

    def says(self, name: str) -> str:
        return self.app.screen.query_one(name, CellLines).text

    async def edit(self, pilot: Pilot[int], key: str) -> None:
        self.grid.move_to(key)
        await pilot.press("enter")
        await settle(pilot, lambda: self.app.focused is self.editor)


async def test_settings_stand_under_their_tables_with_value_default_unit_and_source() -> None:
    desk = Desk(view(limit="500"))
    async with desk.app.run_test(size=(140, 30)) as pilot:
        await desk.open(pilot)
        assert list(desk.grid.keys) == [
            "broker",
            "[limits.sim",
            LIMIT,
            "[connection.ibkr-paper",
            "connection.ibkr-paper.account",
            "[display",
            "display.theme",
        ]
        line = [text for text, _ in dict(setting_rows(desk.client.settings_view))[LIMIT]]
        assert line == ["  max_order_qty_stock", "500", "10000", "settings.toml:31", "shares"]
        desk.grid.move_to(LIMIT)
        await pilot.pause()
        assert "Most shares of one [order]." in desk.says("#setting")
        assert "A change counts at once. Default: 10000." in desk.says("#setting")
        assert desk.says("#file") == " /home/me/settings.toml"


async def test_a_change_of_profile_says_that_it_waits_for_the_next_launch() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        desk.grid.move_to("broker")
        await pilot.pause()
        assert "next launch; this session stays where it is" in desk.says("#setting")


async def test_problems_of_the_file_are_shown_in_full() -> None:
    problem = "settings.toml:12 limits.sim.max_order_qty_stock = -5: expected a positive number of shares"
    desk = Desk(view(problems=(problem,)))
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        assert "NOT VALID: the last good settings stay in force" in desk.says("#file")
        assert problem in desk.says("#file")


async def test_the_editor_opens_over_the_value_and_saves_by_enter() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, LIMIT)
        await pilot.pause()
        at, _ = value_place(desk.grid.size.width)
        row = desk.grid.keys.index(LIMIT) + 1
        place = desk.grid.content_region.offset
        assert desk.editor.region.offset == (place.x + at, place.y + row)
        assert desk.editor.value == "10000"
        await pilot.press(*["backspace"] * 5, *"500", "enter")
        await settle(pilot, lambda: (LIMIT, "500") in calls_of(desk.client, "set_setting"))
        await settle(pilot, lambda: not desk.editor.display)
        assert desk.grid.has_focus
        assert desk.grid.cursor_key == LIMIT


async def test_a_refused_value_stays_in_the_editor_with_the_reason() -> None:
    desk = Desk()
    reason = "settings.toml: max_order_qty_stock = 'many': expected a positive number [of shares]"
    desk.client.results = [CommandResult(ResultKind.REFUSED, reason)]
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, LIMIT)
        await pilot.press(*["backspace"] * 5, *"many", "enter")
        await settle(pilot, lambda: reason in desk.says("#setting"))
        assert desk.editor.display
        assert desk.editor.value == "many"
        assert not desk.app._notifications
        await pilot.press("escape")
        await settle(pilot, lambda: not desk.editor.display)
        assert len(calls_of(desk.client, "set_setting")) == 1


async def test_esc_leaves_the_value_and_an_unchanged_one_is_not_written() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, LIMIT)
        await pilot.press("9", "escape")
        await desk.edit(pilot, LIMIT)
        await pilot.press("enter")
        await settle(pilot, lambda: not desk.editor.display)
        assert calls_of(desk.client, "set_setting") == []


async def test_arrows_go_through_the_choices() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, "broker")
        await pilot.press("down")
        assert desk.editor.value == "ibkr-paper"
        await pilot.press("up", "up")
        assert desk.editor.value == "ibkr-live"
        await pilot.press("enter")
        await settle(pilot, lambda: ("broker", "ibkr-live") in calls_of(desk.client, "set_setting"))


@pytest.mark.parametrize(
    ("value", "edited"),
    [
        ('"127.0.0.1"', "127.0.0.1"),
        ('""', ""),
        ("4002", "4002"),
        ('["AAPL", "MSFT"]', '["AAPL", "MSFT"]'),
        (r'"a\"b"', r'"a\"b"'),
        ('"', '"'),
    ],
)
def test_a_string_is_edited_without_its_quotes(value: str, edited: str) -> None:
    assert editable(value) == edited


async def test_an_emptied_string_is_written_as_the_empty_string() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, "display.theme")
        assert desk.editor.value == "dark"
        await pilot.press(*["backspace"] * 4, "enter")
        await settle(pilot, lambda: ("display.theme", '""') in calls_of(desk.client, "set_setting"))


async def test_d_offers_the_default() -> None:
    desk = Desk(view(limit="500"))
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        desk.grid.move_to(LIMIT)
        await pilot.press("d")
        await settle(pilot, lambda: desk.app.focused is desk.editor)
        assert desk.editor.value == "10000"
        assert calls_of(desk.client, "set_setting") == []


async def test_a_masked_value_is_never_what_is_edited() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, "connection.ibkr-paper.account")
        assert desk.editor.value == ""


async def test_a_heading_cannot_be_edited() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        desk.grid.move_to("[limits.sim")
        await pilot.press("enter")
        await pilot.pause()
        assert is_heading("[limits.sim")
        assert not desk.editor.display


async def test_the_brake_works_while_editing() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(100, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, LIMIT)
        await pilot.press("ctrl+g")
        await settle(pilot, lambda: isinstance(desk.app.screen, HaltPanel))
        assert "halt" in desk.client.names_called()


@pytest.mark.parametrize("width", [60, 78, 98, 138, 198])
def test_the_value_is_always_on_screen(width: int) -> None:
    at, wide = value_place(width)
    assert 0 < at < at + wide <= width


async def test_an_opened_editor_is_typed_over_and_says_which_keys_end_it() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(120, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, LIMIT)
        assert "editing: Enter saves, Esc leaves" in desk.says("#footer")
        await pilot.press("5", "0")
        assert desk.editor.value == "50"
        await pilot.press("escape")
        assert "editing" not in desk.says("#footer")
        await desk.edit(pilot, "broker")
        assert "↑ ↓ choose: sim, ibkr-paper, ibkr-live" in desk.says("#footer")


async def test_leaving_the_screen_closes_an_open_editor_and_says_that_nothing_was_saved() -> None:
    desk = Desk()
    async with desk.app.run_test(size=(120, 30)) as pilot:
        await desk.open(pilot)
        await desk.edit(pilot, LIMIT)
        await pilot.press("9", "f1")
        await settle(pilot, lambda: desk.app.current_mode == "main")
        await settle(pilot, lambda: "not saved" in desk.app.screen.query_one(CommandLine).result_text)
        await pilot.press("f8")
        await settle(pilot, lambda: isinstance(desk.app.screen, SettingsScreen))
        assert not desk.editor.display
        assert not calls_of(desk.client, "set_setting")
