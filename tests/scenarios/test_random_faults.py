"""Random faults for an hour of virtual time end connected, books Known, nothing duplicated (issue 4, Proof)."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass

import pytest

from qe_dashboard.engine.facade import CommandRefused
from qe_dashboard.engine.views import Lamp
from qe_dashboard.model.identifiers import order_ref_of
from qe_dashboard.model.known import Known
from qe_dashboard.model.order_status import OrderStatus
from support.virtual_loop import LoopClock, run_virtually
from support.virtual_world import VirtualWorld

HOUR_S = 3600.0
SAMPLE_S = 600.0
# Several: an order the gateway swallowed stays UNCERTAIN and blocks its symbol.
SYMBOLS = ("AAPL", "MSFT", "NVDA", "SPY", "TSLA", "AMZN")


@dataclass(frozen=True)
class Fault:
    """What is done to the gateway, for how long at most, and what undoes it."""

    begin: str
    end: str | None = None
    longest_s: float = 90.0


FAULTS = (
    Fault("drop"),
    Fault("half-close"),
    Fault("restart 40"),
    Fault("restart 3"),
    Fault("1100", "1101"),
    Fault("1100", "1102"),
    Fault("1100", "1102", longest_s=600.0),
    Fault("silence on", "silence off"),
    Fault("handshake-silence on", "handshake-silence off"),
    Fault("close-at-once on", "close-at-once off"),
    Fault("client-ids-taken on", "client-ids-taken off"),
    Fault("mute-data on", "mute-data off"),
    Fault("farm usfarm down", "farm usfarm up"),
    Fault("farm ushmds down", "farm ushmds up"),
    Fault("competing on", "competing off"),
    Fault("byte-writes on", "byte-writes off", longest_s=20.0),
    Fault("positions endless", "positions whole"),
    Fault("clock +7", "clock 0"),
    Fault("account-delay 5", "account-delay 0"),
)


class Storm:
    """Draws faults, lets some overlap, and trades where the program says it may."""

    def __init__(self, world: VirtualWorld, rng: random.Random) -> None:
        self.world = world
        self.rng = rng
        self.story: list[str] = []
        self.sent = 0
        self._open: dict[str, float] = {}

    async def rage(self, seconds: float) -> None:
        clock = self.world.clock
        end = clock.monotonic() + seconds
        while clock.monotonic() < end:
            await clock.sleep(self.rng.uniform(1, 45))
            self._undo(before=clock.monotonic())
            if self.rng.random() < 0.6:
                self._begin(self.rng.choice(FAULTS))
            if self.rng.random() < 0.7:
                await self._trade(self.rng.choice(SYMBOLS))
        self._undo(before=float("inf"))

    async def _trade(self, symbol: str) -> None:
        """Try to buy. Whatever comes of it the books must agree about in the end; blocked, nothing may be sent."""
        could = self.world.status().can_trade
        try:
            result = await self.world.buy_one(symbol)
        except CommandRefused:
            # The contract cannot be looked up just now.
            return
        self.sent += result.is_ok
        assert could or self.world.status().can_trade or not result.is_ok, result.text

    def _begin(self, fault: Fault) -> None:
        if fault.end is not None and fault.end in self._open:
            return
        self._do(fault.begin)
        if fault.end is not None:
            self._open[fault.end] = self.world.clock.monotonic() + self.rng.uniform(1, fault.longest_s)

    def _undo(self, *, before: float) -> None:
        for end in [end for end, due in self._open.items() if due <= before]:
            del self._open[end]
            self._do(end)

    def _do(self, line: str) -> None:
        self.story.append(f"{self.world.clock.monotonic():.1f} {line}")
        self.world.fault(line)


def weather(seconds: float, seed: int) -> tuple[int, int]:
    """Run one storm and judge what is left of it; returns faults done and orders sent."""

    async def main(clock: LoopClock) -> tuple[int, int]:
        world = VirtualWorld(clock, seed=seed)
        storm = Storm(world, random.Random(seed))
        try:
            await world.start()
            await world.until(lambda: world.status().can_trade, "ready at first", seconds=60)
            tasks = _tasks()
            await storm.rage(seconds)
            await world.until(lambda: world.status().can_trade, "ready again", seconds=180)
            await clock.sleep(120)
            _judge(world, storm)
            assert not (left := _tasks() - tasks), f"left running: {left}"
        except AssertionError as failed:
            raise AssertionError(f"seed {seed}: {failed}\n" + "\n".join(storm.story[-40:])) from failed
        finally:
            await world.stop()
        return len(storm.story), storm.sent

    return run_virtually(main)


def _tasks() -> Counter[str]:
    """Named tasks only: a question under way is one of its own for a moment."""
    named = (task.get_name() for task in asyncio.all_tasks())
    return Counter(name for name in named if not name.startswith("Task-"))


def _judge(world: VirtualWorld, storm: Storm) -> None:
    status, desk = world.status(), world.parts.desk
    assert status.can_trade, status.cannot_trade_because
    assert status.lamp is Lamp.CONNECTED
    # An order the gateway swallowed is nowhere to be found: it stays a question for a person, never a guess (R15).
    refs = world.venue_orders()
    for order in world.parts.cache.orders.values():
        if order.status is OrderStatus.UNCERTAIN:
            assert order.intent_id is not None
            assert order_ref_of(order.intent_id) not in refs, order
    assert isinstance(desk.open_orders, Known), desk.open_orders
    assert isinstance(desk.executions, Known), desk.executions
    assert isinstance(desk.positions, Known), desk.positions
    held = {p.instrument.id: p.quantity for p in desk.positions.value if p.quantity != 0}
    assert held == {p.instrument.id: p.quantity for p in world.venue.positions() if p.quantity != 0}
    ours = {order_ref_of(record.intent_id) for record in world.journal.committed}
    assert all(number == 1 for number in refs.values()), refs
    assert set(refs) <= ours
    # One share each: the executions' sum is the number of orders the venue took.
    assert sum(fill.quantity for fill in world.parts.cache.fills.values()) == sum(refs.values())
    assert sum(refs.values()) <= len(world.journal.committed)
    assert world.sessions_served() == 2
    served = world.lines_served()
    assert set(served.values()) == {1}, served


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak), 3])
def test_ten_minutes_of_random_faults_end_connected_with_books_known(seed: int) -> None:
    faults, sent = weather(SAMPLE_S, seed)
    assert faults > 5
    assert sent > 0


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 112))
def test_an_hour_of_random_faults_ends_connected_with_books_known(seed: int) -> None:
    faults, sent = weather(HOUR_S, seed)
    assert faults > 30
    assert sent > 5
