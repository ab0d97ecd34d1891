"""New terms go the same way as new orders (D4, D12)."""

import asyncio
from decimal import Decimal

import pytest

from qe_dashboard.execution.order_service import Denied, Sent, Unsent
from qe_dashboard.journal.records import IntentAction
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.risk.trading_state import TradingLatch
from support.order_bench import OrderBench
from support.risk_world import spec
from support.scripted_broker import foreign_report


def halt(bench: OrderBench) -> None:
    bench.desk.latch = TradingLatch.active(at=bench.clock.now()).halt(
        reason="test", at=bench.clock.now(), by="test"
    )
    bench.desk.bump()


class TestModify:
    async def test_new_terms_go_the_same_way(self, bench: OrderBench) -> None:
        number = await bench.working()
        terms = spec(limit="99.50")
        result = await bench.orders.modify(bench.proposal(terms, replaces=bench.order(number)))
        assert result == Sent(number)
        assert bench.journal.trace == ["committed", "place", "committed", "modify"]
        assert bench.last.key == bench.broker.wire[0].key
        assert bench.journal.committed[-1].action is IntentAction.MODIFY
        assert bench.cache.expected_terms(number) == terms
        assert bench.order(number).spec.limit_price == Decimal(100)
        bench.answer(bench.last)
        assert bench.order(number).spec == terms
        assert bench.cache.expected_terms(number) is None

    async def test_of_two_at_once_the_second_waits_for_the_first(self, bench: OrderBench) -> None:
        number = await bench.working()
        order = bench.order(number)
        first, second = await asyncio.gather(
            bench.orders.modify(bench.proposal(spec(limit="99"), replaces=order)),
            bench.orders.modify(bench.proposal(spec(limit="98"), replaces=order)),
        )
        assert first == Sent(number)
        assert isinstance(second, Unsent)
        assert "not answered yet" in second.reason
        assert bench.verbs == ["place", "modify"]

    async def test_until_answered_the_larger_size_counts(self, bench: OrderBench) -> None:
        number = await bench.working()
        await bench.orders.modify(
            bench.proposal(spec(quantity=50, limit="100"), replaces=bench.order(number))
        )
        assert [o.spec.quantity for o in bench.cache.open_orders()] == [Decimal(50)]

    async def test_a_halt_during_the_commit_sends_no_terms(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.journal.held = asyncio.Event()
        task = bench.spawn(
            bench.orders.modify(bench.proposal(spec(limit="99"), replaces=bench.order(number)))
        )
        await bench.settle()
        halt(bench)
        bench.journal.held.set()
        assert isinstance(await task, Unsent)
        assert bench.verbs == ["place"]
        assert bench.cache.expected_terms(number) is None
        assert bench.status(number) == "WORKING"

    async def test_an_order_that_fills_during_the_commit_is_not_changed(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.journal.held = asyncio.Event()
        task = bench.spawn(
            bench.orders.modify(bench.proposal(spec(limit="99"), replaces=bench.order(number)))
        )
        await bench.settle()
        bench.fill(bench.last, 10)
        bench.journal.held.set()
        result = await task
        assert isinstance(result, Unsent)
        assert bench.verbs == ["place"]

    async def test_terms_meant_for_an_older_shape_are_refused(self, bench: OrderBench) -> None:
        number = await bench.working()
        before = bench.order(number)
        await bench.orders.modify(bench.proposal(spec(limit="99"), replaces=before))
        bench.answer(bench.last)
        result = await bench.orders.modify(bench.proposal(spec(limit="98"), replaces=before))
        assert isinstance(result, Unsent)
        assert "other terms by now" in result.reason

    @pytest.mark.parametrize(
        ("status", "words"),
        [(VenueStatus.CANCELLED, "already CANCELLED"), (VenueStatus.PENDING_CANCEL, "being cancelled")],
    )
    async def test_an_order_that_ends_is_not_changed(
        self, bench: OrderBench, status: VenueStatus, words: str
    ) -> None:
        number = await bench.working()
        stale = bench.order(number)
        bench.answer(bench.last, status)
        result = await bench.orders.modify(bench.proposal(spec(limit="99"), replaces=stale))
        assert isinstance(result, Unsent)
        assert words in result.reason

    async def test_an_order_in_doubt_gets_no_new_terms(self, bench: OrderBench) -> None:
        number = await bench.working()
        stale = bench.order(number)
        bench.orders.cancel(number)
        bench.in_flight.overdue(number)
        result = await bench.orders.modify(bench.proposal(spec(quantity=5, limit="100"), replaces=stale))
        assert isinstance(result, Denied)
        assert "Q-UNCERTAIN-SELF" in [v.code for v in result.assessment.denials]

    async def test_an_order_not_yet_acknowledged_gets_no_new_terms(self, bench: OrderBench) -> None:
        number = await bench.send()
        result = await bench.orders.modify(bench.proposal(spec(limit="99"), replaces=bench.order(number)))
        assert isinstance(result, Unsent)
        assert "not acknowledged" in result.reason

    async def test_a_foreign_order_is_not_changed(self, bench: OrderBench) -> None:
        order = bench.cache.report(foreign_report(spec(limit="90"), bench.clock, key=OrderKey(7, 3)))
        result = await bench.orders.modify(bench.proposal(spec(limit="89"), replaces=order))
        assert isinstance(result, Unsent)
        assert bench.broker.wire == []

    async def test_a_new_deadline_replaces_the_old_one(self, bench: OrderBench) -> None:
        number = await bench.working()
        await bench.clock.advance_async(9)
        await bench.orders.modify(bench.proposal(spec(limit="99"), replaces=bench.order(number)))
        await bench.clock.advance_async(2)
        assert bench.overdue == []
        await bench.clock.advance_async(8)
        assert bench.overdue == [number]
