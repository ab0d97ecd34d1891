"""Sources of intent ids: short, unique, safe in an orderRef, and sorting by time."""

from __future__ import annotations

import itertools
import random
from typing import Protocol

from qe_dashboard.core.clock import Clock
from qe_dashboard.model.identifiers import IntentId

# Crockford's base 32: no I, L, O or U, so that an id can be read out on the phone to the trade desk (D35).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_BITS = 30
# 45 bits of milliseconds last until the year 3084.
LENGTH = (45 + RANDOM_BITS) // 5


class IdSource(Protocol):
    """Gives out intent ids."""

    def intent_id(self) -> IntentId:
        """Return a new id of at most 20 letters and digits."""


class RandomIds:
    """Ids from the wall time and chance: unique over restarts and machines, rising within a process."""

    def __init__(self, clock: Clock, rng: random.Random) -> None:
        self._clock = clock
        self._rng = rng
        self._last = 0

    def intent_id(self) -> IntentId:
        """Return an id above every earlier one, even when the wall clock was set back."""
        milliseconds = int(self._clock.now().timestamp() * 1000)
        self._last = max((milliseconds << RANDOM_BITS) | self._rng.getrandbits(RANDOM_BITS), self._last + 1)
        return IntentId(_base32(self._last))


class SequenceIds:
    """Ids that count up from one: the same in every run, for tests and backtests."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._numbers = itertools.count(1)

    def intent_id(self) -> IntentId:
        """Return the prefix and the next number."""
        return IntentId(f"{self._prefix}{next(self._numbers):06d}")


def _base32(value: int) -> str:
    digits = [ALPHABET[(value >> shift) & 31] for shift in range(5 * (LENGTH - 1), -1, -5)]
    return "".join(digits)
