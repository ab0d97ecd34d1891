"""The three books: whole, aged, and never empty because they could not be read (R01, R07, R16)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.reports import VenueStatus
from support.order_bench import OrderBench
from support.risk_world import AAPL, ACCOUNT, spec
from support.scripted_broker import foreign_report

MANUAL = OrderKey(0, 0)
"""The API's key of an order typed into TWS: all of them share it."""


@pytest.mark.parametrize(
    ("book", "words"), [("position", "positions"), ("order", "open orders"), ("execution", "executions")]
)
async def test_a_book_that_cannot_be_read_is_unknown_and_named(
    bench: OrderBench, book: str, words: str
) -> None:
    setattr(bench.broker, f"{book}_book", Unknown("time-out"))
    assert await bench.books.refresh() == f"{words}: time-out"
    names = {"position": "positions", "order": "open_orders", "execution": "executions"}
    assert getattr(bench.desk, names[book]) == Unknown("time-out")
    assert bench.desk.not_ready_because() is not None


async def test_all_known_is_noted_with_its_time(bench: OrderBench) -> None:
    await bench.clock.advance_async(7)
    assert await bench.books.refresh() is None
    assert bench.books.read_at == bench.clock.now()


async def test_positions_lost_void_every_check(bench: OrderBench) -> None:
    epoch = bench.desk.epoch
    bench.broker.position_book = Unknown("time-out")
    await bench.books.refresh_positions()
    assert bench.desk.epoch == epoch + 1


async def test_orders_of_all_clients_become_rows(bench: OrderBench) -> None:
    rows = (
        foreign_report(spec(limit="90"), bench.clock, key=OrderKey(7, 3), perm_id=1, owner="CLIENT 7"),
        foreign_report(spec(limit="91"), bench.clock, key=MANUAL, perm_id=2),
        foreign_report(spec(limit="92"), bench.clock, key=MANUAL, perm_id=3),
    )
    bench.broker.order_book = Known(rows, bench.clock.now())
    await bench.read_books()
    await bench.read_books()
    assert [(o.owner, o.is_own, o.status.value) for o in bench.cache.open_orders()] == [
        ("CLIENT 7", False, "WORKING"),
        ("TWS", False, "WORKING"),
        ("TWS", False, "WORKING"),
    ]


async def test_a_manual_order_that_left_is_gone_while_another_stays(bench: OrderBench) -> None:
    rows = tuple(
        foreign_report(spec(limit="90"), bench.clock, key=MANUAL, perm_id=perm, status=VenueStatus.WORKING)
        for perm in (2, 3)
    )
    bench.broker.order_book = Known(rows, bench.clock.now())
    await bench.read_books()
    bench.broker.order_book = Known(rows[1:], bench.clock.now())
    await bench.clock.advance_async(10)
    await bench.read_books()
    assert [o.status.value for o in bench.cache.orders.values()] == ["GONE", "WORKING"]


class TestAbsent:
    async def test_judged_only_after_quiet(self, bench: OrderBench) -> None:
        number = await bench.working()
        await bench.clock.advance_async(2)
        await bench.read_books()
        assert bench.status(number) == "WORKING"
        await bench.clock.advance_async(2)
        await bench.read_books()
        assert bench.status(number) == "GONE"

    async def test_not_judged_while_executions_are_unknown(self, bench: OrderBench) -> None:
        number = await bench.working()
        await bench.clock.advance_async(10)
        bench.broker.execution_book = Unknown("time-out")
        await bench.books.refresh()
        assert bench.status(number) == "WORKING"

    async def test_not_judged_from_an_unknown_book(self, bench: OrderBench) -> None:
        number = await bench.working()
        await bench.clock.advance_async(10)
        bench.broker.order_book = Unknown("time-out")
        await bench.books.refresh()
        assert bench.status(number) == "WORKING"

    async def test_an_order_not_yet_acknowledged_is_not_judged(self, bench: OrderBench) -> None:
        number = await bench.send()
        await bench.clock.advance_async(9)
        await bench.read_books()
        assert bench.status(number) == "PENDING"

    async def test_a_fill_between_the_two_reads_is_not_lost_and_nothing_reads_as_gone(
        self, bench: OrderBench
    ) -> None:
        number = await bench.working()
        wire = bench.last
        await bench.clock.advance_async(60)
        bench.broker.order_book = Known((bench.broker.report(wire),), bench.clock.now())

        def fill_after_first(book: str) -> None:
            calls.append(book)
            if len(calls) == 2:
                bench.broker.order_book = Known((), bench.clock.now())
                bench.broker.execution_book = Known((bench.broker.execution(wire, 10),), bench.clock.now())

        calls: list[str] = []
        bench.broker.on_read = fill_after_first
        await bench.books.refresh_orders()
        assert bench.status(number) == "FILLED"

    async def test_what_was_wholly_filled_is_filled_not_gone(self, bench: OrderBench) -> None:
        number = await bench.working()
        order = bench.order(number)
        bench.cache.restore(
            (replace(order, filled=Decimal(10), exec_ids=frozenset()),), (), shown_since=bench.clock.now()
        )
        await bench.clock.advance_async(60)
        await bench.read_books()
        assert bench.status(number) == "FILLED"


@pytest.mark.parametrize("hours", [-1, 1])
class TestAVenueWhoseClockIsWrong:
    """Its stamps say when it thinks something happened; only our clock says what we heard before we asked."""

    async def test_an_order_that_left_after_a_fill_is_not_kept_working(
        self, bench: OrderBench, hours: int
    ) -> None:
        number = await bench.working()
        wire, off = bench.last, timedelta(hours=hours)
        part = bench.broker.execution(wire, 4)
        bench.cache.fill(replace(part, at=part.at + off))
        bench.cache.report(replace(bench.broker.report(wire, VenueStatus.WORKING), at=part.at + off))
        await bench.clock.advance_async(4)
        await bench.read_books()
        assert bench.status(number) == "GONE"

    async def test_a_fill_heard_of_a_second_ago_keeps_it_from_being_judged(
        self, bench: OrderBench, hours: int
    ) -> None:
        number = await bench.working()
        await bench.clock.advance_async(60)
        part = bench.broker.execution(bench.last, 4)
        bench.cache.fill(replace(part, at=part.at + timedelta(hours=hours)))
        await bench.clock.advance_async(1)
        await bench.read_books()
        assert bench.status(number) == "WORKING"

    async def test_a_read_asked_for_later_is_believed(self, bench: OrderBench, hours: int) -> None:
        number = await bench.working()
        wire, off = bench.last, timedelta(hours=hours)
        part = bench.broker.execution(wire, 4)
        bench.cache.fill(replace(part, at=part.at + off))
        await bench.clock.advance_async(1)
        ended = replace(bench.broker.report(wire, VenueStatus.CANCELLED), at=part.at + off)
        bench.broker.order_book = Known((ended,), bench.clock.now())
        await bench.read_books()
        assert bench.status(number) == "CANCELLED"

    async def test_the_fill_itself_keeps_the_venues_time(self, bench: OrderBench, hours: int) -> None:
        await bench.working()
        part = bench.broker.execution(bench.last, 4)
        stamped = replace(part, at=part.at + timedelta(hours=hours))
        counted = bench.cache.fill(stamped)
        assert counted is not None
        assert counted.at == stamped.at


async def test_our_own_clock_being_set_back_keeps_no_order_working(bench: OrderBench) -> None:
    number = await bench.working()
    await bench.clock.advance_async(10)
    bench.clock._start -= timedelta(hours=1)
    await bench.read_books()
    assert bench.status(number) == "GONE"


async def test_a_row_older_than_the_news_is_skipped(bench: OrderBench) -> None:
    number = await bench.working()
    wire = bench.last
    stale = bench.broker.report(wire)

    def cancelled_meanwhile(book: str) -> None:
        if book == "open orders":
            bench.clock.advance(0.5)
            bench.answer(wire, VenueStatus.CANCELLED)

    await bench.clock.advance_async(30)
    bench.broker.order_book = Known((stale,), bench.clock.now())
    bench.broker.on_read = cancelled_meanwhile
    await bench.books.refresh_orders()
    assert bench.status(number) == "CANCELLED"


async def test_reads_do_not_overlap(bench: OrderBench) -> None:
    bench.broker.reads.clear()
    one, two = bench.spawn(bench.books.refresh()), bench.spawn(bench.books.refresh())
    await one
    await two
    assert bench.broker.reads == ["open orders", "executions", "positions"] * 2


async def test_positions_of_other_accounts_do_not_count(bench: OrderBench) -> None:
    await bench.hold(10)
    assert getattr(bench.desk.position_of(AAPL.id), "value", None) == Decimal(10)
    bench.desk.watch.clear()
    bench.broker.hold(10, account=type(ACCOUNT)("DU999"))
    await bench.read_books()
    assert getattr(bench.desk.position_of(AAPL.id), "value", None) == Decimal(0)


async def test_an_order_filled_by_status_only_is_uncertain_and_not_gone(bench: OrderBench) -> None:
    """The venue lists no filled order any more; what its executions do not prove blocks the symbol (R08)."""
    number = await bench.working()
    wire = bench.last
    bench.fill(wire, 6)
    bench.cache.report(replace(bench.broker.report(wire, VenueStatus.WORKING), filled=Decimal(10)))
    await bench.clock.advance_async(10)
    bench.broker.order_book = Known((), bench.clock.now())
    await bench.read_books()
    assert bench.status(number) == "UNCERTAIN"
    assert "10 filled, its executions say 6" in bench.order(number).why
