import asyncio
import logging
import random
import sys
from typing import Any

import pytest

from qe_dashboard.core.backoff import Backoff
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.core.supervisor import Supervisor, TaskStatus


def backoff() -> Backoff:
    return Backoff(first=1, cap=30, jitter=0, rng=random.Random(1))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def supervisor(clock: ManualClock) -> Supervisor:
    return Supervisor(clock, backoff)


def only(supervisor: Supervisor) -> TaskStatus:
    (status,) = supervisor.status()
    return status


async def test_a_task_that_returns_is_finished(supervisor: Supervisor, clock: ManualClock) -> None:
    runs: list[float] = []

    async def once() -> None:
        runs.append(clock.monotonic())

    supervisor.start("once", once)
    await clock.advance_async(100)

    assert runs == [0]
    assert only(supervisor) == TaskStatus("once", running=False, restarts=0, last_error=None)


async def test_a_crash_is_logged_and_restarted_with_growing_delays(
    supervisor: Supervisor, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    starts: list[float] = []

    async def crash() -> None:
        starts.append(clock.monotonic())
        raise ConnectionResetError("peer went away")

    with caplog.at_level(logging.ERROR):
        supervisor.start("link", crash)
        await clock.advance_async(10)

    assert starts == [0, 1, 3, 7]
    assert only(supervisor) == TaskStatus("link", True, 3, "ConnectionResetError: peer went away")
    assert len([record for record in caplog.records if "link crashed" in record.getMessage()]) == 4
    assert await supervisor.stop_all(1) == ()


async def test_after_a_healthy_run_the_first_delay_counts_again(
    supervisor: Supervisor, clock: ManualClock
) -> None:
    starts: list[float] = []

    async def crash_late() -> None:
        starts.append(clock.monotonic())
        await clock.sleep(0 if len(starts) < 3 else 60)
        raise ConnectionResetError

    supervisor.start("link", crash_late)
    await clock.advance_async(64)

    # Two quick crashes (delays 1 and 2), then a minute of work, then a delay of 1 again.
    assert starts == [0, 1, 3, 64]
    await supervisor.stop_all(1)


async def test_a_cancelled_future_inside_the_task_counts_as_a_crash(
    supervisor: Supervisor, clock: ManualClock
) -> None:
    starts: list[float] = []

    async def await_dropped_future() -> None:
        starts.append(clock.monotonic())
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    supervisor.start("reader", await_dropped_future)
    await clock.advance_async(1)

    assert starts == [0, 1]
    assert only(supervisor).last_error == "CancelledError"
    assert await supervisor.stop_all(1) == ()


async def test_stop_all_cancels_working_and_waiting_tasks(supervisor: Supervisor, clock: ManualClock) -> None:
    ends: list[str] = []

    async def work() -> None:
        try:
            await clock.sleep(1000)
        finally:
            ends.append("work")

    async def crash() -> None:
        raise ValueError

    supervisor.start("work", work)
    supervisor.start("crash", crash)
    await clock.advance_async(0.5)
    left = await supervisor.stop_all(5)

    assert left == ()
    assert ends == ["work"]
    assert [status.running for status in supervisor.status()] == [False, False]
    assert clock.pending == 0


async def test_a_task_stopped_before_its_first_step_is_not_running(supervisor: Supervisor) -> None:
    async def work() -> None:
        await asyncio.Event().wait()

    supervisor.start("work", work)
    assert await supervisor.stop_all(5) == ()
    assert not only(supervisor).running


async def test_stop_all_names_what_will_not_stop_in_time(
    supervisor: Supervisor, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    may_end = asyncio.Event()

    async def stubborn() -> None:
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue

    async def willing() -> None:
        await asyncio.Event().wait()

    supervisor.start("stubborn", stubborn)
    supervisor.start("willing", willing)
    await clock.advance_async(0)
    stopping = asyncio.create_task(supervisor.stop_all(5))
    await clock.advance_async(4.9)
    assert not stopping.done()
    await clock.advance_async(0.1)

    assert await stopping == ("stubborn",)
    assert "stubborn did not stop within 5 s" in caplog.text
    may_end.set()
    assert await supervisor.stop("stubborn", 5)


async def test_one_task_is_stopped_and_may_be_started_again(
    supervisor: Supervisor, clock: ManualClock
) -> None:
    async def work() -> None:
        await clock.sleep(1000)

    supervisor.start("one", work)
    supervisor.start("other", work)
    with pytest.raises(ValueError, match="'one' runs already"):
        supervisor.start("one", work)
    assert await supervisor.stop("one", 5)
    assert [(status.name, status.running) for status in supervisor.status()] == [
        ("one", False),
        ("other", True),
    ]
    supervisor.start("one", work)
    assert all(status.running for status in supervisor.status())
    assert await supervisor.stop("never started", 5)
    await supervisor.stop_all(5)


async def test_it_works_where_tasks_run_before_they_are_returned(
    supervisor: Supervisor, clock: ManualClock
) -> None:
    factory: Any = getattr(asyncio, "eager_task_factory", None)
    loop = asyncio.get_running_loop()
    if factory is not None:
        loop.set_task_factory(factory)
    else:
        assert sys.version_info < (3, 12)
    runs: list[str] = []

    async def once() -> None:
        runs.append("once")

    async def crash() -> None:
        runs.append("crash")
        raise ValueError("eagerly")

    supervisor.start("once", once)
    supervisor.start("crash", crash)
    await clock.advance_async(1)

    assert runs == ["once", "crash", "crash"]
    assert [(status.running, status.restarts) for status in supervisor.status()] == [(False, 0), (True, 1)]
    supervisor.start("once", once)
    assert await supervisor.stop_all(5) == ()
    loop.set_task_factory(None)
