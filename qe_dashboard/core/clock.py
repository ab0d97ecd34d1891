"""The one place where time is read and awaited (D32): everything else gets a `Clock` handed in."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from qe_dashboard.core.errors import DeadlineExpired

T = TypeVar("T")

NANOSECONDS = 1_000_000_000


class TimerHandle(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Drop the call; without effect once it was made."""


class Clock(Protocol):
    """Wall time, monotonic time and timers of one time line. All durations are seconds."""

    def now(self) -> datetime:
        """Return the wall time, aware, in UTC. It may jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Return seconds since an arbitrary start, never going back; for rates, ages and deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Wait; other tasks run meanwhile, even when seconds is zero."""

    def call_later(self, seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call back once, on the event loop, after the given time."""


class SystemClock:
    """The machine's clock and the running event loop's timers."""

    def now(self) -> datetime:
        """Return the machine's wall time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic time."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call back on the running event loop; RuntimeError without one."""
        return asyncio.get_running_loop().call_later(seconds, callback)


class ManualClock:
    """A clock that stands still until it is advanced: for tests and simulated time."""

    # Steps the event loop is given at each timer. A chain of awaiting tasks resumes one task per step; the
    # longest in the project (supervisor, service, single flight, deadline) is shorter than ten.
    LOOP_STEPS = 25

    def __init__(self, start: datetime = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)) -> None:
        self._start = start
        # Integer nanoseconds: ten advances of 0.1 s reach a timer at 1 s exactly.
        self._elapsed = 0
        self._sequence = itertools.count()
        self._timers: list[tuple[int, int, _ManualTimer]] = []

    def now(self) -> datetime:
        """Return the start plus everything advanced."""
        return self._start + timedelta(microseconds=self._elapsed // 1000)

    def monotonic(self) -> float:
        """Return the seconds advanced."""
        return self._elapsed / NANOSECONDS

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was advanced that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        timer = self.call_later(seconds, wake)
        try:
            await woken
        finally:
            timer.cancel()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> TimerHandle:
        """Call back from within the advance that reaches the time, even when seconds is zero."""
        due = self._elapsed + max(0, round(seconds * NANOSECONDS))
        timer = _ManualTimer(callback)
        heapq.heappush(self._timers, (due, next(self._sequence), timer))
        return timer

    @property
    def pending(self) -> int:
        """Return how many timers and sleepers wait."""
        return sum(not timer.cancelled for _, _, timer in self._timers)

    def advance(self, seconds: float) -> None:
        """Move both times on and make the calls that fall due, in order; sleepers resume with the loop."""
        target = self._target(seconds)
        while self._fire_next(target):
            pass
        self._elapsed = target

    async def advance_async(self, seconds: float) -> None:
        """Move both times on and let the loop run at each timer, so that what it starts is timed right."""
        await self._run_loop()
        target = self._target(seconds)
        while self._fire_next(target):
            await self._run_loop()
        self._elapsed = target
        await self._run_loop()

    def _target(self, seconds: float) -> int:
        if seconds < 0:
            raise ValueError(f"a clock is not turned back ({seconds} s)")
        return self._elapsed + round(seconds * NANOSECONDS)

    def _fire_next(self, target: int) -> bool:
        """Make the next call that is due by then; False when there is none."""
        while self._timers and self._timers[0][0] <= target:
            due, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                self._elapsed = due
                timer.callback()
                return True
        return False

    async def _run_loop(self) -> None:
        for _ in range(self.LOOP_STEPS):
            await asyncio.sleep(0)


class _ManualTimer:
    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


async def deadline(
    clock: Clock, awaitable: Awaitable[T], seconds: float, *, awaited: str = "The answer"
) -> T:
    """Return what the awaitable gives, or cancel it and raise DeadlineExpired when it takes longer (R14).

    An awaitable that others wait for as well must come shielded, or it is cancelled for them too.
    """
    task = asyncio.ensure_future(awaitable)
    expired = False

    def expire() -> None:
        nonlocal expired
        expired = task.cancel()

    timer = clock.call_later(seconds, expire)
    try:
        return await task
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        # Cancelled from outside in the same step: the caller's wish to stop wins over the deadline.
        if not expired or (caller is not None and caller.cancelling()):
            raise
        raise DeadlineExpired(awaited, seconds) from None
    finally:
        timer.cancel()
