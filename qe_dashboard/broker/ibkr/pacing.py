"""The adapter's own wire budget, one per link, under IBKR's 50 messages a second (D23, S14)."""

from __future__ import annotations

import asyncio

from qe_dashboard.broker.port import NotSent
from qe_dashboard.core.clock import Clock
from qe_dashboard.core.throttle import Lane, TokenBucket

# 5 at once, 5 more for cancels and keepalive, and 40 a second: never above 50 in any one second.
BURST = 5
RESERVED = 5


class Pacer:
    """Requests for data wait their turn in order; orders are refused rather than late; cancels have a reserve."""

    def __init__(self, clock: Clock, *, messages_per_second: int) -> None:
        self._clock = clock
        self._bucket = TokenBucket(rate=float(messages_per_second), burst=BURST, reserved=RESERVED)
        self._turn = asyncio.Lock()

    async def admit(self) -> None:
        """Wait until one more data request may be sent."""
        # The lock is fair, so requests leave in the order they came.
        async with self._turn:
            while not self._bucket.take(now := self._clock.monotonic(), Lane.NORMAL):
                await self._clock.sleep(self._bucket.next_free_at(now, Lane.NORMAL) - now)

    def order(self) -> None:
        """Take a place for an order message now. Raises NotSent when the budget is used up."""
        self._now_or_never(Lane.NORMAL, "The order was not sent")

    def cancel(self) -> None:
        """Take a place for a cancel now, from the reserve when need be. Raises NotSent when that is used up too."""
        self._now_or_never(Lane.RESERVED, "The cancel was not sent, the order still works")

    def ping(self) -> None:
        """Count a keepalive. It is sent in any case: one message in 20 s never tips the balance."""
        self._bucket.take(self._clock.monotonic(), Lane.RESERVED)

    def _now_or_never(self, lane: Lane, meaning: str) -> None:
        now = self._clock.monotonic()
        if self._bucket.take(now, lane):
            return
        wait = self._bucket.next_free_at(now, lane) - now
        raise NotSent(
            f"{meaning}: this link's budget of {self._bucket.rate:g} messages a second is used up."
            f" The next one may go in {wait:.2f} s."
        )
