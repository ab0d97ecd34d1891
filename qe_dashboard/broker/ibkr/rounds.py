"""Background work of one session: tasks that end with it, and rounds that storms cannot pile up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Chores:
    """Tasks that nobody awaits: kept alive, cancelled together, their faults logged."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def cancel(self) -> None:
        """Cancel what runs."""
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("background work failed", exc_info=fault)


class Rounds:
    """One round of work at a time; whatever is asked for during a round makes exactly one more (C3: 1102 storms)."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._running = False
        self._once_more = False

    def request(self, chores: Chores) -> None:
        """Run a round, or one more after the running one."""
        if self._running:
            self._once_more = True
        else:
            self._running = True
            chores.spawn(self._run())

    async def _run(self) -> None:
        try:
            self._once_more = True
            while self._once_more:
                self._once_more = False
                await self._work()
        finally:
            self._running = False
