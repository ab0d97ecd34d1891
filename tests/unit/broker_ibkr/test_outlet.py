"""The one way out: nothing after it is shut (R56), and an engine's fault stays the engine's."""

from __future__ import annotations

import logging

import pytest

from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.model.known import Unknown
from support.broker_harness import RecordedEvents


def test_events_pass_until_it_is_shut() -> None:
    outlet, events = Outlet(), RecordedEvents()
    outlet.on_positions(Unknown("too early"))
    outlet.open(events)
    outlet.on_positions(Unknown("heard"))
    outlet.on_account(Unknown("heard"))
    outlet.shut()
    outlet.on_positions(Unknown("too late"))
    assert events.log == ["positions", "account"]


def test_a_listeners_fault_is_logged_and_not_raised_into_the_decoder(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Failing(RecordedEvents):
        def on_account(self, state: object) -> None:
            raise ValueError("broken")

    outlet, events = Outlet(), Failing()
    outlet.open(events)
    with caplog.at_level(logging.ERROR):
        outlet.on_account(Unknown("x"))
    outlet.on_positions(Unknown("y"))
    assert "the engine failed" in caplog.text
    assert events.log == ["positions"]
