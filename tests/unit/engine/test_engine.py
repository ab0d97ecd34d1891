"""Start and stop: in order, bounded, and the journal last (section 13)."""

import asyncio

from qe_dashboard.journal.records import EventKind
from qe_dashboard.model.enums import Severity
from support.engine_world import EngineWorld, stop


async def test_a_session_begins_with_its_row(world: EngineWorld) -> None:
    payload = world.journal.of(EventKind.SESSION)[0].payload
    assert payload == {"started": True, "version": "1.2.3", "profile": "ibkr-paper"}


async def test_stopping_closes_broker_then_journal() -> None:
    world = EngineWorld()
    await world.connect()
    await stop(world)
    assert (world.broker.closed, world.journal.closed) == (True, True)


async def test_a_broker_that_hangs_does_not_keep_the_terminal() -> None:
    world = EngineWorld()
    world.broker.close_hangs = True
    await stop(world)
    assert world.journal.closed


async def test_a_broker_that_fails_does_not_keep_the_journal_open() -> None:
    world = EngineWorld()
    world.broker.close_error = RuntimeError("socket")
    await stop(world)
    assert world.journal.closed


async def test_a_task_that_fails_is_shown(world: EngineWorld) -> None:
    async def fail() -> None:
        raise RuntimeError("boom")

    world.engine.spawn("some work", fail())
    await world.settle()
    assert "some work failed: boom. The log file has the details." in world.words()


async def test_nothing_is_started_while_stopping() -> None:
    world = EngineWorld()
    await stop(world)
    ran: list[int] = []

    async def work() -> None:
        ran.append(1)

    world.engine.spawn("late", work())
    await asyncio.sleep(0)
    assert ran == []


async def test_a_change_of_settings_is_shown_and_journalled(world: EngineWorld) -> None:
    world.engine.settings_changed(Severity.INFO, "applied: x")
    assert "applied: x" in world.words()
    assert world.journal.of(EventKind.SETTINGS)[0].payload == {"text": "applied: x"}
