"""One order at the venue, and the book of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import OrderType
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import OrderSnapshot
from qe_dashboard.sim_venue.universe import Listing

CLOSED = frozenset({VenueStatus.FILLED, VenueStatus.CANCELLED, VenueStatus.EXPIRED})
_STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
WAITS_FOR_TRIGGER = "trigger"


@dataclass(slots=True)
class VenueOrder:
    """An accepted order. It changes in place; what leaves the venue is its `snapshot`."""

    key: OrderKey
    perm_id: int
    order_ref: str
    account: AccountId
    listing: Listing
    spec: OrderSpec
    status: VenueStatus
    placed_at: datetime
    updated_at: datetime
    triggered: bool = False
    resting: bool = False
    """It has been in the book for a step: from now on others come to its price."""
    filled: Decimal = Decimal(0)
    traded: Decimal = Decimal(0)
    """Sum of quantity times price."""
    last_price: Decimal | None = None
    commission: Decimal = Decimal(0)
    reason: str = ""

    @property
    def remaining(self) -> Decimal:
        return self.spec.quantity - self.filled

    @property
    def is_open(self) -> bool:
        return self.status not in CLOSED

    @property
    def awaits_trigger(self) -> bool:
        """A stop whose price was not reached yet."""
        return self.spec.order_type in _STOPS and not self.triggered

    @property
    def limit(self) -> Decimal | None:
        """The worst price it accepts; None for any."""
        return self.spec.limit_price

    @property
    def avg_price(self) -> Decimal | None:
        return self.traded / self.filled if self.filled else None

    def snapshot(self) -> OrderSnapshot:
        """Return what the world may know of it."""
        return OrderSnapshot(
            key=self.key,
            perm_id=self.perm_id,
            order_ref=self.order_ref,
            account=self.account,
            instrument=self.listing.instrument,
            spec=self.spec,
            status=self.status,
            filled=self.filled,
            avg_fill_price=self.avg_price,
            last_fill_price=self.last_price,
            why_held=WAITS_FOR_TRIGGER if self.is_open and self.awaits_trigger else "",
            reason=self.reason,
            placed_at=self.placed_at,
            updated_at=self.updated_at,
        )


class OrderBook:
    """Orders by key: working ones, and those closed in this or the last venue day."""

    def __init__(self) -> None:
        self._orders: dict[OrderKey, VenueOrder] = {}
        self._open: dict[OrderKey, VenueOrder] = {}

    def add(self, order: VenueOrder) -> None:
        self._orders[order.key] = order
        if order.is_open:
            self._open[order.key] = order

    def get(self, key: OrderKey) -> VenueOrder | None:
        return self._orders.get(key)

    def close(self, order: VenueOrder) -> None:
        """Take an order that ended out of the working ones."""
        self._open.pop(order.key, None)

    @property
    def has_open(self) -> bool:
        return bool(self._open)

    def open(self) -> tuple[VenueOrder, ...]:
        """Return working orders, oldest first."""
        return tuple(self._open.values())

    def closed(self) -> tuple[VenueOrder, ...]:
        """Return closed orders still remembered, oldest first."""
        return tuple(order for order in self._orders.values() if not order.is_open)

    def forget_closed_before(self, moment: datetime) -> None:
        for order in self.closed():
            if order.updated_at < moment:
                del self._orders[order.key]
