"""Protective stops that a flatten took away: put back when no exit was accepted, followed until they stand (D8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from decimal import Decimal
from typing import Any

from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.execution.binding import Binding, ConnectionMoved
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.order_service import Denied, NeedsYes, Sent, SubmitResult, Unsent
from qe_dashboard.execution.taken import NO_STOP, Cover, Key, Stops, Taken, stands, wait_until
from qe_dashboard.journal.port import JournalError, JournalWriter
from qe_dashboard.journal.records import EventKind, JournalEvent, Json
from qe_dashboard.model.enums import OrderClass, OrderSide
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus

ACCEPT_WAIT_S = 5.0
RETRY_S = 2.0
LONGEST_RETRY_S = 30.0
"""A stop the venue itself refuses is sent again ever more rarely: each try is an order in IBKR's count of refusals."""
JOURNAL_ANSWER_S = 2.0
"""A healthy disk answers within milliseconds."""
CLOSED = " The position is closed."


class StopKeeper:
    """Knows which stops are away, and puts them back."""

    def __init__(
        self,
        *,
        clock: Clock,
        desk: Desk,
        cache: OrderCache,
        held: Callable[[Taken], Awaitable[Decimal | Unknown]],
        send: Callable[[Taken, Order, Decimal], Awaitable[SubmitResult]],
        journal: JournalWriter,
        alarm: Callable[[str], None],
        spawn: Callable[[str, Coroutine[Any, Any, object]], None],
    ) -> None:
        self._clock = clock
        self._desk = desk
        self._held = held
        self._send = send
        self._journal = journal
        self._alarm = alarm
        self._spawn = spawn
        self._stops = Stops(cache)
        self._taken: dict[Key, Taken] = {}
        self.is_closing = False
        """Set once the program ends: no further stop is taken away."""
        self.naked: dict[Key, str] = {}
        """Positions whose stop this program took away and could not put back yet, in words for the banner."""

    @property
    def entries(self) -> tuple[Taken, ...]:
        """Every flatten that took stops away and is not over, in whichever account."""
        return tuple(self._taken.values())

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

    async def begin(self, binding: Binding, instrument: Instrument) -> Taken:
        """Return what the running task is to note down; what an earlier one left unfinished is handed to it."""
        old = self._taken.get((binding.account, instrument.id))
        if old is None:
            return Taken(binding, instrument, asyncio.current_task())
        if old.task is not None and not old.task.done():
            # Two that put back the same stop would send it twice.
            old.task.cancel()
            await asyncio.wait({old.task})
        old.binding, old.task = binding, asyncio.current_task()
        return old

    def take(self, taken: Taken, stops: tuple[Order, ...]) -> None:
        """Note, before their cancels are sent, which stops the running task takes away."""
        now = {stop.number for stop in stops}
        still_away = (s for s in taken.stops if not {s.number, taken.back.get(s.number)} & now)
        taken.stops, taken.exit = (*still_away, *stops), None
        if taken.stops:
            self._taken[taken.key] = taken

    def done(self, taken: Taken) -> None:
        """Note that the flatten ended; what it left undone is followed. At the end of the program nobody listens."""
        if self.is_closing:
            return
        if taken.is_over or not taken.stops:
            self._forget(taken)
            return
        self.naked[taken.key] = self._naked_words(taken)
        self._spawn(f"follow the stop of {taken.label}", self._follow(taken))

    def broken_off(self, taken: Taken) -> str:
        """Say what a flatten leaves in an account that is not connected any more."""
        exit_words = "" if taken.exit is None else f" Its exit order {taken.exit} may work there."
        state = (
            f"{taken.account} may be without its stop (it was {self._stops.words(taken)})"
            if taken.stops
            else f"no stop of {taken.account} was cancelled"
        )
        return (
            f"{taken.label}: the flatten was broken off: the connection moved; {state}.{exit_words} Look at "
            f"{taken.account} in TWS."
        )

    async def restore(self, taken: Taken) -> str:
        """Put stops back (D8 step 6); one that is refused is tried again until it stands or the position is closed.

        Raises ConnectionMoved.
        """
        pause, said, is_first = RETRY_S, "", True
        while True:
            cover, words = await self._put_back(taken)
            if cover is not Cover.NAKED or not taken.stops:
                break
            self.naked[taken.key] = f"{taken.label} has {NO_STOP}: putting it back is tried again and again."
            if words != said:
                self._alarm(f"{taken.label}:{words}")
            # What was refused here costs nothing to ask again; what the venue refused was an order.
            pause = RETRY_S if is_first or not self._was_refused(taken) else min(pause * 2, LONGEST_RETRY_S)
            said, is_first = words, False
            await self._clock.sleep(pause)
            taken.binding.check(self._desk)
        if cover is Cover.DONE:
            taken.is_over = True
            self.naked.pop(taken.key, None)
        return words if is_first or words == CLOSED else f"{words} It was tried again until it stood."

    async def put_back_once(self, taken: Taken, held: Decimal | Unknown) -> dict[OrderNumber, str]:
        """Send what is missing over what is held; returns, per stop, why it was not sent, "" for those that were."""
        missing = self._stops.missing(taken)
        if isinstance(held, Unknown):
            why = f"the position could not be read: {held.reason}"
            return {stop.number: why for stop in missing if stop.order_class is not OrderClass.ADD}
        left = abs(held) - self._stops.standing(taken.instrument, held)
        refusals: dict[OrderNumber, str] = {}
        for stop in missing:
            quantity = min(stop.remaining, left)
            if (held > 0) is (stop.spec.side is OrderSide.BUY) or quantity <= 0:
                continue
            result = await self._send(taken, stop, quantity)
            left -= quantity
            refusals[stop.number] = "" if isinstance(result, Sent) else result_words(result)
        return refusals

    def cover(self, taken: Taken, refusals: dict[OrderNumber, str]) -> tuple[Cover, str]:
        """Say how the stops stand after a round of sending."""
        said = [self._cover_of(taken, self._stops.latest(stop), refusals) for stop in taken.stops]
        covers = {cover for cover, _ in said}
        words = "".join(words for _, words in said)
        worst = next((c for c in (Cover.NAKED, Cover.DOUBT) if c in covers), Cover.DONE)
        return worst, words or (self._other_words(taken) if worst is Cover.DONE else "")

    def is_here(self, taken: Taken) -> bool:
        """Whether the account a flatten ran in is the one that is connected, with its books known."""
        desk = self._desk
        if desk.identity is None or desk.identity.account != taken.account:
            return False
        return desk.link_words() is None and desk.not_ready_because() is None

    # steps

    async def _put_back(self, taken: Taken) -> tuple[Cover, str]:
        held = await self._held(taken)
        if held == 0:
            return Cover.DONE, CLOSED
        if not taken.stops:
            return Cover.NAKED, f" The position has {NO_STOP}."
        refusals = await self.put_back_once(taken, held)
        # Sent is not standing: a venue that refused the exit may refuse the stop too.
        await wait_until(
            self._clock,
            lambda: not self._stops.is_unanswered(taken),
            ACCEPT_WAIT_S,
            check=lambda: taken.binding.check(self._desk),
        )
        return self.cover(taken, refusals)

    def _cover_of(self, taken: Taken, stop: Order, refusals: dict[OrderNumber, str]) -> tuple[Cover, str]:
        price, back = stop.spec.price_words, self._stops.back_of(taken, stop)
        if stop.is_open:
            return (Cover.DONE, f" Stop order {stop.number} stands.") if stands(stop) else (Cover.DOUBT, "")
        if back is not None and stands(back):
            return Cover.DONE, f" Stop {price} is back as order {back.number}."
        if back is not None and back.is_open:
            state = f"was sent again as order {back.number}, which is {back.status}"
            return Cover.NAKED, f" Stop {price} {state}: until it stands there is {NO_STOP}."
        if stop.number not in refusals:
            return Cover.DONE, ""
        refusal = refusals[stop.number]
        if not refusal and back is not None:
            refusal = f"order {back.number} {back.status} {back.why}".strip()
        return Cover.NAKED, f" Stop {price} could NOT be put back ({refusal}): {NO_STOP}."

    def _other_words(self, taken: Taken) -> str:
        held = self._desk.reducible(taken.instrument.id)
        if isinstance(held, Unknown):
            return f" Whether the position has a stop is not known: {held.reason}."
        if self._stops.standing(taken.instrument, held.value) > 0:
            return " Another stop protects it."
        return f" The position has {NO_STOP}."

    def _was_refused(self, taken: Taken) -> bool:
        backs = (self._stops.back_of(taken, stop) for stop in taken.stops)
        return any(back is not None and back.status is OrderStatus.REJECTED for back in backs)

    async def _follow(self, taken: Taken) -> None:
        """Look after what a flatten left in doubt, until the position is closed or protected."""
        taken.task = asyncio.current_task()
        while not self.is_closing:
            await self._clock.sleep(RETRY_S)
            try:
                if self.is_here(taken) and await self._settled(taken):
                    self._forget(taken)
                    return
            except ConnectionMoved:
                pass  # the next look finds out where it went, and the words below say it
            self.naked[taken.key] = self._naked_words(taken)

    async def _settled(self, taken: Taken) -> bool:
        taken.binding = Binding.of(self._desk)
        exit_order = self._stops.exit_of(taken)
        if exit_order is not None and exit_order.is_open:
            if not stands(exit_order):
                # D8 step 5: nothing else goes while an attempt is in doubt.
                return False
            self._alarm(
                f"{taken.label}: exit order {exit_order.number} works at {exit_order.spec.price_words}, "
                f"{exit_order.remaining} to go; the position has {NO_STOP} meanwhile. `cancel {exit_order.number}`, "
                f"then `close {taken.instrument.symbol}` goes to market."
            )
            return True
        if self._stops.doubtful(taken):
            return False
        words = await self.restore(taken)
        self._alarm(f"{taken.label} in {taken.account}, after the flatten that was left open:{words}")
        return taken.is_over

    def _naked_words(self, taken: Taken) -> str:
        identity, doubtful = self._desk.identity, self._stops.doubtful(taken)
        if identity is None or identity.account != taken.account:
            return (
                f"{taken.label} in {taken.account} may have {NO_STOP}: the connection moved in the middle of its "
                f"flatten (the stop was {self._stops.words(taken)}). Look in TWS."
            )
        if doubtful:
            which = ", ".join(str(number) for number in doubtful)
            return f"{taken.label} may have {NO_STOP}: stop order {which} was sent a cancel, its end is not known."
        exit_order = self._stops.exit_of(taken)
        if exit_order is not None and exit_order.is_open:
            return f"{taken.label} has {NO_STOP}: its exit order {exit_order.number} is {exit_order.status}."
        return f"{taken.label} may have {NO_STOP} after a flatten: it is looked at as soon as its books are known."

    def _forget(self, taken: Taken) -> None:
        self._taken.pop(taken.key, None)
        self.naked.pop(taken.key, None)


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
