"""Protective stops that a flatten took away: put back when no exit was accepted, never forgotten at the end (D8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.order_service import Denied, NeedsYes, Sent, SubmitResult, Unsent
from qe_dashboard.journal.port import JournalError, JournalWriter
from qe_dashboard.journal.records import EventKind, JournalEvent, Json
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import InstrumentId, OrderNumber
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus

CANCEL_WAIT_S = 3.0
ACCEPT_WAIT_S = 5.0
JOURNAL_S = 5.0
"""The journal's own deadline for the commit of an intent."""
RETRY_S = 2.0
POLL_S = 0.05
FINISH_S = 3.0
"""What a flatten whose exit fills at once needs to be done, with room to spare."""
SECURE_S = CANCEL_WAIT_S + JOURNAL_S + ACCEPT_WAIT_S + JOURNAL_S - FINISH_S
"""The slowest orderly way after that: stop cancelled, exit committed and refused, stop committed again."""
PUT_BACK_S = JOURNAL_S + 1.0
"""The last act: one read of the position and one commit."""
GIVE_UP_S = 1.0
JOURNAL_ANSWER_S = 2.0
"""A healthy disk answers within milliseconds."""
NO_STOP = "NO STOP"


@dataclass(slots=True)
class Taken:
    """What one running flatten has taken away, and what came of it."""

    instrument: Instrument
    stops: tuple[OrderNumber, ...]
    task: asyncio.Task[Any] | None
    exit: OrderNumber | None = None
    """The exit, once its bytes went."""
    back: dict[OrderNumber, OrderNumber] = field(default_factory=dict)
    """Stop taken away -> the order that took its place."""

    @property
    def is_running(self) -> bool:
        return self.task is not None and not self.task.done()


class StopKeeper:
    """Knows which stops are away, puts them back, and says which are not when the program ends."""

    def __init__(
        self,
        *,
        clock: Clock,
        desk: Desk,
        cache: OrderCache,
        held: Callable[[Instrument], Awaitable[Decimal | Unknown]],
        send: Callable[[Instrument, Order, Decimal], Awaitable[SubmitResult]],
        journal: JournalWriter,
        alarm: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._desk = desk
        self._cache = cache
        self._held = held
        self._send = send
        self._journal = journal
        self._alarm = alarm
        self._taken: dict[InstrumentId, Taken] = {}
        self.is_closing = False
        """Set once the program ends: no further stop is taken away."""
        self.naked: dict[InstrumentId, str] = {}
        """Positions whose stop this program took away and could not put back yet, in words for the banner."""

    async def may_not_take(self, stops: tuple[Order, ...]) -> str | None:
        """Write down that these stops are about to go; returns why they must not, None when they may.

        A disk that does not take this now would not take the exit's intent either, nor that of the stop put back.
        """
        if stops:
            takes: list[Json] = [int(stop.number) for stop in stops]
            payload: dict[str, Json] = {"command": "flatten", "takes": takes}
            self._journal.append(
                JournalEvent(EventKind.COMMAND, stops[0].account, self._clock.now(), payload)
            )
            try:
                await deadline(self._clock, self._journal.flush(), JOURNAL_ANSWER_S, awaited="The journal")
            except (JournalError, DeadlineExpired) as error:
                return f"the exit could not be sent: {error}."
        return "the program is stopping." if self.is_closing else None

    def take(self, instrument: Instrument, stops: tuple[Order, ...]) -> Taken:
        """Note, before their cancels are sent, which stops the running task takes away."""
        taken = Taken(instrument, tuple(stop.number for stop in stops), asyncio.current_task())
        if stops:
            self._taken[instrument.id] = taken
        return taken

    def done(self, instrument_id: InstrumentId) -> None:
        """Note that the flatten ended and told the person what it left; at the end of the program nobody listens."""
        if not self.is_closing:
            self._taken.pop(instrument_id, None)

    async def restore(self, taken: Taken) -> str:
        """Put stops back (D8 step 6); one that is refused is tried again until it stands or the position is closed."""
        instrument = taken.instrument
        words = await self._put_back(taken)
        if NO_STOP not in words or not taken.stops:
            return words
        self.naked[instrument.id] = (
            f"{instrument.label} has NO STOP: its put-back is tried again every {RETRY_S:g} s."
        )
        try:
            while NO_STOP in words:
                self._alarm(f"{instrument.label}:{words}")
                await self._clock.sleep(RETRY_S)
                words = await self._put_back(taken)
        finally:
            del self.naked[instrument.id]
        return f"{words} It was tried again until it stood." if words else " The position is closed."

    async def secure(self) -> tuple[str, ...]:
        """Before the program ends: let each flatten put its stop back or get its exit in, then do it for it.

        Bounded: 15 s, then 12 s for those that hang. Returns what is left, in words for the terminal.
        """
        await self._until(lambda: not any(self._is_exposed(t) for t in self._taken.values()), SECURE_S)
        words = await asyncio.gather(*(self._last_act(taken) for taken in tuple(self._taken.values())))
        return tuple(each for each in words if each)

    def _is_exposed(self, taken: Taken) -> bool:
        """Whether a flatten still has to put its stop back or hear that its exit is in."""
        order = None if taken.exit is None else self._cache.by_number(taken.exit)
        is_in = order is not None and order.is_open and order.status is not OrderStatus.PENDING
        return taken.is_running and not is_in

    async def _last_act(self, taken: Taken) -> str:
        label = taken.instrument.label
        exit_order = None if taken.exit is None else self._cache.by_number(taken.exit)
        if exit_order is not None and exit_order.is_open:
            return self._with_exit(taken, exit_order)
        if exit_order is not None and exit_order.remaining <= 0:
            return ""
        if taken.is_running and taken.task is not None:
            # What it still waits for may return later: the exit must not follow the stop that is put back now.
            taken.task.cancel()
            self._desk.bump()
            await self._until(lambda: not taken.is_running, GIVE_UP_S)
        if self._in_doubt(taken) == "" and self._all_back(taken):
            return ""
        try:
            over = self._put_back_unless_flat(taken)
            words = await deadline(self._clock, over, PUT_BACK_S)
        except DeadlineExpired:
            # Its intent is not on the disk, so it was not sent: design 9 knows no exception, not even this one.
            words = (
                f" The stop could NOT be put back: within {PUT_BACK_S:g} s the position was not read or the journal did"
                f" not take the intent, and without that nothing is sent: {NO_STOP}."
            )
        if words is None:
            return ""
        await self._until(lambda: self._all_back(taken), ACCEPT_WAIT_S if taken.back else 0.0)
        doubt = self._in_doubt(taken)
        if NO_STOP not in words and not doubt:
            return f"{label}: the flatten was broken off.{words}" if words else ""
        return f"{label}: POSITION LEFT WITHOUT A STOP.{words}{doubt} {self._what_to_do(taken)}"

    def _with_exit(self, taken: Taken, order: Order) -> str:
        """Say what an exit that is at the venue, or may be, leaves: a second one beside it could fill too (D8)."""
        state = f"exit order {order.number} is {order.status} at {order.spec.price_words}, {order.remaining} to go"
        return (
            f"{taken.instrument.label}: POSITION LEFT WITHOUT A STOP. Its {state}; the stop is not put back beside it,"
            f" because both could fill. Until it fills nothing protects the position. Look in TWS: let it fill, or"
            f" cancel it there and place a stop (it was {self._stop_words(taken)})."
        )

    def _what_to_do(self, taken: Taken) -> str:
        return f"Look at the position in TWS and place a stop there now (it was {self._stop_words(taken)})."

    def _stop_words(self, taken: Taken) -> str:
        orders = [order for number in taken.stops if (order := self._cache.by_number(number)) is not None]
        return ", ".join(
            f"{o.spec.side} {o.remaining} {taken.instrument.label} {o.spec.price_words}" for o in orders
        )

    def _all_back(self, taken: Taken) -> bool:
        """Whether each stop has an order in its place that the venue has answered for."""
        return all(self._stands(taken, number) for number in taken.stops)

    def _stands(self, taken: Taken, number: OrderNumber) -> bool:
        new = self._cache.by_number(taken.back[number]) if number in taken.back else None
        return new is not None and new.is_open and new.status is not OrderStatus.PENDING

    def _in_doubt(self, taken: Taken) -> str:
        """Say which stops may be gone although nobody saw it, or were sent again and not answered."""
        words = []
        for number in taken.stops:
            old, new = self._cache.by_number(number), taken.back.get(number)
            if old is not None and old.is_open:
                words.append(f" The cancel of stop order {number} was sent and not answered.")
            elif new is not None and not self._stands(taken, number):
                order = self._cache.by_number(new)
                state = "not known any more" if order is None else f"{order.status} {order.why}".strip()
                words.append(f" The stop sent again, order {new}, is {state}.")
        return "".join(words)

    async def _put_back(self, taken: Taken) -> str:
        """Send protective stops that were cancelled again at their old prices, over what is held now."""
        words = await self._put_back_unless_flat(taken)
        return "" if words is None else words

    async def _put_back_unless_flat(self, taken: Taken) -> str | None:
        held = await self._held(taken.instrument)
        if held == 0:
            return None
        if not taken.stops:
            return f" The position has {NO_STOP}."
        return "".join([await self._put_one_back(taken, number, held) for number in taken.stops])

    async def _put_one_back(self, taken: Taken, number: OrderNumber, held: Decimal | Unknown) -> str:
        stop = self._cache.by_number(number)
        if stop is None or stop.is_open or stop.remaining <= 0:
            return ""
        price, new = stop.spec.price_words, taken.back.get(number)
        replaced = None if new is None else self._cache.by_number(new)
        if replaced is not None and (replaced.is_open or replaced.filled > 0):
            return f" Stop {price} is back as order {new}."
        quantity = stop.remaining
        if not isinstance(held, Unknown):
            if (held > 0) is (stop.spec.side is OrderSide.BUY):
                return ""
            quantity = min(quantity, abs(held))
        result = await self._send(taken.instrument, stop, quantity)
        if isinstance(result, Sent):
            taken.back[number] = result.number
            return f" Stop {price} is back as order {result.number}."
        return f" Stop {price} could NOT be put back ({result_words(result)}): {NO_STOP}."

    async def _until(self, condition: Callable[[], bool], seconds: float) -> None:
        end = self._clock.monotonic() + seconds
        while not condition() and self._clock.monotonic() < end:
            await self._clock.sleep(POLL_S)


def result_words(result: SubmitResult) -> str:
    """Say why nothing was sent."""
    match result:
        case Sent():
            return "no answer from the venue"
        case Unsent(reason):
            return reason
        case Denied(assessment):
            return "; ".join(v.text for v in assessment.denials)
        case NeedsYes(assessment):
            return "it needs a yes: " + ", ".join(assessment.asks)
