"""Files that are no settings: a FIFO, 2 MB, lists in lists, a key of 100,000 parts; refused with words, and fast."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from qe_dashboard.broker.ibkr.code_file import load_code_book
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.settings.content import LARGEST
from qe_dashboard.settings.load import Loaded, Sources, load
from qe_dashboard.settings.paths import shipped_config_dir
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.quick import peek
from qe_dashboard.settings.watch import SettingsWatcher

DEEP = "nested deeper"
HOSTILE = [
    (b"a = " + b"[" * 100_000, DEEP),
    (b"a = " + b"[" * 400 + b"]" * 400, DEEP),
    (b"a = " + b"{a=" * 250 + b"1" + b"}" * 250, DEEP),
    (b".".join([b"a"] * 100_000) + b" = 1", DEEP),
    (b'"x y".' * 100_000 + b"a = 1", DEEP),
    (b"".join(b"k%d = 1\n" % number for number in range(60_000)), "expected at most 5,000 keys"),
    (b"#" + b"x" * LARGEST, "expected at most 1,000,000 bytes"),
]
KINDS = ["open list", "lists", "tables", "key", "quoted key", "keys", "size"]


@pytest.mark.parametrize(("data", "words"), HOSTILE, ids=KINDS)
def test_a_hostile_settings_file_is_refused_with_words(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(data)
    with pytest.raises(SettingsError, match=words):
        load(Sources(file))


@pytest.mark.parametrize(("data", "words"), HOSTILE, ids=KINDS)
def test_a_hostile_catalogue_leaves_the_shipped_one_in_force(tmp_path: Path, data: bytes, words: str) -> None:
    shipped, user = shipped_config_dir() / "ibkr_codes.toml", tmp_path / "ibkr_codes.toml"
    user.write_bytes(data)
    book = load_code_book(shipped, user)
    assert words in book.problem
    assert book.entries == load_code_book(shipped, tmp_path / "none").entries


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_hangs_neither_start_nor_watcher_nor_catalogue(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    current = load(Sources(file))
    os.mkfifo(file)
    for read in (lambda: peek(file, environ={}), lambda: load(Sources(file))):
        with pytest.raises(SettingsError, match="expected a file, it is a FIFO"):
            read()
    book = load_code_book(shipped_config_dir() / "ibkr_codes.toml", file)
    assert "it is a FIFO" in book.problem
    assert book.entries

    told: list[str] = []

    async def changed(_old: object, _new: object) -> None:
        raise AssertionError("a FIFO holds no settings")

    async def invalid(error: SettingsError) -> None:
        told.append(str(error))

    def parse(_data: bytes) -> Loaded:
        raise AssertionError("a FIFO has no content")

    async def look() -> None:
        watcher = SettingsWatcher(
            file,
            current=current,
            parse=parse,
            on_change=changed,
            on_invalid=invalid,
            sleep=ManualClock().sleep,
        )
        for _ in range(3):
            await watcher.poll()
        assert watcher.current is current

    asyncio.run(look())
    assert len(told) == 1
    assert "it is a FIFO" in told[0]
