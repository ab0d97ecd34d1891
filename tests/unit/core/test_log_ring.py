"""The log viewer's records: the last two thousand, masked, in order, whatever thread they come from."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qe_dashboard.core import logs
from qe_dashboard.core.log_ring import KEPT, LogRing

log = logging.getLogger("qe_dashboard.some.module")


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[LogRing]:
    made = LogRing()
    logs.configure(tmp_path, "INFO", ring=made)
    yield made
    logs.shutdown()


def say_often() -> None:
    for _ in range(200):
        log.info("x")


def texts(ring: LogRing) -> list[str]:
    return [entry.text for entry in ring.after(0)]


def test_a_record_comes_masked_with_its_level_and_source(ring: LogRing) -> None:
    log.warning("order %d for DU1234567", 17)
    [entry] = ring.after(0)
    assert (entry.number, entry.level, entry.source) == (1, "WARNING", "qe_dashboard.some.module")
    assert entry.text == "order 17 for DU***567"
    assert entry.at.tzinfo is not None


def test_an_error_is_one_masked_line(ring: LogRing) -> None:
    try:
        raise ValueError("no such account\nU7654321")
    except ValueError:
        log.exception("it failed")
    assert texts(ring) == ["it failed: ValueError: no such account | U***321"]


def test_the_level_of_the_settings_is_the_level_here(ring: LogRing) -> None:
    log.debug("fine")
    logging.getLogger().setLevel("DEBUG")
    log.debug("finer")
    assert texts(ring) == ["finer"]


def test_a_record_that_cannot_be_formatted_is_shown_all_the_same(ring: LogRing) -> None:
    record = log.makeRecord(log.name, logging.INFO, __file__, 1, "%d orders for DU1234567", ("many",), None)
    ring.handle(record)
    assert texts(ring) == ["(a record that cannot be formatted: '%d orders for DU***567')"]


def test_only_the_newest_are_kept_and_asked_for(ring: LogRing) -> None:
    for number in range(1, KEPT + 11):
        log.info("%d", number)
    assert texts(ring)[0] == "11"
    assert [entry.text for entry in ring.after(KEPT + 8)] == [str(KEPT + 9), str(KEPT + 10)]
    assert ring.after(KEPT + 10) == ()


def test_threads_get_numbers_without_gaps(ring: LogRing) -> None:
    threads = [threading.Thread(target=say_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.number for entry in ring.after(0)] == list(range(1, 801))


def test_shutdown_takes_it_off_the_log(tmp_path: Path) -> None:
    made = LogRing()
    logs.configure(tmp_path, "INFO", ring=made)
    logs.shutdown()
    log.error("late")
    assert made.after(0) == ()
