"""Contract: placing, filling, changing, cancelling and refusing orders."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.broker.port import InstrumentQuery
from qe_dashboard.model.enums import MessageClass, OrderSide, SecType, TimeInForce
from qe_dashboard.model.instrument import Instrument, Rounding
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.reports import VenueStatus
from support.broker_harness import BrokerHarness, known

WORKING = (VenueStatus.WORKING,)
ACCEPTED = (VenueStatus.WORKING, VenueStatus.HELD)


def away(instrument: Instrument, quote: Quote, share: str) -> Decimal:
    """Return a price on the tick, that share of the mid away from it."""
    assert quote.mid is not None
    return instrument.round_price(quote.mid * (1 + Decimal(share)), Rounding.NEAREST)


async def test_a_market_order_fills_with_execution_commission_and_position(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    order = harness.send(instrument, OrderSide.BUY, 10)

    report = await harness.until_status(order.key, VenueStatus.FILLED)
    await harness.until(lambda: harness.events.filled(order.key) == 10, "executions add up to 10")
    fill = next(iter(harness.events.fills_of(order.key).values()))
    await harness.until(
        lambda: any(charge.exec_id == fill.exec_id for charge in harness.events.commissions),
        "the commission is reported",
    )
    await harness.until(lambda: harness.events.held(instrument.id) == 10, "the position is 10")

    assert report.filled == 10
    assert report.order_ref == order.order_ref
    assert report.owner == "THIS"
    assert fill.order_ref == order.order_ref
    assert (fill.account, fill.instrument_id, fill.side) == (harness.account, instrument.id, OrderSide.BUY)
    assert quote.mid is not None
    assert abs(fill.price - quote.mid) < quote.mid / 50
    charge = next(charge for charge in harness.events.commissions if charge.exec_id == fill.exec_id)
    assert charge.commission.amount > 0
    assert charge.commission.currency == "USD"
    (position,) = known(await harness.broker.positions())
    assert abs(position.avg_price - fill.price) < Decimal("0.2")
    assert fill.perm_id == report.perm_id is not None


async def test_a_future_fills_and_its_average_price_has_no_multiplier(harness: BrokerHarness) -> None:
    instrument = (await harness.broker.find_instruments(InstrumentQuery("MNQ", SecType.FUTURE)))[0]
    quote = await harness.quote(instrument)
    order = harness.send(instrument, OrderSide.BUY, 2)
    await harness.until_status(order.key, VenueStatus.FILLED)
    await harness.until(lambda: harness.events.held(instrument.id) == 2, "the position is 2")
    (position,) = known(await harness.broker.positions())
    assert quote.mid is not None
    assert abs(position.avg_price - quote.mid) < quote.mid / 50


async def test_selling_short_gives_a_negative_position(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    order = harness.send(instrument, OrderSide.SELL, 7)
    await harness.until_status(order.key, VenueStatus.FILLED)
    await harness.until(lambda: harness.events.held(instrument.id) == -7, "the position is -7")
    (position,) = known(await harness.broker.positions())
    assert position.quantity == -7
    (fill,) = known(await harness.broker.executions())
    assert fill.signed_quantity == -7


async def test_a_large_order_fills_in_parts_that_add_up(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    order = harness.send(instrument, OrderSide.BUY, 2000)
    await harness.until_status(order.key, VenueStatus.FILLED)
    await harness.until(lambda: harness.events.filled(order.key) == 2000, "executions add up to 2000")
    assert len(harness.events.fills_of(order.key)) >= 2
    claimed = [report.filled for report in harness.events.reports(order.key) if report.filled is not None]
    assert claimed == sorted(claimed)
    assert claimed[-1] == 2000
    await harness.until(lambda: harness.events.held(instrument.id) == 2000, "the position is 2000")


async def test_a_limit_order_rests_and_can_be_cancelled(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    order = harness.send(
        instrument, OrderSide.BUY, 10, limit=away(instrument, quote, "-0.1"), tif=TimeInForce.GTC
    )
    report = await harness.until_status(order.key, *WORKING)
    assert report.spec == order.spec
    assert report.filled == 0
    assert report.perm_id is not None

    harness.broker.cancel(order.key)
    await harness.until_status(order.key, VenueStatus.CANCELLED)
    assert harness.events.filled(order.key) == 0
    await harness.until_answer(
        harness.broker.open_orders, lambda book: known(book) == (), "the book of open orders is empty"
    )


async def test_new_terms_replace_the_old_and_fill(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    order = harness.send(instrument, OrderSide.BUY, 10, limit=away(instrument, quote, "-0.1"))
    await harness.until_status(order.key, *WORKING)

    limit = away(instrument, quote, "-0.09")
    harness.broker.modify(harness.order(instrument, OrderSide.BUY, 20, limit=limit, key=order.key))
    await harness.until(
        lambda: harness.events.reports(order.key)[-1].spec.limit_price == limit, "the new limit is reported"
    )
    assert harness.events.reports(order.key)[-1].spec.quantity == 20

    limit = away(instrument, quote, "0.02")
    harness.broker.modify(harness.order(instrument, OrderSide.BUY, 20, limit=limit, key=order.key))
    await harness.until_status(order.key, VenueStatus.FILLED)
    await harness.until(lambda: harness.events.filled(order.key) == 20, "executions add up to 20")
    assert all(fill.price <= limit for fill in harness.events.fills_of(order.key).values())


@pytest.mark.parametrize("limit_share", [None, "-0.02"])
async def test_a_stop_waits_and_trades_when_its_price_is_reached(
    harness: BrokerHarness, limit_share: str | None
) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    limit = None if limit_share is None else away(instrument, quote, limit_share)
    order = harness.send(
        instrument, OrderSide.SELL, 10, stop=away(instrument, quote, "-0.1"), limit=limit, tif=TimeInForce.GTC
    )
    report = await harness.until_status(order.key, VenueStatus.HELD)
    assert report.spec == order.spec

    raised = harness.order(
        instrument,
        OrderSide.SELL,
        10,
        stop=away(instrument, quote, "0.01"),
        limit=limit,
        tif=TimeInForce.GTC,
        key=order.key,
    )
    harness.broker.modify(raised)
    await harness.until_status(order.key, VenueStatus.FILLED)
    await harness.until(lambda: harness.events.filled(order.key) == 10, "executions add up to 10")
    assert all(fill.side is OrderSide.SELL for fill in harness.events.fills_of(order.key).values())


async def test_a_price_off_the_tick_is_refused_in_words(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    limit = away(instrument, quote, "-0.1") + Decimal("0.004")
    order = harness.send(instrument, OrderSide.BUY, 10, limit=limit)

    await harness.until_status(order.key, VenueStatus.REJECTED)
    await harness.until(
        lambda: any(message.order_key == order.key for message in harness.events.messages),
        "the refusal comes with words",
    )
    message = next(message for message in harness.events.messages if message.order_key == order.key)
    assert message.message_class is MessageClass.ORDER_REJECTED
    assert message.text != ""
    assert harness.events.filled(order.key) == 0
    assert known(await harness.broker.open_orders()) == ()


async def test_two_orders_in_a_row_are_both_accepted(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    limit = away(instrument, quote, "-0.1")
    orders = [harness.send(instrument, OrderSide.BUY, 10, limit=limit) for _ in range(2)]
    for order in orders:
        await harness.until_status(order.key, *ACCEPTED)
    perm_ids = {harness.events.reports(order.key)[-1].perm_id for order in orders}
    assert len(perm_ids) == 2


async def test_reserved_ids_are_unique_and_above_the_mark(harness: BrokerHarness) -> None:
    first = harness.broker.reserve_key(above=0)
    second = harness.broker.reserve_key(above=0)
    assert second.order_id > first.order_id
    assert harness.broker.reserve_key(above=50_000).order_id > 50_000
    assert harness.broker.reserve_key(above=0).order_id > 50_000
    assert {first.client_id, second.client_id} == {
        status.client_id for status in harness.broker.links() if status.name.value == "order"
    }


async def test_an_id_far_above_the_last_is_accepted(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    key = harness.broker.reserve_key(above=70_000)
    order = harness.order(instrument, OrderSide.BUY, 10, limit=away(instrument, quote, "-0.1"), key=key)
    harness.broker.place(order)
    await harness.until_status(key, *WORKING)
    assert harness.broker.reserve_key(above=0).order_id > key.order_id


async def test_the_open_orders_name_owner_and_intent(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    order = harness.send(instrument, OrderSide.BUY, 10, limit=away(instrument, quote, "-0.1"))
    await harness.until_status(order.key, *WORKING)
    (row,) = known(await harness.broker.open_orders())
    assert (row.key, row.order_ref, row.owner) == (order.key, order.order_ref, "THIS")
    assert (row.account, row.spec, row.status) == (harness.account, order.spec, VenueStatus.WORKING)
    assert row.perm_id == harness.events.reports(order.key)[-1].perm_id


async def test_the_executions_name_the_intent_and_match_the_stream(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    order = harness.send(instrument, OrderSide.BUY, 10)
    await harness.until_status(order.key, VenueStatus.FILLED)
    await harness.until(lambda: harness.events.filled(order.key) == 10, "executions add up to 10")
    listed = {fill.exec_id: fill for fill in known(await harness.broker.executions())}
    streamed = harness.events.fills_of(order.key)
    assert listed.keys() == streamed.keys()
    for exec_id, fill in streamed.items():
        bare = replace(listed[exec_id], commission=None, realized=None)
        assert bare == replace(fill, commission=None, realized=None)
        assert listed[exec_id].order_ref == order.order_ref


async def test_cancelling_twice_is_answered(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    order = harness.send(instrument, OrderSide.BUY, 10, limit=away(instrument, quote, "-0.1"))
    await harness.until_status(order.key, *WORKING)
    harness.broker.cancel(order.key)
    harness.broker.cancel(order.key)
    await harness.until_status(order.key, VenueStatus.CANCELLED)
    after = harness.send(instrument, OrderSide.BUY, 10, limit=away(instrument, quote, "-0.1"))
    await harness.until_status(after.key, *WORKING)
    assert harness.events.status(order.key) is VenueStatus.CANCELLED


async def test_cancelling_a_filled_order_is_refused_in_words(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    order = harness.send(instrument, OrderSide.BUY, 10)
    await harness.until_status(order.key, VenueStatus.FILLED)
    harness.broker.cancel(order.key)
    await harness.until(
        lambda: any(message.order_key == order.key for message in harness.events.messages),
        "the refusal comes with words",
    )
    assert harness.events.status(order.key) is VenueStatus.FILLED


async def test_immediate_or_cancel_never_rests(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    quote = await harness.quote(instrument)
    order = harness.send(
        instrument, OrderSide.BUY, 10, limit=away(instrument, quote, "-0.1"), tif=TimeInForce.IOC
    )
    await harness.until_status(order.key, VenueStatus.CANCELLED)
    assert harness.events.filled(order.key) == 0
