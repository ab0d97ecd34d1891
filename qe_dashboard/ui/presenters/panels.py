"""What a list says about itself: its title, and what stands there when it has no rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Tone

_KNOWN_WORDS = "What is listed is what was last known."
_NOTHING_WORDS = "Nothing is known yet."


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
        age = _age(as_of, now, count=count)
        reason = fmt.plain(unknown).rstrip(". ")
        return BookState(
            # The age before the reason: a narrow title is cut at its end.
            title=f"{name} UNKNOWN{age}: {reason}",
            notice=f"UNKNOWN{age}: {reason}. {_KNOWN_WORDS if as_of is not None or count else _NOTHING_WORDS}",
            tone=Tone.UNKNOWN,
            stale=True,
        )
    if not is_read:
        return BookState(name, "waiting for the broker; nothing is known yet", Tone.STALE, False)
    return BookState(f"{name} {count}" if count else name, empty, Tone.DIM, False)


def _age(as_of: datetime | None, now: datetime | None, *, count: int) -> str:
    """Say when the book was read last. Rows without a time were read once, so they are not called never read."""
    if as_of is not None:
        return f", last read {fmt.age_since(as_of, now)} ago"
    return "" if count else ", never read"
