"""What flows share: asking by a modal, the one message line, error toasts, and tasks that no screen owns."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar

from textual.app import App
from textual.screen import ModalScreen

from qe_dashboard.engine.facade import CommandRefused, EngineClient
from qe_dashboard.engine.views import CommandResult, ResultKind, StatusView, Topic
from qe_dashboard.model.enums import Severity
from qe_dashboard.ui.commands.completion import Known, Surroundings
from qe_dashboard.ui.desk import Desk
from qe_dashboard.ui.format import clock, plain, price, quantity, sentence_case
from qe_dashboard.ui.modals.key_guard import EventTiming, Timing
from qe_dashboard.ui.news import Item, News
from qe_dashboard.ui.presenters.orders import price_words
from qe_dashboard.ui.presenters.told import Told
from qe_dashboard.ui.widgets.command_line import CommandLine

T = TypeVar("T")
Tone = Literal["information", "warning", "error"]

# A toast covers data, and the message line keeps an error: it only has to be noticed.
TOAST_S = 5.0
# What went well is old by then; an error stays until something newer is said.
MESSAGE_S = 30.0
# Long enough to read two rows; after that one row is enough, and the key in its mark shows the rest.
FRESH_S = 8.0
_MOST_KEPT = 20
_COMPLETED_TOPICS = (Topic.QUOTES, Topic.POSITIONS, Topic.ORDERS)


@dataclass(frozen=True, slots=True)
class Said:
    """The message of all screens: `at` is when it was said as text, `said_s` monotonic seconds."""

    text: str
    tone: Tone
    at: str
    said_s: float
    passes: bool = False
    """It is about the connection, and over when that is well again."""


class Host(Protocol):
    """What flows need of the app beyond Textual's own."""

    @property
    def zone(self) -> str:
        """The zone times are shown in."""

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
        self._clock = timing or EventTiming()
        self._said: Said | None = None
        self._news: News | None = None
        self._ends: dict[str, Item] = {}
        self._kept: deque[Said] = deque(maxlen=_MOST_KEPT)
        self._is_well: bool | None = None
        self._was_ever_well = False

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
            self.tell(refused.text, tone="error")
        except Exception as error:  # whatever it is, the person has to be told that the command broke
            self.app.log.error(f"a command failed: {error!r}")
            self.tell(
                f"The command broke inside the dashboard ({type(error).__name__}: {error}). Whether it reached the "
                "venue is NOT KNOWN: look at F10 ORDERS before repeating it.",
                tone="error",
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
        """Say in the message line what the person just did."""
        self.tell(text)

    def tell(self, text: str, *, tone: Tone = "information") -> None:
        """Say something in the message line, an error also as a toast; the text is never markup."""
        words = sentence_case(plain(text))
        status = self.status
        at = "" if status is None else clock(status.venue_time, self.host.zone)
        self._said = Said(words, tone, at, self._clock.now())
        self._kept.appendleft(self._said)
        if tone == "error" and not _is_on_banner(words, status):
            self.toast(words)
        self.show_said()

    def show_messages(self) -> None:
        """Show what was said last in full, newest first: the message line cuts what has no room."""
        from qe_dashboard.ui.modals.reading import Section, TextModal

        rows = tuple((said.at, said.text) for said in self._kept) or (("", "Nothing was said yet."),)
        self.app.push_screen(TextModal("Messages, newest first", sections=(Section("", rows),)))

    def toast(self, words: str) -> None:
        """Show an error over whatever screen is visible."""
        self.app.notify(words, severity="error", timeout=TOAST_S, markup=False)

    def show_said(self) -> None:
        """Show the newest message in the command line of the screen that is seen."""
        line, said = self.command_line(), self._said
        if line is not None:
            if said is None:
                line.show_result("", is_bad=False)
            else:
                is_old = self._clock.now() - said.said_s >= FRESH_S
                line.show_result(said.text, is_bad=said.tone != "information", at=said.at, is_old=is_old)

    def read_news(self) -> None:
        """Tell how own orders ended and what the log says is wrong; let an old message go."""
        status = self.status
        if self._news is None and self.host.client is not None and status is not None:
            self._news = News(self.host.client, since=status.venue_time)
        for item in () if self._news is None else self._news.read():
            if item.number:
                self._ends[item.number] = item
            self._tell_item(item)
        said = self._said
        if said is not None and said.tone != "error" and self._clock.now() - said.said_s >= MESSAGE_S:
            self._said = None
        self._drop_old_alarm(status)
        self.show_said()

    def _drop_old_alarm(self, status: StatusView | None) -> None:
        """When all is well again, what was wrong with the connection until then is no news; the LOG has it."""
        if status is None:
            return
        was_well, self._is_well = self._is_well, _is_well(status)
        self._was_ever_well = self._was_ever_well or self._is_well
        said = self._said
        if (
            self._is_well
            and was_well is False
            and said is not None
            and said.passes
            and said.tone != "information"
        ):
            self._said = None

    def _tell_item(self, item: Item) -> None:
        said = self._said
        if (
            said is not None
            and said.tone != "information"
            and not said.passes
            and item.passes
            and not item.is_error
        ):
            # That a link is up again does not take the place of a fault that has nothing to do with it.
            return
        ends_nothing = not self._was_ever_well and (said is None or not said.passes)
        if item.passes and not item.is_error and ends_nothing:
            # The first connection: the line keeps its hint.
            return
        self.tell(item.text, tone="error" if item.is_loud else "warning" if item.is_error else "information")
        if self._said is not None:
            tone: Tone = "error" if item.is_error else self._said.tone
            self._said = replace(self._said, tone=tone, passes=item.passes)

    def report(self, result: CommandResult) -> None:
        """Say how a command ended; of an order that has ended meanwhile, that and not that it was sent."""
        end = self._ends.get(str(result.order_number))
        if result.kind is ResultKind.SENT and end is not None:
            self.tell(end.text, tone="error" if end.is_error else "information")
            return
        tone: Tone = "error"
        if result.is_ok:
            tone = "information"
        elif result.kind in (ResultKind.EXPIRED, ResultKind.REDRAWN):
            tone = "warning"
        self.tell(result.text, tone=tone)

    def close(self) -> None:
        """Stop waiting for answers. Tasks that wait for the engine are left to it: it ends them when it stops."""
        for future in list(self._answers):
            future.cancel()
        if self._news is not None:
            self._news.close()
            self._news = None
        if self._desk is not None:
            self._desk.close()
            self._desk = None


def _is_on_banner(words: str, status: StatusView | None) -> bool:
    """Whether the banner says it already: a toast would cover it with its own words."""
    return status is not None and Told(*(line.text for line in status.banner)).knows(words)


def _is_well(status: StatusView) -> bool:
    """Whether orders can be sent and the banner has nothing to act on."""
    return status.can_trade and all(line.severity is Severity.INFO for line in status.banner)
