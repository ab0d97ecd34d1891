"""Rates on monotonic time: a sliding window that counts exactly, a token bucket that smooths."""

from __future__ import annotations

import itertools
from enum import Enum
from typing import NewType

Reservation = NewType("Reservation", int)


class SlidingWindow:
    """Counts events of the last `seconds`; one recorded at t has left the count at t + seconds."""

    def __init__(self, limit: int, seconds: float) -> None:
        if limit < 1 or seconds <= 0:
            raise ValueError(f"a window needs a positive limit and length, not {limit} in {seconds} s")
        self.limit = limit
        self.seconds = seconds
        self._numbers = itertools.count()
        # In order of time, since `now` never goes back.
        self._recorded: dict[Reservation, float] = {}

    def used(self, now: float) -> int:
        """Return how many recorded events are still inside the window."""
        self._drop_expired(now)
        return len(self._recorded)

    def allows(self, now: float) -> bool:
        """Tell whether one more event stays within the limit. Records nothing."""
        return self.used(now) < self.limit

    def record(self, now: float) -> Reservation:
        """Count an event, beyond the limit too: what happened has happened."""
        reservation = Reservation(next(self._numbers))
        self._recorded[reservation] = now
        return reservation

    def release(self, reservation: Reservation) -> None:
        """Take back an event that did not happen after all (D4); harmless once it has left the window."""
        self._recorded.pop(reservation, None)

    def next_free_at(self, now: float) -> float:
        """Return when `allows` becomes true if nothing more is recorded: `now` when it is already."""
        over = self.used(now) - self.limit
        if over < 0:
            return now
        return next(itertools.islice(self._recorded.values(), over, None)) + self.seconds

    def _drop_expired(self, now: float) -> None:
        while self._recorded:
            oldest, recorded_at = next(iter(self._recorded.items()))
            if recorded_at + self.seconds > now:
                return
            del self._recorded[oldest]


class Lane(Enum):
    """Who asks a bucket for a token."""

    NORMAL = "normal"
    RESERVED = "reserved"
    """Cancels, reducing orders and keepalive: never behind a flood of anything else (S14)."""


class TokenBucket:
    """Lets through at most `burst + reserved` at once and `rate` per second in the long run.

    The last `reserved` tokens are for the reserved lane alone. In any t seconds at most
    burst + reserved + rate * t pass: with 40 a second, 5 and 5 that is IBKR's 50 in any one second.
    """

    # Refilling in many small steps must not leave a token at 0.999 999 999; a float holds the monotonic time
    # of a machine that is up for months to about 1e-9 s.
    TOLERANCE = 1e-6

    def __init__(self, *, rate: float, burst: int, reserved: int) -> None:
        if rate <= 0 or burst < 1 or reserved < 0:
            raise ValueError(f"a bucket needs positive rate and burst, not {rate}/s, {burst} and {reserved}")
        self.rate = rate
        self.burst = burst
        self.reserved = reserved
        self._level = float(burst + reserved)
        self._refilled_at: float | None = None

    def take(self, now: float, lane: Lane) -> bool:
        """Take a token, or return False and leave everything as it was."""
        self._refill(now)
        if self._level + self.TOLERANCE < self._needed(lane):
            return False
        self._level -= 1
        return True

    def next_free_at(self, now: float, lane: Lane) -> float:
        """Return when `take` succeeds if nobody else takes before: `now` when it does already."""
        self._refill(now)
        missing = self._needed(lane) - self._level
        return now if missing <= self.TOLERANCE else now + missing / self.rate

    def _needed(self, lane: Lane) -> int:
        return 1 if lane is Lane.RESERVED else 1 + self.reserved

    def _refill(self, now: float) -> None:
        if self._refilled_at is not None:
            gained = max(0.0, now - self._refilled_at) * self.rate
            self._level = min(float(self.burst + self.reserved), self._level + gained)
        self._refilled_at = now
