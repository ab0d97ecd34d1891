"""What gates see: one frozen snapshot, taken before any of them runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import OrderSide, OrderType, Origin, Profile, TradingState
from qe_dashboard.model.identifiers import AccountId, InstrumentId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Maybe
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.model.reports import Identity
from qe_dashboard.risk.limits import RiskLimits


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order somebody wants: new, or new terms for `replaces`.

    Raises ValueError when its parts speak of different instruments, accounts or sides.
    """

    account: AccountId
    instrument: Instrument
    spec: OrderSpec
    origin: Origin
    replaces: Order | None = None
    opens_short: bool = False
    """Asked for with the verb `short` (D9)."""
    may_cross_zero: bool = False
    """Asked for with the verb `reverse` (D5)."""

    def __post_init__(self) -> None:
        if self.spec.instrument_id != self.instrument.id:
            raise ValueError(f"an order for {self.spec.instrument_id} comes with {self.instrument.id}")
        if not self.spec.can_be_sent:
            raise ValueError(f"terms of kind {self.spec.order_type} {self.spec.time_in_force} cannot be sent")
        old = self.replaces
        if old is None:
            return
        kept = (old.account, old.spec.instrument_id, old.spec.side)
        if kept != (self.account, self.spec.instrument_id, self.spec.side):
            raise ValueError(f"order {old.number} cannot change its account, instrument or side")


@dataclass(frozen=True, slots=True)
class PastSubmit:
    """An order sent a moment ago, for duplicate detection (S12). `at` is monotonic seconds."""

    at: float
    account: AccountId
    instrument_id: InstrumentId
    side: OrderSide
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None
    stop_price: Decimal | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class RateUse:
    """Use of one sliding window now; `next_free_in` seconds until one more is allowed, 0 when it is."""

    used: int
    next_free_in: float


@dataclass(frozen=True, slots=True)
class RiskContext:
    """The world at one instant, as gates judge it. Books are Maybe: unknown is not flat."""

    now: datetime
    monotonic: float
    profile: Profile
    identity: Identity | None
    trading_state: TradingState
    trading_reason: str
    order_link_up: bool
    data_link_up: bool
    upstream_up: bool | None
    link_words: str
    """Why a link is not up, for the verdict's text."""
    journal_error: str | None
    limits: RiskLimits
    quote: Quote | None
    position: Maybe[Decimal]
    """Signed quantity held in the proposal's instrument and account; in drift what both readings hold."""
    open_orders: Maybe[tuple[Order, ...]]
    """Every order of the account that may still trade, reserved ones included (D4)."""
    recent: tuple[PastSubmit, ...]
    minute_rate: RateUse
    """Of new orders, or of changes of orders when the proposal is one (D12): `Reservations.minute_use`."""
    symbol_rate: RateUse
    account_currency: str | None
    net_liquidation: Maybe[Decimal]
    feed_is_simulated: bool
    drift: str = ""
    """How position book and executions differ in this instrument, once that lasted (D24); "" when they agree."""
    is_locked: bool = False
    """A live session whose account id was not typed yet: its order link is closed on purpose (D19)."""
