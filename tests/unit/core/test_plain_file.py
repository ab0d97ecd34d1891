"""A person's files cannot hang the program: only regular files, of a size that is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qe_dashboard.core import logs
from qe_dashboard.core.errors import ConfigurationError
from qe_dashboard.core.plain_file import read_plain

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")


def test_a_file_is_read_whole_or_its_newest_part(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    assert read_plain(file, limit=10) == b"0123456789"
    assert read_plain(file, limit=4, newest=True) == b"6789"
    with pytest.raises(OSError, match="expected at most 9 bytes, it is larger"):
        read_plain(file, limit=9)


@needs_fifo
def test_a_fifo_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="expected a file, it is a FIFO"):
        read_plain(tmp_path / "fifo", limit=10)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_a_device_behind_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="it is a device"):
        read_plain(tmp_path / "link", limit=10)


@needs_fifo
def test_a_fifo_in_place_of_the_log_stops_the_start_with_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / logs.FILE_NAME)
    with pytest.raises(ConfigurationError, match="it is a FIFO"):
        logs.configure(tmp_path)
