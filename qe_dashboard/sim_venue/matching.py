"""When a stop triggers, at what price and for how much an order trades in one step. Pure functions of the touch."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Rounding
from qe_dashboard.sim_venue.book import VenueOrder
from qe_dashboard.sim_venue.market import Touch
from qe_dashboard.sim_venue.noise import bits, stream
from qe_dashboard.sim_venue.terms import VenueOrderType

# A touched limit stands in a queue: each step between none and three quarters of the displayed size reach it.
_QUEUE_SHARES = 4


@dataclass(frozen=True, slots=True)
class Trade:
    """A quantity that can trade now at a price."""

    price: Decimal
    quantity: Decimal


@dataclass(slots=True)
class Liquidity:
    """What is left of the displayed sizes in the present step; orders of one step share them."""

    _step: int = -1
    _taken: dict[tuple[InstrumentId, OrderSide], Decimal] = field(default_factory=dict)

    def left(self, order: VenueOrder, touch: Touch, step: int) -> Decimal:
        """Return the displayed size still there for an order's side."""
        if step != self._step:
            self._step = step
            self._taken.clear()
        shown = touch.ask_size if order.terms.side is OrderSide.BUY else touch.bid_size
        return shown - self._taken.get((order.terms.instrument_id, order.terms.side), Decimal(0))

    def take(self, order: VenueOrder, quantity: Decimal) -> None:
        """Use up displayed size in the step of the last `left`."""
        side = (order.terms.instrument_id, order.terms.side)
        self._taken[side] = self._taken.get(side, Decimal(0)) + quantity


def is_triggered(order: VenueOrder, touch: Touch) -> bool:
    """Tell whether the last price reached the trigger: a stop from the market's side, a touch from the other."""
    price = order.trigger_price
    if price is None:
        return False
    rises = order.terms.side is OrderSide.BUY
    if order.terms.order_type is VenueOrderType.IF_TOUCHED:
        rises = not rises
    return touch.last >= price if rises else touch.last <= price


def trailed_stop(order: VenueOrder, last: Decimal) -> Decimal:
    """Return the stop of a TRAIL after a last price; it follows the price and never loosens."""
    terms, instrument = order.terms, order.listing.instrument
    distance = terms.trail_amount
    if distance is None:
        assert terms.trail_percent is not None
        distance = last * terms.trail_percent / 100
    if terms.side is OrderSide.SELL:
        stop = instrument.round_price(last - distance, Rounding.DOWN)
        return stop if order.trail_stop is None else max(stop, order.trail_stop)
    stop = instrument.round_price(last + distance, Rounding.UP)
    return stop if order.trail_stop is None else min(stop, order.trail_stop)


def is_idle(order: VenueOrder, touch: Touch) -> bool:
    """Tell cheaply that a step cannot concern an order: most of a long book is far from the price."""
    if order.awaits_trigger:
        return order.terms.order_type is not VenueOrderType.TRAIL and not is_triggered(order, touch)
    limit = order.limit
    if limit is None or not order.resting:
        return False
    return touch.last > limit if order.terms.side is OrderSide.BUY else touch.last < limit


def is_marketable(order: VenueOrder, touch: Touch) -> bool:
    """Tell whether an order accepts the opposite touch."""
    if order.limit is None:
        return True
    if order.terms.side is OrderSide.BUY:
        return touch.ask <= order.limit
    return touch.bid >= order.limit


def find_trade(order: VenueOrder, touch: Touch, *, step: int, left: Decimal, seed: int) -> Trade | None:
    """Return what a triggered order trades in a step, None when nothing.

    A newcomer takes the displayed size at the opposite touch. One that rests trades at its own limit: in full
    against the displayed size when the last price went through it, by a seeded share when it only touched it.
    """
    buys = order.terms.side is OrderSide.BUY
    limit = order.limit
    if not order.resting or limit is None:
        if not is_marketable(order, touch):
            return None
        return _trade(touch.ask if buys else touch.bid, min(order.remaining, left))
    through = touch.last < limit if buys else touch.last > limit
    if not through and touch.last != limit:
        return None
    if not through:
        share = bits(stream(seed, "queue", order.perm_id), step) % _QUEUE_SHARES
        left = left * share // _QUEUE_SHARES
    return _trade(limit, min(order.remaining, left))


def _trade(price: Decimal, quantity: Decimal) -> Trade | None:
    return Trade(price, quantity) if quantity > 0 else None
