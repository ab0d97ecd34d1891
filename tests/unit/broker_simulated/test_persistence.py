"""The venue survives restarts, damage and full disks (D28)."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from qe_dashboard.broker.port import NotSent
from qe_dashboard.broker.simulated.store import FIRST_ACCOUNT, SavedVenue, VenueStore, VenueStoreError
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.model.enums import (
    AccountKind,
    LinkState,
    MessageClass,
    OrderSide,
    Severity,
    TimeInForce,
)
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.reports import Identity, VenueStatus
from support.broker_harness import known
from support.simulated_harness import SimulatedHarness as Bench

Restart = Callable[[], Awaitable[Bench]]
BUY, SELL = OrderSide.BUY, OrderSide.SELL
GTC = TimeInForce.GTC


async def test_positions_orders_and_ids_survive_a_restart(bench: Bench, restart: Restart) -> None:
    instrument = await bench.stock()
    filled = bench.send(instrument, SELL, 10)
    resting = bench.send(instrument, BUY, 10, limit=await bench.far_limit(), tif=GTC)
    await bench.until_status(filled.key, VenueStatus.FILLED)
    report = await bench.until_status(resting.key, VenueStatus.WORKING)
    fills = known(await bench.broker.executions())

    again = await restart()
    assert again.events.identities == [Identity(FIRST_ACCOUNT, AccountKind.SIM)]
    (position,) = known(await again.broker.positions())
    assert (position.quantity, position.avg_price) == (Decimal(-10), fills[0].price)
    (row,) = known(await again.broker.open_orders())
    assert (row.key, row.perm_id, row.order_ref) == (report.key, report.perm_id, report.order_ref)
    assert known(await again.broker.executions()) == fills
    assert again.broker.reserve_key(above=0).order_id > resting.key.order_id
    more = again.send(instrument, BUY, 10)
    await again.until_status(more.key, VenueStatus.FILLED)
    assert fills[0].exec_id not in again.events.fills_of(more.key)


async def test_an_order_still_on_its_way_at_close_arrives_after_the_restart(
    bench: Bench, restart: Restart
) -> None:
    order = bench.send(await bench.stock(), BUY, 10)
    again = await restart()
    await again.until_status(order.key, VenueStatus.FILLED)


async def test_every_event_reaches_the_file(bench: Bench, store: VenueStore) -> None:
    order = bench.send(await bench.stock(), BUY, 10)
    await bench.until_status(order.key, VenueStatus.FILLED)
    for _ in range(1000):
        await bench.wait_for_news()
        state = store.load().state
        if state is not None and state["fills"]:
            break
    assert state is not None
    assert [row["ref"] for row in state["fills"]] == [order.order_ref]  # type: ignore[attr-defined]


async def test_a_command_reaches_the_file_before_its_answer(bench: Bench, store: VenueStore) -> None:
    instrument = await bench.stock()
    bench.send(instrument, BUY, 10)
    for _ in range(10_000):
        state = store.load().state
        if state is not None and state["sent"]:
            break
        await asyncio.to_thread(store.load)
    assert state is not None
    assert len(state["sent"]) == 1  # type: ignore[arg-type]
    assert bench.events.orders == []


async def test_a_new_account_is_on_file_before_it_is_reported(bench: Bench, store: VenueStore) -> None:
    assert bench.events.identities
    assert store.path.exists()


async def test_after_a_reset_a_new_account_is_flat(bench: Bench, restart: Restart, store: VenueStore) -> None:
    order = bench.send(await bench.stock(), BUY, 10)
    await bench.until_status(order.key, VenueStatus.FILLED)
    await bench.stop()
    store.reset()
    again = await restart()
    assert again.events.identities == [Identity(AccountId("SIM1000002"), AccountKind.SIM)]
    assert known(await again.broker.positions()) == ()


OTHER_SCHEMA = {"format": "qe-dashboard simulated venue", "account": "SIM1000001", "state": {"schema": 9}}


@pytest.mark.parametrize("damage", ["{", json.dumps(OTHER_SCHEMA)])
async def test_a_damaged_file_stops_trading_in_words_and_a_reset_heals_it(
    store: VenueStore, restart: Restart, damage: str
) -> None:
    store.path.write_text(damage)
    bench = await restart()
    (message,) = bench.events.messages
    assert (message.severity, message.message_class) == (Severity.CRITICAL, MessageClass.CONFIGURATION)
    assert "qe-dashboard sim reset" in message.text
    assert not bench.events.identities
    assert {status.state for status in bench.broker.links()} == {LinkState.DISCONNECTED}
    with pytest.raises(NotSent, match="sim reset"):
        bench.broker.reserve_key(above=0)
    for book in (
        await bench.broker.positions(),
        await bench.broker.open_orders(),
        await bench.broker.executions(),
    ):
        assert isinstance(book, Unknown)
        assert "sim reset" in book.reason
    assert store.path.read_text() == damage

    store.reset()
    await bench.broker.reconnect()
    assert bench.events.identities
    assert known(await bench.broker.positions()) == ()


class FailingStore(VenueStore):
    """A store whose disk is full while `full`."""

    full = False

    def save(self, saved: SavedVenue) -> None:
        if self.full:
            raise VenueStoreError("the disk is full")
        super().save(saved)


async def test_a_full_disk_is_reported_once_and_orders_go_on(tmp_path: Path) -> None:
    store = FailingStore(tmp_path / "venue.json")
    bench = Bench(store, ManualClock())
    await bench.open()
    store.full = True
    orders = [bench.send(await bench.stock(), BUY, 10) for _ in range(3)]
    for order in orders:
        await bench.until_status(order.key, VenueStatus.FILLED)
    await bench.until(lambda: bool(bench.events.messages), "the failure is reported")
    store.full = False
    await bench.stop()
    assert [message.text for message in bench.events.messages] == ["the disk is full"]
    state = store.load().state
    assert state is not None
    assert len(state["fills"]) == 3  # type: ignore[arg-type]


async def test_a_file_that_cannot_be_written_keeps_the_venue_closed_until_it_can(tmp_path: Path) -> None:
    """Ids given away under an epoch that is not on disk could come twice (D28)."""
    store = FailingStore(tmp_path / "venue.json")
    store.full = True
    bench = Bench(store, ManualClock())
    await bench.open()
    assert [message.text for message in bench.events.messages] == ["the disk is full"]
    with pytest.raises(NotSent, match="the disk is full"):
        bench.broker.reserve_key(above=0)
    store.full = False
    await bench.broker.reconnect()
    assert bench.broker.reserve_key(above=0).order_id == 1
    await bench.stop()


class SlowStore(VenueStore):
    """A store whose saves wait for permission."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.permission = threading.Event()
        self.saves = 0

    def save(self, saved: SavedVenue) -> None:
        self.permission.wait(10)
        self.saves += 1
        super().save(saved)


async def test_a_slow_disk_never_holds_up_an_order_and_saves_are_joined(tmp_path: Path) -> None:
    store = SlowStore(tmp_path / "venue.json")
    store.permission.set()
    bench = Bench(store, ManualClock())
    await bench.open()
    store.permission.clear()
    before = store.saves
    orders = [bench.send(await bench.stock(), BUY, 10) for _ in range(20)]
    for order in orders:
        await bench.until_status(order.key, VenueStatus.FILLED)
    assert store.saves == before
    store.permission.set()
    await bench.stop()
    assert store.saves - before <= 3
    state = store.load().state
    assert state is not None
    assert len(state["fills"]) == 20  # type: ignore[arg-type]


async def test_close_before_the_venue_was_opened_is_quiet(store: VenueStore) -> None:
    bench = Bench(store, ManualClock())
    bench.broker.start(bench.events)
    await bench.stop()
    await asyncio.sleep(0)
    assert "identity" not in bench.events.log
