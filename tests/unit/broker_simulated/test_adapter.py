"""What the contract suite cannot ask of every adapter: the file, restarts, single links, refusals, lines."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from qe_dashboard.broker.port import InstrumentQuery, NotSent, RequestFailed
from qe_dashboard.broker.simulated.adapter import SimulatedBroker
from qe_dashboard.broker.simulated.store import FIRST_ACCOUNT, SavedVenue, VenueStore, VenueStoreError
from qe_dashboard.core.clock import ManualClock, deadline
from qe_dashboard.model.enums import (
    AccountKind,
    LinkName,
    LinkState,
    MessageClass,
    OrderSide,
    SecType,
    Severity,
    TimeInForce,
)
from qe_dashboard.model.identifiers import AccountId, InstrumentId
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.reports import Identity, VenueStatus
from support.broker_harness import BrokerHarness, known

T = TypeVar("T")
BUY, SELL = OrderSide.BUY, OrderSide.SELL
GTC = TimeInForce.GTC


class Bench(BrokerHarness):
    """A simulated broker with its file and its clock in reach."""

    kind = AccountKind.SIM

    def __init__(self, store: VenueStore, clock: ManualClock) -> None:
        self.clock = clock
        self.simulated = SimulatedBroker(clock=clock, seed=7, store=store)
        super().__init__(self.simulated, account=FIRST_ACCOUNT)

    async def start(self) -> None:
        self.broker.start(self.events)
        while not self.events.identities and not self.events.messages:
            await self.events.next_event()

    async def stop(self) -> None:
        await self.broker.close()

    async def lose_links(self) -> None:
        self.simulated.lose_link()

    async def restore_links(self) -> None:
        await self.simulated.restore_link()

    async def wait_for_news(self) -> None:
        await self.clock.advance_async(0.05)

    async def _with_patience(self, waiting: Awaitable[T]) -> T:
        return await deadline(self.clock, waiting, self.patience)


Restart = Callable[[], Awaitable[Bench]]


@pytest.fixture
def store(tmp_path: Path) -> VenueStore:
    return VenueStore(tmp_path / "venue.json")


@pytest.fixture
async def restart(store: VenueStore) -> AsyncIterator[Restart]:
    """Return a function that closes the broker there is, and starts another on the same file and clock."""
    clock = ManualClock()
    benches: list[Bench] = []

    async def start() -> Bench:
        for old in benches:
            await old.stop()
        benches.append(Bench(store, clock))
        await benches[-1].start()
        return benches[-1]

    yield start
    for bench in benches:
        await bench.stop()


@pytest.fixture
async def bench(restart: Restart) -> Bench:
    return await restart()


async def far_limit(bench: Bench) -> Decimal:
    quote = await bench.quote(await bench.stock())
    assert quote.bid is not None
    return (quote.bid * Decimal("0.9")).quantize(Decimal("0.01"))


async def test_positions_orders_and_ids_survive_a_restart(bench: Bench, restart: Restart) -> None:
    instrument = await bench.stock()
    filled = bench.send(instrument, SELL, 10)
    resting = bench.send(instrument, BUY, 10, limit=await far_limit(bench), tif=GTC)
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
    await bench.start()
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
    await bench.start()
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
    await bench.start()
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


async def test_one_lost_link_leaves_the_other_at_work(bench: Bench) -> None:
    instrument = await bench.stock()
    key = bench.send(instrument, BUY, 10, limit=await far_limit(bench)).key
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
    order = bench.send(instrument, BUY, 10, limit=await far_limit(bench))
    await bench.until_status(order.key, VenueStatus.WORKING)
    bench.broker.modify(bench.order(instrument, BUY, 10, limit=Decimal("1.001"), key=order.key))
    await bench.until(lambda: bool(bench.events.messages), "the refusal comes with words")
    (message,) = bench.events.messages
    assert (message.code, message.message_class) == (110, MessageClass.ORDER_LIVE)
    assert bench.events.reports(order.key)[-1].status is VenueStatus.WORKING
    assert bench.events.reports(order.key)[-1].spec == order.spec


async def test_an_id_used_twice_is_refused_without_touching_the_first(bench: Bench) -> None:
    instrument = await bench.stock()
    order = bench.send(instrument, BUY, 10, limit=await far_limit(bench))
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
    order = bench.send(await bench.stock(), BUY, 10, limit=await far_limit(bench), tif=TimeInForce.IOC)
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


async def test_close_before_the_venue_was_opened_is_quiet(store: VenueStore) -> None:
    bench = Bench(store, ManualClock())
    bench.broker.start(bench.events)
    await bench.stop()
    await asyncio.sleep(0)
    assert "identity" not in bench.events.log


def test_the_capabilities_say_it_is_no_market(store: VenueStore) -> None:
    capabilities = SimulatedBroker(clock=ManualClock(), seed=7, store=store).capabilities
    assert capabilities.is_simulated
    assert capabilities.price_tier.value == "SIM"
