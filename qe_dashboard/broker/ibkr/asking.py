"""Questions to the gateway: each waits its turn, has a deadline, and ends when the link does (R14)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

from qe_dashboard.broker.ibkr.ib_lib import IbSession
from qe_dashboard.broker.ibkr.pacing import Pacer
from qe_dashboard.broker.port import BrokerError
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.model.connection import LinkCause

T = TypeVar("T")


class NoAnswer(BrokerError):
    """The answer is not known: no reply in time, or the link went down before it came."""


class AnsweredWithError(BrokerError):
    """The gateway answered a request with an error code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text} (code {code})")
        self.code = code
        self.text = text


class Asker:
    """Asks over one session."""

    def __init__(self, *, session: IbSession, clock: Clock, pacer: Pacer, seconds: float) -> None:
        self.session = session
        self.seconds = seconds
        self._clock = clock
        self._pacer = pacer
        self._refusable: set[asyncio.Future[Any]] = set()

    async def ask(
        self, start: Callable[[], Awaitable[T]], *, awaited: str, seconds: float | None = None
    ) -> T:
        """Send a request once the budget allows and return its answer.

        Raises NoAnswer at the deadline (which covers the wait for the budget too) or when the link goes down, and
        AnsweredWithError for an error answer.
        """
        limit = self.seconds if seconds is None else seconds
        try:
            return await deadline(self._clock, self._ask(start, awaited), limit, awaited=awaited)
        except DeadlineExpired as error:
            raise NoAnswer(str(error)) from None

    async def ask_orders(self, start: Callable[[], Awaitable[T]], *, awaited: str, long: bool = False) -> T:
        """Ask about orders: as `ask`, or as `ask_long`, but a read-only gateway's refusal ends it at once.

        The refusal (321) names no request, so both libraries would wait for ever.
        """
        refusal: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._refusable.add(refusal)

        async def either() -> T:
            answer = asyncio.ensure_future(start())
            try:
                await asyncio.wait({answer, refusal}, return_when=asyncio.FIRST_COMPLETED)
                return refusal.result() if refusal.done() else answer.result()
            finally:
                answer.cancel()

        try:
            return await (self.ask_long if long else self.ask)(either, awaited=awaited)
        finally:
            self._refusable.discard(refusal)
            refusal.cancel()

    def refuse_orders(self, code: int, text: str) -> None:
        """The gateway answers no question about orders: end those under way."""
        for refusal in self._refusable:
            if not refusal.done():
                refusal.set_exception(AnsweredWithError(code, text))

    async def until_closed(self, work: Awaitable[T], *, awaited: str) -> T:
        """Wait for something here as long as the link lives. Raises NoAnswer."""
        self._check_open()
        return await self._until_closed(asyncio.ensure_future(work), awaited)

    async def ask_long(self, start: Callable[[], Awaitable[T]], *, awaited: str) -> T:
        """Ask for an answer that is keyed by name, waiting six deadlines long, and end the session when it stays away.

        Giving up earlier would let the late answer pass for the next question's (R01).
        """
        try:
            return await self.ask(start, awaited=awaited, seconds=6 * self.seconds)
        except NoAnswer as error:
            self.session.fail(str(error), LinkCause.NO_ANSWER)
            raise

    async def patiently(self, answer: Awaitable[T], *, awaited: str) -> T:
        """Wait one deadline for an answer that others wait for too. Raises NoAnswer, without ending the question."""
        try:
            return await deadline(self._clock, answer, self.seconds, awaited=awaited)
        except DeadlineExpired as error:
            raise NoAnswer(str(error)) from None

    async def send(self, write: Callable[[], object]) -> None:
        """Write a request that gets no answer, once the budget allows. Raises NoAnswer when the link is down."""
        self._check_open()
        await self._pacer.admit()
        self._check_open()
        write()

    async def _ask(self, start: Callable[[], Awaitable[T]], awaited: str) -> T:
        # Before the wait too: a dead session's questions must not use up the next one's budget.
        self._check_open()
        await self._pacer.admit()
        self._check_open()
        try:
            answer: asyncio.Future[T] = asyncio.ensure_future(start())
            return await self._until_closed(answer, awaited)
        except ConnectionError as error:
            raise NoAnswer(f"{awaited} did not come: the link went down ({error}).") from None
        except self.session.library.request_error as error:
            raise _error_answer(error) from None

    def _check_open(self) -> None:
        if self.session.closed.done():
            raise NoAnswer(f"The link is down: {self.session.closed.result()}.")

    async def _until_closed(self, answer: asyncio.Future[T], awaited: str) -> T:
        # Ending a session ourselves leaves the library's futures pending for ever.
        closed = self.session.closed
        try:
            either: set[asyncio.Future[Any]] = {answer, closed}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            raise NoAnswer(f"{awaited} did not come: the link went down ({closed.result()}).")
        finally:
            answer.cancel()


def _error_answer(error: Any) -> AnsweredWithError:
    return AnsweredWithError(error.code, error.message)


class SingleFlight(Generic[T]):
    """One question in flight, however many ask it.

    The libraries key some answers by name: a second concurrent request would take over the first one's future, which
    then never ends (D21). A caller's own deadline does not end the flight, since the late answer would otherwise be
    mistaken for the next question's, and its tail for a whole book (R01). A flight belongs to one session.
    With `keeps_answer` whoever asks after a good answer gets that one.
    """

    def __init__(self, *, keeps_answer: bool = False) -> None:
        self._keeps_answer = keeps_answer
        self._task: asyncio.Task[T] | None = None

    async def join(self, start: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the answer of the flight under way, or of a new one."""
        if self._task is None or (self._task.done() and not self._is_kept(self._task)):
            self._task = asyncio.get_running_loop().create_task(start())
            self._task.add_done_callback(_look_at)
        return await asyncio.shield(self._task)

    def _is_kept(self, task: asyncio.Task[T]) -> bool:
        return self._keeps_answer and not task.cancelled() and task.exception() is None


def _look_at(task: asyncio.Task[Any]) -> None:
    # Everybody who waited may have gone; an unseen exception would be reported to the terminal.
    if not task.cancelled():
        task.exception()
