"""Position rows and the sentence about their total."""

from __future__ import annotations

from collections.abc import Iterable
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
        (fmt.price(view.mark, view.decimals), Tone.PLAIN),
        (fmt.compact(value), Tone.PLAIN),
        _pnl(pnl),
        (fmt.plain(view.currency), Tone.DIM),
        (fmt.plain(view.problem), Tone.WARN),
    )


def total_pnl(views: Iterable[PositionView]) -> dict[str, Decimal | None]:
    """Sum open P&L per currency; None where one position's is not computable (R32: currencies never mix)."""
    totals: dict[str, Decimal | None] = {}
    for view in views:
        currency = view.currency if view.open_pnl is None else view.open_pnl.currency
        held = totals.get(currency, Decimal(0))
        totals[currency] = None if held is None or view.open_pnl is None else held + view.open_pnl.amount
    return totals


def total_words(views: Iterable[PositionView]) -> str:
    """Say the open P&L of all positions, one amount per currency."""
    return "  ".join(
        f"{fmt.pnl(amount) if amount is not None else fmt.UNKNOWN} {fmt.plain(currency)}"
        for currency, amount in sorted(total_pnl(views).items())
    )


def _pnl(amount: Decimal | None) -> Cell:
    return (fmt.UNKNOWN, Tone.UNKNOWN) if amount is None else (fmt.pnl(amount), sign_tone(amount))
