"""Is the gateway still there? One question every 20 s, with a deadline, asked once more before giving up (D22)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired

log = logging.getLogger(__name__)

# The answer is in whole seconds, cut off: the time meant lies half a second later on average.
HALF_A_SECOND = timedelta(seconds=0.5)


class Keepalive:
    """Pings one link at once, then regularly, until it stays silent: with 20 s and 5 s for 30 s at most."""

    def __init__(
        self,
        *,
        clock: Clock,
        ping: Callable[[], Awaitable[datetime]],
        interval_s: float,
        deadline_s: float,
        on_suspect: Callable[[str], None],
        on_alive: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._ping = ping
        self._interval = interval_s
        self._deadline = deadline_s
        self._on_suspect = on_suspect
        self._on_alive = on_alive
        self.skew: timedelta | None = None
        """Gateway clock minus ours, good to half a second since the answer has whole seconds; None = not known."""

    async def run(self) -> str:
        """Ping until two questions in a row stay unanswered; return the reason in words."""
        while True:
            if not await self._answered(measure=True):
                self._on_suspect(f"no answer for {self._deadline:g} s")
                # A late answer to the first question may end the second: it proves life, not the clock's skew.
                if not await self._answered(measure=False):
                    return f"no answer to two pings, {self._deadline:g} s each"
            await self._clock.sleep(self._interval)

    async def _answered(self, *, measure: bool) -> bool:
        sent = self._clock.monotonic()
        try:
            theirs = await deadline(self._clock, self._ping(), self._deadline, awaited="The gateway's time")
        except (DeadlineExpired, ConnectionError):
            return False
        if measure:
            travel = timedelta(seconds=(self._clock.monotonic() - sent) / 2)
            self.skew = theirs + HALF_A_SECOND + travel - self._clock.now()
            log.debug("clock skew %s", self.skew)
        self._on_alive()
        return True
