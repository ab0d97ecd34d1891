"""Another gateway with a venue and an account of its own, in a world's virtual loop: where a connection moves to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from qe_dashboard.engine.connection_desk import Became, ConnectionSettings
from qe_dashboard.gateway_sim.control import Control
from qe_dashboard.gateway_sim.doors import Doors
from qe_dashboard.gateway_sim.faults import Faults
from qe_dashboard.gateway_sim.gateway import Gateway
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.sim_venue.venue import STARTING_CASH, Venue, VenueConfig
from support.virtual_loop import LoopClock
from support.virtual_world import ACCOUNT, VirtualWorld

OTHER = AccountId("DU7654321")


class SecondGateway:
    """Serves account `OTHER` on a port of its own."""

    def __init__(self, clock: LoopClock) -> None:
        self.venue = Venue.create(
            seed=9,
            account=OTHER,
            now=clock.now(),
            starting_cash=STARTING_CASH,
            epoch=49,
            config=VenueConfig(),
        )
        self._gateway = Gateway(
            venue=self.venue,
            clock=clock,
            faults=Faults(),
            save=lambda venue: None,
            on_order_read=lambda: None,
            latency=timedelta(milliseconds=20),
        )
        self._control = Control(self._gateway)
        self._doors = Doors(self._gateway, host="127.0.0.1", port=0)
        self.port = 0

    async def start(self) -> None:
        self.port = int((await self._doors.open()).rpartition(":")[2])
        self._gateway.start()

    def fault(self, line: str) -> None:
        answer = self._control.execute(line)
        assert answer.startswith("ok"), f"{line}: {answer}"

    def stop(self) -> None:
        self._doors.shut()
        self._gateway.stop()


class TwoGateways:
    """A world that can move its connection between the gateway it began with and a second one."""

    def __init__(self, clock: LoopClock) -> None:
        self.world = VirtualWorld(clock)
        self.second = SecondGateway(clock)
        self._first_port = 0

    async def start(self) -> None:
        await self.second.start()
        await self.world.start()
        self._first_port = self._settings.request.port
        await self.world.until(lambda: self.world.status().can_trade, "ready", seconds=90)

    async def stop(self) -> None:
        await self.world.stop()
        self.second.stop()

    async def edit(self, account: AccountId, *, approved: bool) -> Became:
        """Let the settings name the gateway of an account; `approved` as if a person had saved it in the dialog."""
        assert self.world.engine is not None
        port = self._first_port if account == ACCOUNT else self.second.port
        settings = replace(self._settings, request=replace(self._settings.request, port=port))
        desk = self.world.engine.connection
        desk._approved = settings.target if approved else None
        return await desk.changed(settings)

    async def move(self, account: AccountId) -> None:
        """Move there and wait until orders pass in that account."""
        await self.edit(account, approved=True)
        desk = self.world.parts.desk
        await self.world.until(
            lambda: (
                self.world.status().can_trade
                and desk.identity is not None
                and desk.identity.account == account
            ),
            f"account {account}",
            seconds=60,
        )

    @property
    def _settings(self) -> ConnectionSettings:
        assert self.world.engine is not None
        settings = self.world.engine.connection._in_force
        assert settings is not None
        return settings
