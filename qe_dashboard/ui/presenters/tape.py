"""Rows of own fills and of the log."""

from __future__ import annotations

from qe_dashboard.engine.views import FillView, LogLine
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone, severity_tone, side_tone, sign_tone
from qe_dashboard.ui.presenters.columns import table

TAPE = table(
    ("TIME", 2),
    ("SYM", 1),
    ("SIDE", 1),
    ("QTY", 1),
    ("PX", 1),
    ("NOTIONAL", 4),
    ("COMM", 5),
    ("REALIZED", 3),
    ("ID", 2),
    ("SRC", 6),
)

LOG = table(("TIME", 1), ("SOURCE", 2), ("TEXT", 1))


def fill_row(view: FillView, *, zone: str) -> Line:
    """Present one fill in the order of TAPE."""
    realized = None if view.realized is None else view.realized.amount
    commission = None if view.commission is None else view.commission.amount
    number: Cell = (fmt.DASH, Tone.DIM) if view.number is None else (str(view.number), Tone.KEY)
    return (
        (fmt.clock(view.at, zone), Tone.DIM),
        (fmt.plain(view.label), Tone.STRONG),
        (view.side.value, side_tone(view.side)),
        (fmt.quantity(view.quantity), Tone.PLAIN),
        (fmt.price(view.price, view.decimals), Tone.PLAIN),
        (fmt.compact(view.notional.amount), Tone.DIM),
        (fmt.money(commission), Tone.DIM),
        (fmt.pnl(realized), sign_tone(realized) if realized is not None else Tone.DIM),
        number,
        (fmt.plain(view.owner), Tone.DIM),
    )


def log_row(view: LogLine, *, zone: str) -> Line:
    """Present one log line in the order of LOG."""
    return (
        (fmt.clock(view.at, zone), Tone.DIM),
        (fmt.plain(view.source), Tone.DIM),
        (fmt.plain(view.text), severity_tone(view.severity)),
    )


def newest_fill_first(view: FillView) -> tuple[float, str]:
    """Sort key: newest fill on top."""
    return (-view.at.timestamp(), view.exec_id)
