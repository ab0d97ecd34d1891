"""What a line means once it is understood: frozen values that carry facade requests, and CommandError."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from qe_dashboard.engine.facade import CancelRequest, CloseRequest, ModifyRequest, OrderRequest


class CommandError(Exception):
    """The line cannot be understood; `text` is a sentence that says why and what to type instead."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Show this order in the confirm step. `explain` shows it with no way to send (`why`)."""

    request: OrderRequest
    explain: bool = False


@dataclass(frozen=True, slots=True)
class ClosePosition:
    request: CloseRequest


@dataclass(frozen=True, slots=True)
class CancelOrders:
    request: CancelRequest


@dataclass(frozen=True, slots=True)
class ModifyOrder:
    request: ModifyRequest


@dataclass(frozen=True, slots=True)
class Halt:
    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Open the step that asks for the typed word."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    pass


@dataclass(frozen=True, slots=True)
class ClimbLadder:
    """Test the connection in force."""


@dataclass(frozen=True, slots=True)
class EditConnection:
    """Open the connection dialog."""


@dataclass(frozen=True, slots=True)
class Reconcile:
    pass


@dataclass(frozen=True, slots=True)
class AcceptPosition:
    """Take the broker's number for a symbol that drifts."""

    symbol: str


@dataclass(frozen=True, slots=True)
class WatchSymbol:
    symbol: str
    add: bool


@dataclass(frozen=True, slots=True)
class ShowScreen:
    """Go to a screen; with a symbol, focus that first."""

    name: str
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class FocusSymbol:
    """Focus a symbol. `escaped` (`=MAP`) rules out that a verb was meant."""

    symbol: str
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class ShowHelp:
    word: str = ""


@dataclass(frozen=True, slots=True)
class Quit:
    pass


Command: TypeAlias = (
    PlaceOrder
    | ClosePosition
    | CancelOrders
    | ModifyOrder
    | Halt
    | AcceptPosition
    | Resume
    | Reconnect
    | ClimbLadder
    | EditConnection
    | Reconcile
    | WatchSymbol
    | ShowScreen
    | FocusSymbol
    | ShowHelp
    | Quit
)
