"""The loop's lateness: measured on the steady clock, stalls said with their length and not once per look (R44, R49)."""

import asyncio
import logging

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.core.loop_lag import LoopLag


class Looped:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self.lag = LoopLag(self.clock)
        self.task = asyncio.get_running_loop().create_task(self.lag.run())

    async def calm(self, seconds: float) -> None:
        await self.clock.advance_async(seconds)

    async def stall(self, seconds: float) -> None:
        """Time passes, and nothing of the loop runs meanwhile: its timer is 0.25 s of it."""
        self.clock.advance(seconds)
        await self.clock.advance_async(0)


@pytest.fixture
async def looped() -> "Looped":
    made = Looped()
    await made.calm(1)
    return made


async def test_a_calm_loop_is_on_time(looped: Looped) -> None:
    await looped.calm(60)
    assert (looped.lag.last, looped.lag.worst, looped.lag.worst_at, looped.lag.stalls) == (0, 0, None, 0)
    looped.task.cancel()


async def test_a_stall_is_measured_counted_and_said(looped: Looped, caplog: pytest.LogCaptureFixture) -> None:
    await looped.stall(1.0)
    assert looped.lag.last == pytest.approx(0.75)
    assert (looped.lag.worst, looped.lag.worst_at, looped.lag.stalls) == (
        looped.lag.last,
        looped.clock.now(),
        1,
    )
    assert caplog.messages == ["the program stood still for 750 ms"]
    await looped.calm(5)
    assert looped.lag.last == 0
    assert looped.lag.worst == pytest.approx(0.75)
    looped.task.cancel()


async def test_lateness_up_to_the_limit_is_no_stall(looped: Looped, caplog: pytest.LogCaptureFixture) -> None:
    await looped.stall(0.5)
    assert looped.lag.last == pytest.approx(0.25)
    assert (looped.lag.stalls, caplog.messages) == (0, [])
    looped.task.cancel()


async def test_stalls_in_a_row_share_a_line(looped: Looped, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    for seconds in (1.0, 0.75, 1.25, 0.6):
        await looped.stall(seconds)
    assert looped.lag.stalls == 4
    assert caplog.messages == ["the program stood still for 750 ms"]
    await looped.calm(10)
    assert caplog.messages[1:] == ["the program stood still 3 times, at most 1000 ms"]
    looped.task.cancel()
