"""The one order path (D3, D4, S13): what is committed, checked again, sent, and never sent."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.broker.port import NotSent
from qe_dashboard.execution.order_service import Denied, NeedsYes, Sent, Unsent
from qe_dashboard.journal.records import EventKind, IntentAction
from qe_dashboard.model.enums import (
    AccountKind,
    LinkName,
    LinkState,
    OrderClass,
    OrderSide,
    Origin,
    TradingState,
)
from qe_dashboard.model.identifiers import OrderKey, OrderNumber
from qe_dashboard.model.known import Known
from qe_dashboard.model.reports import UpstreamStatus, VenueStatus
from qe_dashboard.risk.trading_state import TradingLatch
from support.order_bench import OrderBench, sell
from support.risk_world import AAPL, ACCOUNT, limits, spec
from support.scripted_broker import Wire, foreign_report


def halt(bench: OrderBench) -> None:
    bench.desk.latch = TradingLatch.active(at=bench.clock.now()).halt(
        reason="test", at=bench.clock.now(), by="test"
    )
    bench.desk.bump()


class TestTheWay:
    async def test_the_intent_is_committed_before_any_byte(self, bench: OrderBench) -> None:
        number = await bench.send()
        assert bench.journal.trace == ["committed", "place"]
        record = bench.journal.committed[0]
        assert (record.action, record.number, record.account) == (IntentAction.PLACE, number, ACCOUNT)
        assert record.key == bench.last.key
        assert bench.last.order_ref == f"QE:{record.intent_id}"
        assert bench.status(number) == "PENDING"

    async def test_every_verdict_is_journalled_with_its_numbers(self, bench: OrderBench) -> None:
        await bench.send()
        event = bench.journal.of(EventKind.VERDICTS)[0]
        assert event.intent_id == bench.journal.committed[0].intent_id
        verdicts = event.payload["verdicts"]
        assert isinstance(verdicts, list)
        assert {"gate", "code", "outcome", "text", "measured", "limit", "unit", "scope", "source"} == set(
            verdicts[0] if isinstance(verdicts[0], dict) else ()
        )

    async def test_ids_of_orders_rise_above_the_mark_of_earlier_runs(self, bench: OrderBench) -> None:
        bench.orders.start_ids_above(41)
        await bench.send()
        await bench.send(spec(limit="99"))
        assert [wire.key.order_id for wire in bench.broker.wire] == [42, 43]

    async def test_a_denied_order_leaves_no_key_no_row_and_no_byte(self, bench: OrderBench) -> None:
        halt(bench)
        result = await bench.orders.submit(bench.proposal())
        assert isinstance(result, Denied)
        assert (bench.broker.wire, bench.journal.committed, bench.cache.orders) == ([], [], {})
        assert bench.journal.of(EventKind.VERDICTS)[0].payload["outcome"] == "DENY"

    async def test_without_an_order_link_no_id_is_taken(self, bench: OrderBench) -> None:
        bench.broker.set_link(LinkName.ORDER, LinkState.WAITING, "closed")
        result = await bench.orders.submit(bench.proposal())
        assert result == Unsent("the order link is down")
        assert bench.cache.orders == {}


Change = Callable[[OrderBench], None]

CHANGES: dict[str, Change] = {
    "trading state": halt,
    "link epoch": OrderBench.lose_order_link,
    "limits": lambda bench: bench.desk.set_limits(limits(max_orders_per_minute=1)),
}


class TestBetweenCheckAndSend:
    @pytest.mark.parametrize("name", CHANGES)
    async def test_a_change_during_the_commit_sends_nothing_and_gives_back(
        self, bench: OrderBench, name: str
    ) -> None:
        bench.journal.held = asyncio.Event()
        task = bench.spawn(bench.orders.submit(bench.proposal()))
        await bench.settle()
        assert bench.desk.reservations.order_rate(bench.clock.monotonic()).used == 1
        CHANGES[name](bench)
        bench.journal.held.set()
        result = await task
        assert isinstance(result, Unsent)
        assert bench.broker.wire == []
        assert bench.status(OrderNumber(1)) == "NOT SENT"
        assert bench.desk.reservations.order_rate(bench.clock.monotonic()).used == 0
        assert bench.desk.reservations.recent(bench.clock.monotonic()) == ()

    async def test_a_position_that_moves_during_the_commit_sends_nothing(self, bench: OrderBench) -> None:
        """An exit judged by the old position would open the other side."""
        await bench.hold(10)
        bench.journal.held = asyncio.Event()
        task = bench.spawn(bench.orders.submit(bench.proposal(spec(OrderSide.SELL, 10))))
        await bench.settle()
        bench.desk.take_pushed(Known((), bench.clock.now()))
        bench.journal.held.set()
        result = await task
        assert isinstance(result, Unsent)
        assert "the position changed" in result.reason
        assert bench.broker.wire == []

    async def test_the_order_takes_book_and_rate_while_its_intent_is_written(self, bench: OrderBench) -> None:
        bench.journal.held = asyncio.Event()
        task = bench.spawn(bench.orders.submit(bench.proposal()))
        await bench.settle()
        seen = bench.desk.context(bench.proposal())
        assert [order.spec.quantity for order in getattr(seen.open_orders, "value", ())] == [Decimal(10)]
        bench.journal.held.set()
        assert isinstance(await task, Sent)

    async def test_a_cancel_during_the_commit_withdraws_it_without_a_byte(self, bench: OrderBench) -> None:
        bench.journal.held = asyncio.Event()
        task = bench.spawn(bench.orders.submit(bench.proposal()))
        await bench.settle()
        assert bench.orders.cancel(OrderNumber(1)) == Sent(OrderNumber(1))
        bench.journal.held.set()
        assert await task == Unsent("cancelled before it was sent")
        assert bench.broker.wire == []
        assert bench.status(OrderNumber(1)) == "NOT SENT"

    async def test_another_account_during_the_commit_sends_nothing(self, bench: OrderBench) -> None:
        bench.journal.held = asyncio.Event()
        task = bench.spawn(bench.orders.submit(bench.proposal()))
        await bench.settle()
        bench.cache.clear()
        bench.journal.held.set()
        assert isinstance(await task, Unsent)
        assert bench.broker.wire == []

    async def test_a_submit_that_is_stopped_leaves_a_row_that_says_so(self, bench: OrderBench) -> None:
        bench.journal.held = asyncio.Event()
        task = bench.spawn(bench.orders.submit(bench.proposal()))
        await bench.settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bench.status(OrderNumber(1)) == "NOT SENT"
        assert bench.desk.reservations.order_rate(bench.clock.monotonic()).used == 0
        assert not bench.orders.is_unsent(OrderNumber(1))


class TestFailures:
    async def test_a_journal_that_fails_sends_nothing(self, bench: OrderBench) -> None:
        bench.journal.held = asyncio.Event()
        task = bench.spawn(bench.orders.submit(bench.proposal()))
        await bench.settle()
        bench.journal.broken = "disk full; free space"
        bench.journal.held.set()
        assert await task == Unsent("disk full; free space")
        assert bench.broker.wire == []
        assert (bench.status(OrderNumber(1)), bench.order(OrderNumber(1)).why) == (
            "NOT SENT",
            "disk full; free space",
        )

    async def test_a_journal_known_to_be_broken_refuses_at_the_gate(self, bench: OrderBench) -> None:
        bench.journal.broken = "disk full"
        result = await bench.orders.submit(bench.proposal())
        assert isinstance(result, Denied)
        assert [v.gate for v in result.assessment.denials] == ["journal"]

    async def test_what_the_broker_did_not_send_is_not_sent(self, bench: OrderBench) -> None:
        def refuse(wire: Wire) -> None:
            raise NotSent("budget used up")

        bench.broker.on_send = refuse
        assert await bench.orders.submit(bench.proposal()) == Unsent("budget used up")
        assert bench.status(OrderNumber(1)) == "NOT SENT"
        assert bench.desk.reservations.order_rate(bench.clock.monotonic()).used == 0
        await bench.clock.advance_async(60)
        assert bench.overdue == []

    async def test_an_adapter_that_fails_half_way_leaves_the_order_asked_about(
        self, bench: OrderBench
    ) -> None:
        def crash(wire: Wire) -> None:
            raise RuntimeError("half of the bytes")

        bench.broker.on_send = crash
        result = await bench.orders.submit(bench.proposal())
        assert result == Sent(OrderNumber(1))
        await bench.clock.advance_async(0)
        assert bench.status(OrderNumber(1)) == "UNCERTAIN"
        assert bench.broker.reads.count("open orders") == 2

    async def test_an_adapter_that_fails_leaves_no_phantom_in_the_projected_book(
        self, bench: OrderBench
    ) -> None:
        def crash(wire: Wire) -> None:
            bench.broker.wire.append(wire)
            raise RuntimeError("after the bytes")

        bench.broker.on_send = crash
        await bench.orders.submit(bench.proposal())
        bench.answer(bench.last, VenueStatus.CANCELLED)
        seen = bench.desk.context(bench.proposal()).open_orders
        assert getattr(seen, "value", None) == ()


class TestAsk:
    async def test_a_duplicate_needs_its_code_accepted(self, bench: OrderBench) -> None:
        await bench.send()
        again = await bench.orders.submit(bench.proposal())
        assert isinstance(again, NeedsYes)
        assert again.assessment.asks == ("Q-DUPLICATE",)
        assert bench.verbs == ["place"]
        other = await bench.orders.submit(bench.proposal(), accepted=("Q-OTHER",))
        assert isinstance(other, NeedsYes)
        sent = await bench.orders.submit(bench.proposal(), accepted=("Q-DUPLICATE",))
        assert isinstance(sent, Sent)

    async def test_accepting_a_code_does_not_pass_a_denial(self, bench: OrderBench) -> None:
        halt(bench)
        result = await bench.orders.submit(bench.proposal(), accepted=("Q-STATE-HALTED",))
        assert isinstance(result, Denied)

    async def test_nobody_can_accept_for_flatten(self, bench: OrderBench) -> None:
        await bench.hold(10)
        await bench.working(sell(10, limit="101"))
        result = await bench.orders.submit(
            bench.proposal(sell(10), origin=Origin.FLATTEN), accepted=("Q-POSITION-EXITS",)
        )
        assert isinstance(result, Denied)


class TestRates:
    async def test_the_11th_adding_order_in_a_minute_is_denied_and_cancels_still_pass(self) -> None:
        live = OrderBench(
            limits(max_orders_per_minute=10, allow_list=("AAPL",), max_orders_per_symbol_10s=100),
            kind=AccountKind.LIVE,
        )
        await live.read_books()
        for index in range(10):
            await live.working(spec(limit=f"9{index}"))
            await live.clock.advance_async(1)
        result = await live.orders.submit(live.proposal(spec(limit="80")))
        assert isinstance(result, Denied)
        denial = next(v for v in result.assessment.denials if v.gate == "order_rate")
        assert (denial.measured, denial.limit) == ("10", "10")
        free_at = live.clock.now() + timedelta(seconds=50)
        assert f"{free_at:%H:%M:%S} UTC" in denial.text
        assert len(live.broker.wire) == 10
        assert live.orders.cancel(OrderNumber(1)) == Sent(OrderNumber(1))
        await live.clock.advance_async(50)
        await live.read_books()
        assert isinstance(await live.orders.submit(live.proposal(spec(limit="80"))), Sent)

    async def test_what_reduces_passes_when_halted_and_takes_no_rate(self, bench: OrderBench) -> None:
        await bench.hold(10)
        halt(bench)
        number = await bench.send(sell(10))
        assert bench.order(number).order_class is OrderClass.REDUCE
        assert bench.desk.reservations.order_rate(bench.clock.monotonic()).used == 0
        assert bench.desk.latch.state is TradingState.HALTED


class TestCancel:
    async def test_a_cancel_is_sent_at_once_journalled_and_watched(self, bench: OrderBench) -> None:
        number = await bench.working()
        assert bench.orders.cancel(number) == Sent(number)
        assert bench.verbs == ["place", "cancel"]
        assert bench.status(number) == "CANCELLING"
        assert bench.journal.of(EventKind.COMMAND)[0].payload["command"] == "cancel"
        await bench.clock.advance_async(4.9)
        assert bench.overdue == []
        await bench.clock.advance_async(0.2)
        assert bench.overdue == [number]

    async def test_a_cancel_passes_a_broken_journal(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.journal.broken = "disk full"
        assert bench.orders.cancel(number) == Sent(number)

    async def test_the_order_of_another_client_is_refused_locally(self, bench: OrderBench) -> None:
        order = bench.cache.report(
            foreign_report(spec(limit="90"), bench.clock, key=OrderKey(7, 3), owner="CLIENT 7")
        )
        result = bench.orders.cancel(order.number)
        assert isinstance(result, Unsent)
        assert "CLIENT 7" in result.reason
        assert bench.broker.wire == []

    async def test_an_own_order_under_another_client_id_is_foreign(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.cache.report(replace(bench.broker.report(bench.last), owner="CLIENT 9"))
        assert isinstance(bench.orders.cancel(number), Unsent)
        assert bench.verbs == ["place"]

    async def test_unknown_and_closed_orders_are_refused(self, bench: OrderBench) -> None:
        assert bench.orders.cancel(OrderNumber(99)) == Unsent("there is no order 99")
        number = await bench.working()
        bench.answer(bench.last, VenueStatus.CANCELLED)
        assert bench.orders.cancel(number) == Unsent(f"order {number} is already CANCELLED")

    async def test_a_cancel_that_was_not_sent_leaves_the_order_as_it_is(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.lose_order_link()
        assert isinstance(bench.orders.cancel(number), Unsent)
        assert bench.status(number) == "WORKING"

    async def test_a_cancel_that_fails_half_way_is_asked_about(self, bench: OrderBench) -> None:
        number = await bench.working()

        def crash(wire: Wire) -> None:
            raise RuntimeError("half")

        bench.broker.on_send = crash
        assert bench.orders.cancel(number) == Sent(number)
        assert bench.status(number) == "CANCELLING"
        await bench.clock.advance_async(5)
        assert bench.overdue == [number]


async def test_the_projected_book_after_a_send_shows_the_order_once(bench: OrderBench) -> None:
    await bench.send()
    orders = getattr(bench.desk.context(bench.proposal()).open_orders, "value", ())
    assert [order.spec.side for order in orders] == [OrderSide.BUY]


async def test_upstream_lost_refuses_everything(bench: OrderBench) -> None:
    await bench.hold(10)
    bench.desk.upstream = UpstreamStatus(False, "1100", bench.clock.now())
    result = await bench.orders.submit(bench.proposal(sell(10)))
    assert isinstance(result, Denied)
    assert AAPL.id == bench.proposal().instrument.id
