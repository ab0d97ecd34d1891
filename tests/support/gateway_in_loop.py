"""The gateway simulator in the test's own loop, over real TCP, so that what it holds for its clients can be counted."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from qe_dashboard.core.clock import SystemClock
from qe_dashboard.gateway_sim.doors import Doors
from qe_dashboard.gateway_sim.faults import Faults
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.sim_venue.venue import STARTING_CASH, Venue, VenueConfig


@dataclasses.dataclass(frozen=True, slots=True)
class Holdings:
    """What a gateway keeps for its clients."""

    sessions: int
    quote_lines: int
    bar_lines: int


@dataclasses.dataclass(frozen=True, slots=True)
class LoopGateway:
    """A listening gateway."""

    gateway: Gateway
    port: int

    def holdings(self) -> Holdings:
        """Count what is kept now."""
        inside = self.gateway
        return Holdings(len(inside._sessions), len(inside._quotes._lines), len(inside._history._live))


@asynccontextmanager
async def gateway_in_loop(*, account: str = "DU1234567") -> AsyncIterator[LoopGateway]:
    """Run a gateway for a block."""
    clock = SystemClock()
    venue = Venue.create(
        seed=7,
        account=AccountId(account),
        now=clock.now(),
        starting_cash=STARTING_CASH,
        epoch=1,
        config=VenueConfig(),
    )
    gateway = Gateway(
        venue=venue,
        clock=clock,
        faults=Faults(),
        save=lambda venue: None,
        on_order_read=lambda: None,
        latency=timedelta(0),
    )
    doors = Doors(gateway, host="127.0.0.1", port=0)
    address = await doors.open()
    gateway.start()
    try:
        yield LoopGateway(gateway, int(address.rpartition(":")[2]))
    finally:
        doors.shut()
        gateway.stop()
