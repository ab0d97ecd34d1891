"""What a flatten does with stops and cancels when the venue, the wire or the connection is not as it should be (D8)."""

import pytest

from qe_dashboard.broker.port import NotSent
from qe_dashboard.model.enums import AccountKind, LinkName, LinkState, OrderSide
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.order_status import Trigger
from qe_dashboard.model.reports import Identity, VenueStatus
from support.flatten_venue import Venue, done, run, sent
from support.order_bench import OrderBench, sell
from support.risk_world import AAPL, ACCOUNT, spec
from support.scripted_broker import Wire, foreign_report

KEY = (ACCOUNT, AAPL.id)
OTHER = AccountId("DU7654321")


@pytest.fixture
async def venue(bench: OrderBench) -> Venue:
    """Return a venue with a long position of 10 that has its stop."""
    built = Venue(bench)
    built.hold(10)
    await bench.read_books()
    await bench.working(sell(10, stop="95"))
    return built


def stops_sent(bench: OrderBench) -> int:
    return sent(bench).count("SELL 10 STP 95")


def unsent(verb: str, times: int, bench: OrderBench) -> None:
    """Refuse so many messages of this kind on the way to the wire."""
    answer, left = bench.broker.on_send, [times]

    def refuse(wire: Wire) -> None:
        if wire.verb == verb and left[0] > 0:
            left[0] -= 1
            raise NotSent("the budget of 40 messages a second is used up")
        answer(wire)

    bench.broker.on_send = refuse


class TestPutBack:
    async def test_a_stop_is_back_only_when_the_venue_has_taken_it(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.rejects = venue.rejects_stops = True
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(8)
        assert not task.done()
        assert "NO STOP" in bench.flatten.naked[KEY]
        assert "REJECTED" in bench.alarms[-1]
        venue.rejects_stops = False
        await bench.clock.advance_async(30)
        report = await done(task)
        assert "Stop STP 95 is back as order" in report.text
        assert bench.flatten.naked == {}

    async def test_a_venue_that_refuses_on_is_asked_ever_more_rarely(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.rejects = venue.rejects_stops = True
        bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(300)
        # 2, 4, 8, 16, then every 30 s, instead of 150 times.
        assert 10 < stops_sent(bench) < 18

    async def test_a_stop_sent_again_and_not_answered_is_no_stop_and_not_sent_twice(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.rejects = True
        answer = bench.broker.on_send

        def swallow_stops(wire: Wire) -> None:
            if wire.verb == "cancel" or (wire.spec is not None and wire.spec.stop_price is None):
                answer(wire)

        bench.broker.on_send = swallow_stops
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(60)
        assert not task.done()
        assert KEY in bench.flatten.naked
        assert stops_sent(bench) == 2
        bench.answer(bench.last)
        await bench.clock.advance_async(5)
        assert "is back as order" in (await done(task)).text

    async def test_a_stop_placed_by_hand_meanwhile_is_enough(self, bench: OrderBench, venue: Venue) -> None:
        venue.rejects = venue.rejects_stops = True
        task = bench.spawn(bench.flatten.run(AAPL, ACCOUNT))
        await bench.clock.advance_async(1)
        by_hand = spec(OrderSide.SELL, 10, stop="94")
        bench.cache.report(foreign_report(by_hand, bench.clock, key=OrderKey(0, 9), owner="TWS"))
        await bench.clock.advance_async(10)
        assert "Another stop protects it" in (await done(task)).text
        assert stops_sent(bench) == 2


class TestCancelsInDoubt:
    async def test_a_stop_that_turns_out_gone_is_put_back_with_an_alarm(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        stop = bench.last
        venue.silent = {"cancel"}
        report = await run(bench)
        assert "was not confirmed" in report.text
        assert "may have NO STOP" in bench.flatten.naked[KEY]
        bench.answer(stop, VenueStatus.CANCELLED)
        await bench.clock.advance_async(5)
        assert stops_sent(bench) == 2
        assert "is back as order" in bench.alarms[-1]
        assert bench.flatten.naked == {}

    async def test_a_stop_whose_cancel_was_refused_stands_and_none_is_added(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        number = next(iter(bench.cache.open_orders())).number
        venue.silent = {"cancel"}
        await run(bench)
        bench.cache.trigger(number, Trigger.CANCEL_REFUSED, at=bench.clock.now())
        await bench.clock.advance_async(5)
        assert stops_sent(bench) == 1
        assert bench.flatten.naked == {}

    async def test_flattening_again_takes_the_unfinished_over_and_sends_no_second_stop(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        stop = bench.last
        venue.silent = {"cancel"}
        await run(bench)
        venue.silent = set()
        bench.answer(stop, VenueStatus.CANCELLED)
        report = await run(bench)
        assert report.flat
        await bench.clock.advance_async(30)
        assert sent(bench) == ["SELL 10 STP 95", "SELL 10 LMT 99.94"]
        assert bench.flatten.naked == {}

    async def test_an_exit_in_doubt_that_was_never_there_gives_the_stop_its_place(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        venue.silent = {"place"}
        report = await run(bench, seconds=60)
        assert "UNCERTAIN" in report.text
        assert "NO STOP" in bench.flatten.naked[KEY]
        exit_order = bench.last
        venue.silent = set()
        bench.answer(exit_order, VenueStatus.REJECTED)
        await bench.clock.advance_async(5)
        assert stops_sent(bench) == 2
        assert bench.flatten.naked == {}


class TestTheWire:
    async def test_a_cancel_that_could_not_leave_is_asked_for_again(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        unsent("cancel", 5, bench)
        assert (await run(bench)).flat

    async def test_cancels_that_never_leave_are_reported_with_the_reason(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        unsent("cancel", 10_000, bench)
        report = await run(bench)
        assert not report.flat
        assert "budget of 40 messages" in report.text
        assert stops_sent(bench) == 1
        assert bench.flatten.naked == {}

    async def test_an_exit_that_could_not_leave_is_tried_again_before_the_stop_goes_back(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        unsent("place", 3, bench)
        assert (await run(bench)).flat
        assert sent(bench) == ["SELL 10 STP 95", "SELL 10 LMT 99.94"]


class TestTheAccount:
    async def test_what_was_asked_for_another_account_does_nothing(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        report = await bench.flatten.run(AAPL, OTHER)
        assert (report.flat, bench.verbs) == (False, ["place"])
        assert f"asked for {OTHER}" in report.text

    async def test_a_session_that_changes_under_it_ends_it_before_anything_more_is_sent(
        self, bench: OrderBench, venue: Venue
    ) -> None:
        bench.broker.on_read = lambda book: move(bench) if "cancel" in bench.verbs else None
        report = await run(bench)
        assert f"broken off: the connection moved; {ACCOUNT} may be without its stop" in report.text
        assert bench.verbs == ["place", "cancel"]
        assert f"in {ACCOUNT} may have NO STOP" in bench.flatten.naked[KEY]
        await bench.clock.advance_async(60)
        assert bench.verbs == ["place", "cancel"]
        ending = bench.spawn(bench.flatten.secure())
        await bench.clock.advance_async(2)
        assert f"WITHOUT A STOP in {ACCOUNT}" in ending.result()[0]


class TestDrift:
    async def test_no_more_than_both_readings_hold_is_sold(self, bench: OrderBench, venue: Venue) -> None:
        venue.fills = False
        bench.broker.hold(13)
        for _ in range(3):
            await bench.read_books()
            await bench.clock.advance_async(11)
        assert "the executions make it 10" in bench.desk.watch.drift_words(AAPL.id)
        report = await run(bench, seconds=60)
        assert sent(bench)[1:] == ["SELL 10 LMT 99.94"]
        assert not report.flat


def move(bench: OrderBench) -> None:
    """Find another account, as the session would note it."""
    bench.broker.on_read = lambda book: None
    bench.cache.clear()
    bench.desk.forget_account("another account was found")
    bench.desk.identity = Identity(OTHER, AccountKind.PAPER)
    bench.broker.set_link(LinkName.ORDER, LinkState.READY)
