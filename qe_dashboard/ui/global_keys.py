"""Actions of the keys that work on every screen: each is one call of a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qe_dashboard.ui.flows import Flows


class GlobalKeys:
    """Part of the app; the table in `actions` names these methods."""

    if TYPE_CHECKING:

        @property
        def flows(self) -> Flows: ...

    def action_help_quit(self) -> None:
        """Textual's own answer to ctrl+c, which quits in a shell and here names what does."""
        self.flows.say("ctrl+c does nothing here: q quits.")

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

    def action_command_line(self) -> None:
        self.flows.begin("")

    def action_menu(self) -> None:
        self.flows.menu()

    def action_help(self) -> None:
        self.flows.help()

    def action_messages(self) -> None:
        self.flows.messages()

    def action_about(self) -> None:
        self.flows.about()

    async def action_quit(self) -> None:
        self.flows.quit()
