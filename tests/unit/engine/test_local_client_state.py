"""Halt, resume, authorise, reconnect, reconcile (D6, D19)."""

import asyncio

from qe_dashboard.broker.port import BrokerError
from qe_dashboard.engine.views import ResultKind
from qe_dashboard.model.enums import Profile, TradingState
from qe_dashboard.model.known import Unknown
from support.engine_world import EngineWorld, stop
from support.risk_world import limits


class TestState:
    async def test_halt_is_in_force_before_anything_is_awaited(self, world: EngineWorld) -> None:
        task = asyncio.get_running_loop().create_task(world.client.halt("fire"))
        # One turn of the loop: the task has begun and reached its first await.
        await asyncio.sleep(0)
        assert not task.done()
        assert world.parts.desk.latch.state is TradingState.HALTED
        await task

    async def test_a_second_halt_changes_nothing(self, world: EngineWorld) -> None:
        await world.client.halt("first")
        epoch = world.parts.desk.epoch
        result = await world.client.halt("second")
        assert "already HALTED: first" in result.text
        assert world.parts.desk.epoch == epoch

    async def test_a_halt_that_cannot_be_written_is_in_force_and_says_so(self, world: EngineWorld) -> None:
        world.journal.broken = "disk full"
        result = await world.client.halt("fire")
        assert "not written down yet, and tried again every second: disk full" in result.text
        assert world.status().trading_state is TradingState.HALTED

    async def test_a_halt_that_could_not_be_written_is_written_once_it_can_be(
        self, world: EngineWorld
    ) -> None:
        world.journal.broken = "disk full"
        await world.client.halt("fire")
        world.journal.broken = None
        await world.clock.advance_async(1.5)
        assert world.journal.states[-1].state is TradingState.HALTED

    async def test_a_journal_that_lost_the_halt_is_told_again(self, world: EngineWorld) -> None:
        await world.client.halt("fire")
        world.journal.states.clear()
        await world.clock.advance_async(32)
        assert world.journal.states[-1].state is TradingState.HALTED

    async def test_a_halt_pressed_while_a_resume_is_under_way_wins(self, world: EngineWorld) -> None:
        await world.client.halt("fire")
        resume = asyncio.get_running_loop().create_task(world.client.resume(typed="resume"))
        await asyncio.sleep(0)
        await world.client.halt("fire again")
        assert (await resume).kind is ResultKind.REFUSED
        assert world.status().trading_state is TradingState.HALTED

    async def test_resume_needs_the_word(self, world: EngineWorld) -> None:
        await world.client.halt("fire")
        for typed in ("", "yes", "RESUME", "resume "):
            assert (await world.client.resume(typed=typed)).kind is ResultKind.REFUSED
        assert world.status().trading_state is TradingState.HALTED
        assert (await world.client.resume(typed="resume")).kind is ResultKind.DONE
        assert world.journal.states[-1].state is TradingState.ACTIVE

    async def test_a_live_order_link_opens_for_the_full_account_id_only(self) -> None:
        world = EngineWorld(profile=Profile.IBKR_LIVE, limits=limits(allow_list=("AAPL",)))
        await world.connect()
        assert (await world.client.authorise_live(typed="DU12345")).kind is ResultKind.REFUSED
        assert world.broker.authorised == []
        assert (await world.client.authorise_live(typed="DU1234567")).kind is ResultKind.DONE
        assert world.broker.authorised == ["DU1234567"]
        await stop(world)

    async def test_there_is_nothing_to_authorise_on_paper(self, world: EngineWorld) -> None:
        assert (await world.client.authorise_live(typed="DU1234567")).kind is ResultKind.REFUSED
        assert world.broker.authorised == []

    async def test_reconnect_and_reconcile_report_what_they_found(self, world: EngineWorld) -> None:
        assert (await world.client.reconnect()).kind is ResultKind.DONE
        assert world.broker.reconnects == 1
        assert (await world.client.reconcile()).text == "books read: 0 positions, 0 working orders."
        world.broker.order_book = Unknown("time-out")
        result = await world.client.reconcile()
        assert (result.kind, "open orders: time-out" in result.text) == (ResultKind.UNKNOWN, True)

    async def test_a_reconnect_that_fails_is_told_not_raised(self, world: EngineWorld) -> None:
        async def fail() -> None:
            raise BrokerError("no route to the gateway.")

        world.broker.reconnect = fail  # type: ignore[method-assign]
        result = await world.client.reconnect()
        assert (result.kind, "no route" in result.text) == (ResultKind.UNKNOWN, True)
