"""Orders by everything that names them: our number, the venue's key, its permId, our intent."""

from __future__ import annotations

from qe_dashboard.model.identifiers import IntentId, OrderKey, OrderNumber, intent_of
from qe_dashboard.model.order import Order


class OrderIndex:
    """The newest state of each order, found by any of its names."""

    def __init__(self) -> None:
        self.orders: dict[OrderNumber, Order] = {}
        self._by_key: dict[OrderKey, OrderNumber] = {}
        self._by_perm: dict[int, OrderNumber] = {}
        self._by_intent: dict[IntentId, OrderNumber] = {}

    def put(self, order: Order) -> None:
        """Keep an order under all the names it has by now."""
        self.orders[order.number] = order
        if order.key is not None and order.key.order_id > 0:
            self._by_key[order.key] = order.number
        if order.perm_id is not None:
            self._by_perm[order.perm_id] = order.number
        if order.intent_id is not None:
            self._by_intent[order.intent_id] = order.number

    def by_key(self, key: OrderKey) -> Order | None:
        """Return the order of a key."""
        number = self._by_key.get(key)
        return None if number is None else self.orders[number]

    def by_intent(self, intent_id: IntentId) -> Order | None:
        """Return the order of an intent."""
        number = self._by_intent.get(intent_id)
        return None if number is None else self.orders[number]

    def find(self, key: OrderKey, perm_id: int | None, order_ref: str) -> Order | None:
        """Return the order that evidence is about: permId first, then our reference, then the key (D21)."""
        intent_id = intent_of(order_ref)
        number = None
        if perm_id is not None:
            number = self._by_perm.get(perm_id)
        if number is None and intent_id is not None:
            number = self._by_intent.get(intent_id)
        if number is None and key.order_id > 0:
            number = self._by_key.get(key)
        return None if number is None else self.orders[number]

    def clear(self) -> None:
        """Forget every order."""
        for names in (self.orders, self._by_key, self._by_perm, self._by_intent):
            names.clear()
