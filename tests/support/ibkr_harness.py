"""The ibkr adapter under contract: over TCP to the gateway simulator in a process of its own."""

from __future__ import annotations

import random
from pathlib import Path

from qe_dashboard.broker.ibkr.broker import IbkrBroker
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.identifiers import AccountId
from support.broker_harness import BrokerHarness
from support.gateway_process import GatewayProcess
from support.shipped_codes import shipped_codes


def ibkr_config(
    port: int,
    *,
    profile: Profile = Profile.IBKR_PAPER,
    account: str = "",
    connect_timeout_s: float = 10.0,
    keepalive_s: float = 20.0,
    keepalive_deadline_s: float = 5.0,
) -> IbkrConfig:
    """Return the adapter's configuration for a gateway on this machine; retries come fast, everything else is real."""
    return IbkrConfig(
        profile=profile,
        host="127.0.0.1",
        port=port,
        client_id=1,
        order_client_id=2,
        account=account,
        connect_timeout_s=connect_timeout_s,
        keepalive_s=keepalive_s,
        keepalive_deadline_s=keepalive_deadline_s,
        retry_min_s=0.05,
        retry_max_s=0.2,
    )


class IbkrHarness(BrokerHarness):
    """Losing the links is killing the gateway; it remembers its venue in a file and comes back on the same port."""

    kind = AccountKind.PAPER

    def __init__(self, directory: Path) -> None:
        self._state = str(directory / "gateway.json")
        self._gateway = GatewayProcess.start("--state", self._state)
        broker = IbkrBroker(
            clock=SystemClock(),
            config=ibkr_config(self._gateway.port),
            codes=shipped_codes(),
            rng=random.Random(7),
        )
        super().__init__(broker, account=AccountId(self._gateway.account))

    async def stop(self) -> None:
        await self.broker.close()
        self._gateway.kill()

    async def lose_links(self) -> None:
        self._gateway.kill()

    async def restore_links(self) -> None:
        self._gateway = GatewayProcess.start("--state", self._state, port=self._gateway.port)
