"""The simulated adapter for the contract suite and its own tests, on a clock the test turns."""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from typing import TypeVar

from qe_dashboard.broker.simulated.adapter import SimulatedBroker
from qe_dashboard.broker.simulated.store import FIRST_ACCOUNT, VenueStore
from qe_dashboard.core.clock import ManualClock, deadline
from qe_dashboard.model.enums import AccountKind
from support.broker_harness import BrokerHarness

T = TypeVar("T")


class SimulatedHarness(BrokerHarness):
    """A minute of market takes no minute; only the file is read and written in real time."""

    kind = AccountKind.SIM

    def __init__(self, store: VenueStore, clock: ManualClock) -> None:
        self.clock = clock
        self.simulated = SimulatedBroker(clock=clock, seed=7, store=store)
        super().__init__(self.simulated, account=FIRST_ACCOUNT)

    async def open(self) -> None:
        """Start and wait until the file was read: the venue opened, or a message says why not."""
        self.broker.start(self.events)
        while not self.events.identities and not self.events.messages:
            await self.events.next_event()

    async def start(self) -> None:
        await self.open()
        await self.until_ready()

    async def stop(self) -> None:
        await self.broker.close()

    async def lose_links(self) -> None:
        self.simulated.lose_link()

    async def restore_links(self) -> None:
        await self.simulated.restore_link()

    async def wait_for_news(self) -> None:
        await self.clock.advance_async(0.05)

    async def let_time_pass(self, seconds: float) -> None:
        await self.clock.advance_async(seconds)

    async def far_limit(self) -> Decimal:
        """Return a price at which a buyer of AAPL waits."""
        bid = (await self.quote(await self.stock())).bid
        assert bid is not None
        return (bid * Decimal("0.9")).quantize(Decimal("0.01"))

    async def _with_patience(self, waiting: Awaitable[T]) -> T:
        return await deadline(self.clock, waiting, self.patience)
