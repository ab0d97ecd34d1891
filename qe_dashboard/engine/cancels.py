"""Which orders a cancel scope names (D7). Rows of other clients are counted, never touched."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.core.words import count
from qe_dashboard.engine.builders import is_exit
from qe_dashboard.engine.facade import CancelRequest, CancelScope, CommandRefused
from qe_dashboard.engine.parts import Parts
from qe_dashboard.model.enums import OrderClass
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order


def chosen_orders(parts: Parts, request: CancelRequest) -> tuple[tuple[Order, ...], int, str]:
    """Return (own orders, how many of others the scope also names, title). Raises CommandRefused when none."""
    working = parts.cache.open_orders()
    match request.scope:
        case CancelScope.ORDER:
            return _one(parts, request)
        case CancelScope.SYMBOL:
            name = request.symbol.strip().lstrip("=").upper()
            named = tuple(o for o in working if _is_named(parts, o, name))
            title = f"CANCEL {name}"
        case CancelScope.ENTRIES:
            held = _held(parts)
            named = tuple(o for o in working if not o.is_own or _can_add(parts, o, held))
            title = "CANCEL ENTRIES"
        case CancelScope.MINE:
            named = working
            title = "CANCEL MINE"
    own = tuple(o for o in named if o.is_own)
    others = len(named) - len(own)
    if not own:
        book = parts.desk.open_orders
        if isinstance(book, Unknown):
            raise CommandRefused(
                f"the open orders are not known ({book.reason}), so none can be named. Nothing was cancelled; look in "
                "TWS, or `reconnect`."
            )
        more = f" Placed elsewhere, to be cancelled there: {count(others, 'order')}." if others else ""
        raise CommandRefused(f"no own working order matches.{more}")
    return own, others, title


def _held(parts: Parts) -> dict[InstrumentId, Decimal] | None:
    """Return what is held now, None when it is not known."""
    book, identity = parts.desk.positions, parts.desk.identity
    if isinstance(book, Unknown) or identity is None:
        return None
    return {p.instrument.id: p.quantity for p in book.value if p.account == identity.account}


def _can_add(parts: Parts, order: Order, held: dict[InstrumentId, Decimal] | None) -> bool:
    """Whether an order can add exposure as things are now: a stop sent ahead of its entry protects once that filled."""
    key = order.spec.instrument_id
    apart = parts.desk.watch.apart(key)
    if apart is not None:
        # Before the position shows its entry's fill, a stop must not be cancelled as if there were nothing to protect.
        return not any(is_exit(order, {key: quantity}) for quantity in (apart.shown, apart.counted))
    if held is None:
        return order.order_class is OrderClass.ADD
    return not is_exit(order, held)


def _one(parts: Parts, request: CancelRequest) -> tuple[tuple[Order, ...], int, str]:
    order = None if request.number is None else parts.cache.by_number(request.number)
    if order is None:
        raise CommandRefused(f"there is no order {request.number}. F10 ORDERS lists the numbers.")
    if not order.is_own:
        raise CommandRefused(
            f"order {order.number} is FOREIGN (placed by {order.owner}): cancel it where it was placed. "
            "The API can cancel only this program's own orders."
        )
    if not order.is_open:
        raise CommandRefused(f"order {order.number} is already {order.status}.")
    return (order,), 0, f"CANCEL ORDER {order.number}"


def _is_named(parts: Parts, order: Order, name: str) -> bool:
    instrument = parts.symbols.named(order.spec.instrument_id)
    names = {order.spec.instrument_id.split(".")[0], str(order.spec.instrument_id)}
    if instrument is not None:
        names |= {instrument.symbol.upper(), instrument.label.upper()}
    return name in names
