"""What a venue says: order reports, positions, account values, messages, link and upstream states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from qe_dashboard.model.connection import LinkCause
from qe_dashboard.model.enums import AccountKind, LinkName, LinkState, MessageClass, Severity
from qe_dashboard.model.identifiers import AccountId, ExecId, InstrumentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import OrderSpec


class VenueStatus(StrEnum):
    """The venue's own word for an order, normalised."""

    PENDING_SUBMIT = "pending submit"
    HELD = "held"
    WORKING = "working"
    PENDING_CANCEL = "pending cancel"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class OrderReport:
    """One order as the venue reports it, live or in an open-orders answer.

    `filled` is the status stream's claim, kept apart from executions (R08). `owner` is THIS, CLIENT n or TWS.
    """

    key: OrderKey
    perm_id: int | None
    order_ref: str
    account: AccountId
    spec: OrderSpec
    status: VenueStatus
    filled: Decimal | None
    owner: str
    at: datetime
    why_held: str = ""


@dataclass(frozen=True, slots=True)
class CommissionReport:
    """Commission of one execution; `realized` is None when the fill opened a position."""

    exec_id: ExecId
    commission: Money
    realized: Money | None


@dataclass(frozen=True, slots=True)
class Position:
    """Signed quantity (R04) and average price per unit, multiplier taken out, in the instrument's currency."""

    account: AccountId
    instrument: Instrument
    quantity: Decimal
    avg_price: Decimal


@dataclass(frozen=True, slots=True)
class AccountState:
    """Account values in the account's currency; None = never received."""

    account: AccountId
    kind: AccountKind
    currency: str
    as_of: datetime
    net_liquidation: Decimal | None = None
    total_cash: Decimal | None = None
    buying_power: Decimal | None = None
    excess_liquidity: Decimal | None = None
    init_margin: Decimal | None = None
    maint_margin: Decimal | None = None
    gross_position_value: Decimal | None = None
    """Of everything held but futures, long and short added up."""
    unrealized_pnl: Decimal | None = None
    realized_pnl: Decimal | None = None


@dataclass(frozen=True, slots=True)
class VenueMessage:
    """The broker's own words about something. `text` is untrusted plain text, never markup.

    `order_key` or `instrument_id` name what it is about, when it is about one thing. The adapter chooses the class
    from code, request kind and whether the order was ever acknowledged (rule C1: 110 or 321 kills only a new order).
    """

    code: int
    text: str
    message_class: MessageClass
    severity: Severity
    at: datetime
    order_key: OrderKey | None = None
    instrument_id: InstrumentId | None = None
    plain: str = ""
    """What it means, from the code catalogue; empty for a code it does not have (C2)."""
    for_orders: str = ""
    """What it means for working and new orders."""
    press: str = ""
    """What to press or do."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """State of one API socket. `epoch` grows with every loss, so that a check made before it is void (D4)."""

    name: LinkName
    state: LinkState
    reason: str
    since: datetime
    epoch: int
    host: str = ""
    port: int = 0
    client_id: int | None = None
    retry_at: datetime | None = None
    last_reply_at: datetime | None = None
    cause: LinkCause = LinkCause.NONE
    tries: int = 0
    """Failed tries in a row since the link was last up."""
    skew: timedelta | None = None
    """Gateway's clock minus ours, good to half a second; None = not measured in this session."""
    server_version: int | None = None
    nature: str = ""
    """What answers there instead of the API, such as `an HTTP server`; empty when that is not known."""

    @property
    def is_up(self) -> bool:
        """A submit over this link would be delivered, as far as the last keepalive proves."""
        return self.state is LinkState.READY


@dataclass(frozen=True, slots=True)
class UpstreamStatus:
    """The gateway's own connection to the venue's servers (1100/1101/1102). `up` None = not yet known."""

    up: bool | None
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """The account a session was found to belong to, and what it is (D18)."""

    account: AccountId
    kind: AccountKind
