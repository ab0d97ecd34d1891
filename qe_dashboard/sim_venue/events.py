"""What goes into the venue (`NewOrder`) and what comes out of it (`VenueEvent`). Frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.order import Fill, OrderSpec
from qe_dashboard.model.reports import CommissionReport, Position, VenueStatus
from qe_dashboard.sim_venue.terms import VenueTerms


class RefusalReason(StrEnum):
    """Why the venue did not do what was asked; each server maps it to its own codes."""

    DUPLICATE_ID = "duplicate id"
    UNKNOWN_CONTRACT = "unknown contract"
    CONTRACT_EXPIRED = "contract expired"
    WRONG_ACCOUNT = "wrong account"
    TICK = "tick"
    PRICE = "price"
    SIZE = "size"
    TIME_IN_FORCE = "time in force"
    MARGIN = "margin"
    NO_SUCH_ORDER = "no such order"
    NOT_YOURS = "not yours"
    ALREADY_FILLED = "already filled"
    ALREADY_CLOSED = "already closed"
    NOT_MODIFIABLE = "not modifiable"
    ORDER_TYPE = "order type"
    """New terms of another type."""
    PERMISSION = "permission"
    NO_PARENT = "no parent"
    OCA = "oca"
    TIME = "time"
    """Good till, or good after, a moment that is past."""


class Notice(StrEnum):
    """What the venue says about an order that lives on."""

    QUEUED = "queued"
    """The market is closed; the order goes to it when it opens."""
    SHORT_LOCATE = "short locate"
    """Shares to sell short are being looked for; until they are found the order is held."""
    HALTED = "halted"
    """Trading in its instrument is halted; it waits in the book."""


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as a client sends it; the same value with new terms under the same key modifies it."""

    key: OrderKey
    account: AccountId
    order_ref: str
    terms: VenueTerms

    @property
    def spec(self) -> OrderSpec:
        """The terms in the model's words. Raises ValueError when the model has no such type."""
        return self.terms.spec


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """One order as the venue has it now.

    `why_held` is "trigger" for a stop that waits, "child" or "child,trigger" for one whose parent has not filled,
    "locate" for a short sale without shares; empty while only time is waited for (a session, good-after, the close).
    `reason` says in words why it ended, empty while it works, after a complete fill and after a cancel its client
    asked for. `avg_fill_price` is None before the first fill. `trail_stop` is the stop of a TRAIL as it stands, None
    until it works; `parent_perm_id` is 0 without a parent. PENDING_SUBMIT is an untransmitted order: no event has
    it and its permId is 0.
    """

    key: OrderKey
    perm_id: int
    order_ref: str
    account: AccountId
    instrument: Instrument
    terms: VenueTerms
    status: VenueStatus
    filled: Decimal
    avg_fill_price: Decimal | None
    last_fill_price: Decimal | None
    why_held: str
    reason: str
    placed_at: datetime
    updated_at: datetime
    trail_stop: Decimal | None = None
    parent_perm_id: int = 0

    @property
    def spec(self) -> OrderSpec:
        """The terms in the model's words. Raises ValueError when the model has no such type."""
        return self.terms.spec

    @property
    def remaining(self) -> Decimal:
        """Quantity not yet filled, also after a cancel."""
        return self.terms.quantity - self.filled


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order was accepted, changed, triggered, filled in part or whole, cancelled or expired."""

    order: OrderSnapshot


@dataclass(frozen=True, slots=True)
class OrderRefused:
    """A new order was not accepted, or (`is_modify`) new terms were not; then the old terms stand.

    `order` is the request as it came.
    """

    order: NewOrder
    reason: RefusalReason
    text: str
    at: datetime
    is_modify: bool


@dataclass(frozen=True, slots=True)
class OrderNoticed:
    """Something to know about a living order, after the OrderChanged it explains.

    `until` is when it goes to the market, None when nobody knows.
    """

    order: OrderSnapshot
    notice: Notice
    text: str
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class HaltChanged:
    """Trading in an instrument was halted or goes on."""

    instrument: Instrument
    halted: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """A cancel did nothing. `order` is what the key names, None when it names nothing."""

    key: OrderKey
    reason: RefusalReason
    text: str
    at: datetime
    order: OrderSnapshot | None


@dataclass(frozen=True, slots=True)
class Executed:
    """One execution; it comes after the OrderChanged that accepted the order and before the one that shows it filled.

    `cum_quantity` and `avg_price` are the order's after this execution.
    """

    fill: Fill
    instrument: Instrument
    cum_quantity: Decimal
    avg_price: Decimal


@dataclass(frozen=True, slots=True)
class CommissionCharged:
    """The commission of one execution, after the order's change it caused. `key` names the order.

    `realized` is the price profit of what the execution closed less this commission, None when it closed nothing.
    """

    report: CommissionReport
    key: OrderKey


@dataclass(frozen=True, slots=True)
class VenuePosition:
    """A position with its marks. Prices per unit, multiplier taken out, in the instrument's currency; P&L in USD.

    `quantity` is signed and 0 once closed. `market_price` is the last price.
    """

    account: AccountId
    instrument: Instrument
    quantity: Decimal
    avg_price: Decimal
    market_price: Decimal
    unrealized_pnl: Decimal
    realized_pnl: Decimal

    @property
    def market_value(self) -> Decimal:
        """Signed value at the last price in the instrument's currency, multiplier included."""
        return self.quantity * self.market_price * self.instrument.multiplier

    @property
    def avg_cost(self) -> Decimal:
        """Average price with the multiplier, as the TWS API reports it."""
        return self.avg_price * self.instrument.multiplier

    @property
    def position(self) -> Position:
        """The same without marks."""
        return Position(self.account, self.instrument, self.quantity, self.avg_price)


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """A fill or a settlement changed a position."""

    position: VenuePosition


@dataclass(frozen=True, slots=True)
class AccountValues:
    """Account values in `currency`, at last prices. P&L counts from the start of the venue day (17:00 New York)."""

    account: AccountId
    currency: str
    as_of: datetime
    total_cash: Decimal
    net_liquidation: Decimal
    gross_position_value: Decimal
    stock_value: Decimal
    init_margin: Decimal
    maint_margin: Decimal
    available_funds: Decimal
    excess_liquidity: Decimal
    buying_power: Decimal
    unrealized_pnl: Decimal
    realized_pnl: Decimal


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """A fill, a commission or a settlement moved cash. Values also move with prices, without an event: ask for them."""

    values: AccountValues


VenueEvent: TypeAlias = (
    OrderChanged
    | OrderRefused
    | OrderNoticed
    | HaltChanged
    | CancelRefused
    | Executed
    | CommissionCharged
    | PositionChanged
    | AccountChanged
)
