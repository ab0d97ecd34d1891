"""Account values, as a strip of one line and as a panel."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from qe_dashboard.engine.views import AccountView
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone, line_width, sign_tone

# Most important first: what does not fit any more is left out.
_STRIP = ("NET LIQ", "OPEN P&L", "REALIZED", "BUYING POWER", "CASH", "MARGIN", "EXCESS")


def account_values(view: AccountView) -> dict[str, Cell]:
    """Return each value under its name, a dash where none was ever received."""
    return {
        "NET LIQ": (fmt.money(view.net_liquidation), Tone.STRONG),
        "OPEN P&L": _pnl(view.unrealized_pnl),
        "REALIZED": _pnl(view.realized_pnl),
        "CASH": (fmt.money(view.total_cash), Tone.PLAIN),
        "BUYING POWER": (fmt.money(view.buying_power), Tone.PLAIN),
        "MARGIN": (fmt.money(view.init_margin), Tone.PLAIN),
        "MAINTENANCE": (fmt.money(view.maint_margin), Tone.PLAIN),
        "EXCESS": (fmt.money(view.excess_liquidity), Tone.PLAIN),
    }


def account_strip(view: AccountView | None, *, unknown: str | None, width: int) -> Line:
    """Build the one-line strip for a width."""
    if unknown is not None and view is None:
        return ((f" ACCOUNT UNKNOWN: {fmt.plain(unknown)}", Tone.UNKNOWN),)
    if view is None:
        return ((" ACCOUNT waiting for values", Tone.STALE),)
    values = account_values(view)
    line: Line = ((f" {fmt.plain(view.currency)} ", Tone.DIM),)
    for name in _STRIP:
        text, tone = values[name]
        item: Line = (
            (f" {name} ", Tone.DIM),
            (text, Tone.STALE if unknown is not None else tone),
            (" ", Tone.PLAIN),
        )
        if line_width(line) + line_width(item) <= width:
            line = (*line, *item)
    return line


def account_panel(
    view: AccountView | None, *, unknown: str | None, width: int, now: datetime | None
) -> tuple[Line, ...]:
    """Build the panel: one value a line, names left, numbers right."""
    head: tuple[Line, ...] = ()
    if unknown is not None:
        head = (((f"UNKNOWN: {fmt.plain(unknown)}", Tone.UNKNOWN),),)
    if view is None:
        return head or ((("waiting for values", Tone.STALE),),)
    rows = tuple(
        _spread(name, text, Tone.STALE if unknown is not None else tone, width)
        for name, (text, tone) in account_values(view).items()
    )
    age = _spread("RECEIVED", f"{fmt.age_since(view.as_of, now)} ago", Tone.DIM, width)
    return (*head, *rows, age)


def _spread(name: str, text: str, tone: Tone, width: int) -> Line:
    return ((name, Tone.DIM), (text.rjust(max(width - len(name), len(text) + 1)), tone))


def _pnl(value: Decimal | None) -> Cell:
    return (fmt.signed(value), sign_tone(value))
