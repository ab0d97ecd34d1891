"""Stopping in the middle of a flatten: no position is left without its stop, or the last words say so (D8)."""

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

from qe_dashboard.engine.facade import CloseRequest, OrderRequest
from qe_dashboard.engine.views import ResultKind
from qe_dashboard.model.enums import LinkName, LinkState, OrderSide, OrderType
from qe_dashboard.model.known import Known
from qe_dashboard.model.reports import VenueStatus
from support.engine_world import EngineWorld, stop
from support.scripted_broker import Wire

LONGEST_S = 60


class Desk:
    """A long position of 10 with its stop, and a venue that answers as it is told."""

    def __init__(self, world: EngineWorld) -> None:
        self.world = world
        self.stop: Wire | None = None
        self.exits = VenueStatus.WORKING
        """What the venue says to an exit."""
        self.stops = VenueStatus.WORKING
        self.after_cancel: Callable[[], object] = lambda: None
        world.broker.on_send = self._hear

    def _hear(self, wire: Wire) -> None:
        self.world.clock.call_later(0.01, lambda: self._answer(wire))

    async def protect(self) -> None:
        self.world.start_with(10)
        await self.world.client.reconcile()
        self.world.tick()
        request = OrderRequest(
            "AAPL", OrderSide.SELL, Decimal(10), OrderType.STOP, stop_price=Decimal(95), limit_price=None
        )
        preview = await self.world.client.preview_order(request)
        assert (await self.world.client.confirm(preview.token)).kind is ResultKind.SENT
        self.stop = self.world.last
        await self.world.clock.advance_async(0.1)

    async def flatten(self) -> None:
        preview = await self.world.client.preview_close(CloseRequest("AAPL", flatten=True))
        assert (await self.world.client.confirm(preview.token)).kind is ResultKind.SENT
        await self.world.clock.advance_async(0.5)

    def _answer(self, wire: Wire) -> None:
        broker = self.world.broker
        if wire.verb == "cancel":
            assert self.stop is not None
            if wire.key == self.stop.key:
                broker.heard.on_order(broker.report(self.stop, VenueStatus.CANCELLED))
                self.after_cancel()
            return
        is_stop = wire.spec is not None and wire.spec.order_type is OrderType.STOP
        broker.heard.on_order(broker.report(wire, self.stops if is_stop else self.exits))

    def sent(self) -> list[str]:
        return [
            f"{wire.verb} {'' if wire.spec is None else wire.spec.price_words}".strip()
            for wire in self.world.broker.wire
        ]


@pytest.fixture
async def desk() -> Desk:
    world = EngineWorld()
    await world.connect()
    built = Desk(world)
    await built.protect()
    return built


def hang(desk: Desk) -> None:
    desk.world.journal.held = asyncio.Event()


async def test_a_hung_commit_is_waited_for_and_the_stop_put_back_when_it_returns(desk: Desk) -> None:
    desk.after_cancel = lambda: hang(desk)
    await desk.flatten()
    assert desk.sent() == ["place STP 95", "cancel"]
    journal = desk.world.journal

    def heals() -> None:
        assert journal.held is not None
        journal.held = None

    # The commit itself never returns, a later one would: past the 3 s in which stopping used to give up.
    desk.world.clock.call_later(10, heals)
    words = await stop(desk.world)
    assert desk.sent() == ["place STP 95", "cancel", "place STP 95"]
    assert "Stop STP 95 is back as order" in words
    assert "WITHOUT A STOP" not in words


async def test_an_exit_whose_commit_returns_late_never_follows_the_stop(desk: Desk) -> None:
    desk.after_cancel = lambda: hang(desk)
    await desk.flatten()
    held = desk.world.journal.held
    assert held is not None

    def heals_for_all() -> None:
        desk.world.journal.held = None
        desk.world.clock.call_later(3, held.set)

    desk.world.clock.call_later(17, heals_for_all)
    await stop(desk.world)
    assert desk.sent() == ["place STP 95", "cancel", "place STP 95"]


async def test_a_journal_that_stays_away_sends_nothing_and_the_last_words_say_what_to_do(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """An intent that is not on the disk is not sent (design 9); then a person must know."""
    desk.after_cancel = lambda: hang(desk)
    await desk.flatten()
    before = desk.world.clock.monotonic()
    words = await stop(desk.world)
    assert desk.world.clock.monotonic() - before <= LONGEST_S
    assert desk.sent() == ["place STP 95", "cancel"]
    assert "AAPL: POSITION LEFT WITHOUT A STOP" in words
    assert "place a stop there now (it was SELL 10 AAPL STP 95)" in words
    assert words in caplog.text
    assert (desk.world.broker.closed, desk.world.journal.closed) == (True, True)


async def test_an_exit_that_is_in_is_not_doubled_by_a_stop_and_is_named(desk: Desk) -> None:
    await desk.flatten()
    assert desk.sent() == ["place STP 95", "cancel", "place LMT 99.94"]
    words = await stop(desk.world)
    assert [each for each in desk.sent() if each == "place STP 95"] == ["place STP 95"]
    assert "POSITION LEFT WITHOUT A STOP. Its exit order" in words


async def test_an_exit_that_fills_leaves_no_words(desk: Desk) -> None:
    await desk.flatten()
    wire = desk.world.last

    def fills() -> None:
        desk.world.broker.hold(0)
        desk.world.broker.heard.on_fill(desk.world.broker.execution(wire, 10))
        desk.world.broker.heard.on_positions(Known((), desk.world.clock.now()))

    desk.world.clock.call_later(1, fills)
    assert await stop(desk.world) == ""


async def test_an_exit_that_is_refused_gives_the_stop_its_place_before_the_end(desk: Desk) -> None:
    desk.exits = VenueStatus.REJECTED
    await desk.flatten()
    assert await stop(desk.world) == ""
    assert desk.sent()[-1] == "place STP 95"


async def test_a_line_that_is_gone_is_said_too(desk: Desk) -> None:
    desk.after_cancel = lambda: desk.world.broker.set_link(LinkName.ORDER, LinkState.WAITING, "closed")
    await desk.flatten()
    words = await stop(desk.world)
    assert "POSITION LEFT WITHOUT A STOP" in words
    assert "could NOT be put back" in words


async def test_a_disk_that_hangs_already_takes_no_stop_away(desk: Desk) -> None:
    hang(desk)
    desk.world.journal.flush_held = asyncio.Event()
    await desk.flatten()
    await desk.world.clock.advance_async(3)
    assert desk.sent() == ["place STP 95"]
    assert any("No stop was cancelled" in words for words in desk.world.words())
    assert await stop(desk.world) == ""


async def test_a_flatten_that_has_taken_nothing_yet_takes_nothing_while_the_program_ends(desk: Desk) -> None:
    gate = asyncio.Event()
    desk.world.journal.flush_held = gate
    await desk.flatten()
    ending = asyncio.get_running_loop().create_task(desk.world.engine.stop())
    await desk.world.clock.advance_async(0.2)
    gate.set()
    for _ in range(30):
        await desk.world.clock.advance_async(1)
    assert await ending == ""
    assert desk.sent() == ["place STP 95"]


async def test_a_stop_that_the_venue_refused_is_tried_again_and_the_last_words_say_it(desk: Desk) -> None:
    desk.exits = desk.stops = VenueStatus.REJECTED
    await desk.flatten()
    await desk.world.clock.advance_async(20)
    assert desk.sent().count("place STP 95") > 2
    assert any("NO STOP" in line.text for line in desk.world.status().banner)
    assert not any("is back as order" in words for words in desk.world.words())
    words = await stop(desk.world)
    assert "AAPL: POSITION LEFT WITHOUT A STOP" in words
    assert "REJECTED" in words
