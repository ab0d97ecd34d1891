"""How late the event loop runs: a timer that measures its own lateness on the monotonic clock (R44, R49)."""

from __future__ import annotations

import logging
from datetime import datetime

from qe_dashboard.core.clock import Clock

log = logging.getLogger(__name__)

INTERVAL_S = 0.25
LIMIT_S = 0.25
"""A key that waits a quarter of a second is felt; a keepalive answer read that late is still 20 times in time."""

QUIET_S = 10.0
"""Stalls closer together than this share a line: a machine that swaps stalls many times a second."""


class LoopLag:
    """Looks every 250 ms. All values are seconds; nothing is measured before the first look."""

    def __init__(self, clock: Clock) -> None:
        self.last = 0.0
        self.worst = 0.0
        self.worst_at: datetime | None = None
        self.stalls = 0
        self._clock = clock
        self._said_at: float | None = None
        self._unsaid: list[float] = []

    async def run(self) -> None:
        """Measure until cancelled; meant for a supervised task."""
        while True:
            asked = self._clock.monotonic()
            await self._clock.sleep(INTERVAL_S)
            self._take(max(0.0, self._clock.monotonic() - asked - INTERVAL_S))

    def _take(self, late: float) -> None:
        self.last = late
        if late > self.worst:
            self.worst, self.worst_at = late, self._clock.now()
        if late > LIMIT_S:
            self.stalls += 1
            self._unsaid.append(late)
        now = self._clock.monotonic()
        if not self._unsaid or (self._said_at is not None and now - self._said_at < QUIET_S):
            return
        self._said_at = now
        stood, self._unsaid = self._unsaid, []
        if len(stood) == 1:
            log.warning("the program stood still for %.0f ms", stood[0] * 1000)
        else:
            log.warning("the program stood still %d times, at most %.0f ms", len(stood), max(stood) * 1000)
