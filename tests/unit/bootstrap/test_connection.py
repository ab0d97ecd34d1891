"""A connection on its way from the settings file to the engine: one write, one reading, held or applied (D29)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import time
from pathlib import Path

import pytest

from qe_dashboard.bootstrap.connection import connection_settings
from qe_dashboard.bootstrap.host import LocalHost, _Running
from qe_dashboard.bootstrap.launch import make_launch
from qe_dashboard.bootstrap.settings_service import FileSettings
from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.engine.maintenance import Region
from qe_dashboard.model.connection import ConnectionTarget
from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.load import Loaded, Sources, load
from support.engine_world import EngineWorld, stop

PAPER = Profile.IBKR_PAPER
FILE = """\
# mine
broker = "ibkr-paper"
[connection.ibkr-paper]
port = 4002  # Gateway
daily_restart = "23:45"
ibkr_region = "europe"
"""


def loaded_from(file: Path, environ: dict[str, str] | None = None) -> Loaded:
    return load(Sources(file, environ or {}))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(FILE)
    return path


def test_the_engine_gets_plain_values_and_the_calendar(file: Path) -> None:
    found = connection_settings(loaded_from(file), PAPER)
    assert found is not None
    assert found.request == ConnectionRequest("127.0.0.1", 4002, 1, None)
    assert found.target == ConnectionTarget("127.0.0.1", 4002, 1, 2)
    assert (found.schedule.region, found.schedule.daily_restart) == (Region.EUROPE, time(23, 45))
    assert found.fixed_by == ()
    assert connection_settings(loaded_from(file), Profile.SIM) is None


def test_what_the_environment_sets_is_named(file: Path) -> None:
    environ = {"QE__CONNECTION__IBKR_PAPER__PORT": "7497", "QE__CONNECTION__IBKR_LIVE__CLIENT_ID": "9"}
    found = connection_settings(loaded_from(file, environ), PAPER)
    assert found is not None
    assert (found.request.port, found.fixed_by) == (7497, ("port",))


def test_a_connection_is_one_write_of_what_differs(file: Path) -> None:
    service = FileSettings(Sources(file), loaded_from(file))
    result = asyncio.run(service.set_connection(PAPER, ConnectionRequest("127.0.0.1", 7497, 5, 9)))
    assert (result.is_ok, result.text) == (True, f"saved in {file}.")
    text = file.read_text()
    assert "port = 7497  # Gateway" in text
    assert "client_id = 5" in text
    assert "order_client_id = 9" in text
    assert "host" not in text
    assert file.with_name("settings.toml.bak").read_text() == FILE, (
        "one write: the backup is the file before it"
    )


def test_back_to_auto_is_written_as_the_word(file: Path) -> None:
    service = FileSettings(Sources(file), loaded_from(file))
    asyncio.run(service.set_connection(PAPER, ConnectionRequest("127.0.0.1", 4002, 1, 9)))
    asyncio.run(service.set_connection(PAPER, ConnectionRequest("127.0.0.1", 4002, 1, None)))
    assert 'order_client_id = "auto"' in file.read_text()


def test_what_stands_there_already_is_not_written_again(file: Path) -> None:
    service = FileSettings(Sources(file), loaded_from(file))
    before = file.stat().st_mtime_ns
    result = asyncio.run(service.set_connection(PAPER, ConnectionRequest("127.0.0.1", 4002, 1, None)))
    assert (result.is_ok, "stood already" in result.text) == (True, True)
    assert file.stat().st_mtime_ns == before


def test_the_file_is_compared_not_the_environment_over_it(file: Path) -> None:
    sources = Sources(file, {"QE__CONNECTION__IBKR_PAPER__PORT": "7497"})
    service = FileSettings(sources, load(sources))
    asyncio.run(service.set_connection(PAPER, ConnectionRequest("127.0.0.1", 7497, 1, None)))
    assert "port = 7497" in file.read_text()


def test_a_file_that_is_broken_is_left_alone(file: Path) -> None:
    service = FileSettings(Sources(file), loaded_from(file))
    file.write_text("broker = [")
    result = asyncio.run(service.set_connection(PAPER, ConnectionRequest("127.0.0.1", 7497, 1, None)))
    assert not result.is_ok
    assert "Nothing was changed" in result.text
    assert file.read_text() == "broker = ["


class Watched:
    """A session over a real settings file and its watcher; broker and time by hand."""

    def __init__(self, file: Path) -> None:
        loaded = loaded_from(file)
        self.file = file
        self.service = FileSettings(Sources(file), loaded)
        self.world = EngineWorld(connection=connection_settings(loaded, PAPER), settings=self.service)
        launch = make_launch(environ={"QE_DASHBOARD_HOME": str(file.parent)})
        host = LocalHost(launch, clock=self.world.clock)
        running = _Running(
            self.world.engine, self.world.engine._supervisor, self.service, loaded.settings, PAPER
        )
        host._watch_settings(running, loaded)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the watcher look, a second each, and its thread answer."""
        for _ in range(10):
            await self.world.clock.advance_async(1)
            for _ in range(500):
                if holds():
                    return
                # A turn of the threads that read and write the file, never a wait.
                await asyncio.to_thread(lambda: None)
        raise AssertionError("it never came to hold")


@pytest.fixture
async def watched(file: Path) -> AsyncIterator[Watched]:
    made = Watched(file)
    await made.world.connect()
    yield made
    await stop(made.world)


async def test_saving_in_the_dialog_writes_the_file_and_the_watcher_moves_the_session(
    watched: Watched,
) -> None:
    world = watched.world
    task = asyncio.get_running_loop().create_task(
        world.client.apply_connection(ConnectionRequest("127.0.0.1", 7497, 5, None))
    )
    await watched.until(task.done)
    result = await task
    assert result.is_ok
    assert "connecting to 127.0.0.1:7497, client ids 5 and 6" in result.text
    assert world.broker.targets == [ConnectionTarget("127.0.0.1", 7497, 5, 6)]
    rows = [event.payload["text"] for event in world.journal.events if event.kind.value == "settings"]
    assert rows == [
        "applied: connection.ibkr-paper.port: 4002 -> 7497",
        "applied: connection.ibkr-paper.client_id: 1 -> 5",
    ]


async def test_an_edit_by_hand_applies_what_may_and_says_what_waits(watched: Watched) -> None:
    world = watched.world
    watched.file.write_text(FILE.replace("4002", "7497") + "keepalive_s = 5\n")
    await watched.until(lambda: bool(world.broker.targets))
    await world.settle()
    assert world.broker.targets == [ConnectionTarget("127.0.0.1", 7497, 1, 2)]
    words = "\n".join(world.words())
    assert "applied: connection.ibkr-paper.port: 4002 -> 7497" in words
    assert "waits for the next launch: connection.ibkr-paper.keepalive_s" in words


async def test_another_profiles_connection_moves_nothing(watched: Watched) -> None:
    world = watched.world
    watched.file.write_text(FILE + "[connection.ibkr-live]\nport = 7496\n")
    await watched.until(lambda: "waits for the next launch" in "\n".join(world.words()))
    assert world.broker.targets == []


async def test_the_form_says_when_each_key_counts(watched: Watched) -> None:
    applies = {row.key: row.applies for row in (await watched.service.view()).settings}
    assert (
        applies["connection.ibkr-paper.port"] == "at once, or with Save in `connection` while own orders work"
    )
    assert applies["connection.ibkr-paper.daily_restart"] == "at once"
    assert applies["connection.ibkr-paper.keepalive_s"] == "at its next launch"
    assert applies["connection.ibkr-live.port"] == "at its next launch"
    choices = {row.key: row.choices for row in (await watched.service.view()).settings}
    assert choices["connection.ibkr-paper.ibkr_region"] == ("north-america", "europe", "asia")
