"""Flatten one symbol (D8): clear its orders, size the exit from a fresh read, re-price, end on *observed* flat.

Only this module sends with `origin=FLATTEN` (D6; an arch test holds it). What it sends is reduce-only by the gates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from qe_dashboard.core.clock import Clock
from qe_dashboard.execution.books import Books
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.order_service import Denied, NeedsYes, OrderService, Sent, SubmitResult, Unsent
from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, Origin, TimeInForce
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.model.instrument import Instrument, Rounding
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.context import Proposal

CANCEL_WAIT_S = 3.0
REPRICE_S = 2.0
ACCEPT_WAIT_S = 5.0
FIRST_STEP = Decimal("0.0005")
LARGEST_STEP = Decimal("0.01")
POLL_S = 0.05
FLAT_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class FlattenReport:
    """What was measured. `flat` is True only when a fresh read of the positions showed zero."""

    flat: bool
    text: str


class FlattenService:
    """Runs one flatten per symbol at a time; its tasks belong to the engine, never to a screen."""

    def __init__(
        self, *, clock: Clock, desk: Desk, cache: OrderCache, books: Books, orders: OrderService
    ) -> None:
        self._clock = clock
        self._desk = desk
        self._cache = cache
        self._books = books
        self._orders = orders
        self._running: set[str] = set()

    async def run(self, instrument: Instrument) -> FlattenReport:
        """Flatten one instrument; never raises for what the venue does, the report says it."""
        if instrument.id in self._running:
            return FlattenReport(False, f"a flatten of {instrument.label} is already running")
        self._running.add(instrument.id)
        try:
            return await self._run(instrument)
        finally:
            self._running.discard(instrument.id)

    async def _run(self, instrument: Instrument) -> FlattenReport:
        working = [o for o in self._cache.open_in(instrument.id) if o.is_own]
        foreign = [o for o in self._cache.open_in(instrument.id) if not o.is_own]
        note = f" {len(foreign)} order(s) of other clients were not touched." if foreign else ""
        for order in sorted(working, key=lambda o: o.order_class is not OrderClass.ADD):
            self._orders.cancel(order.number)
        stops = [o for o in working if o.spec.order_type in (OrderType.STOP, OrderType.STOP_LIMIT)]
        numbers = [o.number for o in working]
        await self._until(lambda: not any(self._is_open(n) for n in numbers), CANCEL_WAIT_S)
        left = [n for n in numbers if self._is_open(n)]
        if left:
            which = ", ".join(str(n) for n in left)
            return FlattenReport(
                False,
                f"{instrument.label}: the cancel of order {which} was not confirmed within {CANCEL_WAIT_S:g} s. "
                f"Nothing else was sent, because two exits could both fill. Look at ORDERS, then flatten again.",
            )
        quantity = await self._read(instrument)
        if isinstance(quantity, Unknown):
            restored = await self._restore(instrument, stops)
            return FlattenReport(False, f"positions could not be read ({quantity.reason}).{restored}{note}")
        if quantity == 0:
            return FlattenReport(True, f"{instrument.label} is flat, observed.{note}")
        result = await self._exit(instrument, quantity)
        if not isinstance(result, Sent) or not await self._accepted(result.number):
            words = _words(result)
            restored = await self._restore(instrument, stops)
            return FlattenReport(
                False, f"{instrument.label}: the exit was not accepted ({words}).{restored}{note}"
            )
        return await self._work(instrument, result.number, note)

    async def _exit(self, instrument: Instrument, quantity: Decimal) -> SubmitResult:
        return await self._orders.submit(self._proposal(instrument, quantity, step=FIRST_STEP))

    def _proposal(self, instrument: Instrument, quantity: Decimal, *, step: Decimal) -> Proposal:
        side = OrderSide.SELL if quantity > 0 else OrderSide.BUY
        price = self._through_the_touch(instrument, side, step)
        spec = OrderSpec(
            instrument_id=instrument.id,
            side=side,
            quantity=abs(quantity),
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            limit_price=price,
            time_in_force=TimeInForce.DAY,
        )
        return Proposal(
            account=self._desk.account_id(), instrument=instrument, spec=spec, origin=Origin.FLATTEN
        )

    def _through_the_touch(self, instrument: Instrument, side: OrderSide, step: Decimal) -> Decimal | None:
        """Price a marketable limit `step` (a fraction) through the touch; None without a live two-sided quote."""
        quote = self._desk.quotes.get(instrument.id)
        if quote is None or not quote.proven or quote.bid is None or quote.ask is None:
            return None
        if side is OrderSide.SELL:
            return instrument.round_price(quote.bid * (1 - step), Rounding.DOWN)
        return instrument.round_price(quote.ask * (1 + step), Rounding.UP)

    async def _work(self, instrument: Instrument, number: OrderNumber, note: str) -> FlattenReport:
        """Re-price until filled, at most one percent through the touch, then read the position."""
        step = FIRST_STEP
        while self._is_open(number):
            await self._until(lambda: not self._is_open(number), REPRICE_S)
            order = self._cache.by_number(number)
            if order is None or not order.is_open:
                break
            if order.status is OrderStatus.UNCERTAIN:
                return FlattenReport(
                    False, f"exit order {number} is UNCERTAIN; nothing else is sent until it is settled."
                )
            step *= 2
            if step > LARGEST_STEP or order.spec.order_type is not OrderType.LIMIT:
                return FlattenReport(
                    False,
                    f"{instrument.label}: {order.remaining} to go, exit order {number} works at "
                    f"{order.spec.price_words}. `cancel {number}`, then `close {instrument.symbol}` goes to "
                    f"market.{note}",
                )
            await self._reprice(instrument, order, step)
        return await self._observe(instrument, number, note)

    async def _reprice(self, instrument: Instrument, order: Order, step: Decimal) -> None:
        fresh = self._proposal(instrument, order.spec.signed_quantity * -1, step=step)
        if fresh.spec.limit_price is None:
            return
        terms = replace(order.spec, limit_price=fresh.spec.limit_price)
        await self._orders.modify(replace(fresh, spec=terms, replaces=order))

    async def _observe(self, instrument: Instrument, number: OrderNumber, note: str) -> FlattenReport:
        deadline = self._clock.monotonic() + FLAT_WAIT_S
        while True:
            quantity = await self._read(instrument)
            if not isinstance(quantity, Unknown) and quantity == 0:
                return FlattenReport(
                    True, f"{instrument.label} is flat, observed after order {number}.{note}"
                )
            if self._clock.monotonic() >= deadline:
                break
            await self._clock.sleep(POLL_S * 4)
        seen = quantity.reason if isinstance(quantity, Unknown) else f"{quantity} held"
        return FlattenReport(
            False, f"{instrument.label} is not flat yet ({seen}); flatten again or look at POSITIONS.{note}"
        )

    async def _accepted(self, number: OrderNumber) -> bool:
        def answered() -> bool:
            order = self._cache.by_number(number)
            return order is not None and order.status is not OrderStatus.PENDING

        await self._until(answered, ACCEPT_WAIT_S)
        order = self._cache.by_number(number)
        return order is not None and order.status in (
            OrderStatus.HELD,
            OrderStatus.WORKING,
            OrderStatus.FILLED,
            OrderStatus.UNCERTAIN,
        )

    async def _restore(self, instrument: Instrument, stops: list[Order]) -> str:
        """Put cancelled protective stops back at their old prices (D8 step 6)."""
        if not stops:
            return " The position has NO STOP."
        words = []
        for stop in stops:
            proposal = Proposal(
                account=stop.account, instrument=instrument, spec=stop.spec, origin=Origin.FLATTEN
            )
            result = await self._orders.submit(proposal)
            if isinstance(result, Sent):
                words.append(f" Stop {stop.spec.price_words} is back as order {result.number}.")
            else:
                words.append(
                    f" Stop {stop.spec.price_words} could NOT be put back ({_words(result)}): NO STOP."
                )
        return "".join(words)

    async def _read(self, instrument: Instrument) -> Decimal | Unknown:
        await self._books.refresh_positions()
        held = self._desk.position_of(instrument.id)
        return held if isinstance(held, Unknown) else held.value

    def _is_open(self, number: OrderNumber) -> bool:
        order = self._cache.by_number(number)
        return order is not None and order.is_open

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = self._clock.monotonic() + seconds
        while not condition() and self._clock.monotonic() < deadline:
            await self._clock.sleep(POLL_S)


def _words(result: SubmitResult) -> str:
    match result:
        case Sent():
            return "no answer from the venue"
        case Unsent(reason):
            return reason
        case Denied(assessment):
            return "; ".join(v.text for v in assessment.denials)
        case NeedsYes(assessment):
            return "it needs a yes: " + ", ".join(assessment.asks)
