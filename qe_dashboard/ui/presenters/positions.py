"""Position rows."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.engine.views import PositionView
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone, sign_tone
from qe_dashboard.ui.presenters.columns import table

POSITIONS = table(
    ("SYM", 1),
    ("QTY", 1),
    ("AVG PX", 2),
    ("MARK", 3),
    ("MKT VAL", 4),
    ("OPEN P&L", 1),
    ("CCY", 5),
    ("WHY", 6),
)


def position_row(view: PositionView) -> Line:
    """Present one position in the order of POSITIONS."""
    pnl = None if view.open_pnl is None else view.open_pnl.amount
    value = None if view.market_value is None else view.market_value.amount
    return (
        (fmt.plain(view.label), Tone.STRONG),
        (fmt.quantity(view.quantity), sign_tone(view.quantity)),
        (fmt.average(view.avg_price, view.decimals), Tone.PLAIN),
        (fmt.average(view.mark, view.decimals), Tone.PLAIN),
        (fmt.compact(value), Tone.PLAIN),
        _pnl(pnl),
        (fmt.plain(view.currency), Tone.DIM),
        (fmt.plain(view.problem), Tone.WARN),
    )


def _pnl(amount: Decimal | None) -> Cell:
    return (fmt.UNKNOWN, Tone.UNKNOWN) if amount is None else (fmt.pnl(amount), sign_tone(amount))
