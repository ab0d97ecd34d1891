"""Orders by everything that names them: our number, the venue's key, its permId, our intent."""

from __future__ import annotations

from qe_dashboard.model.identifiers import OrderKey, OrderNumber, intent_of
from qe_dashboard.model.order import Order


class OrderIndex:
    """The newest state of each order, found by any of its names."""

    def __init__(self) -> None:
        self.orders: dict[OrderNumber, Order] = {}
        self._by_key: dict[OrderKey, OrderNumber] = {}
        self._by_perm: dict[int, OrderNumber] = {}

    def put(self, order: Order) -> None:
        """Keep an order under all the names it has by now."""
        self.orders[order.number] = order
        if order.key is not None and order.key.order_id > 0:
            self._by_key[order.key] = order.number
        if order.perm_id is not None:
            self._by_perm[order.perm_id] = order.number

    def by_key(self, key: OrderKey) -> Order | None:
        """Return the order of a key."""
        number = self._by_key.get(key)
        return None if number is None else self.orders[number]

    def find(self, key: OrderKey, perm_id: int | None, order_ref: str) -> Order | None:
        """Return the order that evidence is about: permId first, then the key (D21).

        A reference alone proves nothing: any other client can write ours into an order of its own. It only keeps a
        key apart that was used for another intent of ours.
        """
        number = None if perm_id is None else self._by_perm.get(perm_id)
        if number is None and key.order_id > 0:
            number = self._by_key.get(key)
        if number is None:
            return None
        order, intent_id = self.orders[number], intent_of(order_ref)
        is_other = intent_id is not None and order.intent_id is not None and intent_id != order.intent_id
        return None if is_other else order

    def clear(self) -> None:
        """Forget every order."""
        for names in (self.orders, self._by_key, self._by_perm):
            names.clear()
