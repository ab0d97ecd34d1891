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

    def __post_init__(self) -> None:
        if self.client_id == self.order_client_id:
            raise ValueError(
                f"data link and order link need different client ids, both are {self.client_id} (D21)"
            )
        durations = (
            self.connect_timeout_s,
            self.request_timeout_s,
            self.keepalive_s,
            self.keepalive_deadline_s,
            self.retry_min_s,
        )
        if min(durations) <= 0 or self.retry_max_s < self.retry_min_s or self.max_messages_per_second < 1:
            raise ValueError("intervals, deadlines and the message budget must be positive")

    def client_id_of(self, link: LinkName) -> int:
        """Return the API client id a link connects with (D21)."""
        return self.client_id if link is LinkName.DATA else self.order_client_id
