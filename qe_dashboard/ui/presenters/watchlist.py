"""Watchlist rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from qe_dashboard.engine.views import QuoteView
from qe_dashboard.model.enums import DataTier
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone, sign_tone
from qe_dashboard.ui.presenters.columns import table

WATCHLIST = table(
    ("SYM", 1),
    ("LAST", 1),
    ("CHG%", 2),
    ("BID", 3),
    ("ASK", 3),
    ("BID SIZE", 6),
    ("ASK SIZE", 6),
    ("HIGH", 7),
    ("LOW", 7),
    ("VOL", 5),
    ("DATA", 5),
    ("AGE", 4),
)

# The keepalive proves a dead link within 30 s; a line silent for longer is no market to act on (D13, D22).
STALE_AFTER = timedelta(seconds=30)


def change_percent(view: QuoteView) -> Decimal | None:
    """Return last against previous close in per cent, None when either is missing."""
    if view.last is None or view.prev_close is None or view.prev_close == 0:
        return None
    return (view.last - view.prev_close) / view.prev_close * 100


def is_stale(view: QuoteView, now: datetime | None) -> bool:
    """Return whether the numbers are history rather than a market."""
    if not view.proven or view.as_of is None:
        return True
    return now is not None and now - view.as_of > STALE_AFTER


def quote_row(view: QuoteView, *, now: datetime | None) -> Line:
    """Present one quote in the order of WATCHLIST. A price that is no market any more says how old it is."""
    if view.problem and view.as_of is None:
        return _problem_row(view)
    stale = is_stale(view, now) or bool(view.problem)
    base = Tone.STALE if stale else Tone.PLAIN
    change = change_percent(view)
    change_tone = base if stale else sign_tone(change)
    places = view.decimals
    return (
        (fmt.plain(view.label), Tone.STALE if stale else Tone.STRONG),
        (fmt.price(view.last, places), change_tone),
        _change(view, change, now) if stale else (fmt.percent(change), change_tone),
        (fmt.price(view.bid, places), base),
        (fmt.price(view.ask, places), base),
        (fmt.compact(view.bid_size), Tone.DIM),
        (fmt.compact(view.ask_size), Tone.DIM),
        (fmt.price(view.high, places), Tone.DIM),
        (fmt.price(view.low, places), Tone.DIM),
        (fmt.compact(view.volume), Tone.DIM),
        _tier(view, stale=stale),
        (fmt.age_since(view.as_of, now), Tone.WARN if stale and view.as_of is not None else Tone.DIM),
    )


def _change(view: QuoteView, change: Decimal | None, now: datetime | None) -> Cell:
    """Say the age in the column that every width has: a change of an old price is none."""
    if view.as_of is None:
        return (fmt.percent(change), Tone.STALE)
    return (f"{fmt.age_since(view.as_of, now)} old", Tone.WARN)


def _tier(view: QuoteView, *, stale: bool) -> Cell:
    if view.as_of is None:
        return ("WAITING", Tone.STALE)
    if view.problem:
        return ("NONE", Tone.WARN)
    if stale:
        return ("STALE", Tone.WARN)
    tone = Tone.DIM if view.tier in (DataTier.LIVE, DataTier.SIMULATED) else Tone.WARN
    return (view.tier.value, tone)


def _problem_row(view: QuoteView) -> Line:
    """Present a line that never had a quote: dashes, and a mark at the price, so that nothing looks like a number."""
    blank: Cell = (fmt.DASH, Tone.STALE)
    return (
        (fmt.plain(view.label), Tone.UNKNOWN),
        ("no quote", Tone.UNKNOWN),
        *([blank] * 8),
        ("NONE", Tone.WARN),
        blank,
    )
