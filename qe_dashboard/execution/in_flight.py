"""Watchdog of what was sent and not answered: query, never resend (R15, S18, D24)."""

from __future__ import annotations

from collections.abc import Callable

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
        self._cancelling: set[OrderNumber] = set()
        """Orders in doubt because their cancel was not answered."""

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
        self.doubt(order, f"the venue did not answer the {what} in time; asking, not sending again")
        return True

    def doubt(self, order: Order, why: str, *, trigger: Trigger = Trigger.NO_ACK) -> None:
        """Mark an order in flight as UNCERTAIN, and keep whether it was its cancel that went unanswered."""
        if order.status is OrderStatus.PENDING_CANCEL:
            self._cancelling.add(order.number)
        self._cache.trigger(order.number, trigger, at=self._clock.now(), why=why)
        self._say(order.number, why)

    async def ask(self, number: OrderNumber) -> None:
        """Query open orders of all clients and executions, up to three times, and settle the order by the answer."""
        if number in self._asking:
            return
        self._asking.add(number)
        try:
            for attempt in range(TRIES):
                if attempt:
                    await self._clock.sleep(PAUSE_S)
                await self._books.refresh_orders()
                if self._settle(number, is_first=attempt == 0):
                    return
            self._give_up(number)
        finally:
            self._asking.discard(number)
            order = self._cache.by_number(number)
            if order is None or order.status is not OrderStatus.UNCERTAIN:
                # Else it is asked about again later, with the link back perhaps.
                self._cancelling.discard(number)

    def _settle(self, number: OrderNumber, *, is_first: bool) -> bool:
        """Draw what can be drawn from the books just read; True when there is nothing left to ask."""
        order = self._cache.by_number(number)
        if order is None or not order.is_open:
            return True
        listed = self._listed(order)
        if isinstance(listed, Unknown) or is_short_of_executions(order):
            return False
        expected = self._cache.expected_terms(number)
        if expected is not None:
            # The first answer may be older than the change; a second one that still shows the old terms is not.
            if listed is None or listed.spec == expected or is_first:
                return False
            why = f"the change was not taken: the venue still shows {listed.spec.quantity} {listed.spec.price_words}"
            self._cache.forget_terms(number, at=self._clock.now())
            self._cache.note(number, why, at=self._clock.now())
            self._say(number, why)
            return True
        if order.status is OrderStatus.PENDING_CANCEL:
            if listed is not None and listed.status is VenueStatus.PENDING_CANCEL:
                return False
            if listed is None:
                self._end_cancelled(order)
            else:
                self._cache.trigger(number, Trigger.CANCEL_REFUSED, at=self._clock.now())
            return True
        return order.status is not OrderStatus.UNCERTAIN

    def _listed(self, order: Order) -> OrderReport | Unknown | None:
        """Return the order's row in the books just read, None when both books are known and do not show it."""
        book = self._books.last_open
        if isinstance(book, Unknown):
            return book
        listed = next((r for r in book.value if r.key == order.key), None)
        if listed is None and isinstance(self._books.last_executions, Unknown):
            return self._books.last_executions
        return listed

    def _end_cancelled(self, order: Order) -> None:
        why = "the venue does not list it; how it ended was not seen"
        self._cache.trigger(order.number, Trigger.ABSENT, at=self._clock.now(), why=why)

    def _give_up(self, number: OrderNumber) -> None:
        order = self._cache.by_number(number)
        if order is None or not order.is_open:
            return
        listed = self._listed(order)
        if is_short_of_executions(order):
            why = f"the venue says {order.status_filled} filled, its executions say {order.filled}"
            self._cache.trigger(number, Trigger.SHORTFALL, at=self._clock.now(), why=why)
        elif self._cache.expected_terms(number) is not None:
            why = "the change was not confirmed; the terms shown are the last the venue told"
            self._cache.forget_terms(number, at=self._clock.now())
            self._cache.note(number, why, at=self._clock.now())
        elif order.status is not OrderStatus.UNCERTAIN:
            return
        elif listed is None and number in self._cancelling:
            # It was there, its cancel was sent, and now neither book shows it: only the word for its end is missing.
            self._cache.trigger(number, Trigger.CANCEL_REQUESTED, at=self._clock.now())
            self._end_cancelled(order)
            return
        else:
            why = _no_answer(number, listed)
            self._cache.note(number, why, at=self._clock.now())
        self._say(number, why)


def _no_answer(number: OrderNumber, listed: OrderReport | Unknown | None) -> str:
    match listed:
        case None:
            found = "no trace at the venue: it may still surface"
        case Unknown(reason):
            found = f"the books could not be read ({reason})"
        case _:
            found = f"the venue lists it as {listed.status} and says no more"
    return f"asked three times, {found}. Look in TWS, then `cancel {number}` to settle it."
