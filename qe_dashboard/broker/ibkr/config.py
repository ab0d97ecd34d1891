"""What the adapter must be told to connect; bootstrap fills it from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.model.enums import LinkName, Profile


@dataclass(frozen=True, slots=True)
class IbkrConfig:
    """Address, client ids and intervals of one broker profile. All durations are seconds.

    `account` empty means "the only one the login has" (D18). Raises ValueError for equal client ids or no interval.
    """

    profile: Profile
    host: str
    port: int
    client_id: int
    order_client_id: int
    account: str = ""
    connect_timeout_s: float = 10.0
    request_timeout_s: float = 10.0
    """R14: how long any one answer may take before the book it belongs to is Unknown."""
    keepalive_s: float = 20.0
    keepalive_deadline_s: float = 5.0
    retry_min_s: float = 1.0
    retry_max_s: float = 30.0
    max_messages_per_second: int = 40
    max_data_lines: int = 100
    """What a login has without quote boosters."""
    first_tick_s: float = 30.0
    """How long a line may take to prove itself before it is asked for again (R39)."""
    silent_line_s: float = 600.0
    """How long a proven line may be quiet while its market is open (R40)."""

    def __post_init__(self) -> None:
        if self.client_id == self.order_client_id:
            raise ValueError(
                f"data link and order link need different client ids, both are {self.client_id} (D21)"
            )
        ids = (self.client_id, self.order_client_id)
        if not self.host or not 1 <= self.port <= 65535 or not all(1 <= one <= 999_999 for one in ids):
            raise ValueError(
                f"a host, a port from 1 to 65535 and client ids from 1 to 999999 are needed, not {self.host!r},"
                f" {self.port} and {ids[0]}, {ids[1]}"
            )
        durations = (
            self.connect_timeout_s,
            self.request_timeout_s,
            self.keepalive_s,
            self.keepalive_deadline_s,
            self.retry_min_s,
            self.first_tick_s,
            self.silent_line_s,
        )
        budgets = (self.max_messages_per_second, self.max_data_lines)
        if min(durations) <= 0 or min(budgets) < 1 or self.retry_max_s < self.retry_min_s:
            raise ValueError("intervals, deadlines and budgets must be positive")

    def client_id_of(self, link: LinkName) -> int:
        """Return the API client id a link connects with (D21)."""
        return self.client_id if link is LinkName.DATA else self.order_client_id
