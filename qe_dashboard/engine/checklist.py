"""After a gap: positions, open orders and executions, each Known again before a new order passes (L5)."""

from __future__ import annotations

from qe_dashboard.core.words import count
from qe_dashboard.engine.health_views import CheckLine, CheckState
from qe_dashboard.engine.parts import Parts
from qe_dashboard.execution.desk import Desk
from qe_dashboard.model.known import Known, Unknown


def checklist(parts: Parts) -> tuple[CheckLine, ...]:
    """Return the three lines while not every book is known; none when all are."""
    desk, is_reading = parts.desk, parts.books.is_reading
    books: tuple[tuple[str, Known[object] | Unknown, str], ...] = (
        ("positions", desk.positions, _held(desk)),
        ("open orders", desk.open_orders, count(len(desk.cache.open_orders()), "order")),
        ("executions", desk.executions, count(len(desk.cache.fills), "execution")),
    )
    if not any(isinstance(book, Unknown) for _, book, _ in books):
        return ()
    down = desk.link_words()
    return tuple(_line(name, book, held, down=down, is_reading=is_reading) for name, book, held in books)


def _line(
    name: str, book: Known[object] | Unknown, held: str, *, down: str | None, is_reading: bool
) -> CheckLine:
    if not isinstance(book, Unknown):
        return CheckLine(name, CheckState.KNOWN, held)
    if down is not None:
        return CheckLine(name, CheckState.UNKNOWN, down)
    if is_reading:
        return CheckLine(name, CheckState.READING, "being read")
    return CheckLine(name, CheckState.UNKNOWN, book.reason)


def _held(desk: Desk) -> str:
    book, identity = desk.positions, desk.identity
    if isinstance(book, Unknown) or identity is None:
        return ""
    return count(sum(p.quantity != 0 and p.account == identity.account for p in book.value), "position")
