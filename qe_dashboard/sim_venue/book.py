"""One order at the venue, and the book of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderKey
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import OrderSnapshot
from qe_dashboard.sim_venue.terms import WITH_TRIGGER, VenueOrderType, VenueTerms
from qe_dashboard.sim_venue.universe import Listing

K = TypeVar("K")

CLOSED = frozenset({VenueStatus.FILLED, VenueStatus.CANCELLED, VenueStatus.EXPIRED})


@dataclass(slots=True)
class VenueOrder:
    """An order in the book. It changes in place; what leaves the venue is its `snapshot`."""

    key: OrderKey
    perm_id: int
    order_ref: str
    account: AccountId
    listing: Listing
    terms: VenueTerms
    status: VenueStatus
    placed_at: datetime
    updated_at: datetime
    parent_perm_id: int = 0
    waits_for_parent: bool = False
    waits_for_shares: bool = False
    wakes_at: datetime | None = None
    """It takes no part in the market before this moment: good-after, the opening, the close."""
    expires_at: datetime | None = None
    triggered: bool = False
    trail_stop: Decimal | None = None
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
        return self.terms.quantity - self.filled

    @property
    def is_open(self) -> bool:
        return self.status not in CLOSED

    @property
    def parent(self) -> OrderKey | None:
        parent_id = self.terms.parent_id
        return None if parent_id is None else OrderKey(self.key.client_id, parent_id)

    @property
    def is_asleep(self) -> bool:
        """Whether something other than a price keeps it from the market."""
        return self.waits_for_parent or self.waits_for_shares or self.wakes_at is not None

    @property
    def awaits_trigger(self) -> bool:
        """A stop, a trailing stop or a market-if-touched whose price was not reached yet."""
        return not self.triggered and self.terms.order_type in WITH_TRIGGER

    @property
    def trigger_price(self) -> Decimal | None:
        """The price it waits for; None for a TRAIL that has not worked yet."""
        if self.terms.order_type is VenueOrderType.TRAIL:
            return self.trail_stop
        return self.terms.stop_price

    @property
    def limit(self) -> Decimal | None:
        """The worst price it accepts; None for any."""
        return self.terms.limit_price

    @property
    def due(self) -> datetime | None:
        """When time alone changes something about it."""
        if self.wakes_at is None or self.expires_at is None:
            return self.wakes_at or self.expires_at
        return min(self.wakes_at, self.expires_at)

    @property
    def avg_price(self) -> Decimal | None:
        return self.traded / self.filled if self.filled else None

    @property
    def why_held(self) -> str:
        if not self.is_open:
            return ""
        if self.waits_for_parent:
            return "child,trigger" if self.awaits_trigger else "child"
        if self.waits_for_shares:
            return "locate"
        return "trigger" if self.awaits_trigger else ""

    def snapshot(self) -> OrderSnapshot:
        """Return what the world may know of it."""
        return OrderSnapshot(
            key=self.key,
            perm_id=self.perm_id,
            order_ref=self.order_ref,
            account=self.account,
            instrument=self.listing.instrument,
            terms=self.terms,
            status=self.status,
            filled=self.filled,
            avg_fill_price=self.avg_price,
            last_fill_price=self.last_price,
            why_held=self.why_held,
            reason=self.reason,
            placed_at=self.placed_at,
            updated_at=self.updated_at,
            trail_stop=self.trail_stop,
            parent_perm_id=self.parent_perm_id,
        )


class OrderBook:
    """Orders by key: working ones, those closed in this or the last venue day, and untransmitted ones."""

    def __init__(self) -> None:
        self.drafts: dict[OrderKey, VenueOrder] = {}
        """Untransmitted orders, oldest first."""
        self._orders: dict[OrderKey, VenueOrder] = {}
        self._open: dict[OrderKey, VenueOrder] = {}
        self._awake: dict[InstrumentId, dict[OrderKey, VenueOrder]] = {}
        self._groups: dict[str, dict[OrderKey, VenueOrder]] = {}
        self._children: dict[OrderKey, dict[OrderKey, VenueOrder]] = {}

    def add(self, order: VenueOrder) -> None:
        self._orders[order.key] = order
        if not order.is_open:
            return
        self._open[order.key] = order
        if order.terms.oca_group:
            self._groups.setdefault(order.terms.oca_group, {})[order.key] = order
        if order.parent is not None:
            self._children.setdefault(order.parent, {})[order.key] = order
        self.place(order)

    def place(self, order: VenueOrder) -> None:
        """Put an open order among those that prices concern, or take it out while it sleeps."""
        awake = self._awake.setdefault(order.terms.instrument_id, {})
        if order.is_asleep:
            awake.pop(order.key, None)
        else:
            awake[order.key] = order

    def get(self, key: OrderKey) -> VenueOrder | None:
        return self._orders.get(key)

    def close(self, order: VenueOrder) -> None:
        """Take an order that ended out of the working ones."""
        self._open.pop(order.key, None)
        _drop(self._awake, order.terms.instrument_id, order.key)
        _drop(self._groups, order.terms.oca_group, order.key)
        if order.parent is not None:
            _drop(self._children, order.parent, order.key)

    @property
    def has_open(self) -> bool:
        return bool(self._open)

    def open(self) -> tuple[VenueOrder, ...]:
        """Return working orders, oldest first."""
        return tuple(self._open.values())

    def awake(self) -> tuple[tuple[VenueOrder, ...], ...]:
        """Return the orders that prices concern, instrument by instrument, oldest first."""
        return tuple(tuple(orders.values()) for orders in self._awake.values() if orders)

    def group(self, name: str) -> tuple[VenueOrder, ...]:
        """Return the open orders of an OCA group."""
        return tuple(self._groups.get(name, {}).values()) if name else ()

    def group_has_traded(self, name: str) -> bool:
        """Tell whether an order of an OCA group has traded, open or not."""
        return any(order.terms.oca_group == name and order.filled > 0 for order in self._orders.values())

    def children(self, key: OrderKey) -> tuple[VenueOrder, ...]:
        """Return the open children of an order."""
        return tuple(self._children.get(key, {}).values())

    def closed(self) -> tuple[VenueOrder, ...]:
        """Return closed orders still remembered, oldest first."""
        return tuple(order for order in self._orders.values() if not order.is_open)

    def forget_closed_before(self, moment: datetime) -> None:
        for order in self.closed():
            if order.updated_at < moment:
                del self._orders[order.key]

    def family(self, key: OrderKey) -> tuple[VenueOrder, ...]:
        """Return the untransmitted orders related to one, parents before their children."""
        root = key
        while (draft := self.drafts.get(root)) is not None and draft.parent in self.drafts:
            root = draft.parent
        found = [self.drafts[root]] if root in self.drafts else []
        for member in found:
            found.extend(draft for draft in self.drafts.values() if draft.parent == member.key)
        return tuple(found)


def _drop(index: dict[K, dict[OrderKey, VenueOrder]], name: K, key: OrderKey) -> None:
    members = index.get(name)
    if members is not None:
        members.pop(key, None)
        if not members:
            del index[name]
