"""The session's outage timeline: what was down, from when to when, why, and whether it was due. Pure, with a clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from qe_dashboard.core.clock import Clock
from qe_dashboard.engine.health_views import OutageLine
from qe_dashboard.engine.maintenance import Part, Schedule, excuse
from qe_dashboard.engine.session_clock import EXCHANGE_ZONE
from qe_dashboard.model.connection import LinkCause

KEPT = 100
_STOPS_ORDERS = (Part.LINK, Part.UPSTREAM)


@dataclass(slots=True)
class _Open:
    part: Part
    began_at: datetime
    began: float
    """Monotonic: how long it lasted does not depend on who sets the machine's clock (R49)."""
    reason: str
    cause: LinkCause
    expected: str


class Outages:
    """Begins and ends outages by name, such as `data link`; `on_edge` hears of each begin and each end once."""

    def __init__(self, clock: Clock, *, on_edge: Callable[[OutageLine], None]) -> None:
        self.schedule = Schedule()
        self._clock = clock
        self._on_edge = on_edge
        self._open: dict[str, _Open] = {}
        self._over: deque[OutageLine] = deque(maxlen=KEPT)

    def down(self, what: str, part: Part, reason: str, *, cause: LinkCause = LinkCause.NONE) -> None:
        """Begin an outage; while it lasts, newer words replace its reason."""
        known = self._open.get(what)
        began_at = self._clock.now() if known is None else known.began_at
        due = excuse(self.schedule, part, began=began_at, now=self._clock.now(), cause=cause)
        if known is None:
            self._open[what] = _Open(part, began_at, self._clock.monotonic(), reason, cause, due)
            self._on_edge(_line(what, self._open[what]))
            return
        known.reason, known.cause = reason, cause
        # What began as due stays so in the timeline when its window ends, but not when its cause proves otherwise.
        known.expected = due or excuse(self.schedule, part, began=began_at, now=began_at, cause=cause)

    def up(self, what: str) -> None:
        """End an outage; without effect when there is none."""
        outage = self._open.pop(what, None)
        if outage is None:
            return
        lasted = timedelta(seconds=self._clock.monotonic() - outage.began)
        line = replace(_line(what, outage), ended_at=outage.began_at + lasted)
        self._over.appendleft(line)
        self._on_edge(line)

    def open_in(self, part: Part) -> tuple[str, ...]:
        """Return the names of what is down now."""
        return tuple(what for what, outage in self._open.items() if outage.part is part)

    def lines(self) -> tuple[OutageLine, ...]:
        """Return the newest outages of this session, those that last included, newest first."""
        lines = [*(_line(what, outage) for what, outage in self._open.items()), *self._over]
        return tuple(sorted(lines, key=lambda line: line.began_at, reverse=True)[:KEPT])

    def expected_now(self, zone: str = EXCHANGE_ZONE) -> str:
        """Say which planned outage explains what is down now; empty when something is not explained.

        What stops orders has to be explained; where nothing does, what stops data.
        """
        now = self._clock.now()
        stopping = [outage for outage in self._open.values() if outage.part in _STOPS_ORDERS]
        due = [
            excuse(self.schedule, outage.part, began=outage.began_at, now=now, cause=outage.cause, zone=zone)
            for outage in stopping or self._open.values()
        ]
        return due[0] if due and all(due) else ""


def _line(what: str, outage: _Open) -> OutageLine:
    return OutageLine(what, outage.began_at, None, outage.reason, outage.expected)
