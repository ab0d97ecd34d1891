"""Flatten (D8): reduce-only, one exit at a time, never without its stop, over only when flat was observed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide, OrderType, Origin
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.instrument import Session
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.reports import UpstreamStatus, VenueStatus
from qe_dashboard.risk.trading_state import TradingLatch
from support.flatten_venue import Venue, done, run, sent
from support.order_bench import OrderBench, sell
from support.risk_world import AAPL, ACCOUNT, spec
from support.scripted_broker import Wire, foreign_report, quote


def halt(bench: OrderBench) -> None:
    now = bench.clock.now()
    bench.desk.latch = TradingLatch.active(at=now).halt(reason="test", at=now, by="test")
    bench.desk.bump()


@pytest.fixture
async def venue(bench: OrderBench) -> Venue:
    return Venue(bench)


class TestFlat:
    async def test_a_position_is_sold_through_the_touch_and_seen_flat(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        report = await run(bench)
        assert report.flat
        assert "flat, observed" in report.text
        assert sent(bench) == ["SELL 10 LMT 99.94"]

    async def test_a_short_is_bought_back(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(-5)
        assert (await run(bench)).flat
        assert sent(bench) == ["BUY 5 LMT 100.07"]

    async def test_it_passes_when_halted(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        halt(bench)
        assert (await run(bench)).flat

    async def test_already_flat_sends_nothing(self, bench: OrderBench, venue: Venue) -> None:
        report = await run(bench)
        assert (report.flat, bench.broker.wire) == (True, [])

    async def test_without_a_proven_two_sided_quote_it_goes_to_market(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        bench.desk.quotes[AAPL.id] = replace(quote(bench.clock), proven=False)
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(2)
        assert (await done(task)).flat
        assert sent(bench) == ["SELL 10 MKT"]

    async def test_filled_is_not_flat_until_the_position_says_so(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        await bench.read_books()
        stop = await bench.working(sell(10, stop="95"))
        venue.fills = False
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(1)
        bench.fill(bench.last, 10)
        await bench.clock.advance_async(10)
        report = await done(task)
        assert not report.flat
        assert "10 held" in report.text
        assert bench.status(stop) == "CANCELLED"
        assert sent(bench)[1:] == ["SELL 10 LMT 99.94"]

    async def test_every_order_it_sends_says_flatten(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        await run(bench)
        assert [record.origin for record in bench.journal.committed] == [Origin.FLATTEN]


class TestBeforeTheExit:
    async def test_entries_go_first_then_stops_then_what_is_left_is_sold(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        await bench.read_books()
        venue.fills = False
        stop = await bench.send(sell(10, stop="95"))
        entry = await bench.send(spec(limit="90"))
        await bench.clock.advance_async(1)
        venue.fills = True
        assert (await run(bench)).flat
        cancelled = [wire.key.order_id for wire in bench.broker.wire if wire.verb == "cancel"]
        assert cancelled == [bench.order(entry).key.order_id, bench.order(stop).key.order_id]  # type: ignore[union-attr]
        assert sent(bench)[-1] == "SELL 10 LMT 99.94"

    async def test_an_entry_whose_cancel_is_not_confirmed_leaves_the_stop_alone(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        await bench.read_books()
        venue.fills = False
        stop = await bench.send(sell(10, stop="95"))
        entry = await bench.send(spec(limit="90"))
        await bench.clock.advance_async(1)
        venue.silent = {"cancel"}
        report = await run(bench)
        assert not report.flat
        assert f"cancel of order {entry} was not confirmed" in report.text
        assert bench.status(stop) == "WORKING"
        assert bench.verbs == ["place", "place", "cancel"]

    async def test_an_exit_whose_cancel_is_not_confirmed_stops_it(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        await bench.read_books()
        venue.fills = False
        await bench.send(sell(10, limit="110"))
        await bench.clock.advance_async(1)
        venue.silent = {"cancel"}
        report = await run(bench)
        assert not report.flat
        assert "two exits could both fill" in report.text
        assert bench.verbs == ["place", "cancel"]

    async def test_a_stop_that_fills_while_it_is_cancelled_is_not_sold_again(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        await bench.read_books()
        venue.fills = False
        await bench.send(sell(10, stop="95"))
        stop = bench.last
        await bench.clock.advance_async(1)
        venue.silent = {"cancel"}
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(0.2)
        venue.fill(stop)
        await bench.clock.advance_async(5)
        assert (await done(task)).flat
        assert sent(bench) == ["SELL 10 STP 95"]

    async def test_orders_of_others_are_named_and_left(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        bench.cache.report(
            foreign_report(spec(limit="90"), bench.clock, key=OrderKey(7, 3), owner="CLIENT 7")
        )
        report = await run(bench)
        assert "Not touched: 1 order of other clients" in report.text
        assert "cancel" not in bench.verbs

    async def test_a_closed_market_keeps_the_stop(self, bench: OrderBench, venue: Venue) -> None:
        now = bench.clock.now()
        opens = now + timedelta(hours=10)
        closed = replace(AAPL, trading_hours=(Session(opens, opens + timedelta(hours=6)),))
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        report = await bench.flatten.run(closed, ACCOUNT)
        assert not report.flat
        assert "closed" in report.text
        assert bench.verbs == ["place"]

    async def test_only_one_at_a_time_in_a_symbol(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        venue.fills = False
        first = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(0.1)
        assert "already running" in (await bench.flatten.run(AAPL, ACCOUNT)).text
        first.cancel()


class TestTheExit:
    async def test_a_refused_exit_puts_the_stop_back(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        venue.rejects = True
        report = await run(bench)
        assert not report.flat
        assert "was not accepted (REJECTED" in report.text
        assert "Stop STP 95 is back as order" in report.text
        assert sent(bench) == ["SELL 10 STP 95", "SELL 10 LMT 99.94", "SELL 10 STP 95"]

    async def test_an_entry_stop_is_never_put_back(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(spec(quantity=3, stop="110"))
        venue.rejects = True
        report = await run(bench)
        assert "NO STOP" in report.text
        assert sent(bench) == ["BUY 3 STP 110", "SELL 10 LMT 99.94"]

    async def test_the_stop_put_back_covers_what_is_held_now(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        venue.rejects = True

        def sold_elsewhere(book: str) -> None:
            if book == "positions" and "cancel" in bench.verbs:
                bench.broker.on_read = lambda book: None
                bench.broker.trade_elsewhere(-6)

        bench.broker.on_read = sold_elsewhere
        await run(bench)
        assert sent(bench)[1:] == ["SELL 4 LMT 99.94", "SELL 4 STP 95"]

    async def test_an_exit_that_ends_unfilled_puts_the_stop_back(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        venue.fills = False
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(1)
        bench.answer(bench.last, VenueStatus.CANCELLED)
        for _ in range(20):
            await bench.clock.advance_async(0.5)
        report = await done(task)
        assert not report.flat
        assert "ended CANCELLED" in report.text
        assert sent(bench)[-1] == "SELL 10 STP 95"

    async def test_it_reprices_by_twice_the_step_up_to_one_percent_even_when_halted(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        venue.fills = False
        halt(bench)
        report = await run(bench, seconds=60)
        assert not report.flat
        assert sent(bench, "modify") == [
            "SELL 10 LMT 99.89",
            "SELL 10 LMT 99.79",
            "SELL 10 LMT 99.59",
            "SELL 10 LMT 99.19",
            "SELL 10 LMT 98.99",
        ]
        assert "then `close AAPL` goes to market" in report.text

    async def test_an_uncertain_exit_stops_everything(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        venue.silent = {"place"}
        report = await run(bench, seconds=60)
        assert not report.flat
        assert "UNCERTAIN" in report.text
        assert "NO STOP" in report.text
        assert sent(bench) == ["SELL 10 STP 95", "SELL 10 LMT 99.94"]

    async def test_positions_that_cannot_be_read_size_nothing(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        bench.broker.position_book = Unknown("time-out")
        report = await run(bench)
        assert not report.flat
        assert "could not be read (time-out)" in report.text
        assert "Nothing was cancelled or sent" in report.text
        assert bench.verbs == ["place"]

    async def test_what_would_be_refused_leaves_the_stop_alone(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        bench.cache.report(
            foreign_report(
                spec(OrderSide.SELL, 10, limit="120"), bench.clock, key=OrderKey(7, 3), owner="CLIENT 7"
            )
        )
        report = await run(bench)
        assert "the exit would be refused" in report.text
        assert bench.verbs == ["place"]

    async def test_a_link_that_is_down_leaves_the_stop_alone(self, bench: OrderBench, venue: Venue) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        bench.desk.upstream = UpstreamStatus(False, "1100", bench.clock.now())
        report = await run(bench)
        assert "Nothing was cancelled or sent" in report.text
        assert bench.verbs == ["place"]

    async def test_a_stop_that_is_refused_is_put_back_as_soon_as_it_passes(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        await bench.read_books()
        await bench.working(sell(10, stop="95"))
        venue.rejects = True
        answer = bench.broker.on_send

        def then_the_disk_is_full(wire: Wire) -> None:
            answer(wire)
            if wire.spec is not None and wire.spec.order_type is not OrderType.STOP:
                bench.journal.broken = "disk full"

        bench.broker.on_send = then_the_disk_is_full
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(4)
        assert (ACCOUNT, AAPL.id) in bench.flatten.naked
        assert any("NO STOP" in words for words in bench.alarms)
        bench.journal.broken = None
        await bench.clock.advance_async(4)
        report = await done(task)
        assert "Stop STP 95 is back" in report.text
        assert bench.flatten.naked == {}

    async def test_what_is_left_after_a_part_fill_is_not_exceeded(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.hold(10)
        venue.fills = False
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(1)
        exit_order = bench.last
        venue.fill_part(exit_order, 4)
        await bench.clock.advance_async(1.5)
        assert bench.last.verb == "modify"
        assert bench.last.spec is not None
        assert (bench.last.spec.side, bench.last.spec.quantity) == (OrderSide.SELL, Decimal(10))
        venue.fill_part(exit_order, 6, exec_id="rest")
        await bench.clock.advance_async(5)
        assert (await done(task)).flat
