"""The end of the program in the middle of a flatten: no stop is forgotten, or the last words say which (D8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.execution.binding import Binding, ConnectionMoved
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.stop_keeper import ACCEPT_WAIT_S, StopKeeper
from qe_dashboard.execution.taken import NO_STOP, Cover, Stops, Taken, wait_until
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.model.known import Unknown, UnknownValueError
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus

CANCEL_WAIT_S = 3.0
JOURNAL_S = 5.0
"""The journal's own deadline for the commit of an intent."""
FINISH_S = 3.0
"""What a flatten whose exit fills at once needs to be done, with room to spare."""
SECURE_S = CANCEL_WAIT_S + JOURNAL_S + ACCEPT_WAIT_S + JOURNAL_S - FINISH_S
"""The slowest orderly way after that: stop cancelled, exit committed and refused, stop committed again."""
PUT_BACK_S = JOURNAL_S + 1.0
"""The last act: one read of the position and one commit."""
GIVE_UP_S = 1.0


class LastAct:
    """Lets each flatten put its stop back or get its exit in, then does it for it."""

    def __init__(
        self,
        *,
        clock: Clock,
        desk: Desk,
        cache: OrderCache,
        keeper: StopKeeper,
        held: Callable[[Taken], Awaitable[Decimal | Unknown]],
    ) -> None:
        self._clock = clock
        self._desk = desk
        self._keeper = keeper
        self._held = held
        self._stops = Stops(cache)

    async def secure(self) -> tuple[str, ...]:
        """Return what is left, in words for the terminal. Bounded: 15 s, then 12 s for those that hang."""
        entries = self._keeper.entries
        await wait_until(self._clock, lambda: not any(self._is_exposed(taken) for taken in entries), SECURE_S)
        words = await asyncio.gather(*(self._words(taken) for taken in entries))
        return tuple(each for each in words if each)

    def _is_exposed(self, taken: Taken) -> bool:
        """Whether a flatten still has to put its stop back or hear that its exit is in."""
        order = self._stops.exit_of(taken)
        is_in = order is not None and order.is_open and order.status is not OrderStatus.PENDING
        return taken.is_running and not is_in and not taken.is_over and self._is_bound(taken)

    def _is_bound(self, taken: Taken) -> bool:
        return self._desk.identity is not None and self._desk.identity.account == taken.account

    async def _words(self, taken: Taken) -> str:
        try:
            if self._is_bound(taken):
                return await self._secured(taken)
        except (ConnectionMoved, UnknownValueError):
            pass  # said below
        await self._give_up(taken)
        return (
            f"{taken.label}: POSITION MAY BE LEFT WITHOUT A STOP in {taken.account}. The connection moved in the "
            f"middle of its flatten. {self._what_to_do(taken)}"
        )

    async def _secured(self, taken: Taken) -> str:
        exit_order = self._stops.exit_of(taken)
        if exit_order is not None and exit_order.is_open:
            return self._with_exit(taken, exit_order)
        if exit_order is not None and exit_order.remaining <= 0:
            return ""
        await self._give_up(taken)
        if not self._stops.doubtful(taken) and self._stops.all_back(taken):
            return ""
        taken.binding = Binding.of(self._desk)
        refusals: dict[OrderNumber, str] = {}
        try:
            is_flat = await deadline(self._clock, self._put_back(taken, refusals), PUT_BACK_S)
        except DeadlineExpired:
            # Its intent is not on the disk, so it was not sent: design 9 knows no exception, not even this one.
            return self._left(
                taken,
                f" The stop could NOT be put back: within {PUT_BACK_S:g} s the position was not read or the journal did"
                f" not take the intent, and without that nothing is sent: {NO_STOP}.",
            )
        if is_flat:
            return ""
        await wait_until(
            self._clock,
            lambda: not self._stops.is_unanswered(taken),
            ACCEPT_WAIT_S,
            check=lambda: taken.binding.check(self._desk),
        )
        cover, words = self._keeper.cover(taken, refusals)
        if cover is Cover.DONE:
            return f"{taken.label}: the flatten was broken off.{words}"
        return self._left(taken, words)

    async def _put_back(self, taken: Taken, refusals: dict[OrderNumber, str]) -> bool:
        held = await self._held(taken)
        if held == 0:
            return True
        refusals |= await self._keeper.put_back_once(taken, held)
        return False

    async def _give_up(self, taken: Taken) -> None:
        """End the task: what it still waits for may return later, and its exit must not follow a stop put back now."""
        if not taken.is_running or taken.task is None:
            return
        taken.task.cancel()
        self._desk.bump()
        await wait_until(self._clock, lambda: not taken.is_running, GIVE_UP_S)

    def _left(self, taken: Taken, words: str) -> str:
        doubt = "".join(
            f" The cancel of stop order {number} was sent and not answered."
            for number in self._stops.doubtful(taken)
        )
        return f"{taken.label}: POSITION LEFT WITHOUT A STOP.{words}{doubt} {self._what_to_do(taken)}"

    def _with_exit(self, taken: Taken, order: Order) -> str:
        """Say what an exit that is at the venue, or may be, leaves: a second one beside it could fill too (D8)."""
        state = f"exit order {order.number} is {order.status} at {order.spec.price_words}, {order.remaining} to go"
        return (
            f"{taken.label}: POSITION LEFT WITHOUT A STOP. Its {state}; the stop is not put back beside it,"
            f" because both could fill. Until it fills nothing protects the position. Look in TWS: let it fill, or"
            f" cancel it there and place a stop (it was {self._stops.words(taken)})."
        )

    def _what_to_do(self, taken: Taken) -> str:
        return f"Look at the position in TWS and place a stop there now (it was {self._stops.words(taken)})."
