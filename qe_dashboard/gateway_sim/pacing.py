"""How many history requests a login may make (162)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable

from qe_dashboard.core.throttle import SlidingWindow

# IBKR lifted these limits for bars longer than this.
PACED_UP_TO_SECONDS = 30
IDENTICAL_S = 15.0
SAME_LINE, SAME_LINE_S = 5, 2.0
ALL, ALL_S = 60, 600.0
VIOLATION = "Historical Market Data Service error message:Historical data request pacing violation"


class Pacing:
    """Three rules: none identical within 15 s, no 6 for one contract and kind within 2 s, no 61 within 10 minutes."""

    def __init__(self) -> None:
        self._all = SlidingWindow(ALL, ALL_S)
        self._lines: defaultdict[Hashable, SlidingWindow] = defaultdict(
            lambda: SlidingWindow(SAME_LINE, SAME_LINE_S)
        )
        self._asked: dict[Hashable, float] = {}

    def allows(self, request: Hashable, line: Hashable, *, now: float) -> bool:
        """Count a request and tell whether it keeps the rules; one that breaks them counts as well."""
        last = self._asked.get(request)
        is_fine = (
            (last is None or now - last >= IDENTICAL_S)
            and self._lines[line].allows(now)
            and self._all.allows(now)
        )
        self._asked[request] = now
        self._lines[line].record(now)
        self._all.record(now)
        self._forget(now)
        return is_fine

    def _forget(self, now: float) -> None:
        """Drop what no rule looks at any more."""
        for request in [one for one, at in self._asked.items() if now - at >= IDENTICAL_S]:
            del self._asked[request]
        for line in [one for one, window in self._lines.items() if not window.used(now)]:
            del self._lines[line]
