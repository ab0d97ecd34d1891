import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qe_dashboard.core import lock
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.core.errors import ConfigurationError
from qe_dashboard.core.lock import LockHeld, ProfileLock, holder_of

SINCE = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)

HOLD = """
import sys
from pathlib import Path
from qe_dashboard.core.lock import ProfileLock
ProfileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "sim" / "lock"


@pytest.fixture
def holder(path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=Path(lock.__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_instance_is_told_who_holds_the_profile(path: Path) -> None:
    with ProfileLock(path, ManualClock(SINCE)):
        with pytest.raises(LockHeld) as caught:
            ProfileLock(path).acquire()
        assert (caught.value.pid, caught.value.since) == (os.getpid(), SINCE)
        assert caught.value.host == socket.gethostname()
        assert f"process {os.getpid()}" in str(caught.value)
        assert "since 2026-03-02 14:30:00 UTC" in str(caught.value)
        assert "quit it first" in str(caught.value)


def test_release_lets_the_next_one_in_and_may_be_repeated(path: Path) -> None:
    first, second = ProfileLock(path), ProfileLock(path)
    first.acquire()
    first.acquire()
    first.release()
    first.release()
    second.acquire()
    with pytest.raises(LockHeld):
        first.acquire()
    second.release()


def test_profiles_do_not_disturb_each_other(path: Path) -> None:
    with ProfileLock(path), ProfileLock(path.with_name("other")):
        assert path.exists()


def test_the_lock_of_a_living_process_holds_and_dies_with_it(
    path: Path, holder: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(LockHeld) as caught:
        ProfileLock(path).acquire()
    assert caught.value.pid == holder.pid

    holder.send_signal(signal.SIGKILL)
    holder.wait()

    with ProfileLock(path, ManualClock(SINCE)):
        assert str(os.getpid()) in path.read_text()
        assert str(holder.pid) not in path.read_text()


@pytest.mark.parametrize(
    "stale", ["", "not json", '{"pid": 1}', '{"pid": 99999, "since": "2020-01-01T00:00:00+00:00"}']
)
def test_a_stale_file_is_no_lock(path: Path, stale: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(stale + "\n" + "old " * 50)
    with ProfileLock(path, ManualClock(SINCE)), pytest.raises(LockHeld) as caught:
        ProfileLock(path).acquire()
    assert caught.value.pid == os.getpid()


def test_a_holder_that_wrote_nothing_readable_still_holds(path: Path) -> None:
    with ProfileLock(path):
        path.write_text("half a li")
        with pytest.raises(LockHeld, match=r"^Another qe_dashboard is using this profile\.") as caught:
            ProfileLock(path).acquire()
    assert (caught.value.pid, caught.value.since, caught.value.host) == (None, None, None)


def test_a_file_deleted_between_open_and_lock_is_not_the_one_that_is_held(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = lock._try_lock
    taken: list[int] = []

    def take_a_nameless_file_first(descriptor: int) -> bool:
        if not taken:
            path.unlink()
        taken.append(descriptor)
        return take(descriptor)

    monkeypatch.setattr(lock, "_try_lock", take_a_nameless_file_first)
    with ProfileLock(path):
        monkeypatch.undo()
        assert len(taken) == 2
        with pytest.raises(LockHeld):
            ProfileLock(path).acquire()


def test_a_directory_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(ConfigurationError, match=r"lock file .* cannot be written.*Nothing was started"):
        ProfileLock(in_the_way / "lock").acquire()


def test_a_look_names_the_holder_and_takes_nothing(path: Path, holder: "subprocess.Popen[str]") -> None:
    held = holder_of(path)
    assert held is not None
    assert held.pid == holder.pid


def test_a_look_at_a_free_lock_leaves_it_free_and_a_missing_one_missing(path: Path) -> None:
    assert holder_of(path) is None
    assert not path.exists()
    with ProfileLock(path):
        pass
    assert holder_of(path) is None
    with ProfileLock(path):
        assert holder_of(path) is not None
