"""Identifiers the venue gives and remembers: order ids per client, permIds, execIds (D28)."""

from __future__ import annotations

from dataclasses import dataclass, field

from qe_dashboard.model.identifiers import ExecId, OrderKey
from qe_dashboard.sim_venue.noise import bits, stream

# Clients written in Java or C# read a permId into 32 bits with a sign; zero means "none yet", and small numbers would
# look like order ids.
_FIRST_PERM_ID, _END_OF_PERM_IDS = 1_000_000, 2**31
MOST_PERM_IDS = _END_OF_PERM_IDS - _FIRST_PERM_ID
# After a restart with state permIds go on this far behind the last saved one: more orders than can have been lost
# between two saves. The span holds 32,752 such restarts before it comes round.
_LOST_AT_MOST = 1 << 16
MAX_EPOCH = (1 << 32) - 1


@dataclass(slots=True)
class IdBook:
    """Counters of one epoch, and the order ids each client has used up.

    permIds count up from a place that the epoch decides, by hash, or that a saved state does. Two boots without state
    that give n and m orders share a permId with a likelihood of (n + m) / 2**31: one in a million for 1,000 orders
    each. execIds carry the epoch itself, so theirs cannot repeat.
    """

    epoch: int
    perm_place: int | None = None
    """How far into the span of permIds the next one lies; None = where the epoch's hash says."""
    executions: int = 0
    floors: dict[int, int] = field(default_factory=dict)
    """Per client: every id up to here is used."""
    used: dict[int, set[int]] = field(default_factory=dict)
    """Per client: used ids above the floor; two orders may arrive in another order than their ids were taken."""

    def __post_init__(self) -> None:
        if not 0 <= self.epoch <= MAX_EPOCH:
            raise ValueError(f"the epoch must lie between 0 and {MAX_EPOCH}, got {self.epoch}")

    def after_restart(self) -> IdBook:
        """Return the book of the next epoch: what was given since the last save is not given again."""
        place = (self.place + _LOST_AT_MOST) % MOST_PERM_IDS
        return IdBook(epoch=self.epoch + 1, perm_place=place, floors=self.floors, used=self.used)

    def next_valid_id(self, client_id: int) -> int:
        """Return an id above every one the client has used."""
        return max(self.used.get(client_id, ()), default=self.floors.get(client_id, 0)) + 1

    def is_used(self, key: OrderKey) -> bool:
        """Tell whether an order ever had this key."""
        return key.order_id <= self.floors.get(key.client_id, 0) or key.order_id in self.used.get(
            key.client_id, ()
        )

    def use(self, key: OrderKey) -> None:
        """Remember a key as used."""
        self.used.setdefault(key.client_id, set()).add(key.order_id)

    def raise_floors(self) -> None:
        """Forget single ids of the day: from now on all up to the highest count as used."""
        for client_id in self.used:
            self.floors[client_id] = self.next_valid_id(client_id) - 1
        self.used.clear()

    def next_perm_id(self) -> int:
        """Return the permId after the last one; it fits a signed 32-bit integer."""
        place = self.place
        self.perm_place = (place + 1) % MOST_PERM_IDS
        return _FIRST_PERM_ID + place

    def next_exec_id(self) -> ExecId:
        """Return an execId in IBKR's form; the last part counts corrections."""
        self.executions += 1
        return ExecId(f"{self.executions:08x}.{self.epoch:08x}.01.01")

    @property
    def place(self) -> int:
        """How far into the span the next permId lies; what a saved state goes on from."""
        if self.perm_place is None:
            self.perm_place = bits(stream(0, "permId"), self.epoch) % MOST_PERM_IDS
        return self.perm_place
