"""An order as the API shows it: the venue's state of it joined with the terms the client sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from qe_dashboard.gateway_sim.order_request import PlaceOrder
from qe_dashboard.model.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Margins:
    """Margins of a what-if: before, change and after, each initial, maintenance, equity with loan."""

    before: tuple[Decimal, Decimal, Decimal]
    change: tuple[Decimal, Decimal, Decimal]
    after: tuple[Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class OrderState:
    """The part of openOrder that says how the order stands. None is sent as the largest double."""

    status: str
    margins: Margins | None = None
    commission: Decimal | None = None
    commission_currency: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """How an order ended: `filled` is its quantity, `status` in TWS's words, `time` with its zone."""

    time: str
    status: str
    filled: Decimal


@dataclass(frozen=True, slots=True)
class OrderView:
    """Everything that openOrder and completedOrder carry.

    `terms` are the client's; quantity, prices and time in force in them are those in force now.
    """

    order_id: int
    client_id: int
    perm_id: int
    account: str
    instrument: Instrument
    exchange: str
    terms: PlaceOrder
    state: OrderState = field(default_factory=lambda: OrderState(""))
