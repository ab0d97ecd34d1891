"""Does this machine's clock agree with the gateway's? Said once, and again when it gets worse (Q-SKEW, S37). Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.model.reports import VenueMessage

WARN = timedelta(seconds=2)
BAD = timedelta(seconds=10)
# Measured to half a second: one that wavers around 2 s is not news each time.
FINE_AGAIN = timedelta(seconds=1)


class SkewWatch:
    """What was said about the clock, over both links, which share the gateway."""

    def __init__(self) -> None:
        self._said = 0

    def measured(self, skew: timedelta, now: datetime) -> VenueMessage | None:
        """Return what is to be told about a measurement, if anything."""
        size = abs(skew)
        level = 2 if size > BAD else 1 if size > WARN else 0
        if size <= FINE_AGAIN:
            self._said = 0
        if level <= self._said:
            return None
        self._said = level
        return VenueMessage(
            code=0,
            text=_words(skew),
            message_class=MessageClass.CONFIGURATION,
            severity=Severity.ERROR if level == 2 else Severity.WARNING,
            at=now,
            plain="Quote ages, session ends and good-till times are judged by a clock that may be wrong.",
            for_orders="Orders work on at IBKR by IBKR's clock; times shown here are this machine's.",
            press="Set this machine's clock by the network (NTP), then reconnect.",
        )


def _words(skew: timedelta) -> str:
    seconds = skew.total_seconds()
    word = "behind" if seconds > 0 else "ahead of"
    return f"This machine's clock is {abs(seconds):.1f} s {word} the gateway's."
