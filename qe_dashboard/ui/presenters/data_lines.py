"""F9's DATA LINES pane: what was restored after a gap, every budget as a bar, and the lines that are not live first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qe_dashboard.engine.health_views import HealthView
from qe_dashboard.model.connection import LineKind, LineState, LineStatus, Meter, Restoration
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
_RANKS = {state: rank for rank, state in enumerate(_STATES)}


def budget_lines(view: HealthView, *, now: datetime | None) -> tuple[Line, ...]:
    """Say what is restored, then draw each budget."""
    return (_restored(view.restoration, view.lines, now), *(_meter(meter, now) for meter in view.meters))


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


def _restored(restoration: Restoration | None, lines: Sequence[LineStatus], now: datetime | None) -> Line:
    name: Cell = ("RESTORED".ljust(NAME_WIDTH), Tone.DIM)
    live = sum(line.state is LineState.PROVEN for line in lines)
    if restoration is None:
        words = (
            f"no gap so far; {live} of {len(lines)} lines live"
            if lines
            else "no gap so far; no line is wanted"
        )
        return (name, (words, Tone.PLAIN))
    count = f"restored {restoration.proven}/{restoration.wanted}"
    ended, started = restoration.ended_at, restoration.started_at
    left = restoration.wanted - restoration.proven
    if ended is not None:
        tone = Tone.WARN if left else Tone.GOOD
        took = f" in {fmt.countdown(ended - started)}, {fmt.age_since(ended, now)} ago"
        rest = f"; {left} stayed dark" if left else ""
    else:
        tone = Tone.WARN
        took = f" for {fmt.age_since(started, now)}"
        rest = f"; {left} to go"
    why = f"  after: {fmt.plain(restoration.why)}" if restoration.why else ""
    return (name, (count, tone), (f"{took}{rest}", Tone.PLAIN), (why, Tone.DIM))


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
