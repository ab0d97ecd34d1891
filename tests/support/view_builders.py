"""Views with sensible values, for tests that care about one or two fields of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from qe_dashboard.engine.health_views import ConnectionView
from qe_dashboard.engine.settings_views import SettingsView, SettingView
from qe_dashboard.engine.views import (
    AccountView,
    BarsView,
    ConfirmTier,
    FillView,
    Lamp,
    LinkView,
    LogLine,
    OrderView,
    PositionView,
    PreviewView,
    QuoteView,
    RateView,
    StatusView,
    VerdictView,
)
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
from qe_dashboard.model.ladder import Ladder, Rung, RungName, RungState
from qe_dashboard.model.market_data import Bar
from qe_dashboard.model.money import Money
from qe_dashboard.model.order_status import OrderStatus

NOW = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)
ACCOUNT = "SIM100001"


def stock_id(symbol: str) -> InstrumentId:
    return InstrumentId(f"{symbol}.STK.USD")


def make_link(name: LinkName = LinkName.DATA, **changes: Any) -> LinkView:
    values: dict[str, Any] = {
        "name": name,
        "state": LinkState.READY,
        "reason": "",
        "since": NOW - timedelta(minutes=5),
        "host": "127.0.0.1",
        "port": 4002,
        "client_id": 1 if name is LinkName.DATA else 2,
        "retry_at": None,
        "last_reply_at": NOW - timedelta(seconds=3),
    }
    return LinkView(**(values | changes))


def make_status(**changes: Any) -> StatusView:
    """Build the status of a healthy session in the simulated venue."""
    values: dict[str, Any] = {
        "profile": Profile.SIM,
        "account_kind": AccountKind.SIM,
        "account": ACCOUNT,
        "lamp": Lamp.CONNECTED,
        "offline_since": None,
        "trading_state": TradingState.ACTIVE,
        "trading_reason": "",
        "trading_since": NOW - timedelta(hours=1),
        "can_trade": True,
        "cannot_trade_because": "",
        "links": (make_link(LinkName.DATA), make_link(LinkName.ORDER)),
        "upstream_up": True,
        "upstream_reason": "",
        "data_tier": DataTier.SIMULATED,
        "reconciled_at": NOW - timedelta(seconds=12),
        "reconcile_words": "books agree",
        "working_entries": 0,
        "working_protective": 0,
        "uncertain": 0,
        "journal_error": None,
        "needs_account_typed": False,
        "banner": (),
        "rates": (RateView("orders", 2, 60, 60, None), RateView("messages", 3, 40, 1, None)),
        "venue_time": NOW,
        "session_word": "OPEN",
        "session_ends_at": NOW + timedelta(hours=5, minutes=30),
        "time_zone": "America/New_York",
        "engine_version": "0.1.0",
    }
    return StatusView(**(values | changes))


def make_quote(symbol: str = "AAPL", **changes: Any) -> QuoteView:
    values: dict[str, Any] = {
        "instrument_id": stock_id(symbol),
        "symbol": symbol,
        "label": symbol,
        "currency": "USD",
        "decimals": 2,
        "tier": DataTier.SIMULATED,
        "as_of": NOW - timedelta(seconds=1),
        "proven": True,
        "bid": Decimal("233.32"),
        "ask": Decimal("233.34"),
        "bid_size": Decimal(200),
        "ask_size": Decimal(300),
        "last": Decimal("233.33"),
        "open": Decimal("230.00"),
        "high": Decimal("234.50"),
        "low": Decimal("229.75"),
        "prev_close": Decimal("231.00"),
        "volume": Decimal(1250000),
        "problem": "",
    }
    return QuoteView(**(values | changes))


def make_position(symbol: str = "AAPL", **changes: Any) -> PositionView:
    values: dict[str, Any] = {
        "instrument_id": stock_id(symbol),
        "symbol": symbol,
        "label": symbol,
        "currency": "USD",
        "decimals": 2,
        "unit": "shares",
        "quantity": Decimal(10),
        "avg_price": Decimal("230.10"),
        "mark": Decimal("233.33"),
        "market_value": Money(Decimal("2333.30"), "USD"),
        "open_pnl": Money(Decimal("32.30"), "USD"),
        "problem": "",
    }
    return PositionView(**(values | changes))


def make_order(number: int = 17, **changes: Any) -> OrderView:
    symbol = str(changes.pop("symbol", "AAPL"))
    values: dict[str, Any] = {
        "number": OrderNumber(number),
        "instrument_id": stock_id(symbol),
        "symbol": symbol,
        "label": symbol,
        "currency": "USD",
        "decimals": 2,
        "side": OrderSide.BUY,
        "order_type": OrderType.LIMIT,
        "quantity": Decimal(100),
        "filled": Decimal(0),
        "limit_price": Decimal("233.10"),
        "stop_price": None,
        "avg_fill_price": None,
        "time_in_force": TimeInForce.DAY,
        "outside_rth": False,
        "status": OrderStatus.WORKING,
        "order_class": OrderClass.ADD,
        "owner": "THIS",
        "is_own": True,
        "is_open": True,
        "venue_id": "9001",
        "created_at": NOW - timedelta(minutes=4),
        "updated_at": NOW - timedelta(minutes=4),
        "why": "",
    }
    status = changes.get("status")
    if isinstance(status, OrderStatus):
        values["is_open"] = status.is_open
    return OrderView(**(values | changes))


def make_fill(exec_id: str = "E1", **changes: Any) -> FillView:
    values: dict[str, Any] = {
        "exec_id": exec_id,
        "at": NOW - timedelta(minutes=2),
        "number": OrderNumber(17),
        "instrument_id": stock_id("AAPL"),
        "symbol": "AAPL",
        "label": "AAPL",
        "currency": "USD",
        "decimals": 2,
        "side": OrderSide.BUY,
        "quantity": Decimal(10),
        "price": Decimal("230.10"),
        "notional": Money(Decimal("2301.00"), "USD"),
        "commission": Money(Decimal("1.00"), "USD"),
        "realized": None,
        "owner": "THIS",
    }
    return FillView(**(values | changes))


def make_account(**changes: Any) -> AccountView:
    values: dict[str, Any] = {
        "account": ACCOUNT,
        "kind": AccountKind.SIM,
        "currency": "USD",
        "as_of": NOW - timedelta(seconds=2),
        "net_liquidation": Decimal("100032.30"),
        "total_cash": Decimal("97698.00"),
        "buying_power": Decimal("390792.00"),
        "excess_liquidity": Decimal("99100.00"),
        "init_margin": Decimal("1166.65"),
        "maint_margin": Decimal("583.30"),
        "unrealized_pnl": Decimal("32.30"),
        "realized_pnl": Decimal("0"),
    }
    return AccountView(**(values | changes))


def make_bars(symbol: str = "AAPL", *, count: int = 120, seconds: int = 60, **changes: Any) -> BarsView:
    """Build a wave of candles that ends at NOW, oldest first."""
    start = NOW - timedelta(seconds=seconds * (count - 1))
    bars = tuple(
        make_bar(symbol, start=start + timedelta(seconds=seconds * index), index=index, seconds=seconds)
        for index in range(count)
    )
    values: dict[str, Any] = {
        "instrument_id": stock_id(symbol),
        "symbol": symbol,
        "label": symbol,
        "decimals": 2,
        "seconds": seconds,
        "bars": bars,
        "problem": "",
    }
    return BarsView(**(values | changes))


def make_bar(symbol: str, *, start: datetime, index: int, seconds: int) -> Bar:
    middle = Decimal(230) + Decimal(abs(index % 40 - 20)) / 10 + Decimal(index) / 100
    swing = Decimal(index % 7 - 3) / 20
    opened, closed = middle - swing, middle + swing
    return Bar(
        instrument_id=stock_id(symbol),
        start=start,
        seconds=seconds,
        open=opened,
        high=max(opened, closed) + Decimal("0.12"),
        low=min(opened, closed) - Decimal("0.09"),
        close=closed,
        volume=Decimal(500 + (index * 37) % 900),
    )


def make_log(text: str = "connected", **changes: Any) -> LogLine:
    values: dict[str, Any] = {"at": NOW, "severity": Severity.INFO, "source": "link", "text": text}
    return LogLine(**(values | changes))


def make_verdict(gate: str = "notional", **changes: Any) -> VerdictView:
    values: dict[str, Any] = {
        "gate": gate,
        "code": gate.upper(),
        "outcome": Outcome.ALLOW,
        "text": "2 333 of 250 000 USD",
        "measured": "2333.30",
        "limit": "250000",
        "unit": "USD",
        "scope": "order",
        "source": "default",
    }
    return VerdictView(**(values | changes))


def make_preview(token: str = "P1", **changes: Any) -> PreviewView:
    values: dict[str, Any] = {
        "token": token,
        "title": "BUY AAPL",
        "sentence": f"BUY 10 AAPL MKT DAY in {ACCOUNT} - opens long 10",
        "details": (),
        "side": OrderSide.BUY,
        "verdicts": (make_verdict(),),
        "outcome": Outcome.ALLOW,
        "can_send": True,
        "asks": (),
        "tier": ConfirmTier.KEY,
        "typed_word": "",
        "created_at": NOW,
        "expires_at": NOW + timedelta(seconds=30),
        "account_kind": AccountKind.SIM,
    }
    return PreviewView(**(values | changes))


def make_setting(key: str = "display.theme", **changes: Any) -> SettingView:
    section, _, name = key.rpartition(".")
    values: dict[str, Any] = {
        "key": key,
        "section": section,
        "name": name,
        "value": '"dark"',
        "default": '"dark"',
        "source": "default",
        "description": "Colours of every screen.",
        "unit": "",
        "choices": ("dark", "light"),
        "applies": "at once",
    }
    return SettingView(**(values | changes))


def make_settings(
    settings: Sequence[SettingView] = (), *, path: str = "settings.toml", problems: tuple[str, ...] = ()
) -> SettingsView:
    return SettingsView(path=path, settings=tuple(settings) or (make_setting(),), problems=problems)


def make_connection(**changes: Any) -> ConnectionView:
    view = ConnectionView(
        profile=Profile.IBKR_PAPER,
        host="127.0.0.1",
        port=4002,
        client_id=1,
        order_client_id=None,
        account="",
    )
    return replace(view, **changes)


def make_ladder(*rungs: Rung, **changes: Any) -> Ladder:
    """A ladder whose rungs all pass, but for those given."""
    given = {rung.name: rung for rung in rungs}
    ladder = Ladder(
        host="127.0.0.1",
        port=4002,
        at=NOW,
        rungs=tuple(given.get(name, Rung(name, RungState.PASS, "as it should be")) for name in RungName),
        account="DU1234567",
        account_kind=AccountKind.PAPER,
    )
    return replace(ladder, **changes)
