"""What one flatten took away, and what stands in its place. Reads only (D8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from qe_dashboard.core.clock import Clock
from qe_dashboard.execution.binding import Binding
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.model.enums import OrderSide, OrderType
from qe_dashboard.model.identifiers import AccountId, InstrumentId, OrderNumber
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus

NO_STOP = "NO STOP"
POLL_S = 0.05
STOP_TYPES = (OrderType.STOP, OrderType.STOP_LIMIT)

Key: TypeAlias = tuple[AccountId, InstrumentId]


class Cover(StrEnum):
    """Whether a position has its stop, as far as anybody knows."""

    DONE = "done"
    """Nothing is left to put back."""
    DOUBT = "doubt"
    """A stop whose cancel was not answered: it may stand or be gone, and a second one beside it could fill too."""
    NAKED = "naked"


@dataclass(slots=True)
class Taken:
    """What one flatten has taken away, and what came of it. The orders are kept: another session's cache has none."""

    binding: Binding
    instrument: Instrument
    task: asyncio.Task[Any] | None
    """The flatten while it runs, then the task that follows what it left."""
    stops: tuple[Order, ...] = ()
    exit: OrderNumber | None = None
    """The exit, once its bytes went."""
    back: dict[OrderNumber, OrderNumber] = field(default_factory=dict)
    """Stop taken away -> the order that took its place."""
    is_over: bool = False
    """Whether nothing is left to do: flat, the stops stand, or an exit works and the person was told."""

    @property
    def account(self) -> AccountId:
        return self.binding.account

    @property
    def key(self) -> Key:
        return self.account, self.instrument.id

    @property
    def label(self) -> str:
        return self.instrument.label

    @property
    def is_running(self) -> bool:
        return self.task is not None and not self.task.done()


class Stops:
    """Reads from the order cache what became of stops that were taken away, and of those sent in their place."""

    def __init__(self, cache: OrderCache) -> None:
        self._cache = cache

    def latest(self, stop: Order) -> Order:
        """Return a stop as it is known now; as it was taken when its session's orders are not here."""
        now = self._cache.by_number(stop.number)
        return now if now is not None and now.intent_id == stop.intent_id else stop

    def exit_of(self, taken: Taken) -> Order | None:
        """Return the exit that was sent, None without one."""
        return None if taken.exit is None else self._cache.by_number(taken.exit)

    def back_of(self, taken: Taken, stop: Order) -> Order | None:
        """Return the order that took a stop's place, None without one."""
        number = taken.back.get(stop.number)
        return None if number is None else self._cache.by_number(number)

    def doubtful(self, taken: Taken) -> tuple[OrderNumber, ...]:
        """Name the stops whose cancel was sent and not answered."""
        return tuple(s.number for s in map(self.latest, taken.stops) if s.is_open and not stands(s))

    def missing(self, taken: Taken) -> tuple[Order, ...]:
        """Return the stops that are gone, not traded, with nothing open in their place."""
        gone = []
        for stop in map(self.latest, taken.stops):
            back = self.back_of(taken, stop)
            if not stop.is_open and stop.remaining > 0 and (back is None or not back.is_open):
                gone.append(stop)
        return tuple(gone)

    def is_unanswered(self, taken: Taken) -> bool:
        """Whether the venue still has to say what it makes of a stop that was sent again."""
        backs = (self.back_of(taken, stop) for stop in taken.stops)
        return any(back is not None and back.status is OrderStatus.PENDING for back in backs)

    def all_back(self, taken: Taken) -> bool:
        """Whether each stop has an order in its place that the venue has taken."""
        backs = [self.back_of(taken, stop) for stop in taken.stops]
        return all(back is not None and stands(back) for back in backs)

    def standing(self, instrument: Instrument, held: Decimal) -> Decimal:
        """Return how much of a position stops at the venue cover, whoever placed them."""
        side = OrderSide.SELL if held > 0 else OrderSide.BUY
        return sum(
            (
                order.remaining
                for order in self._cache.open_in(instrument.id)
                if order.spec.order_type in STOP_TYPES and order.spec.side is side and stands(order)
            ),
            Decimal(0),
        )

    def words(self, taken: Taken) -> str:
        """Say what the stops were, for placing them by hand."""
        return ", ".join(
            f"{o.spec.side} {o.remaining} {taken.label} {o.spec.price_words}"
            for o in map(self.latest, taken.stops)
        )


def stands(order: Order) -> bool:
    """Whether the venue has said that it has this order, and nothing was asked of it since."""
    return order.status in (OrderStatus.WORKING, OrderStatus.HELD)


async def wait_until(
    clock: Clock, condition: Callable[[], bool], seconds: float, *, check: Callable[[], None] = lambda: None
) -> None:
    """Wait for a condition, at most this long; `check` runs after each pause and may raise."""
    end = clock.monotonic() + seconds
    while not condition() and clock.monotonic() < end:
        await clock.sleep(POLL_S)
        check()
