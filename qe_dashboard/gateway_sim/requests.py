"""Requests of a client as values. The order of the fields is the order on the wire (reference 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.gateway_sim.reader import gated


@dataclass(frozen=True, slots=True)
class ContractSpec:
    """A contract as a client describes it: twelve fields, most of them usually empty."""

    con_id: int
    symbol: str
    sec_type: str
    last_trade_date: str
    strike: Decimal
    right: str
    multiplier: str
    exchange: str
    primary_exchange: str
    currency: str
    local_symbol: str
    trading_class: str


@dataclass(frozen=True, slots=True)
class ComboQuoteLeg:
    """One leg of a combination in a data request."""

    con_id: int
    ratio: int
    action: str
    exchange: str


@dataclass(frozen=True, slots=True)
class DeltaNeutralContract:
    """The hedge that some option orders and quotes carry."""

    con_id: int
    delta: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Nothing:
    """A request that is only its id."""


@dataclass(frozen=True, slots=True)
class ById:
    """A request that names only its request id: most cancels."""

    req_id: int


@dataclass(frozen=True, slots=True)
class StartApi:
    client_id: int
    optional_capabilities: str


@dataclass(frozen=True, slots=True)
class NextIds:
    count: int


@dataclass(frozen=True, slots=True)
class AutoOpenOrders:
    bind: bool


@dataclass(frozen=True, slots=True)
class CompletedOrders:
    api_only: bool


@dataclass(frozen=True, slots=True)
class AccountUpdates:
    subscribe: bool
    account: str


@dataclass(frozen=True, slots=True)
class AccountUpdatesMulti:
    req_id: int
    account: str
    model: str
    ledger_and_net_liquidation: bool


@dataclass(frozen=True, slots=True)
class AccountSummary:
    req_id: int
    group: str
    tags: str


@dataclass(frozen=True, slots=True)
class ByAccount:
    """Positions of several accounts, or the P&L of one."""

    req_id: int
    account: str
    model: str


@dataclass(frozen=True, slots=True)
class PnlSingle:
    req_id: int
    account: str
    model: str
    con_id: int


@dataclass(frozen=True, slots=True)
class Executions:
    req_id: int
    client_id: int
    account: str
    time: str
    symbol: str
    sec_type: str
    exchange: str
    side: str


@dataclass(frozen=True, slots=True)
class CancelOrder:
    order_id: int
    manual_cancel_time: str = gated("", since=169)


@dataclass(frozen=True, slots=True)
class ContractDetails:
    req_id: int
    contract: ContractSpec
    include_expired: bool
    sec_id_type: str
    sec_id: str
    issuer_id: str = gated("", since=176)


@dataclass(frozen=True, slots=True)
class MatchingSymbols:
    req_id: int
    pattern: str


@dataclass(frozen=True, slots=True)
class MarketRule:
    rule_id: int


@dataclass(frozen=True, slots=True)
class OptionParameters:
    req_id: int
    symbol: str
    exchange: str
    sec_type: str
    con_id: int


@dataclass(frozen=True, slots=True)
class MarketDataType:
    kind: int


@dataclass(frozen=True, slots=True)
class MarketData:
    req_id: int
    contract: ContractSpec
    legs: tuple[ComboQuoteLeg, ...]
    delta_neutral: DeltaNeutralContract | None
    generic_ticks: str
    snapshot: bool
    regulatory_snapshot: bool
    options: str


@dataclass(frozen=True, slots=True)
class RealTimeBars:
    req_id: int
    contract: ContractSpec
    bar_size: int
    what: str
    use_rth: bool
    options: str


@dataclass(frozen=True, slots=True)
class HistoricalData:
    req_id: int
    contract: ContractSpec
    include_expired: bool
    end: str
    bar_size: str
    duration: str
    use_rth: bool
    what: str
    format_date: int
    legs: tuple[ComboQuoteLeg, ...]
    keep_up_to_date: bool
    options: str


@dataclass(frozen=True, slots=True)
class HeadTimestamp:
    req_id: int
    contract: ContractSpec
    include_expired: bool
    use_rth: bool
    what: str
    format_date: int


@dataclass(frozen=True, slots=True)
class MarketDepth:
    req_id: int
    contract: ContractSpec
    rows: int
    is_smart: bool
    options: str


@dataclass(frozen=True, slots=True)
class CancelDepth:
    req_id: int
    is_smart: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    req_id: int
    contract: ContractSpec
    include_expired: bool
    use_rth: bool
    period: str


@dataclass(frozen=True, slots=True)
class HistoricalTicks:
    req_id: int
    contract: ContractSpec
    include_expired: bool
    start: str
    end: str
    count: int
    what: str
    use_rth: bool
    ignore_size: bool
    options: str


@dataclass(frozen=True, slots=True)
class TickByTick:
    req_id: int
    contract: ContractSpec
    kind: str
    count: int
    ignore_size: bool


@dataclass(frozen=True, slots=True)
class ServerLogLevel:
    level: int
