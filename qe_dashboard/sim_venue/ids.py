"""Identifiers the venue gives and remembers: order ids per client, permIds, execIds (D28)."""

from __future__ import annotations

from dataclasses import dataclass, field

from qe_dashboard.model.identifiers import ExecId, OrderKey

# Room for this many orders per epoch; a permId stays below 2**53, so a double holds it exactly.
_PERM_IDS_PER_EPOCH = 1 << 20
_FIRST_PERM_ID = 1_000_000
MAX_EPOCH = (1 << 32) - 1


@dataclass(slots=True)
class IdBook:
    """Counters of one epoch, and the order ids each client has used up."""

    epoch: int
    orders: int = 0
    executions: int = 0
    floors: dict[int, int] = field(default_factory=dict)
    """Per client: every id up to here is used."""
    used: dict[int, set[int]] = field(default_factory=dict)
    """Per client: used ids above the floor; two orders may arrive in another order than their ids were taken."""

    def __post_init__(self) -> None:
        if not 0 <= self.epoch <= MAX_EPOCH:
            raise ValueError(f"the epoch must lie between 0 and {MAX_EPOCH}, got {self.epoch}")

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
        """Return a permId above all of this and earlier epochs."""
        self.orders += 1
        return _FIRST_PERM_ID + self.epoch * _PERM_IDS_PER_EPOCH + self.orders

    def next_exec_id(self) -> ExecId:
        """Return an execId in IBKR's form; the last part counts corrections."""
        self.executions += 1
        return ExecId(f"{self.executions:08x}.{self.epoch:08x}.01.01")
