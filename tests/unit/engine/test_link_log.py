"""One line per outage in the LOG, however many tries it takes (C3)."""

import logging

import pytest

from qe_dashboard.engine.log_book import KEPT, LogBook
from qe_dashboard.model.enums import LinkName, LinkState, Severity
from support.engine_world import EngineWorld

DATA = LinkName.DATA


def lines(world: EngineWorld) -> list[str]:
    return [text for text in world.words() if text.startswith("data link")]


async def test_tries_that_fail_reword_the_line_of_their_outage(world: EngineWorld) -> None:
    before = len(lines(world))
    world.broker.set_link(DATA, LinkState.DISCONNECTED, "closed")
    for reason in ("closed", "refused", "no route"):
        world.broker.set_link(DATA, LinkState.WAITING, reason)
        world.broker.set_link(DATA, LinkState.CONNECTING, "connecting")
    assert lines(world)[before:] == ["data link WAITING: no route (2 tries so far)"]
    world.broker.set_link(DATA, LinkState.READY, "connected")
    assert lines(world)[before:] == [
        "data link WAITING: no route (2 tries so far)",
        "data link READY: connected after 3 tries",
    ]
    world.broker.set_link(DATA, LinkState.WAITING, "again")
    assert lines(world)[before + 2 :] == ["data link WAITING: again"]


def book(heard: list[str]) -> LogBook:
    from qe_dashboard.core.clock import ManualClock

    return LogBook(clock=ManualClock(), on_line=heard.append)


def test_a_reworded_line_keeps_its_place_and_is_told() -> None:
    heard: list[str] = []
    log = book(heard)
    key = log.say(Severity.INFO, "a", "x")
    log.say(Severity.INFO, "a", "y")
    assert log.reword(key, Severity.WARNING, "a", "z") == key
    assert log.reword(key, Severity.WARNING, "a", "z") == key
    assert heard == ["1", "2", "1"]
    line = log.line(key)
    assert line is not None
    assert (line.severity, line.text, list(log.keys())) == (Severity.WARNING, "z", ["1", "2"])


def test_a_line_that_has_scrolled_out_is_said_anew() -> None:
    log = book([])
    key = log.say(Severity.INFO, "a", "x")
    for number in range(KEPT):
        log.say(Severity.INFO, "a", str(number))
    assert log.reword(key, Severity.INFO, "a", "z") == str(KEPT + 2)


def test_each_line_is_a_record_of_the_log_file(caplog: pytest.LogCaptureFixture) -> None:
    log = book([])
    with caplog.at_level(logging.INFO, logger="qe_dashboard.engine.log_book"):
        key = log.say(Severity.INFO, "order", "order 1: WORKING")
        log.say(Severity.INFO, "order", "order 1: WORKING")
        log.reword(key, Severity.CRITICAL, "order", "order 1: lost")
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.INFO, "order: order 1: WORKING"),
        (logging.CRITICAL, "order: order 1: lost"),
    ]
