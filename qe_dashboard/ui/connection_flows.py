"""Flows about the connection: the notice that there is none, the dialog, and the test. The engine does all of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from qe_dashboard.engine.facade import CommandRefused, ConnectionRequest
from qe_dashboard.engine.health_views import ConnectionAdvice, ConnectNotice
from qe_dashboard.engine.views import StatusView
from qe_dashboard.model.ladder import Ladder, PortScan
from qe_dashboard.ui.front import Front

A = TypeVar("A")
_BROKE = "It broke before it had an answer; the message line says how. Nothing was changed."


class ConnectionFlows:
    """Asks the engine for what the dialogs show, and applies what a person saved."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._has_left_notice = False

    def notice(self, status: StatusView) -> ConnectNotice | None:
        """Return the notice to show: each once, until there was a connection."""
        if status.notice is None:
            self._has_left_notice = False
        return None if self._has_left_notice else status.notice

    def leave_notice(self) -> None:
        """Show this notice no more."""
        self._has_left_notice = True

    def start_test(self) -> None:
        """Run `test` in a task of its own."""
        self._front.spawn(self.test())

    def start_edit(self) -> None:
        """Run `edit` in a task of its own."""
        self._front.spawn(self.edit())

    async def test(self) -> None:
        """Climb the ladder in force and show it. Raises CommandRefused while there is no engine."""
        from qe_dashboard.ui.modals.ladder import LadderModal, LadderStep

        if self._front.is_open(LadderModal):
            return
        client = self._front.client
        step = await self._front.ask(
            LadderModal(check=lambda answered: self._ask(client.check_connection(), answered))
        )
        if step is LadderStep.CONNECTION:
            await self.edit()

    async def edit(self) -> None:
        """Open the dialog; what it returns is applied. Raises CommandRefused while there is no engine."""
        # The dialog knows the settings' bounds, and with them pydantic: at its first use, not at the first paint.
        from qe_dashboard.ui.modals.connection import ConnectionModal

        if self._front.is_open(ConnectionModal):
            return
        view = await self._front.client.connection()
        if view.refusal:
            self._front.tell(view.refusal, tone="warning")
            return
        request = await self._front.ask(ConnectionModal(view, questions=self, timing=self._front.timing))
        if request is None:
            self._front.note("The connection stays as it was; nothing was saved.")
            return
        self._front.tell(f"Saving, and connecting to {request.host}:{request.port}…")
        self._front.report(await self._front.client.apply_connection(request))

    # What the dialogs ask

    def check(self, request: ConnectionRequest, answered: Callable[[Ladder | str], None]) -> None:
        self._ask(self._front.client.check_connection(request), answered)

    def scan(self, host: str, answered: Callable[[PortScan | str], None]) -> None:
        self._ask(self._front.client.scan_ports(host), answered)

    def advise(self, request: ConnectionRequest, answered: Callable[[ConnectionAdvice | str], None]) -> None:
        self._ask(self._front.client.connection_advice(request), answered)

    def _ask(self, question: Awaitable[A], answered: Callable[[A | str], None]) -> None:
        self._front.spawn(self._answer(question, answered))

    async def _answer(self, question: Awaitable[A], answered: Callable[[A | str], None]) -> None:
        """Hand over an answer, or the words why there is none: a dialog never waits for one that cannot come."""
        answer: A | str = _BROKE
        try:
            answer = await question
        except CommandRefused as refused:
            answer = refused.text
        finally:
            answered(answer)
