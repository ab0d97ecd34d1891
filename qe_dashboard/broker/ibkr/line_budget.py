"""How many data lines may stand at once, and which one gives its place away (100 per login, code 101). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from qe_dashboard.broker.ibkr.lines import Line

# A screen wants its lines within a second; what was asked for just now is on it.
RECENT_S = 5.0


class LineBudget:
    """The configured number, or the lower one that the gateway taught: lines of TWS's own windows count too."""

    def __init__(self, limit: int) -> None:
        self._configured = limit
        self.limit = limit
        self.is_told = False
        """Whether the gateway's limit was said in this session."""

    def reset(self) -> None:
        """A new session: what TWS's windows use may have changed."""
        self.limit, self.is_told = self._configured, False

    def learn(self, standing: int) -> None:
        """The gateway refused one more than this (101)."""
        self.limit = max(1, min(self.limit, standing))


def to_release(
    standing: Iterable[Line], *, held: Collection[int | None], wanted: Line, now: float
) -> Line | None:
    """Return the least recently wanted line that may go for another: not held, not wanted in the last seconds.

    Only a held line, by its conId, takes the place of one that was wanted later than itself.
    """
    goes_first = wanted.instrument.con_id in held
    return min(
        (
            line
            for line in standing
            if line.instrument.con_id not in held
            and now - line.wanted_at >= RECENT_S
            and (goes_first or line.order < wanted.order)
        ),
        key=lambda line: line.order,
        default=None,
    )
