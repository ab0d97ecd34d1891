"""Order rows, their filters, and the detail lines of one order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from qe_dashboard.engine.views import OrderView
from qe_dashboard.model.enums import OrderType
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone, side_tone
from qe_dashboard.ui.presenters.columns import table

ORDERS = table(
    ("TIME", 5),
    ("SYM", 1),
    ("SIDE", 1),
    ("QTY/FILLED", 1),
    ("TYPE", 4),
    ("PX", 2),
    ("STOP", 2),
    ("TIF", 6),
    ("STATE", 3),
    ("AGE", 5),
    ("SRC", 6),
    ("ID", 1),
    ("WHY", 7),
)

_STATE_TONES = {
    OrderStatus.PENDING: Tone.ACCENT,
    OrderStatus.HELD: Tone.ACCENT,
    OrderStatus.WORKING: Tone.STRONG,
    OrderStatus.PENDING_CANCEL: Tone.WARN,
    OrderStatus.FILLED: Tone.GOOD,
    OrderStatus.CANCELLED: Tone.DIM,
    OrderStatus.EXPIRED: Tone.DIM,
    OrderStatus.REJECTED: Tone.BAD,
    OrderStatus.DENIED: Tone.BAD,
    OrderStatus.NOT_SENT: Tone.WARN,
    OrderStatus.UNCERTAIN: Tone.UNKNOWN,
    OrderStatus.CONFLICT: Tone.UNKNOWN,
    OrderStatus.GONE: Tone.UNKNOWN,
}


class OrderFilter(StrEnum):
    """Which orders the ORDERS screen lists."""

    ALL = "all"
    WORKING = "working"
    OWN = "own"
    TODAY = "today"


def order_row(view: OrderView, *, now: datetime | None, zone: str) -> Line:
    """Present one order in the order of ORDERS. A closed order recedes, an open one stands out."""
    base = Tone.PLAIN if view.is_open else Tone.DIM
    return (
        (fmt.clock(view.created_at, zone), Tone.DIM),
        (fmt.plain(view.label), Tone.STRONG if view.is_open else base),
        (view.side.value, side_tone(view.side) if view.is_open else base),
        (f"{fmt.quantity(view.quantity)}/{fmt.quantity(view.filled)}", base),
        (view.order_type.value, base),
        _limit(view, base),
        _stop(view, base),
        (view.time_in_force.value, Tone.DIM),
        (view.status.value, _STATE_TONES[view.status]),
        (fmt.age_since(view.updated_at, now), Tone.DIM),
        (fmt.plain(view.owner), Tone.DIM if view.is_own else Tone.WARN),
        (str(view.number), Tone.KEY),
        (fmt.plain(view.why), Tone.WARN if _is_trouble(view.status) else Tone.DIM),
    )


def order_detail(view: OrderView, *, now: datetime | None, zone: str) -> tuple[Line, ...]:
    """Present everything about one order: what it is, the broker's own words and, where known, what they mean."""
    where = f"venue id {fmt.plain(view.venue_id)}" if view.venue_id else "no venue id"
    risk = f"  {view.order_class.value}" if view.order_class is not None else ""
    hours = "  outside RTH" if view.outside_rth else ""
    filled = fmt.quantity(view.filled)
    at = "" if view.avg_fill_price is None else f" at {fmt.average(view.avg_fill_price, view.decimals)}"
    head: Line = (
        (f"#{view.number} ", Tone.KEY),
        (view.side.value, side_tone(view.side)),
        (f" {fmt.quantity(view.quantity)} {fmt.plain(view.label)} {price_words(view)}", Tone.STRONG),
        (f" {view.time_in_force.value}{hours}  filled {filled}{at}{risk}", Tone.PLAIN),
        (f"  {where}  by {fmt.plain(view.owner)}", Tone.DIM),
    )
    changed = f"{fmt.clock(view.updated_at, zone)} ({fmt.age_since(view.updated_at, now)} ago) "
    words = fmt.plain(view.why) or _plain_state(view.status)
    state: Line = (
        (f"{view.status.value} ", _STATE_TONES[view.status]),
        (changed, Tone.DIM),
        (words, Tone.WARN if _is_trouble(view.status) else Tone.PLAIN),
    )
    return (head, state, ((fmt.plain(view.reading), Tone.PLAIN),)) if view.reading else (head, state)


def price_words(view: OrderView) -> str:
    """Say the price part of an order: `MKT`, `LMT 233.33`, `STP 20,970.00 LMT 20,965.00`."""
    limit = fmt.price(view.limit_price, view.decimals)
    stop = fmt.price(view.stop_price, view.decimals)
    return {
        OrderType.MARKET: "MKT",
        OrderType.LIMIT: f"LMT {limit}",
        OrderType.STOP: f"STP {stop}",
        OrderType.STOP_LIMIT: f"STP {stop} LMT {limit}",
        OrderType.OTHER: "OTHER",
    }[view.order_type]


def order_filter(choice: OrderFilter, *, now: datetime | None, zone: str) -> Callable[[OrderView], bool]:
    """Return the test that one filter stands for. TODAY counts days in the zone shown and holds every open order."""
    if choice is OrderFilter.WORKING:
        return lambda view: view.is_open
    if choice is OrderFilter.OWN:
        return lambda view: view.is_own
    if choice is OrderFilter.TODAY and now is not None:
        today = now.astimezone(fmt.zone_info(zone)).date()
        return lambda view: view.is_open or view.created_at.astimezone(fmt.zone_info(zone)).date() == today
    return lambda view: True


def newest_first(view: OrderView) -> tuple[float, int]:
    """Sort key: newest orders on top, ties by number."""
    return (-view.created_at.timestamp(), -view.number)


def modify_command(view: OrderView) -> str:
    """Return what `m` puts in the command line, ready for the new price."""
    return f"modify {view.number} @ "


def _limit(view: OrderView, tone: Tone) -> Cell:
    if view.order_type is OrderType.MARKET:
        return ("MKT", Tone.DIM)
    if view.limit_price is None:
        return ("", tone)
    return (fmt.price(view.limit_price, view.decimals), tone)


def _stop(view: OrderView, tone: Tone) -> Cell:
    return ("", tone) if view.stop_price is None else (fmt.price(view.stop_price, view.decimals), tone)


def _is_trouble(status: OrderStatus) -> bool:
    return _STATE_TONES[status] in (Tone.BAD, Tone.WARN, Tone.UNKNOWN)


def _plain_state(status: OrderStatus) -> str:
    return {
        OrderStatus.PENDING: "sent, waiting for the venue's answer",
        OrderStatus.HELD: "held by the venue until its trigger or the session",
        OrderStatus.WORKING: "working at the venue",
        OrderStatus.PENDING_CANCEL: "cancel sent; it can still fill until the venue answers",
        OrderStatus.FILLED: "filled",
        OrderStatus.CANCELLED: "cancelled",
        OrderStatus.EXPIRED: "expired",
        OrderStatus.REJECTED: "rejected by the venue; nothing works",
        OrderStatus.DENIED: "denied here before it was sent; nothing works",
        OrderStatus.NOT_SENT: "not sent; nothing works",
        OrderStatus.UNCERTAIN: "outcome not known: it may work at the venue. It is being asked about, never resent",
        OrderStatus.GONE: "no longer working; whether it was cancelled or expired was not seen",
        OrderStatus.CONFLICT: "evidence disagrees: check it at the venue before acting",
    }[status]
