import logging
import shutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from qe_dashboard.core import logs
from qe_dashboard.core.errors import ConfigurationError

log = logging.getLogger("qe_dashboard.some.module")


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    yield logs.configure(tmp_path / "home" / "logs", "INFO")
    logs.shutdown()


def test_records_are_written_with_utc_time_level_and_logger(log_file: Path) -> None:
    log.info("order %d accepted", 17)
    log.debug("too fine")
    (line,) = log_file.read_text().splitlines()
    time, _, rest = line.partition(" ")
    assert time.endswith("+00:00")
    assert rest == "INFO     qe_dashboard.some.module: order 17 accepted"


@pytest.mark.parametrize("library", ["ib_insync.wrapper", "ib_async.client", "eventkit.event"])
def test_the_broker_libraries_log_to_the_file(log_file: Path, library: str) -> None:
    logging.getLogger(library).error("Error 1100")
    assert f"{library}: Error 1100" in log_file.read_text()


def test_accounts_are_masked_in_messages_arguments_and_tracebacks(log_file: Path) -> None:
    try:
        raise ValueError("no such account DU1234567")
    except ValueError:
        log.exception("request for %s failed", "U7654321")
    text = log_file.read_text()
    assert "Traceback" in text
    assert "U***321" in text
    assert "DU***567" in text
    assert "1234567" not in text
    assert "7654321" not in text


def test_warnings_and_crashes_of_threads_go_to_the_file(log_file: Path) -> None:
    def crash() -> None:
        raise RuntimeError("writer died")

    thread = threading.Thread(target=crash, name="journal writer")
    thread.start()
    thread.join()
    warnings.warn("old call", stacklevel=1)

    text = log_file.read_text()
    assert "thread journal writer crashed" in text
    assert "RuntimeError: writer died" in text
    assert "old call" in text


def test_an_exception_in_a_finaliser_goes_to_the_file(log_file: Path) -> None:
    class Careless:
        def __del__(self) -> None:
            raise RuntimeError("lost in a finaliser")

    Careless()
    assert "RuntimeError: lost in a finaliser" in log_file.read_text()


def test_nothing_reaches_the_terminal(tmp_path: Path) -> None:
    # A process of its own: pytest captures the streams of this one.
    script = """
import logging, sys, threading, warnings
from pathlib import Path
logging.basicConfig()
from qe_dashboard.core import logs
logs.configure(Path(sys.argv[1]), "DEBUG")
logging.getLogger("ib_insync.wrapper").critical("Error 502")
logging.getLogger("qe_dashboard").error("bad %d", "format")
warnings.warn("old call")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=Path(logs.__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "Error 502" in (tmp_path / logs.FILE_NAME).read_text()


def test_a_moved_log_file_is_opened_again_with_a_warning(log_file: Path) -> None:
    log.info("before")
    moved = log_file.rename(log_file.with_suffix(".old"))
    log.info("after")
    assert "before" in moved.read_text()
    assert "after" not in moved.read_text()
    text = log_file.read_text()
    assert "WARNING" in text
    assert "moved or deleted" in text
    assert text.rstrip().endswith("after")


def test_a_deleted_log_directory_is_made_again(log_file: Path) -> None:
    log.info("before")
    shutil.rmtree(log_file.parent)
    log.info("after")
    assert "after" in log_file.read_text()


def test_while_the_directory_cannot_be_made_records_are_counted_and_nobody_stops(log_file: Path) -> None:
    shutil.rmtree(log_file.parent)
    log_file.parent.write_text("a file in the way")
    log.info("lost one")
    log.info("lost two")
    log_file.parent.unlink()
    log.info("kept")
    text = log_file.read_text()
    assert "records lost: 2" in text
    assert "kept" in text


def test_the_file_rotates_and_five_old_ones_stay(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (logs.MAX_BYTES, logs.BACKUPS) == (5 * 1024 * 1024, 5)
    monkeypatch.setattr(logs, "MAX_BYTES", 200)
    logs.configure(log_file.parent, "INFO")
    for number in range(50):
        log.info("record %02d %s", number, "x" * 60)
    names = sorted(path.name for path in log_file.parent.iterdir())
    assert names == ["qe_dashboard.log", *(f"qe_dashboard.log.{number}" for number in range(1, 6))]
    assert all(path.stat().st_size <= 200 for path in log_file.parent.iterdir())
    assert "record 49" in log_file.read_text()
    assert "moved or deleted" not in log_file.read_text()


def test_a_directory_that_cannot_be_written_is_a_clear_error_and_changes_nothing(
    log_file: Path, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(ConfigurationError, match=r"log directory .*file/logs cannot be written") as caught:
        logs.configure(in_the_way / "logs", "INFO")
    assert "no order was touched" in str(caught.value)
    assert "QE_DASHBOARD_HOME" in str(caught.value)
    log.info("still here")
    assert "still here" in log_file.read_text()


def test_shutdown_puts_everything_back(tmp_path: Path) -> None:
    def state() -> tuple[object, ...]:
        root = logging.getLogger()
        return (root.handlers[:], root.level, logging.lastResort, sys.unraisablehook, threading.excepthook)

    terminal = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(terminal)
    try:
        before = state()
        path = logs.configure(tmp_path, "DEBUG")
        assert terminal not in logging.getLogger().handlers
        assert logging.lastResort is None
        logs.configure(tmp_path, "INFO")
        logs.shutdown()
        logs.shutdown()
        handlers, *rest = state()
        assert rest == list(before[1:])
        assert isinstance(handlers, list)
        assert terminal in handlers
        log.error("after the end")
        assert path.read_text() == ""
    finally:
        logging.getLogger().removeHandler(terminal)
