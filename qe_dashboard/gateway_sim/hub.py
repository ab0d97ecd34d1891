"""What the desks share: the venue, the clock, the faults, and who is connected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from qe_dashboard.core.clock import Clock
from qe_dashboard.gateway_sim.faults import Faults
from qe_dashboard.gateway_sim.refusals import NO_REQUEST
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.sim_venue.venue import Venue

# The venue's client id for orders entered by hand in the gateway's own window. Clients see them as client 0's.
TWS = -1
TWS_ON_WIRE = 0

log = logging.getLogger("qe_dashboard.gateway_sim")


class Client(Protocol):
    """A connected API client as the desks see it."""

    @property
    def client_id(self) -> int: ...

    @property
    def version(self) -> int: ...

    def send(self, data: bytes) -> None:
        """Queue a message for this client."""

    def error(self, code: int, text: str, *, about: int = NO_REQUEST) -> None:
        """Queue an error or notice about a request or order id."""

    def close(self, reason: str) -> None:
        """End the session after what is queued was written."""


class Hub:
    """One venue, its presented accounts and the sessions on it."""

    def __init__(
        self, *, venue: Venue, clock: Clock, faults: Faults, master_client_id: int | None = None
    ) -> None:
        self.venue = venue
        self.clock = clock
        self.faults = faults
        self.accounts: tuple[str, ...] = (venue.account,)
        self.master_client_id = master_client_id
        self.binds_manual_orders = False
        self._clients: dict[int, Client] = {}
        self._wake: Callable[[], None] = lambda: None

    @property
    def account(self) -> str:
        """The account clients see; the venue's own unless the control presents another."""
        return self.accounts[0]

    def is_own_account(self, account: str) -> bool:
        """Tell whether a request's account field means this account; empty means the only one."""
        return account in self.accounts or (account == "" and len(self.accounts) == 1)

    def now(self) -> datetime:
        """Return the time on the gateway's clock, which may be wrong on purpose."""
        return self.clock.now() + timedelta(seconds=self.faults.clock_skew_s)

    def clients(self) -> Iterator[Client]:
        """Iterate over everybody who finished startApi."""
        return iter(tuple(self._clients.values()))

    def client(self, client_id: int) -> Client | None:
        """Return the session of a client id, None when it is not connected."""
        return self._clients.get(client_id)

    def watchers(self, key: OrderKey) -> tuple[Client, ...]:
        """Return who is told about an order: the client that placed it, and the master client (reference 4.7)."""
        owner = TWS_ON_WIRE if key.client_id == TWS and self.binds_manual_orders else key.client_id
        wanted = dict.fromkeys((owner, self.master_client_id))
        return tuple(self._clients[one] for one in wanted if one is not None and one in self._clients)

    def owner(self, key: OrderKey) -> Client | None:
        """Return the session that placed an order, or to which a manual order is bound; None when it is gone."""
        owner = TWS_ON_WIRE if key.client_id == TWS and self.binds_manual_orders else key.client_id
        return self._clients.get(owner)

    def wire_key(self, key: OrderKey) -> OrderKey:
        """Return how clients see an order's key: manual ones have id 0, and a negative one once bound."""
        if key.client_id != TWS:
            return key
        return OrderKey(TWS_ON_WIRE, -key.order_id if self.binds_manual_orders else 0)

    def venue_key(self, client: Client, order_id: int) -> OrderKey:
        """Return the venue's key of the order that a client names."""
        if client.client_id == TWS_ON_WIRE and order_id < 0 and self.binds_manual_orders:
            return OrderKey(TWS, -order_id)
        return OrderKey(client.client_id, order_id)

    def register(self, client: Client) -> bool:
        """Take a client id; False when somebody holds it."""
        if client.client_id in self._clients or self.faults.ids_taken:
            return False
        self._clients[client.client_id] = client
        return True

    def unregister(self, client: Client) -> None:
        """Free the client id, if this session holds it."""
        if self._clients.get(client.client_id) is client:
            del self._clients[client.client_id]

    def on_command(self, wake: Callable[[], None]) -> None:
        """Set what is called after something was sent to the venue, so that its answer is fetched when it is due."""
        self._wake = wake

    @contextmanager
    def command(self) -> Iterator[Venue]:
        """Give the venue at the time of now, to send it something: a command's latency counts from there."""
        self.venue.advance(self.clock.now())
        yield self.venue
        self._wake()
