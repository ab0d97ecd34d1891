"""What is wrong with the gateway right now: set by the live control, asked by the parts it concerns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Faults:
    """Switches; their defaults are a healthy gateway."""

    silent: bool = False
    """Accepts connections and requests and answers nothing, as after the weekly login expiry."""
    read_only: bool = False
    """The API setting "Read-Only API": orders are refused with 321."""
    upstream_down: bool = False
    """The gateway lost the venue (1100): sockets stay up, orders and data do not move."""
    competing: bool = False
    """The same login trades elsewhere (10197): quotes stop."""
    orders_to_swallow: int = 0
    """How many of the next placeOrders vanish without an answer."""
    clock_skew_s: float = 0
    """Seconds that reqCurrentTime is wrong by."""

    def swallows_order(self) -> bool:
        """Tell whether this placeOrder vanishes, and count it."""
        if self.orders_to_swallow == 0:
            return False
        self.orders_to_swallow -= 1
        return True
