"""Background work: storms make one more round, not fifty (C3, R13); faults are logged, not printed."""

from __future__ import annotations

import asyncio
import logging

import pytest

from qe_dashboard.broker.ibkr.rounds import Chores, Rounds


async def steps(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_fifty_requests_during_a_round_make_one_more() -> None:
    rounds_done = 0
    gate = asyncio.Event()

    async def work() -> None:
        nonlocal rounds_done
        await gate.wait()
        rounds_done += 1

    chores, rounds = Chores(), Rounds(work)
    for _ in range(50):
        rounds.request(chores)
    await steps()
    for _ in range(50):
        rounds.request(chores)
    gate.set()
    await steps()
    assert rounds_done == 2
    rounds.request(chores)
    await steps()
    assert rounds_done == 3


async def test_a_cancelled_round_can_be_asked_for_again() -> None:
    started = 0

    async def work() -> None:
        nonlocal started
        started += 1
        await asyncio.Event().wait()

    chores, rounds = Chores(), Rounds(work)
    rounds.request(chores)
    await steps()
    chores.cancel()
    await steps()
    rounds.request(chores)
    await steps()
    assert started == 2
    chores.cancel()


async def test_a_fault_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with caplog.at_level(logging.ERROR):
        Chores().spawn(fail())
        await steps()
    assert "background work failed" in caplog.text
