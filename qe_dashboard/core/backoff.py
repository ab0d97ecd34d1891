"""Delays between tries that grow to a cap, spread by chance so that clients do not return all at once."""

from __future__ import annotations

import random


class Backoff:
    """Delays of up to first, first * factor, first * factor ** 2 ... and never above the cap (seconds).

    Each is shortened at random by at most its `jitter` part.
    """

    def __init__(
        self, *, first: float, cap: float, rng: random.Random, factor: float = 2.0, jitter: float = 0.25
    ) -> None:
        if not 0 < first <= cap or factor < 1 or not 0 <= jitter < 1:
            raise ValueError(
                f"back-off from {first} to {cap} s by {factor} with jitter {jitter} makes no sense"
            )
        self._first = first
        self._cap = cap
        self._rng = rng
        self._factor = factor
        self._jitter = jitter
        self._longest = first
        self.tries = 0
        """Delays given out since the last reset."""

    def next_delay(self) -> float:
        """Return the seconds to wait before the next try."""
        delay = self._longest * (1 - self._jitter * self._rng.random())
        self._longest = min(self._cap, self._longest * self._factor)
        self.tries += 1
        return delay

    def reset(self) -> None:
        """Start over after a success."""
        self._longest = self._first
        self.tries = 0
