"""After a gap: what is asked for again, what is proven, what is said to be stale, and when orders pass again."""

from __future__ import annotations

import pytest

from qe_dashboard.model.enums import LinkName
from support.virtual_app import Stage, play
from support.virtual_loop import LoopClock
from support.virtual_world import VirtualWorld

Patch = pytest.MonkeyPatch


async def lines_pane(stage: Stage) -> None:
    await stage.press("f9", "d")


def test_data_lost_at_ibkr_is_asked_for_again_and_each_line_proven(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        await lines_pane(stage)
        stage.world.fault("1100")
        await stage.wait(30)
        # 1101 drops what the gateway served: only lines asked for again tick.
        stage.world.fault("1101")
        assert await stage.until_shown("restored 4/4", seconds=30) < 20
        await stage.until_ready(seconds=20)
        assert set(stage.world.lines_served().values()) == {1}
        await stage.takes_orders()

    play(scene, monkeypatch)


def test_a_line_that_stays_dark_after_1102_is_renewed_once_and_then_reported(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        await lines_pane(stage)
        stage.world.fault("line MSFT dark")
        stage.world.fault("1100")
        await stage.wait(10)
        stage.world.fault("1102")
        await stage.until_shown("restored 3/4", seconds=20)
        # R39: no first tick in 30 s is asked for once more, and after 30 s more it is said.
        took = await stage.until_shown("MSFT quotes", "silent", seconds=90)
        assert 25 < took < 75
        assert stage.world.lines_served()["MSFT.STK.USD"] == 1
        stage.world.fault("line MSFT lit")
        await stage.until_gone("not live", seconds=60)

    play(scene, monkeypatch, size=(200, 60))


def test_the_checklist_stands_until_all_three_books_are_known(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        stage.world.fault("positions endless")
        stage.world.fault("drop")
        await stage.until_shown("● Connected", "positions", "new orders wait", seconds=30)
        assert stage.world.status().checklist
        await stage.refuses_orders()
        stage.world.fault("positions whole")
        await stage.until_ready(seconds=180)
        assert not stage.world.status().checklist

    play(scene, monkeypatch)


def test_a_farm_has_a_lamp_of_its_own(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        await stage.press("f9")
        stage.world.fault("farm ushmds down")
        await stage.until_shown("BROKEN ushmds history", "● Connected", seconds=5)
        stage.world.fault("farm ushmds up")
        await stage.until_shown("ok ushmds history", seconds=5)
        assert all(link.epoch == 0 for link in stage.world.broker.links())

    play(scene, monkeypatch)


def test_the_notice_names_the_address_and_closes_itself(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        took = await stage.until_shown("Interactive Brokers Not Connected", "127.0.0.1", seconds=15)
        assert 9.5 <= took <= 11.5
        # It is in nobody's way: screens change and HALT works over it.
        await stage.press("f6")
        assert stage.text().startswith("TRADE")
        await stage.press("ctrl+g")
        assert stage.shows("HALTED")
        await stage.press("escape")
        stage.world.open_doors()
        await stage.until_gone("Interactive Brokers Not Connected", seconds=40)
        await stage.until_shown("● Connected", "HALTED", seconds=30)

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, is_shut=True))


def test_a_read_only_gateway_is_known_before_the_first_order(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        assert await stage.until_shown("read-only", '"Read-Only API"', seconds=20) < 5
        await stage.refuses_orders()

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, begin=("read-only on",)))


def test_the_wrong_kind_of_account_is_dropped_before_any_order_call(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_shown("U7654321", "LIVE", seconds=20)
        links = {link.name: link for link in stage.world.broker.links()}
        assert not links[LinkName.ORDER].is_up
        assert not stage.world.status().can_trade
        await stage.refuses_orders()
        await stage.wait(60)
        assert stage.world.sessions_served() == 0

    def world(clock: LoopClock) -> VirtualWorld:
        return VirtualWorld(clock, begin=("accounts U7654321",))

    play(scene, monkeypatch, world=world)


def test_delayed_data_is_marked_everywhere(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_shown("DELAYED", seconds=30)
        await stage.press("f9")
        await stage.until_shown("delayed", "a quote ticking", seconds=10)

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, begin=("market-data delayed",)))
