"""What a connection is made of and how it fares: causes, farms, lines, meters (design section 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qe_dashboard.model.identifiers import InstrumentId

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST_PATTERN = (
    r"(?=.{1,253}$)(?:"
    r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
    r"|(?=[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:)[0-9A-Fa-f:.]+(?:%[\w.-]+)?"
    rf"|(?:{_LABEL}\.)*(?=[^.]*[A-Za-z_]){_LABEL}\.?)"
)
"""What a host name or an IP address is written with."""

MOST_CLIENT_ID = 999_998
"""Of the data link (D21); the order link may hold one more, so that "auto" always has room."""

FIRST_PROBE_ID = 900_000
"""`doctor` and Test connection use client ids from here up (D27)."""


ID_TAKEN_FIX = (
    "The id stays, so that your orders stay yours: close the other program that uses it, or wait a minute if one just"
    " ended. If you must, choose ids {0} and {1} in the connection dialog: working orders of the old ids then become"
    " foreign."
)
"""The one advice for a client id in use (326, D21); `{0}` and `{1}` are a pair to choose."""


class LinkCause(StrEnum):
    """Why a link is not up, told apart as far as the socket and the gateway's words allow."""

    NONE = "none"
    """It is up, or it was never started."""
    ASKED = "asked for"
    """This program ended it: stop, reconnect, another address."""
    NAME_UNKNOWN = "host name not found"
    UNREACHABLE = "host does not answer"
    """Black hole, no route, firewall: not even a refusal."""
    NOTHING_LISTENS = "nothing listens"
    NOT_THE_API = "something else listens"
    DROPPED = "accepts, then closes"
    """Before the handshake is done: a starting gateway, an address that is not trusted, a locked TWS."""
    SILENT = "accepts and is silent"
    """A login or an `allow connection` dialog stands open, or the API is off."""
    CLIENT_ID_TAKEN = "client id in use"
    OLD_SERVER = "gateway too old"
    WRONG_ACCOUNT = "not the account of this profile"
    NO_ANSWER = "stopped answering"
    """The socket stands, two pings stayed unanswered (D22)."""
    CLOSED = "closed by the gateway"
    """After a handshake that was done: restart, logout, lost process."""
    NO_LIBRARY = "API library missing"
    FAULT = "fault of this program"


class FarmKind(StrEnum):
    """What a server farm of IBKR serves."""

    QUOTES = "quotes"
    HISTORY = "history"
    CONTRACTS = "contracts"


class FarmState(StrEnum):
    OK = "ok"
    BROKEN = "broken"
    IDLE = "idle"
    """Normal: it connects when something is asked of it."""
    CONNECTING = "connecting"


@dataclass(frozen=True, slots=True)
class FarmStatus:
    """One farm's lamp. A farm never changes a link's state (R39, user demand 3)."""

    name: str
    kind: FarmKind
    state: FarmState
    since: datetime


class LineKind(StrEnum):
    QUOTES = "quotes"
    BARS = "bars"


class LineState(StrEnum):
    """Life of one wanted line of data."""

    WAITING = "waiting"
    """Asked for, or about to be; no first tick since the last gap."""
    PROVEN = "live"
    """Ticked since it was asked for last."""
    SILENT = "silent"
    """Renewed once and still nothing: what it shows is history."""
    REFUSED = "refused"
    """The gateway said why there is nothing; see `why`."""
    RELEASED = "released"
    """Over the line budget and least recently watched; asked for again when it is watched."""


@dataclass(frozen=True, slots=True)
class LineStatus:
    """One wanted line. `seconds` is the bar length, 0 for quotes; `last_tick_at` survives a gap, for its age."""

    instrument_id: InstrumentId
    label: str
    kind: LineKind
    seconds: int
    state: LineState
    since: datetime
    last_tick_at: datetime | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Restoration:
    """After a gap: how many wanted lines have proven themselves again ("restored 12/14")."""

    why: str
    started_at: datetime
    wanted: int
    proven: int
    ended_at: datetime | None = None
    """When the last line was proven or given up."""


@dataclass(frozen=True, slots=True)
class Meter:
    """Use of one budget: `used` of `limit` `unit` within `seconds` (0 = at any one time)."""

    name: str
    used: int
    limit: int
    unit: str
    seconds: int
    next_free_at: datetime | None = None
    """When the next one may go; None when it may go now."""
    waiting: int = 0
    """Requests that wait for it."""


@dataclass(frozen=True, slots=True)
class BrokerHealth:
    """Everything an adapter knows about its connection beside the links' states; built when asked for."""

    farms: tuple[FarmStatus, ...] = ()
    lines: tuple[LineStatus, ...] = ()
    restoration: Restoration | None = None
    meters: tuple[Meter, ...] = ()
    read_only: bool | None = None
    """The gateway's API refuses orders; None = not known."""
    next_order_id: int | None = None
    competing_session: str = ""
    """The gateway's words when another login took the market data (10197); empty otherwise."""


@dataclass(frozen=True, slots=True)
class ConnectionTarget:
    """Where and as whom a session connects. `account` empty = the only one the login has (D18)."""

    host: str
    port: int
    client_id: int
    order_client_id: int
    account: str = ""

    @property
    def spare_ids(self) -> tuple[int, int]:
        """The next pair of client ids above both."""
        above = max(self.client_id, self.order_client_id)
        return above + 1, above + 2
