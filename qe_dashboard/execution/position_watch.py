"""Positions held against executions (D1, D24).

Orders and positions come over two sockets, executions of other clients only when asked for. From a first whole read on,
each execution is added to what was held then; a position book that shows something else is not believed, however often
it says so, and neither is the sum: what is held in that instrument is not known until the two agree, or until a person
takes the broker's number. An execution that is heard late and may be older than that first read may be in it already:
it is not added, a new start is taken instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from qe_dashboard.model.identifiers import InstrumentId, exec_version
from qe_dashboard.model.order import Fill

DRIFT_S = 10.0
"""D24: drift is a difference that two reads this far apart show; a start is taken from a symbol quiet for as long."""

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Apart:
    """A position book and the executions that do not agree. Quantities are signed, times monotonic seconds."""

    shown: Decimal
    counted: Decimal
    first_read_at: float | None = None
    """When the first whole read that showed just this was asked for."""
    is_drift: bool = False
    """Whether it lasted; stays so until the two agree."""

    @property
    def common(self) -> Decimal:
        """What is held by either reading: the one nearer to zero, zero when they are on different sides."""
        return min(self.shown, self.counted, key=abs) if self.shown * self.counted > 0 else _ZERO

    @property
    def words(self) -> str:
        """Say both numbers."""
        return f"the broker shows {self.shown} held, the executions make it {self.counted}"


class PositionWatch:
    """Which instruments are not known now, and why. Pure: times come in as monotonic seconds."""

    def __init__(self) -> None:
        self._base_at: float | None = None
        """When the first whole read was asked for."""
        self._based_at: dict[InstrumentId, float] = {}
        """Instruments with a start of their own, and when that was."""
        self._shown: Mapping[InstrumentId, Decimal] = {}
        self._counted: dict[InstrumentId, Decimal] = {}
        self._apart: dict[InstrumentId, Apart] = {}
        self._early: dict[InstrumentId, float] = {}
        """Instruments with executions from before there was a quantity to add them to, and when the last one came."""
        self._executions: dict[str, Decimal] = {}

    @property
    def has_base(self) -> bool:
        """Whether there is a start to count from."""
        return self._base_at is not None

    @property
    def drift(self) -> Mapping[InstrumentId, Apart]:
        """Differences that lasted."""
        return {key: apart for key, apart in self._apart.items() if apart.is_drift}

    @property
    def is_unsettled(self) -> bool:
        """Whether reading again soon may bring an answer, or make drift of what has none."""
        return bool(self._early) or any(not apart.is_drift for apart in self._apart.values())

    def apart(self, instrument_id: InstrumentId) -> Apart | None:
        """Return the difference in an instrument, None when there is none."""
        return self._apart.get(instrument_id)

    def drift_words(self, instrument_id: InstrumentId) -> str:
        """Say how an instrument drifts; "" when it does not."""
        apart = self._apart.get(instrument_id)
        return apart.words if apart is not None and apart.is_drift else ""

    def is_moving(self, instrument_id: InstrumentId) -> bool:
        """Whether what is held is not known: positions and executions do not agree, or cannot be compared yet."""
        return instrument_id in self._early or instrument_id in self._apart

    def remember(self, fills: Iterable[Fill]) -> None:
        """Take note of executions of an earlier run: a correction of one changes the position by the difference."""
        for fill in fills:
            self._executions[exec_version(fill.exec_id)[0]] = fill.signed_quantity

    def filled(self, fill: Fill, *, now: float, earliest: float) -> None:
        """Count an execution, of whichever client, that happened at `earliest` or later."""
        stem, key = exec_version(fill.exec_id)[0], fill.instrument_id
        # A correction has the time of what it corrects, and changes the position when it comes.
        is_late = stem not in self._executions and self._may_precede_the_start(key, earliest)
        change = fill.signed_quantity - self._executions.get(stem, _ZERO)
        self._executions[stem] = fill.signed_quantity
        if change == 0:
            return
        if not self.has_base or key in self._early or is_late:
            self._early[key] = now
            return
        self._counted[key] = self._counted.get(key, _ZERO) + change
        self._compare(key, read_at=None)

    def pushed(self, rows: Mapping[InstrumentId, Decimal]) -> None:
        """Take in positions the venue sent by itself, or a read of nothing but positions."""
        self._shown = rows
        self._compare_all(read_at=None)

    def read(self, rows: Mapping[InstrumentId, Decimal], *, asked_at: float) -> None:
        """Take in positions that were asked for after the executions of all clients had been read."""
        self._shown = rows
        if self._base_at is None:
            self._base_at = asked_at
            self._counted = dict(rows)
        for key, last in tuple(self._early.items()):
            # Younger ones may or may not be in the position already: no start can be taken from it.
            if asked_at >= last + DRIFT_S:
                del self._early[key]
                self._start_anew(key, asked_at)
        self._compare_all(read_at=asked_at)

    def accept(self, instrument_id: InstrumentId, *, now: float) -> None:
        """Take what the broker shows as what is held: a person looked and decided (D24)."""
        self._early.pop(instrument_id, None)
        self._apart.pop(instrument_id, None)
        self._start_anew(instrument_id, now)

    def clear(self) -> None:
        """Forget everything: another account."""
        self._base_at = None
        self._shown = {}
        for each in (self._based_at, self._counted, self._apart, self._early, self._executions):
            each.clear()

    def _may_precede_the_start(self, key: InstrumentId, earliest: float) -> bool:
        start = self._based_at.get(key, self._base_at)
        return start is not None and earliest < start

    def _start_anew(self, key: InstrumentId, at: float) -> None:
        self._counted[key] = self._shown.get(key, _ZERO)
        self._based_at[key] = at

    def _compare_all(self, *, read_at: float | None) -> None:
        for key in {*self._shown, *self._counted}:
            self._compare(key, read_at=read_at)

    def _compare(self, key: InstrumentId, *, read_at: float | None) -> None:
        if not self.has_base or key in self._early:
            return
        now = Apart(self._shown.get(key, _ZERO), self._counted.get(key, _ZERO), read_at)
        if now.shown == now.counted:
            self._apart.pop(key, None)
            return
        before = self._apart.get(key)
        if before is None:
            self._apart[key] = now
        elif (before.shown, before.counted) != (now.shown, now.counted):
            self._apart[key] = replace(now, is_drift=before.is_drift)
        elif read_at is not None:
            first = read_at if before.first_read_at is None else before.first_read_at
            lasted = before.is_drift or read_at - first >= DRIFT_S
            self._apart[key] = replace(before, first_read_at=first, is_drift=lasted)
