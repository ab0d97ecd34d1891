"""Watchdog of what was sent and not answered: query, never resend (R15, S18, D24)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from qe_dashboard.core.clock import Clock
from qe_dashboard.execution.books import Books
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.reducer import is_short_of_executions
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus, Trigger
from qe_dashboard.model.reports import OrderReport, VenueStatus

TRIES = 3
PAUSE_S = 3.0
"""Three tries three seconds apart stay within the 10 s of D24."""


class InFlight:
    """Turns silence into UNCERTAIN and UNCERTAIN into an answer, when the venue has one."""

    def __init__(
        self, *, clock: Clock, cache: OrderCache, books: Books, say: Callable[[OrderNumber, str], None]
    ) -> None:
        self._clock = clock
        self._cache = cache
        self._books = books
        self._say = say
        self._asking: set[OrderNumber] = set()

    def overdue(self, number: OrderNumber) -> bool:
        """Mark an order whose answer did not come in time; True when it must be asked about."""
        order = self._cache.by_number(number)
        if order is None or not order.is_open:
            return False
        if self._cache.expected_terms(number) is not None:
            return True
        if not order.status.is_in_flight:
            return False
        what = "cancel" if order.status is OrderStatus.PENDING_CANCEL else "order"
        why = f"the venue did not answer the {what} in time; asking, not sending again"
        self._cache.trigger(number, Trigger.NO_ACK, at=self._clock.now(), why=why)
        self._say(number, why)
        return True

    async def ask(self, number: OrderNumber) -> None:
        """Query open orders of all clients and executions, up to three times, and settle the order by the answer."""
        if number in self._asking:
            return
        self._asking.add(number)
        try:
            for attempt in range(TRIES):
                if attempt:
                    await self._clock.sleep(PAUSE_S)
                if await self._try(number):
                    return
            self._give_up(number)
        finally:
            self._asking.discard(number)

    async def _try(self, number: OrderNumber) -> bool:
        asked_at = self._clock.now()
        await self._books.refresh_orders()
        order = self._cache.by_number(number)
        if order is None or not order.is_open:
            return True
        book = self._books.last_open
        if isinstance(book, Unknown):
            return False
        return self._settle(order, next((r for r in book.value if r.key == order.key), None), asked_at)

    def _settle(self, order: Order, listed: OrderReport | None, asked_at: datetime) -> bool:
        expected = self._cache.expected_terms(order.number)
        if listed is not None and expected is not None and listed.spec != expected:
            self._cache.forget_terms(order.number)
            why = f"the change was not taken: the venue still shows {listed.spec.quantity} {listed.spec.price_words}"
            self._cache.note(order.number, why, at=self._clock.now())
            self._say(order.number, why)
            return True
        if order.status is OrderStatus.PENDING_CANCEL:
            refused = listed is not None and listed.status is not VenueStatus.PENDING_CANCEL
            if refused:
                self._cache.trigger(order.number, Trigger.CANCEL_REFUSED, at=self._clock.now())
            elif listed is None:
                self._cache.trigger(
                    order.number,
                    Trigger.ABSENT,
                    at=self._clock.now(),
                    why="the venue does not list it; how it ended was not seen",
                )
            return True
        if is_short_of_executions(order):
            return False
        return order.status is not OrderStatus.UNCERTAIN and order.updated_at >= asked_at

    def _give_up(self, number: OrderNumber) -> None:
        order = self._cache.by_number(number)
        if order is None or not order.is_open:
            return
        if is_short_of_executions(order):
            why = f"the venue says {order.status_filled} filled, its executions say {order.filled}"
            self._cache.trigger(number, Trigger.SHORTFALL, at=self._clock.now(), why=why)
        elif order.status is OrderStatus.UNCERTAIN:
            why = (
                "asked three times, no trace at the venue: it may still surface. "
                f"Look in TWS, then `cancel {number}` to settle it."
            )
            self._cache.note(number, why, at=self._clock.now())
        else:
            return
        self._say(number, why)
