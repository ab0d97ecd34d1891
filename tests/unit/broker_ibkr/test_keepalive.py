"""Keepalive (D22): 20 s, 5 s to answer, one more at once, then the link is down; 30 s at worst."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from qe_dashboard.broker.ibkr.keepalive import Keepalive
from qe_dashboard.core.clock import ManualClock


class Gateway:
    """Answers pings after a delay, or not at all."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.delay: float | None = 0.1
        self.skew = timedelta()
        self.pings: list[float] = []

    async def time(self) -> datetime:
        self.pings.append(self.clock.monotonic())
        if self.delay is None:
            await asyncio.Event().wait()
        else:
            await self.clock.sleep(self.delay)
        return self.clock.now() + self.skew


class Watch:
    """A keepalive under way and what it said."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.gateway = Gateway(self.clock)
        self.said: list[tuple[float, str]] = []
        self.keepalive = Keepalive(
            clock=self.clock,
            ping=self.gateway.time,
            interval_s=20,
            deadline_s=5,
            on_suspect=lambda words: self.said.append((self.clock.monotonic(), "suspect")),
            on_alive=lambda: self.said.append((self.clock.monotonic(), "alive")),
        )
        self.task = asyncio.ensure_future(self.keepalive.run())


@pytest.fixture
async def watch() -> AsyncIterator[Watch]:
    watch = Watch()
    yield watch
    watch.task.cancel()


async def test_an_answered_ping_every_20_seconds(watch: Watch) -> None:
    """The first one at once: the clock's skew is known right after connecting."""
    await watch.clock.advance_async(0.1)
    assert watch.keepalive.skew is not None
    await watch.clock.advance_async(60.9)
    assert watch.gateway.pings == pytest.approx([0.0, 20.1, 40.2, 60.3])
    assert [word for _, word in watch.said] == ["alive"] * 4


async def test_silence_is_suspect_after_25_and_down_after_30_seconds(watch: Watch) -> None:
    await watch.clock.advance_async(1.1)
    watch.gateway.delay, watch.said[:] = None, []
    await watch.clock.advance_async(23.9)
    assert watch.said == []
    await watch.clock.advance_async(0.1)
    assert watch.said == [(25.1, "suspect")]
    assert watch.gateway.pings == pytest.approx([0.0, 20.1, 25.1])
    await watch.clock.advance_async(4.9)
    assert not watch.task.done()
    await watch.clock.advance_async(0.1)
    assert watch.task.done()
    assert "no answer" in watch.task.result()


async def test_an_answer_to_the_second_ping_clears_the_suspicion(watch: Watch) -> None:
    await watch.clock.advance_async(1.1)
    watch.gateway.delay, watch.said[:] = None, []
    await watch.clock.advance_async(23)
    watch.gateway.delay = 1.0
    await watch.clock.advance_async(2.5)
    assert watch.said == [(25.1, "suspect"), (26.1, "alive")]
    watch.gateway.delay = 0.1
    await watch.clock.advance_async(20)
    assert not watch.task.done()
    assert watch.gateway.pings == pytest.approx([0.0, 20.1, 25.1, 46.1])


async def test_skew_is_measured_without_the_travel_time(watch: Watch) -> None:
    watch.gateway.delay, watch.gateway.skew = 2.0, timedelta(seconds=90)
    await watch.clock.advance_async(23)
    # Half the travel of 2 s, and half of the second that the answer cuts off.
    assert watch.keepalive.skew == timedelta(seconds=91.5)


async def test_a_late_answer_is_life_and_not_skew(watch: Watch) -> None:
    await watch.clock.advance_async(21)
    before = watch.keepalive.skew
    watch.gateway.delay, watch.gateway.skew = None, timedelta(seconds=5)
    await watch.clock.advance_async(21)
    watch.gateway.delay = 0.0
    await watch.clock.advance_async(4)
    assert watch.said[-1][1] == "alive"
    assert watch.keepalive.skew == before


async def test_a_socket_that_cannot_be_written_is_no_answer(watch: Watch) -> None:
    async def broken() -> datetime:
        raise ConnectionError("Not connected")

    watch.task.cancel()
    keepalive = Keepalive(
        clock=watch.clock,
        ping=broken,
        interval_s=20,
        deadline_s=5,
        on_suspect=lambda words: None,
        on_alive=lambda: None,
    )
    task = asyncio.ensure_future(keepalive.run())
    await watch.clock.advance_async(20)
    assert task.done()
