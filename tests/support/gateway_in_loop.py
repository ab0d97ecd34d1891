"""The gateway simulator in the test's own loop, over real TCP, so that what it holds for its clients can be counted."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from qe_dashboard.broker.ibkr.broker import IbkrBroker
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.gateway_sim.doors import Doors
from qe_dashboard.gateway_sim.faults import Faults
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.model.connection import Meter
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.sim_venue.venue import STARTING_CASH, Venue, VenueConfig
from support.broker_harness import BrokerHarness
from support.ibkr_harness import ibkr_config
from support.shipped_codes import shipped_codes


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a gateway keeps for its clients."""

    sessions: int
    quote_lines: int
    bar_lines: int


@dataclass(frozen=True, slots=True)
class LoopGateway:
    """A listening gateway."""

    gateway: Gateway
    port: int

    def holdings(self) -> Holdings:
        """Count what is kept now."""
        inside = self.gateway
        return Holdings(len(inside._sessions), len(inside._quotes._lines), len(inside._history._live))


class LoopScene(BrokerHarness):
    """The adapter in front of such a gateway; retries come at once."""

    def __init__(self, gateway: LoopGateway, **changes: object) -> None:
        config = replace(ibkr_config(gateway.port), retry_min_s=0.01, retry_max_s=0.05, **changes)  # type: ignore[arg-type]
        super().__init__(
            IbkrBroker(clock=SystemClock(), config=config, codes=shipped_codes(), rng=random.Random(7)),
            account=AccountId("DU1234567"),
        )
        self.gateway = gateway.gateway

    async def stop(self) -> None:
        await self.broker.close()

    async def lose_links(self) -> None:
        self.gateway.faults.closes_at_once = True
        self.gateway.drop_sessions("the test drops them")

    async def restore_links(self) -> None:
        self.gateway.faults.closes_at_once = False

    def meter(self, name: str) -> Meter:
        """Return one budget's use."""
        return next(meter for meter in self.broker.health().meters if meter.name == name)


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
