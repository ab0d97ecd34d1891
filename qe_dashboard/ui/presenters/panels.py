"""What a list says about itself: its title, and what stands there when it has no rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Tone


@dataclass(frozen=True, slots=True)
class BookState:
    """How a list of a book is labelled. `stale`: rows shown are the last known ones."""

    title: str
    notice: str
    tone: Tone
    stale: bool


def book_state(
    *,
    name: str,
    empty: str,
    is_read: bool,
    unknown: str | None,
    as_of: datetime | None,
    now: datetime | None,
    count: int,
) -> BookState:
    """Tell never read, unknown and empty apart (R16): only a book that was read can be empty."""
    if unknown is not None:
        age = "never read" if as_of is None else f"last read {fmt.age_since(as_of, now)} ago"
        reason = fmt.plain(unknown)
        return BookState(
            # The age before the reason: a narrow title is cut at its end.
            title=f"{name} UNKNOWN, {age}: {reason}",
            notice=f"UNKNOWN. {reason}. This list is not empty, it could not be read ({age}).",
            tone=Tone.UNKNOWN,
            stale=True,
        )
    if not is_read:
        return BookState(name, "waiting for the broker; nothing is known yet", Tone.STALE, False)
    return BookState(f"{name} {count}" if count else name, empty, Tone.DIM, False)
