"""Contract: starting, identity, books, losing and restoring links, closing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qe_dashboard.broker.port import InstrumentQuery, NotSent, RequestFailed
from qe_dashboard.model.enums import LinkName, LinkState, OrderSide, SecType
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.reports import Identity
from support.broker_harness import BrokerHarness, known


async def test_start_connects_reports_who_we_are_and_then_the_books(idle: BrokerHarness) -> None:
    assert {status.state for status in idle.broker.links()} == {LinkState.DISCONNECTED}
    assert isinstance(await idle.broker.positions(), Unknown)

    await idle.start()
    await idle.until(
        lambda: isinstance(idle.events.positions, Known) and isinstance(idle.events.account, Known),
        "positions and account are reported",
    )

    assert idle.events.identities == [Identity(idle.account, idle.kind)]
    assert idle.events.log.index("identity") < idle.events.log.index("positions")
    assert idle.events.log.index("identity") < idle.events.log.index("account")
    assert {status.name for status in idle.broker.links()} == set(LinkName)
    assert all(status.is_up for status in idle.broker.links())
    client_ids = {status.client_id for status in idle.broker.links()}
    assert len(client_ids) == 2
    assert None not in client_ids


async def test_both_links_pass_through_connecting(harness: BrokerHarness) -> None:
    for name in LinkName:
        states = [status.state for status in harness.events.links if status.name is name]
        assert LinkState.CONNECTING in states[:-1]
        assert states[-1] is LinkState.READY


async def test_a_fresh_account_is_flat_funded_and_known(harness: BrokerHarness) -> None:
    assert known(await harness.broker.positions()) == ()
    assert known(await harness.broker.open_orders()) == ()
    assert known(await harness.broker.executions()) == ()
    await harness.until(
        lambda: (
            isinstance(harness.events.account, Known)
            and harness.events.account.value.net_liquidation is not None
        ),
        "the account values arrive",
    )
    account = known(harness.events.account)
    assert account.account == harness.account
    assert account.kind is harness.kind
    assert account.currency == "USD"
    assert account.net_liquidation is not None
    assert account.net_liquidation > 0
    assert account.buying_power is not None
    assert account.buying_power > 0


async def test_a_lost_link_sends_nothing_and_knows_nothing(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    prepared = harness.order(instrument, OrderSide.BUY, 10)
    await harness.lose_links()
    await harness.until(
        lambda: not any(status.is_up for status in harness.broker.links()), "both links are reported lost"
    )

    with pytest.raises(NotSent):
        harness.broker.reserve_key(above=0)
    with pytest.raises(NotSent):
        harness.broker.place(prepared)
    with pytest.raises(NotSent):
        harness.broker.modify(prepared)
    with pytest.raises(NotSent):
        harness.broker.cancel(prepared.key)
    for book in (
        await harness.broker.positions(),
        await harness.broker.open_orders(),
        await harness.broker.executions(),
    ):
        assert isinstance(book, Unknown)
        assert book.reason != ""
    with pytest.raises(RequestFailed):
        await harness.broker.find_instruments(InstrumentQuery("MSFT", SecType.STOCK))
    with pytest.raises(RequestFailed):
        await harness.broker.history(instrument, bar_seconds=60, count=5)
    assert isinstance(harness.events.positions, Unknown)
    assert isinstance(harness.events.account, Unknown)


async def test_a_restored_link_has_a_new_epoch_and_brings_everything_back(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    await harness.quote(instrument)
    epochs = {status.name: status.epoch for status in harness.broker.links()}
    await harness.lose_links()
    await harness.until(
        lambda: not any(status.is_up for status in harness.broker.links()), "both links are reported lost"
    )
    quotes_before = len(harness.events.quotes_of(instrument.id))

    await harness.restore_links()
    await harness.until_ready()

    assert all(status.epoch > epochs[status.name] for status in harness.broker.links())
    await harness.until(
        lambda: any(quote.proven for quote in harness.events.quotes_of(instrument.id)[quotes_before:]),
        "the wanted quote ticks again",
    )
    await harness.until(
        lambda: isinstance(harness.events.positions, Known) and isinstance(harness.events.account, Known),
        "the books are known again",
    )
    assert known(await harness.broker.positions()) == ()


async def test_what_filled_while_the_link_was_lost_is_in_the_books(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    await harness.quote(instrument)
    order = harness.send(instrument, OrderSide.BUY, 10)
    await harness.until(
        lambda: harness.events.held(instrument.id) == Decimal(10), "the position is reported before the loss"
    )
    await harness.lose_links()
    await harness.until(
        lambda: not any(status.is_up for status in harness.broker.links()), "both links are reported lost"
    )
    await harness.restore_links()
    await harness.until_ready()

    fills = known(await harness.broker.executions())
    assert [(fill.order_ref, fill.signed_quantity) for fill in fills] == [(order.order_ref, Decimal(10))]
    (position,) = known(await harness.broker.positions())
    assert (position.instrument.id, position.quantity) == (instrument.id, Decimal(10))


async def test_order_ids_rise_over_a_reconnect(harness: BrokerHarness) -> None:
    before = harness.broker.reserve_key(above=0)
    await harness.lose_links()
    await harness.until(
        lambda: not any(status.is_up for status in harness.broker.links()), "both links are reported lost"
    )
    await harness.restore_links()
    await harness.until_ready()
    assert harness.broker.reserve_key(above=0).order_id > before.order_id


async def test_reconnect_drops_both_links_and_comes_back_ready(harness: BrokerHarness) -> None:
    epochs = {status.name: status.epoch for status in harness.broker.links()}
    await harness.broker.reconnect()
    await harness.until_ready()
    await harness.until(
        lambda: all(status.epoch > epochs[status.name] for status in harness.broker.links()),
        "both links have new epochs",
    )
    assert known(await harness.broker.open_orders()) == ()


async def test_nothing_is_reported_after_close(harness: BrokerHarness) -> None:
    instrument = await harness.stock()
    await harness.quote(instrument)
    harness.send(instrument, OrderSide.BUY, 10)
    await harness.broker.close()
    reported = len(harness.events.log)

    await harness.let_time_pass(1.0)

    assert len(harness.events.log) == reported
    with pytest.raises(NotSent):
        harness.broker.reserve_key(above=0)
    await harness.broker.close()
