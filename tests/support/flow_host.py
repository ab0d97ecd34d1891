"""The least app that flows, modals and the command line run in, over a scripted engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Button, Static

import qe_dashboard.ui
from qe_dashboard.engine.facade import EngineClient
from qe_dashboard.ui.action_table import APP
from qe_dashboard.ui.actions import all_bindings, bindings
from qe_dashboard.ui.commands.history import History
from qe_dashboard.ui.flows import Flows
from qe_dashboard.ui.palette import action_provider
from qe_dashboard.ui.widgets.command_line import CommandLine
from qe_dashboard.ui.widgets.menu_bar import MenuBar
from support.facade_wire import FacadeWire
from support.scripted_client import ScriptedClient

STYLES = Path(qe_dashboard.ui.__file__).parent / "styles"


class FakeTiming:
    """A clock that a test moves; every event arrives when it is handled, unless `arrived` says otherwise."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.arrived: float | None = None

    def now(self) -> float:
        return self.seconds

    def arrival(self, event: Message) -> float:
        return self.seconds if self.arrived is None else self.arrived

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class HostScreen(Screen[None]):
    """A screen with the chrome that flows use and a pane that can hold the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [*all_bindings(["trade"])]

    def compose(self) -> ComposeResult:
        host = self.app
        assert isinstance(host, FlowHost)
        yield MenuBar()
        yield Static("body")
        yield Button("pane", id="pane")
        yield CommandLine(history=host.history, surroundings=host.flows.surroundings, id="command-line")


class FlowHost(App[int]):
    """Records what flows ask of the app."""

    CSS_PATH = [STYLES / name for name in ("modals.tcss", "command_line.tcss", "menu_bar.tcss")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(APP)]
    COMMANDS = {action_provider}  # noqa: RUF012

    def __init__(self, client: ScriptedClient | None = None, *, started: bool = True) -> None:
        super().__init__()
        self.scripted = client or ScriptedClient()
        self.timing = FakeTiming()
        self._client: EngineClient | None = FacadeWire.client(self.scripted) if started else None
        self.flows = Flows(self, self, timing=self.timing)
        self.history = History()
        self.shown: list[str] = []
        self.focused_symbols: list[str] = []
        self.left = 0

    @property
    def client(self) -> EngineClient | None:
        return self._client

    @property
    def zone(self) -> str:
        return "America/New_York"

    def finish_start(self) -> None:
        self._client = FacadeWire.client(self.scripted)
        self.flows.engine_ready()

    def get_default_screen(self) -> Screen[None]:
        return HostScreen()

    def on_mount(self) -> None:
        if self._client is not None:
            self.flows.engine_ready()

    def show_screen(self, name: str) -> None:
        self.shown.append(name)

    def focus_symbol(self, symbol: str) -> None:
        self.focused_symbols.append(symbol)

    def leave(self) -> None:
        self.left += 1

    @on(CommandLine.Submitted)
    def _command(self, event: CommandLine.Submitted) -> None:
        self.flows.run_command(event.text)

    @on(MenuBar.Opened)
    def _menu_opened(self, event: MenuBar.Opened) -> None:
        self.flows.menu(event.menu)

    def action_show_screen(self, name: str) -> None:
        self.show_screen(name)

    async def action_halt(self) -> None:
        await self.flows.halt()

    def action_resume(self) -> None:
        self.flows.resume()

    def action_reconnect(self) -> None:
        self.flows.reconnect()

    def action_test_connection(self) -> None:
        self.flows.connection.start_test()

    def action_connection(self) -> None:
        self.flows.connection.start_edit()

    def action_reconcile(self) -> None:
        self.flows.reconcile()

    def action_authorise_live(self) -> None:
        self.flows.authorise_live()

    def action_about(self) -> None:
        self.flows.about()

    def action_menu(self) -> None:
        self.flows.menu()

    def action_help(self) -> None:
        self.flows.help()

    def action_command_line(self) -> None:
        self.flows.begin("")

    async def action_quit(self) -> None:
        self.flows.quit()

    @property
    def toasts(self) -> list[str]:
        return [toast.message for toast in self._notifications]

    @property
    def line(self) -> CommandLine:
        return self.screen_stack[0].query_one(CommandLine)


async def type_line(pilot: Pilot[int], line: str, *, enter: bool = True) -> None:
    """Open the command line, type, and press Enter."""
    names = {" ": "space", "@": "at", ".": "full_stop", ",": "comma", "=": "equals_sign", "$": "dollar_sign"}
    await pilot.press("slash", *(names.get(char, char) for char in line))
    if enter:
        await pilot.press("enter")
    await pilot.pause()


def text_of(screen: Screen[Any]) -> str:
    """Return everything a screen says, one line per widget."""
    return "\n".join(str(widget.content) for widget in screen.query(Static) if widget.display)


async def settle(pilot: Pilot[int], until: Callable[[], bool]) -> None:
    """Let the app work until something holds; fails after many turns, not after a time."""
    for _ in range(200):
        if until():
            return
        await pilot.pause()
        await asyncio.sleep(0)
    raise AssertionError("it never came to hold")


def key_event(key: str) -> events.Key:
    """Return a key press as the terminal would deliver it."""
    return events.Key(key, key if len(key) == 1 else None)
