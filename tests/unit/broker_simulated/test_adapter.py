"""What the contract suite cannot ask of every adapter: single links, refusals, lines, timing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.broker.port import InstrumentQuery, NotSent, RequestFailed
from qe_dashboard.broker.simulated.adapter import SimulatedBroker
from qe_dashboard.broker.simulated.store import VenueStore
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.model.enums import (
    LinkName,
    MessageClass,
    OrderSide,
    SecType,
    Severity,
    TimeInForce,
)
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.reports import VenueStatus
from support.broker_harness import known
from support.simulated_harness import SimulatedHarness as Bench

BUY = OrderSide.BUY


async def test_a_closed_broker_stays_closed(bench: Bench) -> None:
    await bench.stop()
    reported = len(bench.events.log)
    await bench.broker.reconnect()
    await bench.simulated.restore_link()
    assert isinstance(await bench.broker.positions(), Unknown)
    assert len(bench.events.log) == reported


async def test_a_restored_line_shows_itself_at_once(bench: Bench) -> None:
    instrument = await bench.stock()
    bench.broker.want_bars(instrument, bar_seconds=60)
    await bench.quote(instrument)
    quote, bar = bench.events.quotes[-1], bench.events.bars[-1]
    bench.simulated.lose_link()
    await bench.simulated.restore_link()
    assert bench.events.quotes[-2:] == [quote, quote]
    assert bench.events.bars[-2:] == [bar, bar]


async def test_one_lost_link_leaves_the_other_at_work(bench: Bench) -> None:
    instrument = await bench.stock()
    key = bench.send(instrument, BUY, 10, limit=await bench.far_limit()).key
    await bench.until_status(key, VenueStatus.WORKING)
    bench.simulated.lose_link(LinkName.DATA)
    bench.broker.cancel(key)
    await bench.until_status(key, VenueStatus.CANCELLED)
    assert isinstance(await bench.broker.positions(), Unknown)
    assert isinstance(await bench.broker.executions(), Known)
    quotes = len(bench.events.quotes)
    await bench.clock.advance_async(2)
    assert len(bench.events.quotes) == quotes

    bench.simulated.lose_link(LinkName.ORDER)
    await bench.simulated.restore_link(LinkName.DATA)
    assert isinstance(await bench.broker.positions(), Known)
    assert isinstance(await bench.broker.executions(), Unknown)
    with pytest.raises(NotSent, match="cut"):
        bench.broker.cancel(key)
    await bench.simulated.restore_link()
    assert {status.name: status.epoch for status in bench.broker.links()} == {
        LinkName.DATA: 1,
        LinkName.ORDER: 1,
    }


async def test_what_happens_over_a_lost_order_link_is_not_reported_but_happens(bench: Bench) -> None:
    order = bench.send(await bench.stock(), BUY, 10)
    bench.simulated.lose_link(LinkName.ORDER)
    await bench.until(
        lambda: bench.events.held(order.instrument.id) == 10, "the data link shows the position"
    )
    assert bench.events.orders == []
    assert bench.events.fills == []
    await bench.simulated.restore_link()
    (fill,) = known(await bench.broker.executions())
    assert fill.order_ref == order.order_ref


async def test_losing_a_lost_link_changes_nothing(bench: Bench) -> None:
    bench.simulated.lose_link()
    before = bench.broker.links()
    reported = len(bench.events.log)
    bench.simulated.lose_link()
    assert bench.broker.links() == before
    assert len(bench.events.log) == reported


async def test_restoring_a_link_that_is_up_changes_nothing(bench: Bench) -> None:
    reported = len(bench.events.log)
    await bench.simulated.restore_link()
    assert len(bench.events.log) == reported


async def test_the_answer_comes_when_it_is_due_not_at_the_next_look(bench: Bench) -> None:
    await bench.clock.advance_async(1)
    order = bench.send(await bench.stock(), BUY, 10)
    await bench.clock.advance_async(0.029)
    assert bench.events.status(order.key) is None
    await bench.clock.advance_async(0.003)
    assert bench.events.status(order.key) is VenueStatus.FILLED


async def test_refused_terms_show_the_order_as_it_stands(bench: Bench) -> None:
    instrument = await bench.stock()
    order = bench.send(instrument, BUY, 10, limit=await bench.far_limit())
    await bench.until_status(order.key, VenueStatus.WORKING)
    bench.broker.modify(bench.order(instrument, BUY, 10, limit=Decimal("1.001"), key=order.key))
    await bench.until(lambda: bool(bench.events.messages), "the refusal comes with words")
    (message,) = bench.events.messages
    assert (message.code, message.message_class) == (110, MessageClass.ORDER_LIVE)
    assert bench.events.reports(order.key)[-1].status is VenueStatus.WORKING
    assert bench.events.reports(order.key)[-1].spec == order.spec


async def test_an_id_used_twice_is_refused_without_touching_the_first(bench: Bench) -> None:
    instrument = await bench.stock()
    order = bench.send(instrument, BUY, 10, limit=await bench.far_limit())
    await bench.until_status(order.key, VenueStatus.WORKING)
    bench.broker.place(bench.order(instrument, BUY, 5, key=order.key))
    await bench.until(lambda: bool(bench.events.messages), "the refusal comes with words")
    assert (bench.events.messages[0].code, bench.events.status(order.key)) == (103, VenueStatus.WORKING)


async def test_a_change_to_a_filled_order_is_refused_as_over(bench: Bench) -> None:
    instrument = await bench.stock()
    order = bench.send(instrument, BUY, 10)
    await bench.until_status(order.key, VenueStatus.FILLED)
    bench.broker.modify(bench.order(instrument, BUY, 20, key=order.key))
    await bench.until(lambda: bool(bench.events.messages), "the refusal comes with words")
    assert bench.events.messages[0].message_class is MessageClass.ORDER_TERMINAL
    assert bench.events.status(order.key) is VenueStatus.FILLED


async def test_why_an_order_ended_by_itself_is_said(bench: Bench) -> None:
    order = bench.send(await bench.stock(), BUY, 10, limit=await bench.far_limit(), tif=TimeInForce.IOC)
    await bench.until_status(order.key, VenueStatus.CANCELLED)
    await bench.until(lambda: bool(bench.events.messages), "the reason comes with words")
    (message,) = bench.events.messages
    assert (message.code, message.severity, message.order_key) == (202, Severity.INFO, order.key)
    assert "immediate or cancel" in message.text


async def test_a_bar_line_shows_the_final_bar_before_the_next(bench: Bench) -> None:
    instrument = await bench.stock()
    bench.broker.want_bars(instrument, bar_seconds=5)
    await bench.until(lambda: len({bar.start for bar in bench.events.bars}) >= 4, "four bars")
    last_of = {bar.start: bar for bar in bench.events.bars}
    history = {bar.start: bar for bar in await bench.broker.history(instrument, bar_seconds=5, count=10)}
    for start in sorted(last_of)[1:-1]:
        assert last_of[start] == history[start]
    starts = [bar.start for bar in bench.events.bars]
    assert starts == sorted(starts)


@pytest.mark.parametrize(("seconds", "count"), [(60, 450), (86_400, 45)])
async def test_a_long_history_comes_in_slices_that_fit(bench: Bench, seconds: int, count: int) -> None:
    instrument = await bench.stock()
    steps = 0

    async def count_steps() -> None:
        nonlocal steps
        while True:
            steps += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_steps())
    bars = await bench.broker.history(instrument, bar_seconds=seconds, count=count)
    counting.cancel()
    assert steps >= 3
    assert len(bars) == count
    starts = [bar.start for bar in bars]
    assert starts == sorted(set(starts))
    assert starts[-1] - starts[0] == timedelta(seconds=seconds) * (count - 1) or seconds == 86_400


async def test_a_query_answers_as_of_now_and_after_the_events_it_reflects(bench: Bench) -> None:
    instrument = await bench.stock()
    order = bench.send(instrument, BUY, 10)
    bench.clock.advance(1)
    assert bench.events.fills == []
    (position,) = known(await bench.broker.positions())
    assert position.quantity == 10
    assert bench.events.filled(order.key) == 10

    (before,) = await bench.broker.history(instrument, bar_seconds=5, count=1)
    bench.clock.advance(10)
    (after,) = await bench.broker.history(instrument, bar_seconds=5, count=1)
    assert after.start - before.start == timedelta(seconds=10)


async def test_lines_of_contracts_that_are_not_listed_here_stay_silent(bench: Bench) -> None:
    instrument = await bench.stock()
    stranger = replace(instrument, id=InstrumentId("ABC.STK.CAD"))
    bench.broker.want_quotes(stranger)
    bench.broker.want_bars(stranger, bar_seconds=5)
    await bench.quote(instrument)
    assert {quote.instrument_id for quote in bench.events.quotes} == {instrument.id}
    assert bench.events.bars == []
    with pytest.raises(RequestFailed, match="ABC"):
        await bench.broker.history(stranger, bar_seconds=60, count=1)
    assert bench.broker.instrument(stranger.id) is None


async def test_other_currencies_are_not_listed(bench: Bench) -> None:
    assert await bench.broker.find_instruments(InstrumentQuery("AAPL", SecType.STOCK, currency="CAD")) == ()


async def test_account_values_are_reported_again_only_when_they_change(bench: Bench) -> None:
    reports = bench.events.log.count("account")
    await bench.clock.advance_async(5)
    assert bench.events.log.count("account") == reports
    order = bench.send(await bench.stock(), BUY, 10)
    await bench.until_status(order.key, VenueStatus.FILLED)
    await bench.clock.advance_async(5)
    assert bench.events.log.count("account") > reports + 2


async def test_a_handler_that_raises_loses_no_event(bench: Bench) -> None:
    order = bench.send(await bench.stock(), BUY, 10)
    real, raised = bench.events.on_fill, []

    def faulty(fill: object) -> None:
        raised.append(fill)
        bench.events.on_fill = real  # type: ignore[method-assign]
        raise RuntimeError("a fault above the port")

    bench.events.on_fill = faulty  # type: ignore[method-assign]
    await bench.until_status(order.key, VenueStatus.FILLED)
    assert len(raised) == 1
    await bench.until(lambda: bench.events.held(order.instrument.id) == 10, "the rest was delivered")


def test_the_capabilities_say_it_is_no_market(store: VenueStore) -> None:
    capabilities = SimulatedBroker(clock=ManualClock(), seed=7, store=store).capabilities
    assert capabilities.is_simulated
    assert capabilities.price_tier.value == "SIM"


async def test_the_venue_answers_each_second_as_a_keepalive_does(bench: Bench) -> None:
    first = {status.name: status.last_reply_at for status in bench.broker.links()}
    await bench.clock.advance_async(5)
    for status in bench.broker.links():
        assert status.last_reply_at is not None
        assert (bench.clock.now() - status.last_reply_at).total_seconds() <= 1.1
        assert status.last_reply_at != first[status.name]
