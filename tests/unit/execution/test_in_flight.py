"""Silence is never a failure and nothing is sent twice (R15, S18, D24)."""

from datetime import timedelta
from decimal import Decimal

from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.order import Order
from qe_dashboard.model.reports import OrderReport, VenueStatus
from support.order_bench import OrderBench
from support.risk_world import spec


def list_at_venue(bench: OrderBench, *reports: OrderReport) -> None:
    bench.broker.order_book = Known(reports, bench.clock.now())


def asked(bench: OrderBench) -> int:
    return bench.broker.reads.count("open orders") - 1


class TestSilence:
    async def test_becomes_uncertain_and_is_asked_three_times_never_sent_again(
        self, bench: OrderBench
    ) -> None:
        number = await bench.send()
        await bench.clock.advance_async(9.9)
        assert bench.status(number) == "PENDING"
        await bench.clock.advance_async(0.2)
        assert bench.status(number) == "UNCERTAIN"
        await bench.clock.advance_async(60)
        assert asked(bench) == 3
        assert bench.verbs == ["place"]
        assert bench.status(number) == "UNCERTAIN"
        assert "no trace at the venue" in bench.order(number).why
        assert bench.said[-1][0] == number

    async def test_an_order_that_was_answered_is_not_asked_about(self, bench: OrderBench) -> None:
        await bench.working()
        await bench.clock.advance_async(60)
        assert asked(bench) == 0

    async def test_a_late_answer_settles_the_same_row(self, bench: OrderBench) -> None:
        number = await bench.send()
        await bench.clock.advance_async(12)
        bench.answer(bench.last)
        assert bench.status(number) == "WORKING"
        assert len(bench.cache.orders) == 1

    async def test_the_open_orders_answer_settles_it(self, bench: OrderBench) -> None:
        number = await bench.send()
        list_at_venue(bench, bench.broker.report(bench.last))
        await bench.clock.advance_async(20)
        assert bench.status(number) == "WORKING"
        assert asked(bench) == 1

    async def test_executions_settle_it(self, bench: OrderBench) -> None:
        number = await bench.send()
        bench.broker.execution_book = Known((bench.broker.execution(bench.last, 10),), bench.clock.now())
        await bench.clock.advance_async(20)
        assert bench.status(number) == "FILLED"

    async def test_books_that_cannot_be_read_are_not_called_no_trace(self, bench: OrderBench) -> None:
        number = await bench.send()
        bench.broker.order_book = Unknown("time-out")
        await bench.clock.advance_async(60)
        assert bench.status(number) == "UNCERTAIN"
        assert "could not be read (time-out)" in bench.order(number).why
        assert "no trace" not in bench.order(number).why

    async def test_a_venue_that_lists_it_as_pending_is_said_so(self, bench: OrderBench) -> None:
        number = await bench.send()
        list_at_venue(bench, bench.broker.report(bench.last, VenueStatus.PENDING_SUBMIT))
        await bench.clock.advance_async(60)
        assert bench.status(number) == "UNCERTAIN"
        assert "lists it as pending submit" in bench.order(number).why

    async def test_it_is_asked_about_once_at_a_time(self, bench: OrderBench) -> None:
        number = await bench.send()
        bench.in_flight.overdue(number)
        first, second = bench.spawn(bench.in_flight.ask(number)), bench.spawn(bench.in_flight.ask(number))
        await bench.settle()
        assert second.done()
        assert not first.done()
        await bench.clock.advance_async(10)
        assert asked(bench) == 3


class TestCancels:
    async def test_a_cancel_that_lost_to_a_fill_is_filled(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.orders.cancel(number)
        bench.fill(bench.broker.wire[0], 10)
        assert bench.status(number) == "FILLED"
        await bench.clock.advance_async(60)
        assert asked(bench) == 0

    async def test_absent_after_an_unanswered_cancel_is_gone(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.orders.cancel(number)
        await bench.clock.advance_async(5)
        assert bench.status(number) == "UNCERTAIN"
        await bench.clock.advance_async(10)
        assert bench.status(number) == "GONE"
        assert bench.verbs == ["place", "cancel"]

    async def test_absent_with_unknown_executions_claims_nothing(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.orders.cancel(number)
        bench.broker.execution_book = Unknown("time-out")
        await bench.clock.advance_async(60)
        assert bench.status(number) == "UNCERTAIN"
        assert "could not be read" in bench.order(number).why

    async def test_a_later_answer_still_counts_its_cancel(self, bench: OrderBench) -> None:
        """Three tries on a dead line settle nothing; the books read once it is back do."""
        number = await bench.working()
        bench.orders.cancel(number)
        book, bench.broker.execution_book = bench.broker.execution_book, Unknown("time-out")
        await bench.clock.advance_async(60)
        bench.broker.execution_book = book
        await bench.in_flight_ask(number)
        assert bench.status(number) == "GONE"

    async def test_still_working_after_an_unanswered_cancel_is_working(self, bench: OrderBench) -> None:
        number = await bench.working()
        place = bench.broker.wire[0]
        bench.orders.cancel(number)
        list_at_venue(bench, bench.broker.report(place))
        await bench.clock.advance_async(6)
        assert bench.status(number) == "WORKING"

    async def test_a_person_settles_a_swallowed_order_by_cancelling_it(self, bench: OrderBench) -> None:
        number = await bench.send()
        await bench.clock.advance_async(30)
        assert bench.status(number) == "UNCERTAIN"
        bench.orders.cancel(number)
        assert bench.status(number) == "CANCELLING"
        await bench.clock.advance_async(30)
        assert bench.status(number) == "GONE"


class TestChanges:
    async def test_one_the_venue_did_not_take_is_said_by_its_second_answer(self, bench: OrderBench) -> None:
        number = await bench.working()
        place = bench.broker.wire[0]
        await bench.orders.modify(bench.proposal(spec(limit="99"), replaces=bench.order(number)))
        list_at_venue(bench, bench.broker.report(place))
        await bench.clock.advance_async(10)
        assert bench.cache.expected_terms(number) is not None
        await bench.clock.advance_async(3)
        assert bench.cache.expected_terms(number) is None
        assert "was not taken" in bench.order(number).why
        assert bench.status(number) == "WORKING"

    async def test_one_the_venue_took_silently_is_found_in_the_book(self, bench: OrderBench) -> None:
        number = await bench.working()
        await bench.orders.modify(bench.proposal(spec(limit="99"), replaces=bench.order(number)))
        list_at_venue(bench, bench.broker.report(bench.last))
        await bench.clock.advance_async(30)
        assert bench.order(number).spec.limit_price == Decimal(99)
        assert asked(bench) == 1


class TestShortfall:
    async def test_filled_by_status_and_not_by_executions_blocks(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.fill(bench.last, 6)
        list_at_venue(bench, bench.broker.report(bench.last, VenueStatus.FILLED, filled=10))
        await bench.in_flight_ask(number)
        assert bench.status(number) == "UNCERTAIN"
        assert bench.order(number).filled == Decimal(6)
        assert "10 filled, its executions say 6" in bench.order(number).why

    async def test_the_missing_execution_ends_it(self, bench: OrderBench) -> None:
        number = await bench.working()
        bench.fill(bench.last, 6)
        list_at_venue(bench, bench.broker.report(bench.last, VenueStatus.FILLED, filled=10))
        bench.broker.execution_book = Known(
            (bench.broker.execution(bench.last, 4, exec_id="late"),), bench.clock.now()
        )
        await bench.in_flight_ask(number)
        assert bench.status(number) == "FILLED"


async def test_what_is_over_or_unknown_is_not_overdue(bench: OrderBench) -> None:
    assert not bench.in_flight.overdue(OrderNumber(99))
    number = await bench.working()
    bench.answer(bench.last, VenueStatus.CANCELLED)
    assert not bench.in_flight.overdue(number)


async def test_doubt_is_news_for_screens_and_journal(bench: OrderBench) -> None:
    number = await bench.send()
    bench.in_flight.overdue(number)
    before, after = bench.changes[-1]
    assert isinstance(before, Order)
    assert (before.status.value, after.status.value) == ("PENDING", "UNCERTAIN")
    assert after.updated_at - before.updated_at < timedelta(seconds=1)
