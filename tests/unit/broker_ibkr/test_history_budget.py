"""IBKR's history limits in virtual time: 60 in 10 minutes, none alike in 15 s, 5 per contract in 2 s, 50 open (D23)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from qe_dashboard.broker.ibkr.history_budget import HistoryBudget, HistoryRequest
from qe_dashboard.core.clock import ManualClock


def request(con_id: int, *, seconds: int = 5, keep: bool = False, shown: str = "TRADES") -> HistoryRequest:
    return HistoryRequest(con_id, seconds, "60 S", shown, keep)


class Queue:
    """Requests that wait, and when each went."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.budget = HistoryBudget(self.clock)
        self.went: list[tuple[float, int]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def ask(self, *requests: HistoryRequest, leave_open: bool = False) -> None:
        self.tasks += [asyncio.ensure_future(self._one(one, leave_open)) for one in requests]

    async def _one(self, one: HistoryRequest, leave_open: bool) -> None:
        place = await self.budget.turn(one)
        self.went.append((self.clock.monotonic(), one.con_id))
        if not leave_open:
            self.budget.ended(place)

    async def pass_(self, seconds: float) -> int:
        await self.clock.advance_async(seconds)
        return len(self.went)


@pytest.fixture
async def queue() -> AsyncIterator[Queue]:
    queue = Queue()
    yield queue
    for task in queue.tasks:
        task.cancel()
    await asyncio.gather(*queue.tasks, return_exceptions=True)


async def test_sixty_small_ones_in_ten_minutes_and_the_rest_in_order(queue: Queue) -> None:
    queue.ask(*(request(number) for number in range(1, 64)))
    assert await queue.pass_(1) == 60
    [history, _] = queue.budget.meters()
    assert (history.used, history.limit, history.waiting) == (60, 60, 3)
    assert history.next_free_at is not None
    assert (history.next_free_at - queue.clock.now()).total_seconds() == pytest.approx(599)
    assert queue.budget.why(request(99)) == "the history budget is used up, next in 599 s"
    assert queue.budget.earliest(request(99)) == pytest.approx(599)
    assert await queue.pass_(598.9) == 60
    assert await queue.pass_(0.1) == 63
    assert [number for _, number in queue.went[60:]] == [61, 62, 63]


async def test_charts_of_a_minute_and_more_are_not_counted_and_pass_a_full_queue(queue: Queue) -> None:
    queue.ask(*(request(number) for number in range(1, 64)))
    await queue.pass_(1)
    queue.ask(*(request(number, seconds=60) for number in range(100, 200)))
    assert await queue.pass_(0) == 160
    assert queue.budget.meters()[0].used == 60


async def test_the_same_small_one_waits_fifteen_seconds(queue: Queue) -> None:
    queue.ask(request(1), request(1), request(1, shown="MIDPOINT"), request(2))
    await queue.pass_(14.9)
    # The queue keeps its order: what is behind a waiting one waits too.
    assert queue.went == [(0.0, 1)]
    await queue.pass_(0.1)
    assert queue.went[1:] == [(15.0, 1), (15.0, 1), (15.0, 2)]


async def test_five_of_one_contract_in_two_seconds(queue: Queue) -> None:
    queue.ask(*(request(1, seconds=60 * number) for number in range(1, 8)))
    assert await queue.pass_(1.9) == 5
    assert await queue.pass_(0.1) == 7


async def test_fifty_open_of_which_lines_have_forty_five(queue: Queue) -> None:
    queue.ask(*(request(number, seconds=60, keep=True) for number in range(1, 48)), leave_open=True)
    assert await queue.pass_(600) == 45
    assert queue.budget.why(request(99, seconds=60, keep=True)).startswith("45 history requests are open")
    queue.ask(*(request(number, seconds=60) for number in range(101, 108)), leave_open=True)
    assert await queue.pass_(600) == 50
    assert queue.budget.meters()[1].used == 50
    queue.budget.forget_open()
    assert await queue.pass_(0) == 54
    assert queue.budget.meters()[1].used == 4


async def test_a_place_given_back_lets_the_next_one_go(queue: Queue) -> None:
    places = [await queue.budget.turn(request(number, seconds=60)) for number in range(50)]
    queue.ask(request(99, seconds=60))
    assert await queue.pass_(60) == 0
    queue.budget.ended(places[0])
    queue.budget.ended(places[0])
    assert await queue.pass_(0) == 1


async def test_a_broken_farm_holds_the_queue_until_it_is_back(queue: Queue) -> None:
    queue.budget.hold("IBKR's history farm ushmds is broken")
    queue.ask(request(1), request(2, seconds=60))
    assert await queue.pass_(3600) == 0
    assert queue.budget.why(request(3)) == "IBKR's history farm ushmds is broken"
    queue.budget.hold("")
    assert await queue.pass_(0) == 2


async def test_a_complaint_holds_the_queue_for_a_minute(queue: Queue) -> None:
    queue.budget.complained()
    queue.ask(request(1, seconds=60))
    assert await queue.pass_(59.9) == 0
    assert "IBKR refused history for asking too often, next in 1 s" in queue.budget.why(request(2))
    assert await queue.pass_(0.1) == 1
