"""Named background tasks: started once, restarted with back-off when they crash, stopped together."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from qe_dashboard.core.backoff import Backoff
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired

log = logging.getLogger(__name__)

TaskFactory = Callable[[], Coroutine[Any, Any, None]]

# A task that ran this long before it crashed was healthy: its next restart is quick again.
HEALTHY_AFTER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """What is known about one background task."""

    name: str
    running: bool
    """False once it has finished by itself or was stopped; true also while a restart is waited for."""
    restarts: int
    last_error: str | None


class Supervisor:
    """Owns the background tasks of one event loop.

    A task that returns is finished; one that raises is logged and started afresh after a back-off delay.
    """

    def __init__(self, clock: Clock, backoff: Callable[[], Backoff]) -> None:
        self._clock = clock
        self._backoff = backoff
        self._supervised: dict[str, _Supervised] = {}

    def start(self, name: str, factory: TaskFactory) -> None:
        """Start a task; ValueError when one of that name still runs."""
        known = self._supervised.get(name)
        if known is not None and known.running:
            raise ValueError(f"the background task {name!r} runs already")
        # Registered first: with eager tasks (Python 3.12) it runs before create_task returns.
        supervised = self._supervised[name] = _Supervised(name, factory, self._clock, self._backoff())
        supervised.task = asyncio.create_task(supervised.run(), name=name)

    def status(self) -> tuple[TaskStatus, ...]:
        """Return the status of every task ever started, in the order of their start."""
        return tuple(supervised.status() for supervised in self._supervised.values())

    async def stop(self, name: str, seconds: float) -> bool:
        """Cancel one task and wait for its end; False when it did not end in time."""
        supervised = self._supervised.get(name)
        return supervised is None or not await self._stop([supervised], seconds)

    async def stop_all(self, seconds: float) -> tuple[str, ...]:
        """Cancel every task and wait for all together; return the names of those still running then."""
        return await self._stop(list(self._supervised.values()), seconds)

    async def _stop(self, supervised: list[_Supervised], seconds: float) -> tuple[str, ...]:
        tasks = {
            item.task: item.name for item in supervised if item.task is not None and not item.task.done()
        }
        for task in tasks:
            task.cancel()
        if tasks:
            with contextlib.suppress(DeadlineExpired):
                await deadline(self._clock, asyncio.wait(tasks), seconds)
        left = tuple(name for task, name in tasks.items() if not task.done())
        for name in left:
            log.error("background task %s did not stop within %g s", name, seconds)
        return left


class _Supervised:
    def __init__(self, name: str, factory: TaskFactory, clock: Clock, backoff: Backoff) -> None:
        self.name = name
        self.task: asyncio.Task[None] | None = None
        self._factory = factory
        self._clock = clock
        self._backoff = backoff
        self._restarts = 0
        self._last_error: str | None = None

    @property
    def running(self) -> bool:
        return self.task is None or not self.task.done()

    def status(self) -> TaskStatus:
        return TaskStatus(self.name, self.running, self._restarts, self._last_error)

    async def run(self) -> None:
        while not await self._finished():
            delay = self._backoff.next_delay()
            log.info("background task %s starts again in %.1f s", self.name, delay)
            await self._clock.sleep(delay)
            self._restarts += 1

    async def _finished(self) -> bool:
        """Run the task once; tell whether it came to its end, as opposed to crashing."""
        started_at = self._clock.monotonic()
        try:
            await self._factory()
        except asyncio.CancelledError as error:
            if _asked_to_stop():
                raise
            # A library cancelled a future the task awaited: unwatched, the task would end without a word.
            self._note(error)
        except Exception as error:  # whatever it was, the task must come back and say why it went
            self._note(error)
        else:
            return True
        if self._clock.monotonic() - started_at >= HEALTHY_AFTER_SECONDS:
            self._backoff.reset()
        return False

    def _note(self, error: BaseException) -> None:
        self._last_error = f"{type(error).__name__}: {error}".rstrip(": ")
        log.error("background task %s crashed", self.name, exc_info=error)


def _asked_to_stop() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
