"""What is wrong with the gateway right now: set by scenarios and the live control, asked by the parts it concerns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from qe_dashboard.gateway_sim.tampering import Tamper

# What a login has without boosters; TWS's own windows count too, this gateway has none.
DATA_LINES = 100
MARKET_FARM, HISTORY_FARM, CONTRACT_FARM = "usfarm", "ushmds", "secdefil"


class DataTier(StrEnum):
    """What market data the login has subscribed to."""

    LIVE = "live"
    DELAYED = "delayed"
    NONE = "none"


@dataclass(slots=True)
class Faults:
    """Switches; their defaults are a healthy gateway."""

    silent: bool = False
    """Accepts connections and requests and answers nothing, as after the weekly login expiry."""
    silent_handshake: bool = False
    """Answers no new connection, as while the login waits for its second factor; sessions go on."""
    closes_at_once: bool = False
    """Accepts each new connection and closes it before a byte was said."""
    ids_taken: bool = False
    """Every client id is held by somebody (326), as while TWS has not yet noticed that a session ended."""
    byte_writes: bool = False
    """Writes one byte at a time."""
    read_only: bool = False
    """The API setting "Read-Only API": orders are refused with 321."""
    upstream_down: bool = False
    """The gateway lost the venue (1100): sockets stay up, orders and data do not move."""
    competing: bool = False
    """The same login trades elsewhere (10197): quotes stop."""
    farms_down: set[str] = field(default_factory=set)
    """Data farms that are broken."""
    data_tier: DataTier = DataTier.LIVE
    """The login's market data subscription."""
    mute_data: bool = False
    """Data lines are taken, and nothing comes on them."""
    dark_symbols: set[str] = field(default_factory=set)
    """Data lines of these are taken, and nothing comes on them."""
    flood_per_s: int = 0
    """Ticks a second that each data line gets beside its own."""
    data_lines: int = DATA_LINES
    """Data lines the login may have at once (101)."""
    orders_to_swallow: int = 0
    """How many of the next placeOrders vanish without an answer."""
    reject_orders: bool = False
    """Every new order is rejected (201)."""
    false_cancel: int = 0
    """The code, 10349 or 202, that is sent about each order which starts to work, and which stays alive."""
    tif_preset: bool = False
    """Orders without a time in force are told that a preset made them DAY (10349)."""
    second_perm_id: bool = False
    """A modified order goes on under another permId."""
    clock_skew_s: float = 0
    """Seconds that reqCurrentTime is wrong by."""
    tampers: dict[str, Tamper] = field(default_factory=dict)
    """What is done to outgoing messages, each under the word of its command."""

    def swallows_order(self) -> bool:
        """Tell whether this placeOrder vanishes, and count it."""
        if self.orders_to_swallow == 0:
            return False
        self.orders_to_swallow -= 1
        return True

    @property
    def quotes_stopped(self) -> bool:
        """Whether no line gets quotes, for one reason or another."""
        return self.upstream_down or self.competing or self.mute_data or MARKET_FARM in self.farms_down
