"""What can be found out about a connection, by a probe from outside or by the running session itself. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from qe_dashboard.model.connection import LinkCause
from qe_dashboard.model.enums import DataTier, Profile
from qe_dashboard.model.reports import Identity

GATEWAY_PORTS = (4002, 4001)
TWS_PORTS = (7497, 7496)
_GATEWAY_MENU = "Configure > Settings > API > Settings"
_TWS_MENU = "File or Edit > Global Configuration > API > Settings"


@dataclass(frozen=True, slots=True)
class QuoteSeen:
    """One line of quotes that was asked for. `tier` None = no price came, at least not yet."""

    label: str
    tier: DataTier | None = None
    age_s: float | None = None
    """Seconds since its last tick; while none came, since it was asked for."""
    code: int | None = None
    words: str = ""
    """The gateway's own words about this line, with their code."""
    market_open: bool | None = None
    """A probe's: silence in an open market, waited for long enough, is a fault."""
    is_open: bool | None = None
    """What the hours say now; silence so far proves nothing."""
    last_at: str = ""
    """When its last price came, for a line that had one: `10:04:45 ET`."""


@dataclass(frozen=True, slots=True)
class LadderFacts:
    """Everything the ladder is judged by. None = not found out; nothing is derived from a missing fact.

    `client_id` and `order_client_id` are the configured ones, `bound_account` is the setting (D18).
    """

    profile: Profile
    host: str = ""
    port: int = 0
    client_id: int | None = None
    order_client_id: int | None = None
    bound_account: str = ""

    addresses: tuple[str, ...] | None = None
    """What the host's name resolved to; empty = it does not resolve."""
    own_address: str = ""
    """This machine's address on the way to the host: what Trusted IPs must hold when the host is another machine."""
    port_open: bool | None = None
    listener: str = ""
    """Which program listens there, when this machine tells, such as `java, process 4711`."""
    nature: str = ""
    """What answered instead of the API, such as `an HTTP server`."""
    reserved: tuple[int, int] | None = None
    """The range of ports that Windows reserves and that holds this port; ends included."""
    free_port: int | None = None
    """A port to take instead of a reserved one."""

    cause: LinkCause | None = None
    """How the last connect ended; NONE = it is up, None = none was tried."""
    words: str = ""
    """The words that came with the cause."""
    server_version: int | None = None

    ids_free: tuple[int, ...] = ()
    ids_taken: tuple[int, ...] = ()
    ids_ours: str = ""
    """Who of ours runs with the configured ids, such as `this session` or `your dashboard (process 4711)`."""
    ids_held: tuple[int, ...] | None = None
    """Which of them it was seen to hold; None = that could not be seen. A lock on a profile is no session."""
    probed_as: int | None = None
    """The client id of its own that a probe connected with (D27)."""
    free_pair: tuple[int, int] | None = None
    """The next two client ids that were found free."""

    accounts: tuple[str, ...] | None = None
    identity: Identity | None = None
    """The account a running session was accepted for; a probe leaves that to the judgement of `accounts`."""
    identity_refused: str = ""
    """Why a running session was dropped for its account."""
    next_order_id: int | None = None
    read_only: bool | None = None
    upstream_up: bool | None = None
    upstream_words: str = ""
    values_arriving: bool | None = None
    values_currency: str = ""
    """The currency of the net liquidation; no amount belongs into a ladder."""
    values_words: str = ""
    skew_s: float | None = None
    """The gateway's clock minus ours, in seconds."""
    quote: QuoteSeen | None = None

    @property
    def where(self) -> str:
        """`host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_remote(self) -> bool:
        """Whether the host is known to be another machine."""
        known = self.addresses if self.addresses else (self.host,)
        return not any(map(_is_local, known))

    @property
    def program(self) -> str:
        """Which of IBKR's programs the port suggests."""
        if self.port in GATEWAY_PORTS:
            return "IB Gateway"
        return "TWS" if self.port in TWS_PORTS else "TWS or IB Gateway"

    @property
    def menu(self) -> str:
        """Where that program has its API settings."""
        if self.port in GATEWAY_PORTS:
            return _GATEWAY_MENU
        return _TWS_MENU if self.port in TWS_PORTS else f"{_GATEWAY_MENU} (in TWS: {_TWS_MENU})"

    def setting(self, key: str) -> str:
        """Return the full name of a connection setting of this profile."""
        return f"connection.{self.profile}.{key}"


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return address.casefold() in ("localhost", "localhost.localdomain", "")
