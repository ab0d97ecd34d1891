"""A planned restart and a first launch without a gateway, over TCP: calm where it is due, exact where it is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import time
from zoneinfo import ZoneInfo

from qe_dashboard.engine.maintenance import Region, Schedule
from qe_dashboard.model.enums import LinkName, Severity
from qe_dashboard.model.ladder import RungName, RungState
from support.virtual_loop import LoopClock, run_virtually
from support.virtual_world import VirtualWorld

# The virtual day begins at 10:00 ET: the restart comes five minutes later.
DAILY = Schedule(Region.NORTH_AMERICA, time(10, 5), ZoneInfo("America/New_York"))

Scene = Callable[[VirtualWorld, LoopClock], Awaitable[None]]


def played(scene: Scene, **world: object) -> None:
    async def main(clock: LoopClock) -> None:
        made = VirtualWorld(clock, **world)  # type: ignore[arg-type]
        await made.start()
        try:
            await scene(made, clock)
        finally:
            await made.stop()

    run_virtually(main)


def worst(world: VirtualWorld) -> Severity | None:
    return world.status().banner[0].severity if world.status().banner else None


def test_the_gateways_own_restart_is_calm_for_five_minutes_and_an_alarm_after_it() -> None:
    async def scene(world: VirtualWorld, clock: LoopClock) -> None:
        await world.until(lambda: world.status().can_trade, "ready", seconds=60)
        await clock.sleep(300 - clock.monotonic())
        world.fault("restart 600")
        await world.until(lambda: bool(world.status().expected_outage), "seen as due", seconds=10)
        await world.until(lambda: world.status().offline_since is not None, "offline", seconds=10)
        status = world.status()
        assert worst(world) is Severity.WARNING
        assert "expected: daily restart of the gateway, usually back by 10:10 ET" in status.banner[0].text
        assert not status.can_trade
        before = world.venue_orders()
        assert not (await world.buy_one()).is_ok
        await clock.sleep(1)
        assert world.venue_orders() == before
        await clock.sleep(301)
        assert worst(world) is Severity.CRITICAL
        assert world.status().expected_outage == ""
        await world.until(lambda: world.status().can_trade, "back", seconds=400)
        lines = {line.what: line for line in world.health().outages}
        assert set(lines) == {"data link", "order link"}
        for line in lines.values():
            assert line.expected
            assert line.ended_at is not None
            assert (line.ended_at - line.began_at).total_seconds() >= 595

    played(scene, schedule=DAILY)


def test_a_drop_at_another_hour_is_an_alarm() -> None:
    async def scene(world: VirtualWorld, clock: LoopClock) -> None:
        await world.until(lambda: world.status().can_trade, "ready", seconds=60)
        world.fault("restart 60")
        await world.until(lambda: world.status().offline_since is not None, "offline", seconds=10)
        assert worst(world) is Severity.CRITICAL

    played(scene, schedule=DAILY)


def test_nothing_listening_at_launch_is_a_notice_with_the_exact_address() -> None:
    async def scene(world: VirtualWorld, clock: LoopClock) -> None:
        await clock.sleep(9)
        assert world.status().notice is None
        await clock.sleep(1.1)
        notice = world.status().notice
        assert notice is not None
        address = world.broker.links()[0]
        assert (notice.host, notice.port) == (address.host, address.port)
        assert notice.causes[0].startswith("TWS or IB Gateway is not running")
        rungs = {rung.name: rung for rung in world.health().ladder.rungs}
        assert rungs[RungName.PORT].state is RungState.FAIL
        assert str(address.port) in rungs[RungName.PORT].fix
        world.open_doors()
        await world.until(lambda: world.status().notice is None, "closed by itself", seconds=60)
        await world.until(lambda: world.status().can_trade, "ready", seconds=60)
        assert world.status().checklist == ()

    played(scene, is_shut=True)


def test_a_session_that_works_passes_its_own_ladder() -> None:
    async def scene(world: VirtualWorld, clock: LoopClock) -> None:
        await world.until(lambda: world.status().can_trade, "ready", seconds=60)
        # The first keepalive measures the clocks.
        await clock.sleep(60)
        view = world.health()
        failed = [rung for rung in view.ladder.rungs if rung.state is RungState.FAIL]
        assert failed == []
        passed = {rung.name for rung in view.ladder.rungs if rung.state is RungState.PASS}
        assert passed >= {
            RungName.PORT,
            RungName.HANDSHAKE,
            RungName.ACCOUNTS,
            RungName.ACCOUNT_KIND,
            RungName.VALUES,
        }
        assert {link.name for link in view.links} == set(LinkName)

    played(scene)
