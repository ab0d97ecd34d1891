"""The one door between front ends and the engine (design section 6).

Commands go in as frozen requests, views and deltas come out, all plain serialisable data. It runs in process today;
an engine in a process of its own needs a second implementation of `EngineClient` and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from qe_dashboard.engine.health_views import ConnectionAdvice, ConnectionView
from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.views import CommandResult, Delta, PreviewView, Topic
from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.model.identifiers import OrderNumber
from qe_dashboard.model.ladder import Ladder, PortScan


class CommandRefused(Exception):
    """The command cannot be understood or carried out as it stands; the text says why and what to do.

    `choices` are what the person could have meant (held futures months, ambiguous contracts).
    """

    def __init__(self, text: str, *, choices: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.text = text
        self.choices = choices


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order as typed. `symbol` is what the person wrote (`AAPL`, `MNQ`, `MNQ Dec26` or a full instrument id)."""

    symbol: str
    side: OrderSide
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    outside_rth: bool = False
    opens_short: bool = False
    """Set by the verb `short` only (D9)."""


@dataclass(frozen=True, slots=True)
class ModifyRequest:
    """New terms for a working order; None leaves a term as it is."""

    number: OrderNumber
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None


class CloseShare(StrEnum):
    """How much of a position `close` closes when no quantity is given."""

    ALL = "all"
    HALF = "half"


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """`close SYM [half|QTY]`: a reduce-only order at market; `flatten` also clears the symbol's orders first (D8)."""

    symbol: str
    share: CloseShare = CloseShare.ALL
    quantity: Decimal | None = None
    flatten: bool = False


class CancelScope(StrEnum):
    """What a cancel touches (D7)."""

    ORDER = "order"
    SYMBOL = "symbol"
    ENTRIES = "entries"
    MINE = "mine"


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """`number` for ORDER, `symbol` for SYMBOL."""

    scope: CancelScope
    number: OrderNumber | None = None
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """Another connection for this profile. `order_client_id` None = auto, one more than `client_id`."""

    host: str
    port: int
    client_id: int
    order_client_id: int | None


@dataclass(frozen=True, slots=True)
class DriftQuestion:
    """What a person is asked who takes the broker's number for a symbol that drifts; `word` is what must be typed."""

    symbol: str
    word: str
    lines: tuple[str, ...]


class Feed(Protocol):
    """Changes of one topic, collected where they happen and taken by the frame pump."""

    def drain(self) -> Delta | None:
        """Return what changed since the last drain, None when nothing did. Synchronous, local, cheap (D31)."""

    def close(self) -> None:
        """Stop collecting."""


class StartRefused(Exception):
    """The session cannot start; `text` is printed after the screen is given back, `exit_code` ends the process."""

    def __init__(self, text: str, *, exit_code: int) -> None:
        super().__init__(text)
        self.text = text
        self.exit_code = exit_code


class EngineClient(Protocol):
    """What a front end may ask. Methods that act return a measured result; none of them raises broker errors."""

    def watch(self, topic: Topic, keys: tuple[str, ...] = ()) -> Feed:
        """Collect changes of a topic; no keys = all rows. The first drain is full.

        BARS needs keys (`bars_key`); watching one opens its line, closing the feed releases it.
        """

    async def preview_order(self, request: OrderRequest) -> PreviewView:
        """Run every gate for an order and hold it for confirmation; send nothing. Raises CommandRefused."""

    async def preview_modify(self, request: ModifyRequest) -> PreviewView:
        """Run every gate for new terms and hold them for confirmation. Raises CommandRefused."""

    async def preview_close(self, request: CloseRequest) -> PreviewView:
        """Say what closing or flattening one symbol would do, and hold it. Raises CommandRefused."""

    async def preview_cancel(self, request: CancelRequest) -> PreviewView:
        """Say which rows a cancel touches and hold it. Raises CommandRefused."""

    async def confirm(self, token: str, *, accepted: tuple[str, ...] = (), typed: str = "") -> CommandResult:
        """Carry out a held preview: all gates run again, and a changed world redraws it instead (D11)."""

    async def drop(self, token: str) -> None:
        """Forget a held preview."""

    async def halt(self, reason: str) -> CommandResult:
        """Latch HALTED before anything is awaited (D6)."""

    async def resume(self, *, typed: str) -> CommandResult:
        """Release HALTED; `typed` must be the word `resume`."""

    async def ask_drift(self, symbol: str) -> DriftQuestion:
        """Say what taking the broker's number for a symbol means. Raises CommandRefused when it does not drift."""

    async def accept_position(self, symbol: str, *, typed: str) -> CommandResult:
        """End the drift of a symbol by the broker's number, read afresh; `typed` must be that number (D11, D24)."""

    async def reconnect(self) -> CommandResult:
        """Drop and redo both links now."""

    async def connection(self) -> ConnectionView:
        """Return the connection in force, for the dialog."""

    async def check_connection(self, request: ConnectionRequest | None = None) -> Ladder:
        """Climb the ladder with client ids of its own (D27): arms and changes nothing. None = the one in force."""

    async def scan_ports(self, host: str) -> PortScan:
        """Ask the four standard ports of a host which of them answers, and with what kind of account."""

    async def connection_advice(self, request: ConnectionRequest) -> ConnectionAdvice:
        """Say what saving this connection would do to working orders and to the session; changes nothing."""

    async def apply_connection(self, request: ConnectionRequest) -> CommandResult:
        """Write the connection to the settings file and reconnect with it now; `connection_advice` came first."""

    async def reconcile(self) -> CommandResult:
        """Read the three books now and say what was found."""

    async def authorise_live(self, *, typed: str) -> CommandResult:
        """Open the order link of a live session when `typed` equals the full account id (D19)."""

    async def watch_symbol(self, symbol: str) -> CommandResult:
        """Add a symbol to the watchlist. Raises CommandRefused when it is ambiguous or not known."""

    async def unwatch_symbol(self, symbol: str) -> CommandResult:
        """Remove a symbol from the watchlist."""

    async def settings(self) -> SettingsView:
        """Return all settings with their sources."""

    async def set_setting(self, key: str, value: str) -> CommandResult:
        """Write one setting to the file (TOML text or a bare word); the watcher applies it (D29)."""


class EngineHost(Protocol):
    """What starts and stops an engine for a front end: in process now, elsewhere later."""

    async def start(self) -> EngineClient:
        """Load settings, build and start the engine; called after the first paint. Raises StartRefused."""

    async def stop(self) -> str:
        """Stop the engine in order, each step bounded in time; safe to call when start failed.

        Returns what must be read once the terminal is given back (a position left without its stop), mostly "".
        """
