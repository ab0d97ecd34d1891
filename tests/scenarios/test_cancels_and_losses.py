"""Cancels that outrun the wire budget, and losses of IBKR that one socket alone tells: over real TCP (D23, S14)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from qe_dashboard.engine.facade import CancelRequest, CancelScope
from qe_dashboard.gateway_sim.session import Session
from qe_dashboard.model.enums import LinkName
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.model.reports import VenueMessage
from support.virtual_loop import LoopClock, run_virtually
from support.virtual_world import VirtualWorld

Scene = Callable[[VirtualWorld], Awaitable[None]]
WORKING = 40


def play(scene: Scene) -> None:
    async def main(clock: LoopClock) -> None:
        world = VirtualWorld(clock)
        await world.start()
        try:
            await world.until(lambda: world.status().can_trade, "ready", seconds=60)
            await scene(world)
        finally:
            await world.stop()

    run_virtually(main)


async def forty_orders(world: VirtualWorld) -> None:
    for number in range(WORKING):
        result = await world.bid_for_one(("AAPL", "MSFT")[number % 2])
        assert result.is_ok, result.text
        # 60 orders a minute and 10 of a symbol in 10 s are the shipped limits.
        await world.clock.sleep(7)
    assert len(world.venue.open_orders()) == WORKING


async def cancel_mine(world: VirtualWorld) -> None:
    preview = await world.client.preview_cancel(CancelRequest(CancelScope.MINE))
    result = await world.client.confirm(preview.token, accepted=preview.asks, typed=preview.typed_word or "")
    assert result.is_ok, result.text


def statuses(world: VirtualWorld) -> set[OrderStatus]:
    return {order.status for order in world.parts.cache.orders.values()}


def session_of(world: VirtualWorld, client_id: int) -> Session:
    return next(each for each in world.gateway._sessions if each.client_id == client_id)


def test_forty_cancels_are_out_within_a_second() -> None:
    async def scene(world: VirtualWorld) -> None:
        await forty_orders(world)
        await cancel_mine(world)
        assert statuses(world) == {OrderStatus.PENDING_CANCEL}
        took = await world.until(lambda: not world.venue.open_orders(), "all cancelled", seconds=5)
        assert took <= 1.25
        await world.until(lambda: statuses(world) == {OrderStatus.CANCELLED}, "all said", seconds=5)

    play(scene)


def test_a_cancel_whose_link_ends_first_is_said_and_its_order_works_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene(world: VirtualWorld) -> None:
        await forty_orders(world)
        told: list[VenueMessage] = []
        hear = world.broker._outlet.on_message

        def overhear(message: VenueMessage) -> None:
            told.append(message)
            hear(message)

        monkeypatch.setattr(world.broker._outlet, "on_message", overhear)
        await cancel_mine(world)
        await world.clock.sleep(0.3)
        world.fault("drop")
        await world.until(lambda: world.status().can_trade, "back", seconds=60)
        await world.clock.sleep(30)
        dropped = [message for message in told if message.text.startswith("The cancel was not sent")]
        assert 0 < len(dropped) < WORKING
        working = {order.key for order in world.parts.cache.orders.values() if order.is_open}
        # One that was on the wire when the socket broke may be lost, too; that order was UNCERTAIN until it was read.
        assert working >= {message.order_key for message in dropped}
        assert len(world.venue.open_orders()) == len(working)
        # GONE: cancelled while the link was away, so that how it ended was not seen.
        assert statuses(world) <= {OrderStatus.WORKING, OrderStatus.CANCELLED, OrderStatus.GONE}
        # What was dropped is not remembered as asked: it can be cancelled again.
        await cancel_mine(world)
        await world.until(lambda: not world.venue.open_orders(), "all cancelled", seconds=5)

    play(scene)


def test_cancels_that_wait_leave_before_the_program_does() -> None:
    async def scene(world: VirtualWorld) -> None:
        await forty_orders(world)
        await cancel_mine(world)
        await world.broker.close()
        await world.clock.sleep(1)
        assert not world.venue.open_orders()

    play(scene)


def test_a_loss_counts_when_only_the_order_link_hears_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(world: VirtualWorld) -> None:
        monkeypatch.setattr(session_of(world, 1), "send", lambda data: None)
        world.fault("1100")
        await world.clock.sleep(0.25)
        assert world.parts.desk.upstream.up is False
        assert not (await world.bid_for_one()).is_ok
        # The data link is found dead, comes back, and hears it too.
        await world.clock.sleep(60)
        assert all(link.is_up for link in world.broker.links())
        assert not world.status().can_trade
        world.fault("1102")
        await world.until(lambda: world.status().can_trade, "back", seconds=60)
        assert not world.venue_orders()

    play(scene)


def test_a_session_that_ends_before_its_account_is_checked_leaves_no_loss_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene(world: VirtualWorld) -> None:
        begin, begun = world.gateway._start_session, 0

        def ends_early(session: Session) -> bool:
            nonlocal begun
            begun += 1
            if begun > 2:
                return begin(session)
            session.error(1100, "Connectivity between IB and Trader Workstation has been lost.")
            world.clock.call_later(0.05, lambda: session.close("gone"))
            return True

        monkeypatch.setattr(world.gateway, "_start_session", ends_early)
        world.fault("drop")
        await world.until(lambda: world.parts.desk.upstream.up is False, "lost", seconds=10)
        await world.until(lambda: world.status().can_trade, "back", seconds=60)
        assert begun > 2

    play(scene)


def test_a_refused_session_leaves_no_word_of_its_gateway_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(world: VirtualWorld) -> None:
        world.fault("accounts DU9999999")
        world.fault("drop")
        await world.clock.sleep(10)
        assert world.parts.desk.upstream.up is None
        assert not world.broker.health().farms
        world.fault("accounts DU1234567")
        await world.client.reconnect()
        await world.until(lambda: world.status().can_trade, "back", seconds=60)
        assert {link.name for link in world.broker.links() if link.is_up} == set(LinkName)

    play(scene)
