"""The life of wanted data lines: proven by a first tick after every gap, renewed once, then said silent (R39, R40).

Pure but for the clock: what is to be done is returned, and done by whoever holds the session.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from qe_dashboard.broker.ibkr.codes import COMPETING_SESSION, NEEDS_PERMISSION
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import LineKind, LineState, LineStatus, Restoration
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Instrument

# A permission bought or a box ticked meanwhile shows after ten minutes; 100 lines cost ten requests a minute.
PERMISSION_S = 600.0
_SETTLED = frozenset({LineState.PROVEN, LineState.SILENT, LineState.REFUSED, LineState.RELEASED})


@dataclass(eq=False, slots=True)
class Line:
    """One wanted line. Times ending in `_at` are monotonic but for `last_tick_at`, which is shown."""

    instrument: Instrument
    kind: LineKind
    seconds: int
    since: datetime
    wanted_at: float
    order: int
    """Grows with each wish: the least is the least recently wanted."""
    state: LineState = LineState.WAITING
    why: str = ""
    code: int = 0
    """IBKR's word on it since it was asked for; 0 = none."""
    ended_at: float | None = None
    """It was refused or given up then, for want of a permission: asked for again in a while."""
    told: int = 0
    """The code of the refusal that was said: the same one again is not news."""
    last_tick_at: datetime | None = None
    asked_at: float | None = None
    """A request stands since then and nothing came yet."""
    ticked_at: float | None = None
    """Last tick since the line was asked for."""
    renewed: bool = False
    is_outdated: bool = False
    """It will be asked for again after a gap: what comes until then is the old request's and proves nothing."""

    def status(self) -> LineStatus:
        """Return what is shown of it."""
        return LineStatus(
            self.instrument.id,
            self.instrument.label,
            self.kind,
            self.seconds,
            self.state,
            self.since,
            self.last_tick_at,
            self.why,
        )


@dataclass(frozen=True, slots=True)
class Due:
    """What time has brought about."""

    renew: tuple[Line, ...] = ()
    """To be cancelled and asked for again."""
    silent: tuple[Line, ...] = ()
    """Just given up, to be told once."""


@dataclass(slots=True)
class _Gap:
    restoration: Restoration
    lines: set[Line] = field(default_factory=set)
    is_held: bool = False
    """Nothing can come back yet: the gap goes on whatever its lines do."""


class LineWatch:
    """Every wanted line of one data link, over all its sessions."""

    def __init__(self, *, clock: Clock, first_tick_s: float, silent_s: float) -> None:
        self._clock = clock
        self._first_tick_s = first_tick_s
        self._silent_s = silent_s
        self._lines: dict[Line, None] = {}
        self._wishes = itertools.count()
        self._gap: _Gap | None = None
        self._suspended = ""
        self._competing = False
        """The gap is another session's that has the data."""

    # what is wanted -------------------------------------------------------------------------------------------------

    def add(self, instrument: Instrument, kind: LineKind, *, seconds: int = 0) -> Line:
        """Begin to watch a line."""
        line = Line(instrument, kind, seconds, self._clock.now(), self._clock.monotonic(), next(self._wishes))
        line.why = self._suspended
        self._lines[line] = None
        return line

    def wanted_again(self, line: Line) -> None:
        """Somebody looks at it: it is the last to give its place away."""
        line.wanted_at, line.order = self._clock.monotonic(), next(self._wishes)

    def remove(self, line: Line) -> None:
        """Nobody wants it any more."""
        self._lines.pop(line, None)
        if self._gap is not None:
            self._gap.lines.discard(line)

    # what happens to a line -----------------------------------------------------------------------------------------

    def asked(self, line: Line) -> None:
        """A request for it was written."""
        line.asked_at, line.ticked_at, line.code = self._clock.monotonic(), None, 0
        line.ended_at = None
        line.is_outdated = False
        self._enter(line, LineState.WAITING, self._suspended)

    def ticked(self, line: Line, now: datetime, monotonic: float) -> None:
        """A tick that proves the line came; cheap, since thousands a second do."""
        line.last_tick_at = now
        if line.is_outdated:
            return
        line.ticked_at = monotonic
        if line.state is not LineState.PROVEN:
            line.renewed, line.asked_at, line.code, line.told = False, None, 0, 0
            self._enter(line, LineState.PROVEN)

    def unproven(self, line: Line, why: str) -> None:
        """What it showed is history, though its request stands: the next tick proves it again."""
        if line.state is LineState.PROVEN:
            line.asked_at, line.ticked_at = self._clock.monotonic(), None
            self._enter(line, LineState.WAITING, why)

    def refused(self, line: Line, code: int, words: str) -> None:
        """The gateway said why there is nothing."""
        line.asked_at = line.ticked_at = None
        line.code = code
        self._note_end(line)
        self._enter(line, LineState.REFUSED, words)
        if self._competing and code == COMPETING_SESSION and self._gap is not None:
            self._gap.lines.add(line)
            self._note_progress()

    def gave_up(self, line: Line, words: str) -> None:
        """Nothing came although it was asked for again."""
        line.asked_at = line.ticked_at = None
        self._note_end(line)
        self._enter(line, LineState.SILENT, words)

    def _note_end(self, line: Line) -> None:
        line.ended_at = self._clock.monotonic() if line.code in NEEDS_PERMISSION else None

    def released(self, line: Line, words: str) -> None:
        """It gave its place to another."""
        line.asked_at = line.ticked_at = line.ended_at = None
        self._enter(line, LineState.RELEASED, words)

    # gaps -----------------------------------------------------------------------------------------------------------

    def suspend(self, why: str) -> None:
        """Nothing can come on any line (link or upstream down): no line is blamed until `resume`."""
        self._suspended, self._competing = why, False
        self._begin_gap(why, {line for line in self._lines if line.state is not LineState.RELEASED})
        for line in self._lines:
            line.asked_at = line.ticked_at = line.ended_at = None
            line.renewed, line.told = False, 0
            if line.state is not LineState.RELEASED:
                self._enter(line, LineState.WAITING, why)

    def resume(self) -> None:
        """Lines can come again."""
        self._suspended = ""

    def restore(self, why: str) -> None:
        """Begin to count: every line not released is asked for again. A gap that was seen to begin keeps its time."""
        for line in self._lines:
            line.renewed = False
        lines = {line for line in self._lines if line.state is not LineState.RELEASED}
        for line in lines:
            line.asked_at = line.ticked_at = line.ended_at = None
            line.is_outdated = True
            self._enter(line, LineState.WAITING, why)
        gap = self._gap
        began = gap.restoration.started_at if gap is not None and gap.is_held else self._clock.now()
        self._competing = False
        self._gap = _Gap(Restoration(why, began, len(lines), 0), lines)
        self._note_progress()

    def taken(self, why: str) -> None:
        """Another session of the login takes the data: count the lines that are refused for it (10197)."""
        if not self._suspended and not self._competing:
            self._begin_gap(why, set())
            self._competing = True

    def given_back(self, lines: Iterable[Line]) -> None:
        """The other session is gone: these lines are asked for again."""
        for line in lines:
            self._enter(line, LineState.WAITING, "asked for again")
        self._competing = False
        if self._gap is not None:
            self._gap.is_held = False
            self._note_progress()

    def _begin_gap(self, why: str, lines: set[Line]) -> None:
        gap = self._gap
        if gap is not None and gap.is_held:
            gap.lines |= lines
            gap.restoration = replace(gap.restoration, why=why, wanted=len(gap.lines), proven=0)
        else:
            self._gap = _Gap(Restoration(why, self._clock.now(), len(lines), 0), lines, is_held=True)

    @property
    def restoration(self) -> Restoration | None:
        """Return how the last gap is being healed; None when there was none."""
        return None if self._gap is None else self._gap.restoration

    # time -----------------------------------------------------------------------------------------------------------

    def due(self) -> Due:
        """Return what time has brought about since the last look; each is returned once."""
        if self._suspended:
            return Due()
        now, monotonic = self._clock.now(), self._clock.monotonic()
        renew: list[Line] = []
        silent: list[Line] = []
        for line in self._lines:
            if line.ended_at is not None and monotonic - line.ended_at >= PERMISSION_S:
                line.ended_at = None
                renew.append(line)
                continue
            limit = self._overdue(line, now, monotonic)
            if limit is None:
                continue
            if not line.renewed:
                line.renewed, line.asked_at, line.ticked_at = True, None, None
                self._enter(line, LineState.WAITING, f"nothing came for {limit:g} s; asked for again")
                renew.append(line)
            else:
                self.gave_up(line, f"nothing came for {limit:g} s, also after asking again")
                # Asked for again in vain, it was said the first time.
                if line.code == 0 or line.told != line.code:
                    silent.append(line)
                line.told = line.code
        return Due(tuple(renew), tuple(silent))

    def _overdue(self, line: Line, now: datetime, monotonic: float) -> float | None:
        """Return the seconds that were too long, or None while all is well or the market is shut."""
        if line.asked_at is not None:
            since, limit = line.asked_at, self._first_tick_s
        elif line.ticked_at is not None:
            since, limit = line.ticked_at, self._silent_s
        else:
            return None
        if monotonic - since < limit:
            return None
        known, opened = session_now(line.instrument, now)
        if not known:
            # A first tick comes at any hour; silence later proves nothing while the hours are not known.
            return limit if line.asked_at is not None else None
        if opened is None or (now - opened).total_seconds() < limit:
            return None
        return limit

    # views ----------------------------------------------------------------------------------------------------------

    def all(self) -> Iterable[Line]:
        """Return every wanted line, oldest wish first."""
        return self._lines

    def statuses(self) -> tuple[LineStatus, ...]:
        """Return what is shown of every line."""
        return tuple(line.status() for line in self._lines)

    def _enter(self, line: Line, state: LineState, why: str = "") -> None:
        line.why = why
        if line.state is not state:
            line.state, line.since = state, self._clock.now()
            if state in _SETTLED:
                self._note_progress()

    def _note_progress(self) -> None:
        gap = self._gap
        if gap is None or gap.restoration.ended_at is not None:
            return
        proven = sum(line.state is LineState.PROVEN for line in gap.lines)
        ended = all(line.state in _SETTLED for line in gap.lines)
        gap.restoration = replace(
            gap.restoration,
            wanted=len(gap.lines),
            proven=proven,
            ended_at=self._clock.now() if ended and not gap.is_held else None,
        )


def session_now(instrument: Instrument, now: datetime) -> tuple[bool, datetime | None]:
    """Return whether the trading hours are known for now, and when the running session began (None: shut).

    Regular hours for stocks, all hours for the rest (D25): before the open a quiet stock is no fault.
    """
    hours = instrument.liquid_hours if instrument.sec_type is SecType.STOCK else instrument.trading_hours
    if not hours or now >= max(session.end for session in hours):
        return False, None
    running = [session.start for session in hours if session.start <= now < session.end]
    return True, (running[0] if running else None)
