"""What F9 HEALTH and the connection dialog receive: frozen, plain and serialisable like every view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qe_dashboard.model.connection import FarmStatus, LineStatus, LinkCause, Meter, Restoration
from qe_dashboard.model.enums import LinkName, LinkState, Profile
from qe_dashboard.model.ladder import Ladder


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """One API socket in full. `skew_s` is the gateway's clock minus ours in seconds, None = not measured."""

    name: LinkName
    state: LinkState
    cause: LinkCause
    reason: str
    since: datetime
    client_id: int | None
    retry_at: datetime | None
    tries: int
    last_reply_at: datetime | None
    skew_s: float | None
    server_version: int | None


@dataclass(frozen=True, slots=True)
class StateLine:
    """State of something that is no socket of ours: upstream, account session. `good` None = not known."""

    name: str
    good: bool | None
    word: str
    reason: str
    since: datetime | None


class CheckState(StrEnum):
    """One line of the checklist after a gap."""

    KNOWN = "known"
    READING = "reading"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One book that must be Known again before new orders pass: positions, open orders, executions."""

    name: str
    state: CheckState
    detail: str


@dataclass(frozen=True, slots=True)
class OutageLine:
    """One stretch of time in which something was down. `ended_at` None = still is; `expected` says why it was due."""

    what: str
    began_at: datetime
    ended_at: datetime | None
    reason: str
    expected: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedOutage:
    """A scheduled one: the gateway's daily restart, IBKR's nightly reset, the weekly token expiry."""

    name: str
    begins_at: datetime
    ends_at: datetime
    is_now: bool
    words: str
    """What happens then, and what it means for orders and for being away."""


@dataclass(frozen=True, slots=True)
class LoopLag:
    """How late the program's own loop ran, in milliseconds: last look, worst of the session, stalls over the limit."""

    last_ms: float
    worst_ms: float
    worst_at: datetime | None
    stalls: int
    limit_ms: float


@dataclass(frozen=True, slots=True)
class HealthView:
    """Everything F9 shows but the log; the only key of its topic is `""`."""

    profile: Profile
    ladder: Ladder
    """Judged from the running session, not probed."""
    links: tuple[LinkHealth, ...]
    states: tuple[StateLine, ...]
    farms: tuple[FarmStatus, ...]
    lines: tuple[LineStatus, ...]
    restoration: Restoration | None
    meters: tuple[Meter, ...]
    checklist: tuple[CheckLine, ...]
    outages: tuple[OutageLine, ...]
    """Newest first."""
    expected: tuple[ExpectedOutage, ...]
    """Next first."""
    lag: LoopLag


@dataclass(frozen=True, slots=True)
class ProgramLine:
    """One record of the program's log file. `level` is DEBUG, INFO, WARNING, ERROR or CRITICAL."""

    at: datetime
    level: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class ConnectNotice:
    """Not connected within 10 s of launch: the address in use and the likely causes, most likely first."""

    title: str
    host: str
    port: int
    since: datetime
    reason: str
    causes: tuple[str, ...]
    is_retried: bool = True
    """It is tried again by itself; not after a refused account, or without a library."""


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """What the connection dialog starts from. `order_client_id` None = auto. `fixed_by` names keys it cannot change.

    `refusal` says why this profile has no connection to set (sim); empty otherwise.
    """

    profile: Profile
    host: str
    port: int
    client_id: int
    order_client_id: int | None
    account: str
    fixed_by: tuple[str, ...] = ()
    """Settings the environment overrides: what is saved for them has no effect in this launch."""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionAdvice:
    """What saving another connection would do now. A `refusal` forbids it; each of `warnings` asks for a yes."""

    refusal: str
    warnings: tuple[str, ...]
