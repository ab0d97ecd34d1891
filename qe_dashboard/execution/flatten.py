"""Flatten one symbol (D8): clear its orders, size the exit from a fresh read, re-price, end on *observed* flat.

Only this module sends with `origin=FLATTEN` (D6; an arch test holds it). What it sends is reduce-only by the gates.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from qe_dashboard.core.clock import Clock
from qe_dashboard.core.words import count
from qe_dashboard.execution.binding import Binding, ConnectionMoved
from qe_dashboard.execution.books import Books
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.last_act import CANCEL_WAIT_S, FINISH_S, LastAct
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.order_service import OrderService, Sent, SubmitResult, Unsent
from qe_dashboard.execution.stop_keeper import ACCEPT_WAIT_S, StopKeeper, result_words
from qe_dashboard.execution.taken import POLL_S, STOP_TYPES, Key, Taken, wait_until
from qe_dashboard.journal.port import JournalWriter
from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, Origin, TimeInForce
from qe_dashboard.model.identifiers import AccountId, OrderNumber
from qe_dashboard.model.instrument import Instrument, Rounding
from qe_dashboard.model.known import Unknown, UnknownValueError
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.context import Proposal

REPRICE_S = 2.0
FIRST_STEP = Decimal("0.0005")
LARGEST_STEP = Decimal("0.01")
FLAT_WAIT_S = 5.0
RESEND_S = 0.5


@dataclass(frozen=True, slots=True)
class FlattenReport:
    """What was measured. `flat` is True only when a fresh read of the positions showed zero."""

    flat: bool
    text: str


class FlattenService:
    """Runs one flatten per symbol at a time; its tasks belong to the engine, never to a screen.

    A flatten is bound to the account it was asked for: after every pause it looks whether it still talks to that one.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        desk: Desk,
        cache: OrderCache,
        books: Books,
        orders: OrderService,
        journal: JournalWriter,
        alarm: Callable[[str], None],
        spawn: Callable[[str, Coroutine[Any, Any, object]], None],
    ) -> None:
        self._clock = clock
        self._desk = desk
        self._cache = cache
        self._books = books
        self._orders = orders
        self._running: dict[Key, str] = {}
        self._keeper = StopKeeper(
            clock=clock,
            desk=desk,
            cache=cache,
            held=self._read,
            send=self._send_stop,
            journal=journal,
            alarm=alarm,
            spawn=spawn,
        )
        self._last_act = LastAct(clock=clock, desk=desk, cache=cache, keeper=self._keeper, held=self._read)

    @property
    def naked(self) -> Mapping[Key, str]:
        """Positions, by account, whose stop this program took away and could not put back yet, in words."""
        return self._keeper.naked

    def unfinished(self) -> tuple[str, ...]:
        """Name what is being flattened, or waits for its stop, in the account that is connected."""
        away = self._running | {taken.key: taken.label for taken in self._keeper.entries}
        here = self._desk.identity
        return tuple(label for (account, _), label in away.items() if here and account == here.account)

    async def run(self, instrument: Instrument, account: AccountId) -> FlattenReport:
        """Flatten one instrument of an account; never raises for what the venue does, the report says it."""
        label, key = instrument.label, (account, instrument.id)
        try:
            binding = Binding.of(self._desk)
        except UnknownValueError as error:
            return FlattenReport(False, f"{label}: {error}. Nothing was cancelled or sent.")
        if binding.account != account:
            return FlattenReport(
                False,
                f"{label}: asked for {account}, {binding.account} is connected now. Nothing was cancelled or sent.",
            )
        if key in self._running:
            return FlattenReport(False, f"a flatten of {label} is already running")
        self._running[key] = label
        try:
            taken = await self._keeper.begin(binding, instrument)
            try:
                return await self._run(taken)
            except ConnectionMoved:
                return FlattenReport(False, self._keeper.broken_off(taken))
            finally:
                self._keeper.done(taken)
        finally:
            del self._running[key]

    async def secure(self) -> tuple[str, ...]:
        """Before the program ends: see that no stop stays away for an exit that is not in; returns what is left."""
        self._keeper.is_closing = True
        await wait_until(self._clock, lambda: not self._running, FINISH_S)
        return await self._last_act.secure()

    async def _run(self, taken: Taken) -> FlattenReport:
        instrument = taken.instrument
        if _is_closed(instrument, self._clock.now()):
            return FlattenReport(
                False,
                f"the market of {instrument.label} is closed: an exit could not fill, so nothing was sent and no "
                f"stop was cancelled. Place the exit yourself if it is to wait for the open.",
            )
        note = self._foreign_words(instrument)
        obstacle = await self._obstacle(taken)
        if obstacle is not None:
            return FlattenReport(
                False, f"{instrument.label}: {obstacle} Nothing was cancelled or sent.{note}"
            )
        left = await self._cancel(
            taken, [o for o in self._own(instrument) if o.order_class is OrderClass.ADD]
        )
        if left:
            return FlattenReport(
                False, f"{instrument.label}: {_unconfirmed(left)} Stops were left alone.{note}"
            )
        exits = self._own(instrument)
        stops = tuple(o for o in exits if o.spec.order_type in STOP_TYPES)
        refusal = await self._keeper.may_not_take(stops)
        taken.binding.check(self._desk)
        if refusal is not None:
            return FlattenReport(False, f"{instrument.label}: {refusal} No stop was cancelled.{note}")
        self._keeper.take(taken, stops)
        left = await self._cancel(taken, exits)
        if left:
            restored = await self._keeper.restore(taken)
            return FlattenReport(False, f"{instrument.label}: {_unconfirmed(left)}{restored}{note}")
        quantity = await self._read(taken)
        if isinstance(quantity, Unknown):
            restored = await self._keeper.restore(taken)
            return FlattenReport(False, f"positions could not be read ({quantity.reason}).{restored}{note}")
        if quantity == 0:
            taken.is_over = True
            return FlattenReport(True, f"{instrument.label} is flat, observed.{note}")
        return await self._leave(taken, quantity, note)

    async def _leave(self, taken: Taken, quantity: Decimal, note: str) -> FlattenReport:
        """Send the exit and see it through; the stop goes back when it is not accepted."""
        result = await self._send_exit(taken, quantity)
        words = (
            await self._refusal(taken, result.number) if isinstance(result, Sent) else result_words(result)
        )
        if words is None and taken.exit is not None:
            return await self._work(taken, taken.exit, note)
        restored = await self._keeper.restore(taken)
        return FlattenReport(False, f"{taken.label}: the exit was not accepted ({words}).{restored}{note}")

    async def _send_exit(self, taken: Taken, quantity: Decimal) -> SubmitResult:
        """Send the exit; one that could not leave (the wire's budget, a position that moved) is tried again for 5 s."""
        end = self._clock.monotonic() + ACCEPT_WAIT_S
        while True:
            result = await self._orders.submit(self._proposal(taken, quantity, step=FIRST_STEP))
            if isinstance(result, Sent):
                taken.exit = result.number
            taken.binding.check(self._desk)
            if not isinstance(result, Unsent) or self._clock.monotonic() + RESEND_S >= end:
                return result
            await self._clock.sleep(RESEND_S)
            taken.binding.check(self._desk)
            held = await self._read(taken)
            if isinstance(held, Unknown) or held == 0:
                return result
            quantity = held

    async def _obstacle(self, taken: Taken) -> str | None:
        """Say why an exit could not be sent now; asked before any stop is touched (D8)."""
        quantity = await self._read(taken)
        if isinstance(quantity, Unknown):
            return f"the position could not be read ({quantity.reason})."
        links = self._desk.link_words()
        if links is not None:
            return f"{links}."
        if quantity == 0:
            return None
        proposal = self._proposal(taken, quantity, step=FIRST_STEP)
        own = frozenset(o.number for o in self._own(taken.instrument))
        assessment = self._orders.assess(proposal, without=own)
        if not assessment.denials:
            return None
        return "the exit would be refused: " + "; ".join(v.text for v in assessment.denials)

    async def _cancel(self, taken: Taken, orders: list[Order]) -> dict[OrderNumber, str]:
        """Cancel orders and await their ends; returns those that are still open then, with why one was not asked.

        A cancel that cannot leave now (the wire's budget) is asked for again at once, as long as the others get on.
        """
        waiting = {order.number: "" for order in orders}
        asked: set[OrderNumber] = set()
        end = self._clock.monotonic() + CANCEL_WAIT_S
        while waiting and self._clock.monotonic() < end:
            for number in [number for number in waiting if number not in asked]:
                result = self._orders.cancel(number)
                if isinstance(result, Sent):
                    asked.add(number)
                    waiting[number] = ""
                    end = self._clock.monotonic() + CANCEL_WAIT_S
                else:
                    waiting[number] = result.reason
            await self._clock.sleep(POLL_S)
            taken.binding.check(self._desk)
            waiting = {number: why for number, why in waiting.items() if self._is_open(number)}
        return waiting

    def _own(self, instrument: Instrument) -> list[Order]:
        return [o for o in self._cache.open_in(instrument.id) if o.is_own]

    def _foreign_words(self, instrument: Instrument) -> str:
        foreign = sum(not o.is_own for o in self._cache.open_in(instrument.id))
        return f" Not touched: {count(foreign, 'order')} of other clients." if foreign else ""

    def _proposal(self, taken: Taken, quantity: Decimal, *, step: Decimal) -> Proposal:
        instrument = taken.instrument
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
        return Proposal(account=taken.account, instrument=instrument, spec=spec, origin=Origin.FLATTEN)

    def _through_the_touch(self, instrument: Instrument, side: OrderSide, step: Decimal) -> Decimal | None:
        """Price a marketable limit `step` (a fraction) through the touch; None without a live two-sided quote."""
        quote = self._desk.quotes.get(instrument.id)
        if quote is None or not quote.proven or quote.bid is None or quote.ask is None:
            return None
        if not instrument.tick_rules:
            return None
        if side is OrderSide.SELL:
            return instrument.round_price(quote.bid * (1 - step), Rounding.DOWN)
        return instrument.round_price(quote.ask * (1 + step), Rounding.UP)

    async def _work(self, taken: Taken, number: OrderNumber, note: str) -> FlattenReport:
        """Re-price until the exit ended, at most one percent through the touch, then read the position."""
        instrument = taken.instrument
        step = FIRST_STEP
        while self._is_open(number):
            await self._until(taken, lambda: not self._is_open(number), REPRICE_S)
            order = self._cache.by_number(number)
            if order is None or not order.is_open:
                break
            if order.status in (OrderStatus.UNCERTAIN, OrderStatus.CONFLICT):
                return FlattenReport(
                    False,
                    f"{instrument.label}: exit order {number} is {order.status}; nothing else is sent until it is "
                    f"settled. {_bare(taken)}Look at ORDERS.{note}",
                )
            if step >= LARGEST_STEP or order.spec.order_type is not OrderType.LIMIT:
                # A stop put back when the person cancels this exit would stand in the way of the next one.
                taken.is_over = True
                return FlattenReport(
                    False,
                    f"{instrument.label}: {order.remaining} to go, exit order {number} works at "
                    f"{order.spec.price_words}. {_bare(taken)}`cancel {number}`, then `close {instrument.symbol}` "
                    f"goes to market.{note}",
                )
            step = min(step * 2, LARGEST_STEP)
            await self._reprice(taken, number, step)
        return await self._observe(taken, number, note)

    async def _reprice(self, taken: Taken, number: OrderNumber, step: Decimal) -> None:
        # Read first: what is judged from an older read is no longer reduce-only, and HALTED would refuse it (D1).
        held = await self._read(taken)
        order = self._cache.by_number(number)
        if isinstance(held, Unknown) or held == 0 or order is None or not order.is_open:
            return
        fresh = self._proposal(taken, held, step=step)
        if fresh.spec.limit_price is None or fresh.spec.side is not order.spec.side:
            return
        terms = replace(order.spec, limit_price=fresh.spec.limit_price)
        if terms != order.spec:
            await self._orders.modify(replace(fresh, spec=terms, replaces=order))
            taken.binding.check(self._desk)

    async def _observe(self, taken: Taken, number: OrderNumber, note: str) -> FlattenReport:
        instrument = taken.instrument
        deadline = self._clock.monotonic() + FLAT_WAIT_S
        while True:
            quantity = await self._read(taken)
            if not isinstance(quantity, Unknown) and quantity == 0:
                taken.is_over = True
                return FlattenReport(
                    True, f"{instrument.label} is flat, observed after order {number}.{note}"
                )
            if self._clock.monotonic() >= deadline:
                break
            await self._clock.sleep(POLL_S * 4)
            taken.binding.check(self._desk)
        order = self._cache.by_number(number)
        ended = "" if order is None else f"; exit order {number} ended {order.status}"
        seen = quantity.reason if isinstance(quantity, Unknown) else f"{quantity} held"
        if order is None or order.remaining > 0:
            stop_words = await self._keeper.restore(taken)
        else:
            # All of it traded and the position book lags: a stop put back now could open the other side.
            stop_words = f" {_bare(taken)}".rstrip()
        return FlattenReport(
            False,
            f"{instrument.label} is not flat ({seen}{ended}).{stop_words} Look at POSITIONS, then flatten again.",
        )

    async def _refusal(self, taken: Taken, number: OrderNumber) -> str | None:
        """Wait for the exit's answer; returns how it was refused, None while it may be at the venue."""

        def answered() -> bool:
            order = self._cache.by_number(number)
            return order is None or order.status is not OrderStatus.PENDING

        await self._until(taken, answered, ACCEPT_WAIT_S)
        order = self._cache.by_number(number)
        if order is None:
            return "it is not known any more"
        if order.is_open or order.filled > 0:
            return None
        return f"{order.status} {order.why}".strip()

    async def _send_stop(self, taken: Taken, stop: Order, quantity: Decimal) -> SubmitResult:
        """Send a stop that was taken away again, over this quantity. Raises ConnectionMoved."""
        taken.binding.check(self._desk)
        spec = replace(stop.spec, quantity=quantity)
        result = await self._orders.submit(
            Proposal(account=taken.account, instrument=taken.instrument, spec=spec, origin=Origin.FLATTEN)
        )
        if isinstance(result, Sent):
            taken.back[stop.number] = result.number
        taken.binding.check(self._desk)
        return result

    async def _read(self, taken: Taken) -> Decimal | Unknown:
        """Read afresh what an exit, or a stop put back, may cover: in drift what both readings hold (D24).

        Zero is only returned when both agree on it. Raises ConnectionMoved.
        """
        taken.binding.check(self._desk)
        await self._books.refresh_positions()
        taken.binding.check(self._desk)
        held = self._desk.reducible(taken.instrument.id)
        return held if isinstance(held, Unknown) else held.value

    def _is_open(self, number: OrderNumber) -> bool:
        order = self._cache.by_number(number)
        return order is not None and order.is_open

    async def _until(self, taken: Taken, condition: Callable[[], bool], seconds: float) -> None:
        await wait_until(self._clock, condition, seconds, check=lambda: taken.binding.check(self._desk))


def _is_closed(instrument: Instrument, now: datetime) -> bool:
    """Whether the hours the venue sent say that it does not trade now; unknown or run-out hours are not "closed"."""
    hours = instrument.trading_hours
    if not hours or now >= hours[-1].end:
        return False
    return not any(session.start <= now < session.end for session in hours)


def _bare(taken: Taken) -> str:
    return "The position has NO STOP meanwhile. " if taken.stops else ""


def _unconfirmed(left: Mapping[OrderNumber, str]) -> str:
    which = ", ".join(str(number) for number in left)
    unsent = "".join(f" {number}: {why}" for number, why in left.items() if why)
    return (
        f"the cancel of order {which} was not confirmed within {CANCEL_WAIT_S:g} s, and nothing else was sent, "
        f"because two exits could both fill.{unsent} Look at ORDERS, then flatten again."
    )
