"""F9's DATA LINES pane: what was restored after a gap, every budget as a bar, and the lines that are not live first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from qe_dashboard.engine.health_views import HealthView
from qe_dashboard.model.connection import LineKind, LineState, LineStatus, Meter, Restoration
from qe_dashboard.model.enums import LinkName, LinkState
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone
from qe_dashboard.ui.presenters.columns import table

LINES = table(("SYM", 1), ("LINE", 2), ("STATE", 1), ("AGE", 1), ("WHY", 3))

NAME_WIDTH = 16
"""Bars start here."""
_BAR_WIDTH = 20
# From here on a burst of the usual size no longer fits.
_NEARLY_FULL = 0.8

# In the order in which somebody has to look at them.
_STATES: dict[LineState, Cell] = {
    LineState.REFUSED: ("✗ refused", Tone.BAD),
    LineState.SILENT: ("○ silent", Tone.WARN),
    LineState.WAITING: ("◐ waiting", Tone.ACCENT),
    LineState.RELEASED: ("◌ released", Tone.DIM),
    LineState.PROVEN: ("● live", Tone.GOOD),
}
_CARRIES = (LinkState.READY, LinkState.SUSPECT)
_RANKS = {state: rank for rank, state in enumerate(_STATES)}


def budget_lines(view: HealthView, *, now: datetime | None) -> tuple[Line, ...]:
    """Say what is restored, then draw each budget."""
    return (_restored(view, now), *(_meter(meter, now) for meter in view.meters))


def title_words(lines: Sequence[LineStatus]) -> str:
    """Return the list's title: how many lines, and how many of them say nothing now."""
    dark = sum(line.state is not LineState.PROVEN for line in lines)
    return f"DATA LINES {len(lines)}, {dark} not live" if dark else f"DATA LINES {len(lines)}"


def line_rows(lines: Sequence[LineStatus], *, now: datetime | None) -> list[tuple[str, Line]]:
    """Return one row per wanted line, those that are not live first."""
    ranked = sorted(lines, key=lambda line: (_RANKS[line.state], line.label, line.kind.value, line.seconds))
    return [(line_key(line), _row(line, now)) for line in ranked]


def line_key(line: LineStatus) -> str:
    """Return what tells one wanted line from another."""
    return f"{line.instrument_id}|{line.kind.value}|{line.seconds}"


def kind_words(line: LineStatus) -> str:
    """Say what a line carries: `quotes`, `bars 5m`."""
    if line.kind is LineKind.QUOTES:
        return "quotes"
    seconds = line.seconds
    length = f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"
    return f"{line.kind.value} {length}"


def _row(line: LineStatus, now: datetime | None) -> Line:
    is_live = line.state is LineState.PROVEN
    return (
        (fmt.plain(line.label), Tone.PLAIN if is_live else Tone.STRONG),
        (kind_words(line), Tone.DIM),
        _STATES[line.state],
        (fmt.age_since(line.last_tick_at, now), Tone.PLAIN),
        (_why(line, now), Tone.DIM),
    )


def _why(line: LineStatus, now: datetime | None) -> str:
    if line.why:
        return fmt.plain(line.why)
    if line.state is LineState.PROVEN:
        return ""
    return f"for {fmt.age_since(line.since, now)}"


def _restored(view: HealthView, now: datetime | None) -> Line:
    """Say how a gap heals; while there is nothing to heal from, what is dark and why."""
    name: Cell = ("RESTORED".ljust(NAME_WIDTH), Tone.DIM)
    lines, gap = view.lines, view.restoration
    data = next((link for link in view.links if link.name is LinkName.DATA), None)
    if lines and data is not None and data.state not in _CARRIES:
        since = (
            f" for {fmt.age_since(gap.started_at, now)}" if gap is not None and gap.ended_at is None else ""
        )
        words = f"no line is live{since}: the data link is {data.state}"
        return (name, (words, Tone.WARN), ("; each is asked for again when it is back", Tone.DIM))
    if gap is not None and gap.ended_at is None and gap.wanted:
        left = gap.wanted - gap.proven
        return (name, *_progress(gap, f" for {fmt.age_since(gap.started_at, now)}; {left} to go", Tone.WARN))
    dark: Counter[LineState] = Counter(line.state for line in lines if line.state is not LineState.PROVEN)
    if dark and (gap is None or gap.proven == gap.wanted):
        told = ", ".join(f"{dark[state]} {state}" for state in _STATES if dark[state])
        return (name, (f"{sum(dark.values())} of {len(lines)} lines are not live: {told}", Tone.WARN))
    if gap is None or gap.ended_at is None:
        words = f"no gap so far; all {len(lines)} lines live" if lines else "no gap so far; no line is wanted"
        return (name, (words, Tone.PLAIN))
    left = gap.wanted - gap.proven
    rest = f"; {left} stayed dark" if left else ""
    took = f" in {fmt.countdown(gap.ended_at - gap.started_at)}, {fmt.age_since(gap.ended_at, now)} ago{rest}"
    return (name, *_progress(gap, took, Tone.WARN if left else Tone.GOOD))


def _progress(gap: Restoration, took: str, tone: Tone) -> Line:
    why = f"  after: {fmt.plain(gap.why)}" if gap.why else ""
    return ((f"restored {gap.proven}/{gap.wanted}", tone), (took, Tone.PLAIN), (why, Tone.DIM))


def _meter(meter: Meter, now: datetime | None) -> Line:
    share = 1.0 if meter.limit <= 0 else min(max(meter.used / meter.limit, 0.0), 1.0)
    tone = Tone.BAD if share >= 1 else Tone.WARN if share >= _NEARLY_FULL else Tone.GOOD
    # One used cell for one used unit: an empty bar means that nothing is used.
    filled = min(max(round(share * _BAR_WIDTH), 1 if meter.used else 0), _BAR_WIDTH)
    window = f" in {_window(meter.seconds)}" if meter.seconds else ""
    words = f" {meter.used}/{meter.limit} {fmt.plain(meter.unit)}{window}"
    notes = []
    if meter.next_free_at is not None and now is not None:
        notes.append(f"next free in {fmt.countdown(meter.next_free_at - now)}")
    if meter.waiting:
        notes.append(f"{meter.waiting} waiting")
    full: Line = (("  FULL", Tone.BAD),) if share >= 1 else ()
    return (
        (f"{fmt.plain(meter.name)} ".ljust(NAME_WIDTH), Tone.DIM),
        ("█" * filled, tone),
        ("░" * (_BAR_WIDTH - filled), Tone.FAINT),
        (words, Tone.PLAIN),
        *full,
        ("".join(f"  {note}" for note in notes), Tone.WARN),
    )


def _window(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
