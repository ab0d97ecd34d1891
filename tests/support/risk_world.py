"""A world in which every gate passes, to be changed one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from qe_dashboard.model.enums import (
    AccountKind,
    DataTier,
    OrderClass,
    OrderSide,
    OrderType,
    Origin,
    Profile,
    SecType,
    TradingState,
)
from qe_dashboard.model.identifiers import AccountId, InstrumentId, IntentId, OrderKey, OrderNumber
from qe_dashboard.model.instrument import Instrument, TickRule
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.model.reports import Identity
from qe_dashboard.risk.context import PastSubmit, Proposal, RateUse, RiskContext
from qe_dashboard.risk.gate import Gate
from qe_dashboard.risk.limits import RiskLimits
from qe_dashboard.risk.table import GATES

NOW = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
MONOTONIC = 1000.0
ACCOUNT = AccountId("DU1234567")
NAN = Decimal("NaN")
UNKNOWN = Unknown("time-out")

AAPL = Instrument(
    id=InstrumentId("AAPL.STK.USD"),
    symbol="AAPL",
    sec_type=SecType.STOCK,
    exchange="SMART",
    currency="USD",
    multiplier=Decimal(1),
    tick_rules=(TickRule(Decimal(0), Decimal("0.01")),),
)
MNQ = Instrument(
    id=InstrumentId("MNQ.FUT.20261218.USD"),
    symbol="MNQ",
    sec_type=SecType.FUTURE,
    exchange="CME",
    currency="USD",
    multiplier=Decimal(2),
    tick_rules=(TickRule(Decimal(0), Decimal("0.25")),),
    expiry=date(2026, 12, 18),
)
LIMITS = RiskLimits(
    max_order_qty_stock=Decimal(1000),
    max_order_qty_future=Decimal(20),
    max_order_notional_stock=Decimal(250000),
    max_order_notional_pct_nlv=None,
    duplicate_window_s=Decimal(3),
    max_orders_per_minute=60,
    max_orders_per_symbol_10s=10,
    max_messages_per_second=40,
    ack_timeout_s=Decimal(10),
    allow_short=True,
    allow_list=(),
)
QUOTE = Quote(AAPL.id, NOW, DataTier.LIVE, bid=Decimal("99.99"), ask=Decimal("100.01"))


def spec(
    side: OrderSide = OrderSide.BUY,
    quantity: int | str | Decimal = 10,
    *,
    limit: str | Decimal | None = None,
    stop: str | Decimal | None = None,
    instrument: Instrument = AAPL,
    **terms: Any,
) -> OrderSpec:
    """Build order terms; the prices given decide the type."""
    types = {
        (False, False): OrderType.MARKET,
        (True, False): OrderType.LIMIT,
        (False, True): OrderType.STOP,
        (True, True): OrderType.STOP_LIMIT,
    }
    return OrderSpec(
        instrument_id=instrument.id,
        side=side,
        quantity=Decimal(quantity),
        order_type=types[limit is not None, stop is not None],
        limit_price=None if limit is None else Decimal(limit),
        stop_price=None if stop is None else Decimal(stop),
        **terms,
    )


def proposal(
    terms: OrderSpec | None = None,
    *,
    instrument: Instrument = AAPL,
    origin: Origin = Origin.MANUAL,
    replaces: Order | None = None,
    **asked: Any,
) -> Proposal:
    """Build a proposal; BUY 10 AAPL LMT 100 unless told otherwise."""
    chosen = terms if terms is not None else spec(limit="100", instrument=instrument)
    return Proposal(ACCOUNT, instrument, chosen, origin, replaces, **asked)


def order(
    terms: OrderSpec,
    *,
    number: int = 1,
    status: OrderStatus = OrderStatus.WORKING,
    filled: int | Decimal = 0,
    order_class: OrderClass | None = OrderClass.ADD,
    account: AccountId = ACCOUNT,
    **facts: Any,
) -> Order:
    """Build an order of ours, working unless told otherwise."""
    return Order(
        number=OrderNumber(number),
        intent_id=IntentId(f"I{number:06d}"),
        key=OrderKey(2, number),
        perm_id=None,
        account=account,
        spec=terms,
        status=status,
        created_at=NOW,
        updated_at=NOW,
        order_class=order_class,
        filled=Decimal(filled),
        **facts,
    )


def held(quantity: int | str | Decimal, *, at: datetime = NOW) -> Known[Decimal]:
    """Build a position read at a time."""
    return Known(Decimal(quantity), at)


def working(*orders: Order) -> Maybe[tuple[Order, ...]]:
    """Build a known book of open orders."""
    return Known(orders, NOW)


def limits(**changes: Any) -> RiskLimits:
    """Build limits that differ from the usual ones."""
    return replace(LIMITS, **changes)


def context(**changes: Any) -> RiskContext:
    """Build a paper session in which all is well: flat, no orders, everything up."""
    world = RiskContext(
        now=NOW,
        monotonic=MONOTONIC,
        profile=Profile.IBKR_PAPER,
        identity=Identity(ACCOUNT, AccountKind.PAPER),
        trading_state=TradingState.ACTIVE,
        trading_reason="",
        order_link_up=True,
        data_link_up=True,
        upstream_up=True,
        link_words="",
        journal_error=None,
        limits=LIMITS,
        quote=QUOTE,
        position=held(0),
        open_orders=working(),
        recent=(),
        minute_rate=RateUse(0, 0.0),
        symbol_rate=RateUse(0, 0.0),
        account_currency="USD",
        net_liquidation=Known(Decimal(1000000), NOW),
        feed_is_simulated=False,
    )
    return replace(world, **changes)


def live(**changes: Any) -> RiskContext:
    """Build the same world on a live account."""
    world: dict[str, Any] = {
        "profile": Profile.IBKR_LIVE,
        "identity": Identity(ACCOUNT, AccountKind.LIVE),
        "limits": limits(allow_list=("AAPL", "MNQ")),
    }
    return context(**(world | changes))


def past(terms: OrderSpec, *, age: float, account: AccountId = ACCOUNT) -> PastSubmit:
    """Build an order sent some seconds ago."""
    return PastSubmit(
        at=MONOTONIC - age,
        account=account,
        instrument_id=terms.instrument_id,
        side=terms.side,
        quantity=terms.quantity,
        order_type=terms.order_type,
        limit_price=terms.limit_price,
        stop_price=terms.stop_price,
        origin=Origin.MANUAL,
    )


def gate(name: str) -> Gate:
    """Return a gate of the table by its name."""
    return next(each for each in GATES if each.name == name)
