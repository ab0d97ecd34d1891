"""The adapter's own wire budget, one per link, under IBKR's 50 messages a second (D23, S14): cancels go first."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from qe_dashboard.broker.port import NotSent
from qe_dashboard.core.clock import Clock, TimerHandle
from qe_dashboard.core.throttle import Lane, SlidingWindow, TokenBucket
from qe_dashboard.model.connection import Meter

# 5 at once, 5 more for cancels and keepalive, and 40 a second: never above 50 in any one second.
BURST = 5
RESERVED = 5
IBKRS_LIMIT = 50
# After code 100, which TWS may follow with a disconnect.
SLOW_S = 60.0


class Pacer:
    """Cancels have a reserve, and beyond it wait in order ahead of all else; data waits; orders are refused."""

    def __init__(self, clock: Clock, *, messages_per_second: int) -> None:
        self._clock = clock
        self._rate = float(messages_per_second)
        self._bucket = TokenBucket(rate=self._rate, burst=BURST, reserved=RESERVED)
        self._sent = SlidingWindow(IBKRS_LIMIT, 1.0)
        self._slow_until = -math.inf
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._cancels: deque[Callable[[], None]] = deque()
        self._drain: TimerHandle | None = None

    async def admit(self) -> None:
        """Wait until one more data request may be sent."""
        self._waiting += 1
        try:
            # The lock is fair, so requests leave in the order they came.
            async with self._turn:
                while not self._take(Lane.NORMAL):
                    now = self._clock.monotonic()
                    await self._clock.sleep(self._bucket.next_free_at(now, Lane.NORMAL) - now)
        finally:
            self._waiting -= 1

    def order(self) -> None:
        """Take a place for an order message now. Raises NotSent when the budget is used up."""
        self._now_or_never(Lane.NORMAL, "The order was not sent")

    def cancel(self, later: Callable[[], None]) -> bool:
        """Take a place for a cancel now, from the reserve when need be; False: `later` is called as the rate allows.

        A cancel is never refused (S14). They leave in the order they came, and nothing but a keepalive leaves this
        link while one waits.
        """
        if not self._cancels and self._take(Lane.RESERVED):
            return True
        self._cancels.append(later)
        if self._drain is None:
            self._drain_later()
        return False

    async def cancels_sent(self, *, within: float) -> None:
        """Wait until no cancel waits any more, but not longer than so many seconds."""
        until = self._clock.monotonic() + within
        while self._cancels and (left := until - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left, len(self._cancels) / self._bucket.rate))

    def forget_cancels(self) -> None:
        """Drop the cancels that wait: the session they were for is gone."""
        self._cancels.clear()
        if self._drain is not None:
            self._drain.cancel()
            self._drain = None

    def ping(self) -> None:
        """Count a keepalive. It is sent in any case: one message in 20 s never tips the balance."""
        if not self._take(Lane.RESERVED):
            self._sent.record(self._clock.monotonic())

    def slow_down(self) -> float:
        """Halve the rate for a minute, since the gateway complained (code 100); return it, messages a second."""
        self._set_rate()
        self._slow_until = self._clock.monotonic() + SLOW_S
        self._set_rate()
        return self._bucket.rate

    def meter(self, name: str) -> Meter:
        """Return the use of the last second."""
        self._set_rate()
        now = self._clock.monotonic()
        wait = self._bucket.next_free_at(now, Lane.NORMAL) - now
        return Meter(
            name=name,
            used=self._sent.used(now),
            limit=int(self._bucket.rate) + BURST + RESERVED,
            unit="messages",
            seconds=1,
            next_free_at=self._clock.now() + timedelta(seconds=wait) if wait > 0 else None,
            waiting=self._waiting + len(self._cancels),
        )

    def _drain_later(self) -> None:
        self._set_rate()
        now = self._clock.monotonic()
        wait = self._bucket.next_free_at(now, Lane.RESERVED) - now
        self._drain = self._clock.call_later(wait, self._drain_cancels)

    def _drain_cancels(self) -> None:
        self._drain = None
        while self._cancels and self._take(Lane.RESERVED):
            self._cancels.popleft()()
        if self._cancels:
            self._drain_later()

    def _take(self, lane: Lane) -> bool:
        if lane is Lane.NORMAL and self._cancels:
            return False
        self._set_rate()
        now = self._clock.monotonic()
        if not self._bucket.take(now, lane):
            return False
        self._sent.record(now)
        return True

    def _set_rate(self) -> None:
        now = self._clock.monotonic()
        rate = self._rate / 2 if now < self._slow_until else self._rate
        if rate != self._bucket.rate:
            # Looking refills: what was gained so far was gained at the old rate.
            self._bucket.next_free_at(now, Lane.NORMAL)
            self._bucket.rate = rate

    def _now_or_never(self, lane: Lane, meaning: str) -> None:
        if self._take(lane):
            return
        now = self._clock.monotonic()
        wait = self._bucket.next_free_at(now, lane) - now
        raise NotSent(
            f"{meaning}: this link's budget of {self._bucket.rate:g} messages a second is used up."
            f" The next one may go in {wait:.2f} s."
        )
