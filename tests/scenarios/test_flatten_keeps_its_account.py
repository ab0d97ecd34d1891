"""A flatten, a cancel and the stop they touch belong to one account, wherever the connection goes meanwhile (S03, D8).

Two gateways over TCP in one virtual loop, each with a venue and an account of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any

import pytest

from qe_dashboard.broker.ibkr.broker import IbkrBroker
from qe_dashboard.engine.facade import CancelRequest, CancelScope, CloseRequest, OrderRequest
from qe_dashboard.engine.views import CommandResult, PreviewView, ResultKind
from qe_dashboard.model.enums import OrderSide, OrderType
from qe_dashboard.model.known import Known, Maybe
from qe_dashboard.model.order import Fill
from qe_dashboard.sim_venue.venue import Venue
from support.second_gateway import OTHER, TwoGateways
from support.virtual_loop import LoopClock, run_virtually
from support.virtual_world import ACCOUNT, VirtualWorld


def play(scene: Callable[[TwoGateways], Coroutine[Any, Any, None]]) -> None:
    async def main(clock: LoopClock) -> None:
        two = TwoGateways(clock)
        try:
            await two.start()
            await scene(two)
        finally:
            await two.stop()

    run_virtually(main)


def held(venue: Venue) -> int:
    return int(sum(p.quantity for p in venue.positions() if p.instrument.symbol == "AAPL"))


def working(venue: Venue) -> list[OrderType]:
    return [order.spec.order_type for order in venue.open_orders()]


def flatten_words(world: VirtualWorld) -> list[str]:
    book = world.parts.log
    lines = [book.line(key) for key in list(book.keys())]
    return [line.text for line in lines if line is not None and line.source == "flatten"]


async def buy(world: VirtualWorld) -> None:
    """Hold one share that the books agree on."""
    assert (await world.buy_one("AAPL")).is_ok
    await world.clock.sleep(15)


async def protect(world: VirtualWorld) -> None:
    quote = world.parts.desk.quotes[next(k for k in world.parts.desk.quotes if k.startswith("AAPL"))]
    assert quote.bid is not None
    stop = (quote.bid * Decimal("0.9")).quantize(Decimal("0.01"))
    request = OrderRequest("AAPL", OrderSide.SELL, Decimal(1), OrderType.STOP, stop_price=stop)
    assert (await confirm(world, await world.client.preview_order(request))).is_ok
    await world.clock.sleep(3)


async def confirm(world: VirtualWorld, preview: PreviewView) -> CommandResult:
    return await world.client.confirm(preview.token, accepted=preview.asks)


async def flatten(world: VirtualWorld) -> None:
    preview = await world.client.preview_close(CloseRequest("AAPL", flatten=True))
    assert (await confirm(world, preview)).kind is ResultKind.SENT


def test_a_yes_to_a_flatten_in_one_account_does_nothing_in_another() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        await two.move(OTHER)
        await buy(world)
        await two.move(ACCOUNT)
        await world.clock.sleep(15)
        preview = await world.client.preview_close(CloseRequest("AAPL", flatten=True))
        await two.move(OTHER)
        result = await confirm(world, preview)
        assert (result.kind, f"asked for {ACCOUNT}" in result.text) == (ResultKind.EXPIRED, True)
        await world.clock.sleep(10)
        assert (held(world.venue), held(two.second.venue)) == (1, 1)

    play(scene)


def test_a_yes_to_a_cancel_in_one_account_does_nothing_in_another() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        assert (await world.bid_for_one()).is_ok
        await world.clock.sleep(3)
        preview = await world.client.preview_cancel(CancelRequest(CancelScope.MINE))
        await two.move(OTHER)
        assert (await world.bid_for_one()).is_ok
        await world.clock.sleep(3)
        assert (await confirm(world, preview)).kind is ResultKind.EXPIRED
        await world.clock.sleep(3)
        assert [len(v.open_orders()) for v in (world.venue, two.second.venue)] == [1, 1]

    play(scene)


def test_a_hand_edit_waits_while_a_flatten_is_not_over() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        await protect(world)
        await flatten(world)
        await world.clock.sleep(0.1)
        became = await two.edit(OTHER, approved=False)
        assert "held while" in became.words
        await world.clock.sleep(10)
        assert held(world.venue) == 0
        assert flatten_words(world)[-1].startswith("AAPL is flat")

    play(scene)


def test_reconnect_does_not_move_a_held_connection_from_under_a_flatten() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        await protect(world)
        await two.edit(OTHER, approved=False)
        await flatten(world)
        await world.clock.sleep(0.1)
        result = await world.client.reconnect()
        assert (result.kind, "nothing was moved" in result.text) == (ResultKind.REFUSED, True)
        await world.clock.sleep(10)
        assert held(world.venue) == 0

    play(scene)


@pytest.mark.parametrize("delay", [0.05, 0.06, 0.1])
def test_a_move_in_the_middle_sells_nothing_elsewhere_and_says_what_is_naked(delay: float) -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        two.second.fault("tws-order BUY 5 AAPL MKT")
        await world.clock.sleep(2)
        hide_buys(two)
        await buy(world)
        await protect(world)
        await flatten(world)
        await world.clock.sleep(delay)
        await two.move(OTHER)
        await world.clock.sleep(30)
        there = two.second.venue
        sold = [o for o in (*there.open_orders(), *there.completed_orders()) if o.spec.side is OrderSide.SELL]
        assert (held(there), sold) == (5, [])
        assert held(world.venue) == 1
        words = flatten_words(world)[-1]
        assert f"{ACCOUNT} may be without its stop" in words
        assert "flat, observed" not in words
        assert any(f"AAPL in {ACCOUNT} may have NO STOP" in line.text for line in world.status().banner)

    play(scene)


def test_back_in_the_account_the_stop_is_put_back_and_the_banner_goes() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        await protect(world)
        await flatten(world)
        await world.clock.sleep(0.06)
        await two.move(OTHER)
        await world.clock.sleep(30)
        assert (held(world.venue), working(world.venue)) == (1, [])
        await two.move(ACCOUNT)
        await world.clock.sleep(30)
        assert working(world.venue) == [OrderType.STOP]
        assert not any("NO STOP" in line.text for line in world.status().banner)

    play(scene)


def test_a_quit_in_the_other_account_says_what_was_left() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        await protect(world)
        await flatten(world)
        await world.clock.sleep(0.06)
        await two.move(OTHER)
        assert world.engine is not None
        words = await world.engine.stop()
        assert f"POSITION MAY BE LEFT WITHOUT A STOP in {ACCOUNT}" in words
        assert "it was SELL 1 AAPL STP" in words

    play(scene)


def test_a_link_lost_after_the_stops_cancel_left_ends_with_the_stop_back() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        await protect(world)
        await flatten(world)
        await world.clock.sleep(0.02)
        world.fault("drop")
        await world.clock.sleep(4)
        assert any("may have NO STOP" in line.text for line in world.status().banner)
        await world.clock.sleep(90)
        assert held(world.venue) == 1
        assert working(world.venue) == [OrderType.STOP]
        assert "is back as order" in flatten_words(world)[-1]

    play(scene)


def test_a_venue_that_goes_silent_over_the_cancel_is_asked_until_the_stop_is_back() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        await protect(world)
        await flatten(world)
        await world.clock.sleep(0.02)
        world.fault("silence on")
        await world.clock.sleep(40)
        world.fault("silence off")
        await world.clock.sleep(150)
        assert held(world.venue) == 1
        assert working(world.venue) == [OrderType.STOP]

    play(scene)


def test_a_yes_to_a_flatten_is_asked_for_again_when_the_position_grew() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        preview = await world.client.preview_close(CloseRequest("AAPL", flatten=True))
        world.fault("tws-order BUY 400 AAPL MKT")
        await world.clock.sleep(14)
        await world.client.reconcile()
        await world.clock.sleep(3)
        result = await confirm(world, preview)
        assert result.kind is ResultKind.REDRAWN
        assert result.preview is not None
        assert "position 401 to 0" in result.preview.sentence
        await world.clock.sleep(8)
        assert held(world.venue) == 401

    play(scene)


def test_more_cancels_than_the_wire_takes_at_once_all_leave() -> None:
    async def scene(two: TwoGateways) -> None:
        world = two.world
        await buy(world)
        for _ in range(14):
            assert (await world.bid_for_one()).is_ok
            await world.clock.sleep(7)
        await flatten(world)
        await world.clock.sleep(20)
        assert (held(world.venue), working(world.venue)) == (0, [])
        assert flatten_words(world)[-1].startswith("AAPL is flat")

    play(scene)


def hide_buys(two: TwoGateways) -> None:
    """Let the second account's position be of an earlier day: its executions are not listed today."""
    broker: IbkrBroker = two.world.broker
    real = broker.executions

    async def executions(*, since: object = None) -> Maybe[tuple[Fill, ...]]:
        book = await real()
        if isinstance(book, Known):
            kept = tuple(f for f in book.value if f.account == ACCOUNT or f.side is OrderSide.SELL)
            return Known(kept, book.as_of)
        return book

    broker.executions = executions  # type: ignore[method-assign]
