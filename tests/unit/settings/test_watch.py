"""An edit is noticed, a bad one is reported once, and the last good settings stay."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from qe_dashboard.settings.load import Loaded, Sources, load, load_bytes
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.watch import SettingsWatcher


class Bench:
    """A watcher over a real file, with what it reported."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.changed: list[tuple[int, int]] = []
        self.invalid: list[str] = []
        self.parsed_in: list[threading.Thread] = []
        self.pauses: asyncio.Queue[float] = asyncio.Queue()
        self.ticks: asyncio.Queue[None] = asyncio.Queue()
        self._writes = 0
        self.watcher = SettingsWatcher(
            file,
            current=load(Sources(file)),
            parse=self._parse,
            on_change=self._on_change,
            on_invalid=self._on_invalid,
            sleep=self._sleep,
            interval_s=2.5,
        )

    def write(self, text: str) -> None:
        """Write as an editor would; each write gets its own time, whatever the file system's resolution."""
        self._writes += 1
        self.file.write_text(text)
        os.utime(self.file, ns=(self._writes * 10**9, self._writes * 10**9))

    async def look(self, times: int = 1) -> None:
        for _ in range(times):
            await self.watcher.poll()

    def _parse(self, data: bytes) -> Loaded:
        self.parsed_in.append(threading.current_thread())
        return load_bytes(data, Sources(self.file))

    async def _on_change(self, old: Loaded, new: Loaded) -> None:
        self.changed.append((old.settings.simulated.seed, new.settings.simulated.seed))

    async def _on_invalid(self, error: SettingsError) -> None:
        self.invalid.append(str(error))

    async def _sleep(self, seconds: float) -> None:
        self.pauses.put_nowait(seconds)
        await self.ticks.get()


def seed(number: int) -> str:
    return f"[simulated]\nseed = {number}\n"


@pytest.fixture
def bench(file: Path) -> Bench:
    file.write_text(seed(1))
    return Bench(file)


async def test_valid_edit_is_handed_over_with_the_settings_before(bench: Bench) -> None:
    bench.write(seed(2))
    await bench.look()
    assert bench.changed == [(1, 2)]
    assert bench.watcher.current.settings.simulated.seed == 2


async def test_edits_of_the_same_size_are_each_noticed(bench: Bench) -> None:
    bench.write(seed(2))
    await bench.look()
    bench.write(seed(3))
    await bench.look()
    assert bench.changed == [(1, 2), (2, 3)]


async def test_nothing_new_is_neither_read_nor_reported(bench: Bench) -> None:
    await bench.look(times=3)
    assert (bench.changed, bench.invalid, bench.parsed_in) == ([], [], [])


async def test_touching_without_an_edit_is_not_a_change(bench: Bench) -> None:
    bench.write(seed(1))
    await bench.look(times=2)
    assert bench.changed == []


async def test_edit_between_load_and_the_first_look_is_noticed(bench: Bench) -> None:
    """The watcher compares with the content that was loaded, not with what it first sees."""
    bench.file.write_text(seed(9))
    await bench.look()
    assert bench.changed == [(1, 9)]


async def test_invalid_edit_is_reported_once_and_the_last_good_stays(bench: Bench) -> None:
    bench.write("[simulated]\nseed = -1\n")
    await bench.look(times=5)
    assert bench.invalid == [f"{bench.file}:2: simulated.seed = -1: expected an integer from 0 to 2147483647"]
    assert bench.changed == []
    assert bench.watcher.current.settings.simulated.seed == 1


async def test_half_a_save_is_not_reported_when_the_rest_follows(bench: Bench) -> None:
    bench.write("[simulated]\nse")
    await bench.look()
    bench.write(seed(2))
    await bench.look(times=2)
    assert bench.invalid == []
    assert bench.changed == [(1, 2)]


async def test_mended_file_is_handed_over_even_when_it_says_what_it_said_before(bench: Bench) -> None:
    """So that whoever shows "the file is invalid" learns that it no longer is."""
    bench.write("broken = \n")
    await bench.look(times=2)
    bench.write(seed(1))
    await bench.look(times=2)
    assert len(bench.invalid) == 1
    assert bench.changed == [(1, 1)]


async def test_another_invalid_edit_is_reported_again(bench: Bench) -> None:
    for number in (-1, -2):
        bench.write(seed(number))
        await bench.look(times=2)
    assert [text.count("seed = -") for text in bench.invalid] == [1, 1]


async def test_deleted_file_is_reported_once_and_noticed_when_it_is_back(bench: Bench) -> None:
    bench.file.unlink()
    await bench.look(times=4)
    assert bench.invalid == [f"{bench.file}: the file is gone; the settings read last stay in force"]
    bench.write(seed(4))
    await bench.look()
    assert bench.changed == [(1, 4)]


async def test_save_by_rename_is_noticed_and_the_moment_without_a_file_is_not_reported(bench: Bench) -> None:
    bench.file.unlink()
    await bench.look()
    bench.write(seed(5))
    await bench.look(times=2)
    assert bench.invalid == []
    assert bench.changed == [(1, 5)]


async def test_unreadable_file_is_reported_once(bench: Bench) -> None:
    bench.file.unlink()
    bench.file.mkdir()
    await bench.look(times=4)
    assert bench.invalid == [f"{bench.file}: cannot be read: Is a directory"]


async def test_file_that_never_was_may_appear(file: Path) -> None:
    bench = Bench(file)
    await bench.look(times=3)
    assert bench.invalid == []
    bench.write(seed(3))
    await bench.look()
    assert bench.changed == [(7, 3)]


async def test_content_is_read_and_validated_off_the_loop(bench: Bench) -> None:
    bench.write(seed(2))
    await bench.look()
    assert bench.parsed_in != []
    assert threading.main_thread() not in bench.parsed_in


async def test_run_looks_after_each_pause_of_the_injected_clock(bench: Bench) -> None:
    task = asyncio.create_task(bench.watcher.run())
    bench.write(seed(2))
    bench.ticks.put_nowait(None)
    assert [await bench.pauses.get(), await bench.pauses.get()] == [2.5, 2.5]
    assert bench.changed == [(1, 2)]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
