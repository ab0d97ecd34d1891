"""What front ends receive: frozen, plain, serialisable views, each of which `codec` can round-trip.

None in a number means "never received", drawn as a dash; a book that could not be read is `Delta.unknown`, never an
empty one (R50, R16). All texts are plain text, never markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from qe_dashboard.engine.health_views import CheckLine, ConnectNotice, HealthView, ProgramLine
from qe_dashboard.model.enums import (
    AccountKind,
    DataTier,
    LinkName,
    LinkState,
    OrderClass,
    OrderSide,
    OrderType,
    Outcome,
    Profile,
    Severity,
    TimeInForce,
    TradingState,
)
from qe_dashboard.model.identifiers import InstrumentId, OrderNumber
from qe_dashboard.model.market_data import Bar
from qe_dashboard.model.money import Money
from qe_dashboard.model.order_status import OrderStatus


class Topic(StrEnum):
    """What can be watched. STATUS, ACCOUNT and HEALTH have the single key `""`."""

    STATUS = "status"
    QUOTES = "quotes"
    POSITIONS = "positions"
    ORDERS = "orders"
    TAPE = "tape"
    ACCOUNT = "account"
    BARS = "bars"
    LOG = "log"
    HEALTH = "health"
    PROGRAM_LOG = "program log"


class Lamp(StrEnum):
    """The connection lamp's word."""

    CONNECTING = "Connecting…"
    CONNECTED = "Connected"
    DISCONNECTED = "Disconnected"


@dataclass(frozen=True, slots=True)
class LinkView:
    """One API socket for the chrome and the SAFETY panel."""

    name: LinkName
    state: LinkState
    reason: str
    since: datetime
    host: str
    port: int
    client_id: int | None
    retry_at: datetime | None
    last_reply_at: datetime | None


@dataclass(frozen=True, slots=True)
class BannerLine:
    """One actionable line; a healthy session has none (R59)."""

    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class RateView:
    """Use of one sliding limit: `used` of `limit` in `seconds`; `limit` None = off."""

    name: str
    used: int
    limit: int | None
    seconds: int
    next_free_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatusView:
    """Everything the chrome shows. `account_kind` None until an account was found and accepted."""

    profile: Profile
    account_kind: AccountKind | None
    account: str | None
    lamp: Lamp
    offline_since: datetime | None
    trading_state: TradingState
    trading_reason: str
    trading_since: datetime | None
    can_trade: bool
    cannot_trade_because: str
    links: tuple[LinkView, ...]
    upstream_up: bool | None
    upstream_reason: str
    data_tier: DataTier
    reconciled_at: datetime | None
    reconcile_words: str
    working_entries: int | None
    working_protective: int | None
    uncertain: int
    journal_error: str | None
    needs_account_typed: bool
    banner: tuple[BannerLine, ...]
    rates: tuple[RateView, ...]
    venue_time: datetime
    """Now, aware UTC, corrected by nothing: skew is shown, not hidden."""
    session_word: str
    """`OPEN`, `PRE`, `POST`, `CLOSED`, `24h`, or `HOURS ?` when the venue sent none."""
    session_ends_at: datetime | None
    time_zone: str
    """IANA name of the exchange zone the clock shows."""
    engine_version: str
    newest_quote_at: datetime | None = None
    """Receive time of the youngest tick of any line; drawn as `STALE 12s` when it is old."""
    working_exits: int | None = None
    """Exits that are no stops: they can only shrink a position, but do not protect it."""
    checklist: tuple[CheckLine, ...] = ()
    """After a gap: the books that must be Known again before new orders pass; empty when they are."""
    notice: ConnectNotice | None = None
    """Not connected for 10 s since launch; None once connected."""
    expected_outage: str = ""
    """Why what is down now is due: a scheduled restart, reset or expiry; empty otherwise."""


@dataclass(frozen=True, slots=True)
class QuoteView:
    """One watchlist row; key = instrument id."""

    instrument_id: InstrumentId
    symbol: str
    label: str
    currency: str
    decimals: int
    tier: DataTier
    as_of: datetime | None
    proven: bool
    bid: Decimal | None
    ask: Decimal | None
    bid_size: Decimal | None
    ask_size: Decimal | None
    last: Decimal | None
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    prev_close: Decimal | None
    volume: Decimal | None
    problem: str
    """Why there is no quote, in words; empty when there is one or one is on its way."""


@dataclass(frozen=True, slots=True)
class PositionView:
    """One held instrument; key = instrument id. P&L None = not computable, with the reason in `problem`."""

    instrument_id: InstrumentId
    symbol: str
    label: str
    currency: str
    decimals: int
    unit: str
    quantity: Decimal
    avg_price: Decimal
    mark: Decimal | None
    market_value: Money | None
    open_pnl: Money | None
    problem: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order of the account from whatever client; key = str(number)."""

    number: OrderNumber
    instrument_id: InstrumentId
    symbol: str
    label: str
    currency: str
    decimals: int
    side: OrderSide
    order_type: OrderType
    quantity: Decimal
    filled: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    avg_fill_price: Decimal | None
    time_in_force: TimeInForce
    outside_rth: bool
    status: OrderStatus
    order_class: OrderClass | None
    owner: str
    is_own: bool
    is_open: bool
    venue_id: str
    created_at: datetime
    updated_at: datetime
    why: str
    reading: str = ""
    """What the venue's words in `why` mean, for the order too, and what to press; empty where we know no better."""


@dataclass(frozen=True, slots=True)
class FillView:
    """One own fill; key = exec id."""

    exec_id: str
    at: datetime
    number: OrderNumber | None
    instrument_id: InstrumentId
    symbol: str
    label: str
    currency: str
    decimals: int
    side: OrderSide
    quantity: Decimal
    price: Decimal
    notional: Money
    commission: Money | None
    realized: Money | None
    owner: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """Account values; None = never received."""

    account: str
    kind: AccountKind
    currency: str
    as_of: datetime
    net_liquidation: Decimal | None
    total_cash: Decimal | None
    buying_power: Decimal | None
    excess_liquidity: Decimal | None
    init_margin: Decimal | None
    maint_margin: Decimal | None
    unrealized_pnl: Decimal | None
    realized_pnl: Decimal | None


@dataclass(frozen=True, slots=True)
class BarsView:
    """Candles of one instrument and interval, oldest first, the last one running; key = `bars_key(...)`."""

    instrument_id: InstrumentId
    symbol: str
    label: str
    decimals: int
    seconds: int
    bars: tuple[Bar, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the order and connection log; key = a running number as text."""

    at: datetime
    severity: Severity
    source: str
    text: str


View: TypeAlias = (
    StatusView
    | QuoteView
    | PositionView
    | OrderView
    | FillView
    | AccountView
    | BarsView
    | LogLine
    | HealthView
    | ProgramLine
)


@dataclass(frozen=True, slots=True)
class Row:
    """A view under its key."""

    key: str
    view: View


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed on a topic since the last drain.

    `full`: rows replace all held before. `unknown`: why it cannot be read; rows are then the last known, of `as_of`.
    """

    topic: Topic
    full: bool
    rows: tuple[Row, ...]
    removed: tuple[str, ...]
    unknown: str | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class VerdictView:
    """One gate's answer with its numbers. `source` names the settings line that set the limit."""

    gate: str
    code: str
    outcome: Outcome
    text: str
    measured: str
    limit: str
    unit: str
    scope: str
    source: str


class ConfirmTier(StrEnum):
    """How much it takes to say yes (D11)."""

    NONE = "none"
    """T0: nothing to ask; the front end confirms at once (cancel of an own ADD order)."""
    KEY = "y"
    PRESS_TWICE = "press twice"
    TYPE_WORD = "type the word"
    TYPE_ACCOUNT = "type the account id"


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What the confirm step shows. Nothing has been sent; `confirm(token)` may send it.

    `title` is the act in two or three words; `sentence` says the whole order (D9). `typed_word` is what
    TYPE_WORD and TYPE_ACCOUNT want. When `can_send` is false there is no way to say yes.
    """

    token: str
    title: str
    sentence: str
    details: tuple[str, ...]
    side: OrderSide | None
    verdicts: tuple[VerdictView, ...]
    outcome: Outcome
    can_send: bool
    asks: tuple[str, ...]
    tier: ConfirmTier
    typed_word: str
    created_at: datetime
    expires_at: datetime
    account_kind: AccountKind | None


class ResultKind(StrEnum):
    """How a command ended, from where the person stands."""

    DONE = "done"
    SENT = "sent"
    DENIED = "denied"
    NOT_SENT = "not sent"
    REDRAWN = "changed, look again"
    EXPIRED = "expired"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The measured answer to a command; `text` says what happened, what it means and what to press."""

    kind: ResultKind
    text: str
    order_number: OrderNumber | None = None
    preview: PreviewView | None = None

    @property
    def is_ok(self) -> bool:
        return self.kind in (ResultKind.DONE, ResultKind.SENT)


def bars_key(instrument_id: InstrumentId, seconds: int) -> str:
    """Build the key of a BARS line."""
    return f"{instrument_id}|{seconds}"
