"""A venue on the execution bench that answers a flatten: acknowledges, fills, cancels, refuses, or stays silent."""

from __future__ import annotations

import asyncio

from qe_dashboard.execution.flatten import FlattenReport
from qe_dashboard.model.enums import OrderType
from qe_dashboard.model.reports import VenueStatus
from support.order_bench import OrderBench, start_with
from support.risk_world import AAPL, ACCOUNT
from support.scripted_broker import Wire, quote


class Venue:
    """Answers like a venue would: acknowledges, and fills exits when it is told to."""

    def __init__(self, bench: OrderBench) -> None:
        self.bench = bench
        self.fills = True
        self.silent: set[str] = set()
        self.rejects = False
        """Whether it refuses exits."""
        self.rejects_stops = False
        self.held = 0
        bench.broker.on_send = self._answer

    def hold(self, quantity: int) -> None:
        """Have held this since before the session."""
        self.held = quantity
        start_with(self.bench.desk, self.bench.broker, quantity)

    def _answer(self, wire: Wire) -> None:
        if wire.verb in self.silent:
            return
        self.bench.clock.call_later(0.01, lambda: self._act(wire))

    def _act(self, wire: Wire) -> None:
        bench = self.bench
        if wire.verb == "cancel":
            original = next(
                w for w in reversed(bench.broker.wire) if w.key == wire.key and w.spec is not None
            )
            bench.answer(original, VenueStatus.CANCELLED)
        elif self._refuses(wire):
            bench.answer(wire, VenueStatus.REJECTED)
        else:
            bench.answer(wire)
            if self.fills and wire.spec is not None and wire.spec.order_type is not OrderType.STOP:
                self.fill(wire)

    def _refuses(self, wire: Wire) -> bool:
        is_stop = wire.spec is not None and wire.spec.order_type is OrderType.STOP
        return self.rejects_stops if is_stop else self.rejects

    def fill(self, wire: Wire) -> None:
        assert wire.spec is not None
        quantity = int(wire.spec.quantity)
        self.fill_part(wire, quantity)

    def fill_part(self, wire: Wire, quantity: int, *, exec_id: str = "") -> None:
        assert wire.spec is not None
        self.bench.fill(wire, quantity, exec_id=exec_id)
        self.held += quantity * wire.spec.side.sign
        self.bench.broker.hold(self.held)


async def run(bench: OrderBench, seconds: float = 30) -> FlattenReport:
    task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
    for _ in range(int(seconds * 2)):
        if task.done():
            break
        await bench.clock.advance_async(0.5)
        bench.desk.quotes[AAPL.id] = quote(bench.clock)
    return await done(task)


async def done(task: asyncio.Task[FlattenReport]) -> FlattenReport:
    assert task.done(), "flatten is still running"
    return await task


def sent(bench: OrderBench, verb: str = "place") -> list[str]:
    """Return what was sent, in words."""
    return [
        f"{wire.spec.side} {wire.spec.quantity} {wire.spec.price_words}"
        for wire in bench.broker.wire
        if wire.verb == verb and wire.spec is not None
    ]
