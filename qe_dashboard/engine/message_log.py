"""A venue's messages in the LOG: a burst of one kind is one line with a count (rule C3)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from qe_dashboard.core.clock import Clock
from qe_dashboard.engine.log_book import LogBook
from qe_dashboard.engine.message_words import log_words
from qe_dashboard.engine.session_clock import EXCHANGE_ZONE
from qe_dashboard.model.enums import Severity
from qe_dashboard.model.reports import VenueMessage

BURST_S = 60.0
"""Seconds after the last message of a kind until the next one is a line of its own: 1100 comes every few seconds for
minutes, 10197 comes 10 to 20 at once, a farm flaps for a while."""
PRUNE_S = 1.0
KEPT = 500
"""Bursts at once, and texts of one: a gateway that never repeats itself slowed the loop by 200 ms per 250 messages."""
_NAMED = 3
_Kind = tuple[object, ...]


@dataclass(slots=True)
class _Burst:
    key: str
    last_at: float
    count: int = 1
    subjects: list[str] = field(default_factory=list)
    texts: set[tuple[str, str]] = field(default_factory=set)


class MessageLog:
    """Says messages, and rewords the line of a burst with what came since."""

    def __init__(self, log: LogBook, *, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._zone = ZoneInfo(EXCHANGE_ZONE)
        self._bursts: dict[_Kind, _Burst] = {}
        self._pruned_at = -math.inf

    def take(self, message: VenueMessage, *, subject: str) -> bool:
        """Say one message about `subject` (an order or a symbol; may be empty).

        Returns False when the same words about the same subject were taken in by this burst already.
        """
        kind, now = _kind(message), self._clock.monotonic()
        burst = self._bursts.get(kind)
        source, told = message.message_class.value, (subject, message.text)
        # Nothing was said since: a line of its own would only repeat it.
        if burst is not None and (now - burst.last_at < BURST_S or burst.key == self._log.newest):
            burst.count += 1
            burst.last_at = now
            is_new = told not in burst.texts and len(burst.texts) < KEPT
            _add(burst, subject, told)
            at = self._clock.now().astimezone(self._zone)
            words = f"{_about(burst.subjects)}{log_words(message)} (x{burst.count}, last {at:%H:%M:%S})"
            burst.key = self._log.reword(burst.key, message.severity, source, words, is_repeat=True)
            return is_new
        self._prune(now)
        about = _about([subject] if subject else [])
        burst = _Burst(self._log.say(message.severity, source, f"{about}{log_words(message)}"), now)
        _add(burst, subject, told)
        self._bursts[kind] = burst
        return True

    def _prune(self, now: float) -> None:
        if now - self._pruned_at >= PRUNE_S:
            self._pruned_at = now
            self._bursts = {old: each for old, each in self._bursts.items() if now - each.last_at < BURST_S}
        if len(self._bursts) >= KEPT:
            del self._bursts[next(iter(self._bursts))]


def _kind(message: VenueMessage) -> _Kind:
    """Return what makes messages one burst: never across orders, but across symbols and across what is no trouble."""
    if message.order_key is not None:
        return (message.code, message.message_class, message.order_key, message.text)
    if message.code and (message.instrument_id is not None or message.severity is Severity.INFO):
        return (message.code, message.message_class)
    return (message.code, message.message_class, message.text)


def _add(burst: _Burst, subject: str, told: tuple[str, str]) -> None:
    if len(burst.texts) < KEPT:
        burst.texts.add(told)
    if subject and subject not in burst.subjects:
        burst.subjects.append(subject)


def _about(subjects: list[str]) -> str:
    if not subjects:
        return ""
    more = len(subjects) - _NAMED
    return ", ".join(subjects[:_NAMED]) + (f" and {more} more" if more > 0 else "") + ": "
