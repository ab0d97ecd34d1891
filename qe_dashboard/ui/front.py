"""What flows share: asking by a modal, telling by toast and command line, and tasks that no screen owns."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Literal, Protocol, TypeVar

from textual.app import App
from textual.screen import ModalScreen

from qe_dashboard.engine.facade import CommandRefused, EngineClient
from qe_dashboard.engine.views import CommandResult, ResultKind, StatusView, Topic
from qe_dashboard.ui.commands.completion import Known, Surroundings
from qe_dashboard.ui.desk import Desk
from qe_dashboard.ui.format import plain, price, quantity
from qe_dashboard.ui.modals.key_guard import Timing
from qe_dashboard.ui.presenters.orders import price_words
from qe_dashboard.ui.widgets.command_line import CommandLine

T = TypeVar("T")
Tone = Literal["information", "warning", "error"]

# What went wrong stays until it can be read beside moving numbers; what went well only needs a glance.
_TOAST_S = {"information": 2.5, "warning": 8.0, "error": 12.0}
_COMPLETED_TOPICS = (Topic.QUOTES, Topic.POSITIONS, Topic.ORDERS)


class Host(Protocol):
    """What flows need of the app beyond Textual's own."""

    @property
    def client(self) -> EngineClient | None: ...

    def show_screen(self, name: str) -> None:
        """Go to a screen."""

    def focus_symbol(self, symbol: str) -> None:
        """Make a symbol of the desk the focused one."""

    def leave(self) -> None:
        """Quit, without asking."""


class Front:
    """The app as flows see it. Raises nothing at the caller: faults of a task are told on screen."""

    def __init__(self, app: App[int], host: Host, *, timing: Timing | None = None) -> None:
        self.app = app
        self.host = host
        self.timing = timing
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: set[asyncio.Future[object]] = set()
        self._desk: Desk | None = None

    @property
    def client(self) -> EngineClient:
        """The engine. Raises CommandRefused while it is still starting."""
        client = self.host.client
        if client is None:
            raise CommandRefused("The engine is still starting; nothing was sent. Try again in a moment.")
        return client

    @property
    def status(self) -> StatusView | None:
        """The newest status, None before the engine gave one."""
        desk = self._own_desk()
        if desk is None:
            return None
        desk.drain(Topic.STATUS)
        return desk.status

    def desk(self) -> Desk | None:
        """Books of our own, drained now: the screens' books belong to their frames."""
        desk = self._own_desk()
        if desk is not None:
            for topic in _COMPLETED_TOPICS:
                desk.drain(topic)
        return desk

    def _own_desk(self) -> Desk | None:
        if self._desk is None and self.host.client is not None:
            self._desk = Desk(self.host.client)
        return self._desk

    def surroundings(self) -> Surroundings:
        """Return the names completion can offer now."""
        desk = self.desk()
        if desk is None:
            return Surroundings()
        open_orders = [view for view in desk.orders.views if view.is_open]
        return Surroundings(
            symbols=tuple(
                Known(view.symbol, f"{plain(view.label)} last {price(view.last, view.decimals)}")
                for view in desk.quotes.views
            ),
            positions=tuple(
                Known(view.label, f"position {quantity(view.quantity)} {view.unit}")
                for view in desk.positions.views
            ),
            orders=tuple(
                Known(
                    str(view.number),
                    f"{view.side.value} {quantity(view.quantity)} {plain(view.label)} {price_words(view)} "
                    f"{view.status.value}",
                )
                for view in open_orders
            ),
            order_symbols=tuple(Known(view.symbol, "all own orders of it") for view in open_orders),
        )

    def spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run a flow in a task that no screen owns: Textual cancels a screen's workers with the screen."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except CommandRefused as refused:
            self.tell(refused.text, tone="error", title="Refused")
        except Exception as error:  # whatever it is, the person has to be told that the command broke
            self.app.log.error(f"a command failed: {error!r}")
            self.tell(
                f"The command broke inside the dashboard ({type(error).__name__}: {error}). Whether it reached the "
                "venue is NOT KNOWN: look at F10 ORDERS before repeating it.",
                tone="error",
                title="Command broke",
            )

    async def ask(self, modal: ModalScreen[T]) -> T | None:
        """Show a modal and return its answer; cancelled when the app closes."""
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._answers.add(future)

        def answered(result: T | None) -> None:
            if not future.done():
                future.set_result(result)

        try:
            self.app.push_screen(modal, answered)
            return await future  # type: ignore[return-value]  # `answered` is its only writer
        finally:
            self._answers.discard(future)

    def is_open(self, kind: type[ModalScreen[T]]) -> bool:
        """Whether a modal of this kind is on the stack."""
        return any(isinstance(screen, kind) for screen in self.app.screen_stack)

    def command_line(self) -> CommandLine | None:
        """The command line of the screen below all modals, None when it has none."""
        for screen in reversed(self.app.screen_stack):
            if not screen.is_modal:
                found: CommandLine | None = screen.query_one_optional(CommandLine)
                return found
        return None

    def note(self, text: str) -> None:
        """Say in the command line what the person just did; a toast would cover what they look at next."""
        line = self.command_line()
        if line is not None:
            line.show_result(plain(text), is_bad=False)

    def tell(self, text: str, *, tone: Tone = "information", title: str = "") -> None:
        """Say something as a toast and in the command line; the text is never markup."""
        words = plain(text)
        self.app.notify(words, title=title, severity=tone, timeout=_TOAST_S[tone], markup=False)
        line = self.command_line()
        if line is not None:
            line.show_result(words, is_bad=tone != "information")

    def report(self, result: CommandResult) -> None:
        """Say how a command ended."""
        tone: Tone = "error"
        if result.is_ok:
            tone = "information"
        elif result.kind in (ResultKind.EXPIRED, ResultKind.REDRAWN):
            tone = "warning"
        self.tell(result.text, tone=tone, title=result.kind.value.capitalize())

    def close(self) -> None:
        """Stop waiting for answers. Tasks that wait for the engine are left to it: it ends them when it stops."""
        for future in list(self._answers):
            future.cancel()
        if self._desk is not None:
            self._desk.close()
            self._desk = None
