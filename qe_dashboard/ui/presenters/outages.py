"""F9's OUTAGES pane: what is expected next, and what was down for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qe_dashboard.engine.health_views import ExpectedOutage, OutageLine
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.columns import table

OUTAGES = table(("BEGAN", 1), ("ENDED", 3), ("FOR", 1), ("WHAT", 1), ("REASON", 1))

NAME_WIDTH = 11
"""Names of what is expected start here."""


def expected_lines(
    expected: Sequence[ExpectedOutage], *, now: datetime | None, zone: str
) -> tuple[Line, ...]:
    """Count down to each scheduled outage, next first; one that is now says so."""
    if not expected:
        return ((("EXPECTED".ljust(NAME_WIDTH), Tone.DIM), ("nothing scheduled is known", Tone.STALE)),)
    return tuple(_expected_line(item, now, zone) for item in expected)


def outage_rows(outages: Sequence[OutageLine], *, now: datetime | None, zone: str) -> list[tuple[str, Line]]:
    """Return one row per stretch of time in which something was down, as they come: newest first."""
    return [(outage_key(outage), _row(outage, now, zone)) for outage in outages]


def outage_key(outage: OutageLine) -> str:
    """Return what tells one outage from another."""
    return f"{outage.began_at.isoformat()}|{outage.what}"


def reason_words(outage: OutageLine) -> str:
    """Say why it was down; that it was due comes first, because it means that nothing is to be done."""
    reason = fmt.plain(outage.reason)
    if not outage.expected:
        return reason or "no reason was given"
    due = f"expected: {fmt.plain(outage.expected)}"
    return f"{due}. {reason}" if reason else due


def duration_words(outage: OutageLine, now: datetime | None) -> str:
    """Write how long it was down, or has been so far."""
    end = outage.ended_at or now
    return fmt.DASH if end is None else fmt.countdown(end - outage.began_at)


def _row(outage: OutageLine, now: datetime | None, zone: str) -> Line:
    if outage.ended_at is not None:
        tone = Tone.DIM if outage.expected else Tone.PLAIN
    else:
        tone = Tone.ACCENT if outage.expected else Tone.BAD
    ended = "still down" if outage.ended_at is None else fmt.moment(outage.ended_at, zone, now)
    return (
        (fmt.moment(outage.began_at, zone, now), Tone.DIM),
        (ended, tone),
        (duration_words(outage, now), tone),
        (fmt.plain(outage.what), tone),
        (reason_words(outage), tone),
    )


def _expected_line(item: ExpectedOutage, now: datetime | None, zone: str) -> Line:
    times = fmt.span(item.begins_at, item.ends_at, zone)
    if item.is_now:
        left = "" if now is None else f", {fmt.countdown(item.ends_at - now)} left"
        when, tone = "NOW", Tone.ACCENT
    else:
        left = ""
        when, tone = (fmt.DASH if now is None else f"in {fmt.countdown(item.begins_at - now)}"), Tone.STRONG
    words = f"  {fmt.plain(item.words)}" if item.words else ""
    return (
        (when.ljust(NAME_WIDTH), tone),
        (fmt.plain(item.name), Tone.PLAIN),
        (f"  {times}{left}", Tone.DIM),
        (words, Tone.DIM),
    )
