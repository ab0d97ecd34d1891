import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.core.clock import Clock, ManualClock, SystemClock, deadline
from qe_dashboard.core.errors import DeadlineExpired

START = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)


def test_system_clock_is_aware_utc_and_rises() -> None:
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs(datetime.now(UTC) - clock.now()) < timedelta(seconds=5)
    assert clock.monotonic() <= clock.monotonic()


async def test_system_clock_calls_back_and_sleeps_on_the_loop() -> None:
    clock = SystemClock()
    called = asyncio.Event()
    dropped: list[str] = []
    clock.call_later(0, lambda: dropped.append("cancelled")).cancel()
    clock.call_later(0, called.set)
    await clock.sleep(0.001)
    await called.wait()
    assert dropped == []


def test_manual_clock_moves_both_times() -> None:
    clock = ManualClock(START)
    clock.advance(90.5)
    assert clock.now() == START + timedelta(seconds=90.5)
    assert clock.monotonic() == 90.5


def test_manual_clock_is_not_turned_back() -> None:
    with pytest.raises(ValueError, match="turned back"):
        ManualClock(START).advance(-1)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=20))
def test_many_small_advances_reach_what_one_large_one_does(milliseconds: list[int]) -> None:
    clock = ManualClock(START)
    fired: list[float] = []
    clock.call_later(sum(milliseconds) / 1000, lambda: fired.append(clock.monotonic()))
    for step in milliseconds[:-1]:
        clock.advance(step / 1000)
    assert fired == []
    clock.advance(milliseconds[-1] / 1000)
    assert fired == [clock.monotonic()]


@given(st.lists(st.floats(0, 100), max_size=20))
def test_calls_are_made_in_order_of_their_time_each_at_its_time(delays: list[float]) -> None:
    clock = ManualClock(START)
    made: list[tuple[float, int]] = []

    def call(number: int) -> Callable[[], None]:
        return lambda: made.append((clock.monotonic(), number))

    for number, delay in enumerate(delays):
        clock.call_later(delay, call(number))
    clock.advance(100)

    assert [number for _, number in made] == sorted(range(len(delays)), key=lambda n: round(delays[n] * 1e9))
    assert [when for when, _ in made] == pytest.approx(sorted(delays), abs=1e-9)
    assert clock.pending == 0


def test_a_call_may_ask_for_another_within_the_same_advance() -> None:
    clock = ManualClock(START)
    made: list[float] = []

    def again() -> None:
        made.append(clock.monotonic())
        clock.call_later(20, again)

    clock.call_later(20, again)
    clock.advance(70)
    assert made == [20, 40, 60]
    assert clock.pending == 1


def test_a_cancelled_call_is_not_made() -> None:
    clock = ManualClock(START)
    made: list[str] = []
    timer = clock.call_later(1, lambda: made.append("first"))
    clock.call_later(1, lambda: made.append("second"))
    timer.cancel()
    assert clock.pending == 1
    clock.advance(1)
    timer.cancel()
    assert made == ["second"]


async def test_advance_async_lets_each_sleeper_run_at_its_own_time() -> None:
    clock = ManualClock(START)
    woken: list[float] = []

    async def pulse() -> None:
        while True:
            await clock.sleep(20)
            woken.append(clock.monotonic())

    task = asyncio.create_task(pulse())
    await clock.advance_async(65)
    assert woken == [20, 40, 60]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert clock.pending == 0


async def test_a_sleep_of_zero_only_yields() -> None:
    clock = ManualClock(START)
    others: list[str] = []
    other = asyncio.create_task(_note(others))
    await clock.sleep(0)
    assert others == ["ran"]
    assert clock.monotonic() == 0
    await other


async def _note(notes: list[str]) -> None:
    notes.append("ran")


async def test_deadline_gives_the_result_and_drops_its_timer() -> None:
    clock = ManualClock(START)
    answer = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(deadline(clock, answer, 5))
    await clock.advance_async(4.999)
    answer.set_result("pong")
    assert await waiting == "pong"
    assert clock.pending == 0


async def test_deadline_passes_the_awaitables_own_error_on() -> None:
    async def refuse() -> None:
        raise ConnectionRefusedError("port closed")

    with pytest.raises(ConnectionRefusedError, match="port closed"):
        await deadline(ManualClock(START), refuse(), 5)


async def test_deadline_expires_at_its_time_and_cancels_the_awaitable() -> None:
    clock = ManualClock(START)
    silent = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(deadline(clock, silent, 5, awaited="The time of the venue"))
    await clock.advance_async(4.999)
    assert not waiting.done()
    await clock.advance_async(0.001)
    with pytest.raises(DeadlineExpired, match=r"The time of the venue did not come within 5 s\."):
        await waiting
    assert silent.cancelled()


async def test_deadline_leaves_a_shielded_awaitable_to_the_others() -> None:
    clock = ManualClock(START)
    shared = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(deadline(clock, asyncio.shield(shared), 5))
    await clock.advance_async(5)
    with pytest.raises(DeadlineExpired):
        await waiting
    shared.set_result("late")
    assert await shared == "late"


async def test_cancelling_the_caller_is_no_expired_deadline() -> None:
    clock = ManualClock(START)
    silent = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(deadline(clock, silent, 5))
    await clock.advance_async(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert silent.cancelled()
    assert clock.pending == 0


async def test_cancelling_the_caller_wins_over_a_deadline_in_the_same_step() -> None:
    clock = ManualClock(START)
    waiting = asyncio.create_task(deadline(clock, asyncio.get_running_loop().create_future(), 5))
    await clock.advance_async(1)
    clock.advance(4)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_result_that_is_there_when_the_deadline_strikes_counts() -> None:
    clock = ManualClock(START)
    answer = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(deadline(clock, answer, 5))
    await clock.advance_async(1)
    answer.set_result("just in time")
    clock.advance(4)
    assert await waiting == "just in time"


async def test_deadline_works_on_the_systems_clock() -> None:
    with pytest.raises(DeadlineExpired):
        await deadline(SystemClock(), asyncio.get_running_loop().create_future(), 0.001)
