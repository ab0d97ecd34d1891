"""Which presses of a key a person can have meant for what is on the screen (D11)."""

from __future__ import annotations

from typing import Protocol

from textual.message import Message

# D11: nobody reads a sentence and answers it faster than this.
SETTLE_S = 0.25
# A held key repeats 20 to 40 times a second; the pause between two meant presses is longer than this.
BETWEEN_PRESSES_S = 0.2
# Slower than anybody types: a y this soon after another letter is part of a word meant for somewhere else.
AFTER_LETTERS_S = 0.6


class Timing(Protocol):
    """Monotonic seconds: now, and when the terminal delivered an event."""

    def now(self) -> float: ...

    def arrival(self, event: Message) -> float: ...


class EventTiming:
    """Textual's own clock: a new message carries now, a key the moment it was read from the terminal."""

    def now(self) -> float:
        return Message().time

    def arrival(self, event: Message) -> float:
        return event.time


class KeyGuard:
    """Discards presses from before the screen was painted and settled, and the repeats of a held key."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._painted_at: float | None = None
        self._last_press: float | None = None
        self._last_letter: float | None = None

    def hidden(self) -> None:
        """Start over: what was on the screen is not on it now."""
        self._painted_at = None

    def painted(self) -> None:
        """Note that the screen has just been drawn."""
        if self._painted_at is None:
            self._painted_at = self._timing.now()

    @property
    def is_settled(self) -> bool:
        """Whether a press arriving now could count."""
        return self._painted_at is not None and self._timing.now() - self._painted_at >= SETTLE_S

    def letter(self, event: Message) -> None:
        """Note a letter that means nothing here: somebody types, and does not answer."""
        self._last_letter = self._timing.arrival(event)

    def accepts(self, event: Message) -> bool:
        """Whether this press was meant; every press is noted, so that a held key never counts."""
        arrived = self._timing.arrival(event)
        held = _is_sooner(arrived, self._last_press, BETWEEN_PRESSES_S)
        typing = _is_sooner(arrived, self._last_letter, AFTER_LETTERS_S)
        self._last_press = arrived
        settled = self._painted_at is not None and arrived - self._painted_at >= SETTLE_S
        return settled and not held and not typing


def _is_sooner(arrived: float, before: float | None, seconds: float) -> bool:
    return before is not None and arrived - before < seconds
