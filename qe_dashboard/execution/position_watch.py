"""Fills that the position book does not show yet (D1).

Orders and positions come over two sockets. Between a fill and its position an exit judged by the old position could be
sent twice, so until the position shows the fill, what is held in that instrument is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.model.identifiers import InstrumentId

TRUSTED_AFTER_S = 3.0
"""A read asked this long after the fill is believed even if it is not what the fill made us expect."""

SAME_EVENT_S = 2.0
"""A row that changed by just this fill this long before it already holds it: the position came first."""


@dataclass(frozen=True, slots=True)
class _Awaited:
    """What the row must show, None when it was not known before, and when the fill came (monotonic seconds)."""

    quantity: Decimal | None
    at: float


class PositionWatch:
    """Which instruments move, and since when. Times are monotonic seconds; quantities are signed."""

    def __init__(self) -> None:
        self._awaited: dict[InstrumentId, _Awaited] = {}
        self._changed: dict[InstrumentId, tuple[Decimal, float]] = {}

    def is_moving(self, instrument_id: InstrumentId) -> bool:
        """Whether a fill is not in the positions yet."""
        return instrument_id in self._awaited

    def filled(
        self, instrument_id: InstrumentId, signed: Decimal, *, held: Decimal | None, now: float
    ) -> None:
        """Note a fill; `held` is what the book showed when it came, None when it was not known."""
        change = self._changed.pop(instrument_id, None)
        if change is not None and change[0] == signed and now - change[1] <= SAME_EVENT_S:
            return
        before = self._awaited.get(instrument_id)
        base = held if before is None else before.quantity
        self._awaited[instrument_id] = _Awaited(None if base is None else base + signed, now)

    def pushed(
        self, before: Mapping[InstrumentId, Decimal], after: Mapping[InstrumentId, Decimal], *, now: float
    ) -> None:
        """Note positions the venue sent by itself."""
        for key in {*before, *after}:
            old, new = before.get(key, Decimal(0)), after.get(key, Decimal(0))
            awaited = self._awaited.get(key)
            if awaited is None:
                if old != new:
                    self._changed[key] = (new - old, now)
            elif new == awaited.quantity or (awaited.quantity is None and old != new):
                del self._awaited[key]

    def read(self, after: Mapping[InstrumentId, Decimal], *, asked_at: float) -> None:
        """Note positions that were asked for at this time."""
        self._awaited = {
            key: awaited
            for key, awaited in self._awaited.items()
            if not self._is_settled(awaited, after.get(key, Decimal(0)), asked_at)
        }

    def clear(self) -> None:
        """Forget everything: another account, or no book at all."""
        self._awaited.clear()
        self._changed.clear()

    def _is_settled(self, awaited: _Awaited, quantity: Decimal, asked_at: float) -> bool:
        if asked_at <= awaited.at:
            return False
        return awaited.quantity in (None, quantity) or asked_at >= awaited.at + TRUSTED_AFTER_S
