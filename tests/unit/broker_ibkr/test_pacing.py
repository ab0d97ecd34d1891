"""The wire budget: under 50 a second, data waits, orders are refused rather than late, cancels go first (S14)."""

from __future__ import annotations

import asyncio

import pytest

from qe_dashboard.broker.ibkr.pacing import Pacer
from qe_dashboard.broker.port import NotSent
from qe_dashboard.core.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pacer(clock: ManualClock) -> Pacer:
    return Pacer(clock, messages_per_second=40)


def never() -> None:
    raise AssertionError("it had a place at once, or was forgotten")


async def test_never_more_than_50_requests_in_a_second(clock: ManualClock, pacer: Pacer) -> None:
    sent: list[float] = []

    async def ask() -> None:
        await pacer.admit()
        sent.append(clock.monotonic())

    asking = [asyncio.ensure_future(ask()) for _ in range(200)]
    await clock.advance_async(6.0)
    await asyncio.gather(*asking)
    for start in sent:
        assert len([at for at in sent if start <= at < start + 1.0]) <= 50
    # 200 at 40 a second with 5 at once: the budget is used, not hoarded.
    assert sent[-1] == pytest.approx((200 - 5) / 40, abs=0.05)


async def test_data_requests_leave_in_the_order_they_came(clock: ManualClock, pacer: Pacer) -> None:
    order: list[int] = []

    async def ask(number: int) -> None:
        await pacer.admit()
        order.append(number)

    asking = [asyncio.ensure_future(ask(number)) for number in range(30)]
    await clock.advance_async(2.0)
    await asyncio.gather(*asking)
    assert order == list(range(30))


def test_an_order_beyond_the_budget_is_not_sent(clock: ManualClock, pacer: Pacer) -> None:
    for _ in range(5):
        pacer.order()
    with pytest.raises(NotSent, match=r"The order was not sent: .*40 messages a second"):
        pacer.order()
    clock.advance(0.025)
    pacer.order()


def test_a_cancel_still_goes_when_orders_do_not(pacer: Pacer) -> None:
    for _ in range(5):
        pacer.order()
    assert [pacer.cancel(never) for _ in range(6)] == [True] * 5 + [False]


async def test_cancels_beyond_the_reserve_leave_in_order_ahead_of_all_else(
    clock: ManualClock, pacer: Pacer
) -> None:
    """D7 and design section 7: cancels are never refused."""
    left: list[int] = []
    for number in range(40):
        if pacer.cancel(lambda number=number: left.append(number)):  # type: ignore[misc]
            left.append(number)
    data = asyncio.ensure_future(pacer.admit())
    assert len(left) == 10
    assert pacer.meter("order link").waiting == 30
    for _ in range(29):
        await clock.advance_async(0.025)
        with pytest.raises(NotSent):
            pacer.order()
        assert not data.done()
    # 30 more at 40 a second.
    await clock.advance_async(0.025)
    assert left == list(range(40))
    await clock.advance_async(0.2)
    assert data.done()
    pacer.order()


async def test_the_drain_keeps_to_the_rate_also_when_the_gateway_complains(
    clock: ManualClock, pacer: Pacer
) -> None:
    left: list[float] = []
    for _ in range(30):
        pacer.cancel(lambda: left.append(clock.monotonic()))
    pacer.slow_down()
    await clock.advance_async(1.0)
    # 20 a second now.
    assert len(left) == 20
    assert pacer.meter("order link").used <= 50


async def test_cancels_that_were_forgotten_never_leave(clock: ManualClock, pacer: Pacer) -> None:
    for _ in range(20):
        pacer.cancel(never)
    pacer.forget_cancels()
    await clock.advance_async(2.0)
    assert clock.pending == 0
    assert pacer.cancel(never)


async def test_whoever_closes_waits_for_the_cancels_but_not_for_ever(
    clock: ManualClock, pacer: Pacer
) -> None:
    left: list[int] = []
    for number in range(200):
        pacer.cancel(lambda number=number: left.append(number))  # type: ignore[misc]
    waiting = asyncio.ensure_future(pacer.cancels_sent(within=1.5))
    await clock.advance_async(1.4)
    assert not waiting.done()
    await clock.advance_async(0.2)
    assert waiting.done()
    assert len(left) == pytest.approx(64, abs=2)
    waiting = asyncio.ensure_future(pacer.cancels_sent(within=100))
    await clock.advance_async(5.0)
    assert waiting.done()


async def test_a_queue_of_data_requests_does_not_hold_a_cancel(clock: ManualClock, pacer: Pacer) -> None:
    asking = [asyncio.ensure_future(pacer.admit()) for _ in range(100)]
    await clock.advance_async(0.5)
    assert pacer.cancel(never)
    assert not asking[-1].done()
    for task in asking:
        task.cancel()


def test_a_ping_is_counted(pacer: Pacer) -> None:
    for _ in range(10):
        pacer.ping()
    assert not pacer.cancel(lambda: None)


async def test_a_complaint_halves_the_rate_for_a_minute(clock: ManualClock, pacer: Pacer) -> None:
    """Code 100: TWS may disconnect who goes on."""

    def sent_in(seconds: int) -> int:
        count = 0
        for _ in range(seconds * 200):
            clock.advance(0.005)
            try:
                pacer.order()
            except NotSent:
                continue
            count += 1
        return count

    assert sent_in(10) == pytest.approx(400, abs=6)
    assert pacer.slow_down() == 20
    assert pacer.slow_down() == 20
    assert sent_in(10) == pytest.approx(200, abs=6)
    assert pacer.meter("data").limit == 30
    clock.advance(50)
    assert sent_in(10) == pytest.approx(400, abs=6)
    assert pacer.meter("data").limit == 50


async def test_the_meter_counts_the_last_second_and_who_waits(clock: ManualClock, pacer: Pacer) -> None:
    waiting = [asyncio.ensure_future(pacer.admit()) for _ in range(8)]
    await clock.advance_async(0)
    pacer.ping()
    pacer.cancel(never)
    meter = pacer.meter("data link")
    assert (meter.used, meter.limit, meter.waiting) == (7, 50, 3)
    assert meter.next_free_at is not None
    await clock.advance_async(1)
    await asyncio.gather(*waiting)
    await clock.advance_async(1)
    meter = pacer.meter("data link")
    assert (meter.used, meter.waiting, meter.next_free_at) == (0, 0, None)
