"""From keys and typed lines to the engine: the one object the app and its screens call."""

from __future__ import annotations

from typing import assert_never

from textual.app import App

from qe_dashboard.engine.facade import CancelRequest, CancelScope, CloseRequest
from qe_dashboard.engine.views import StatusView
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.ui.action_table import MENUS
from qe_dashboard.ui.actions import action
from qe_dashboard.ui.commands import values as cmd
from qe_dashboard.ui.commands.completion import Surroundings
from qe_dashboard.ui.commands.parse import parse
from qe_dashboard.ui.commands.table import nearest
from qe_dashboard.ui.connection_flows import ConnectionFlows
from qe_dashboard.ui.front import Front, Host
from qe_dashboard.ui.help_text import about_sections, command_sections, help_sections
from qe_dashboard.ui.modals.key_guard import Timing
from qe_dashboard.ui.modals.menu import MenuModal
from qe_dashboard.ui.modals.reading import TextModal
from qe_dashboard.ui.order_flows import OrderFlows
from qe_dashboard.ui.session_flows import SessionFlows
from qe_dashboard.ui.settings_flows import SettingsFlows
from qe_dashboard.ui.widgets.menu_bar import MenuBar


class Flows:
    """What keys, commands, menu rows and palette entries do. Methods return at once unless they are `async`."""

    def __init__(self, app: App[int], host: Host, *, timing: Timing | None = None) -> None:
        self._front = Front(app, host, timing=timing)
        self._orders = OrderFlows(self._front)
        self._session = SessionFlows(self._front, self._orders)
        self.connection = ConnectionFlows(self._front)
        self.settings = SettingsFlows(self._front)
        self.timing = timing
        """The clock that presses of keys are judged by, None for Textual's own."""
        self.show_message = self._front.show_said
        """Show the message of all screens on the one that is seen now."""
        self.messages = self._front.show_messages
        """Show what was said last, in full."""

    def engine_ready(self) -> None:
        """Tell the flows that the client exists now."""
        self._session.engine_ready()

    def close(self) -> None:
        """Let go of the engine's feeds and of open questions."""
        self._session.close()
        self._front.close()

    @property
    def status(self) -> StatusView | None:
        """The session's newest status, None before the engine gave one."""
        return self._front.status

    def surroundings(self) -> Surroundings:
        """Return the names completion can offer now."""
        return self._front.surroundings()

    def say(self, text: str) -> None:
        """Say in the message line why a key did nothing, or what it changed."""
        self._front.tell(text, tone="warning")

    def run_command(self, text: str) -> None:
        """Run a typed line; a line that is not understood stays in the command line with the reason."""
        line = self._front.command_line()
        try:
            command = parse(text)
        except cmd.CommandError as error:
            if line is None:
                self._front.tell(error.text, tone="error")
            else:
                line.reject(error.text)
            return
        if line is not None:
            line.accept()
        self._front.spawn(self._run(command))

    async def _run(self, command: cmd.Command) -> None:
        match command:
            case cmd.PlaceOrder():
                await self._orders.order(command.request, explain=command.explain)
            case cmd.ClosePosition():
                await self._orders.close(command.request)
            case cmd.CancelOrders():
                await self._orders.cancel(command.request)
            case cmd.ModifyOrder():
                await self._orders.modify(command.request)
            case cmd.Halt():
                await self._session.halt(command.reason)
            case cmd.Resume():
                await self._session.resume()
            case cmd.AcceptPosition():
                await self._session.accept(command.symbol)
            case cmd.Reconnect():
                await self._session.reconnect()
            case cmd.ClimbLadder():
                await self.connection.test()
            case cmd.EditConnection():
                await self.connection.edit()
            case cmd.Reconcile():
                await self._session.reconcile()
            case cmd.WatchSymbol():
                await self._watch(command)
            case cmd.Quit():
                await self._session.quit()
            case cmd.ShowScreen() | cmd.FocusSymbol() | cmd.ShowHelp():
                self._look(command)
            case _:
                assert_never(command)

    def _look(self, command: cmd.ShowScreen | cmd.FocusSymbol | cmd.ShowHelp) -> None:
        if isinstance(command, cmd.ShowHelp):
            self.help(command.word)
        elif isinstance(command, cmd.FocusSymbol):
            self._focus(command)
        else:
            if command.symbol is not None:
                self._focus(cmd.FocusSymbol(command.symbol))
            self._front.host.show_screen(command.name)

    def _focus(self, command: cmd.FocusSymbol) -> None:
        desk = self._front.desk()
        if desk is not None and desk.find_instrument(command.symbol) is not None:
            self._front.host.focus_symbol(command.symbol)
            return
        near = None if command.escaped else nearest(command.symbol)
        hint = f", or did you mean the command `{near}`?" if near else "."
        self._front.tell(
            f"{command.symbol} is neither watched nor held. `watch add {command.symbol}` adds it{hint}",
            tone="warning",
        )

    async def _watch(self, command: cmd.WatchSymbol) -> None:
        client = self._front.client
        ask = client.watch_symbol if command.add else client.unwatch_symbol
        result = await self._orders.pick(ask, symbol=command.symbol)
        if result is not None:
            self._front.report(result)

    async def halt(self, reason: str = "ctrl+g") -> None:
        """Halt now (D6). Awaiting it returns after the engine has latched, without waiting for its journal."""
        await self._session.halt(reason)

    def resume(self) -> None:
        self._front.spawn(self._session.resume())

    def reconnect(self) -> None:
        self._front.spawn(self._session.reconnect())

    def reconcile(self) -> None:
        self._front.spawn(self._session.reconcile())

    def authorise_live(self) -> None:
        self._front.spawn(self._session.authorise_live())

    def quit(self) -> None:
        self._front.spawn(self._session.quit())

    def begin(self, line: str) -> None:
        """Put the start of a command into the command line: `begin("buy AAPL ")`."""
        self._orders.begin(line)

    def close_position(self, symbol: str) -> None:
        """Preview closing all of a position."""
        self._front.spawn(self._orders.close(CloseRequest(symbol)))

    def cancel_order(self, number: OrderNumber) -> None:
        self._front.spawn(self._orders.cancel(CancelRequest(CancelScope.ORDER, number=number)))

    def cancel_symbol(self, symbol: str) -> None:
        self._front.spawn(self._orders.cancel(CancelRequest(CancelScope.SYMBOL, symbol=symbol)))

    def help(self, word: str = "") -> None:
        """Show all keys and commands of the screen, or one command."""
        mode = self._front.app.current_mode
        sections = command_sections(word) if word else help_sections(mode)
        title = f"Help: {word}" if word else "Keys and commands"
        self._front.app.push_screen(TextModal(title, sections=sections))

    def about(self) -> None:
        """Show version and session."""
        self._front.app.push_screen(TextModal("About", sections=about_sections(self._front.status)))

    def menu(self, menu: str = MENUS[0]) -> None:
        """Open the menu bar at one menu."""
        self._front.spawn(self._menu(menu))

    async def _menu(self, menu: str) -> None:
        bar = next(iter(self._front.app.screen.query(MenuBar)), None)
        anchors = bar.anchors() if bar is not None else {}
        chosen = await self._front.ask(MenuModal(menu, anchors=anchors))
        if chosen is not None:
            await self._front.app.run_action(action(chosen).run)
