"""An event loop whose time jumps to the next timer while its sockets are real: an hour of TCP in half a minute (D32).

Bytes between two sockets of this process are there as soon as they were written, so the loop looks once more before
it jumps. While a thread works for the loop nothing jumps: its time is real.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from qe_dashboard.core.clock import TimerHandle

T = TypeVar("T")

# Nothing timed and nothing to read: only a thread or another process can go on from here.
IDLE_S = 0.05
# A loop that waits this often for nothing in a row waits for ever; a test must say so, not hang.
MOST_IDLE = 200

START = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)


class Stuck(Exception):
    """Nothing is timed, nothing can be read, and no thread works: what is awaited never comes."""


class _Selector(selectors.DefaultSelector):
    """Reads what is there; with nothing there it moves the loop's time on instead of waiting."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0)
        if events or timeout == 0:
            self.loop.idle = 0
            return events
        if self.loop.threads > 0 or timeout is None:
            self.loop.idle = 0 if self.loop.threads else self.loop.idle + 1
            if self.loop.idle > MOST_IDLE:
                raise Stuck(f"at {self.loop.time():.3f} s of virtual time")
            return super().select(IDLE_S)
        self.loop.idle = 0
        self.loop.jump(max(timeout, 0.0))
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A selector loop on virtual time, starting at 0 s."""

    def __init__(self) -> None:
        self.threads = 0
        self.idle = 0
        self._now = 0.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        """Move time on; a step below the clock's resolution would let a timer that is due wait for ever."""
        self._now += max(seconds, 1e-9)

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        self.threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _future: asyncio.Future[Any]) -> None:
        self.threads -= 1


class LoopClock:
    """The clock of the running loop: on a virtual loop it is virtual throughout."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, start: datetime = START) -> None:
        self._loop = loop
        self._start = start

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> TimerHandle:
        return self._loop.call_later(seconds, callback)


def run_virtually(main: Callable[[LoopClock], Coroutine[Any, Any, T]], *, start: datetime = START) -> T:
    """Run a coroutine function to its end on a virtual loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main(LoopClock(runner.get_loop(), start=start)))
