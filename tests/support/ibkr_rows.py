"""Rows as both libraries decode them: the attributes the adapter reads, with the values a real gateway sends."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

UNSET_DOUBLE = 1.7976931348623157e308
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def raw_contract(**changes: Any) -> Any:
    """Return AAPL as a position row names it."""
    fields: dict[str, Any] = {
        "conId": 265598,
        "symbol": "AAPL",
        "secType": "STK",
        "lastTradeDateOrContractMonth": "",
        "multiplier": "",
        "exchange": "NASDAQ",
        "primaryExchange": "",
        "currency": "USD",
        "localSymbol": "AAPL",
        "tradingClass": "NMS",
    }
    return SimpleNamespace(**{**fields, **changes})


def raw_future(**changes: Any) -> Any:
    """Return MNQ Dec26 as a position row names it."""
    fields: dict[str, Any] = {
        "conId": 654503314,
        "symbol": "MNQ",
        "secType": "FUT",
        "lastTradeDateOrContractMonth": "20261218",
        "multiplier": "2",
        "exchange": "",
        "localSymbol": "MNQZ6",
        "tradingClass": "MNQ",
    }
    return raw_contract(**{**fields, **changes})


def raw_details(contract: Any, **changes: Any) -> Any:
    """Return contract details."""
    fields: dict[str, Any] = {
        "contract": contract,
        "minTick": 0.01,
        "minSize": 0.0001,
        "sizeIncrement": 0.0001,
        "longName": "APPLE INC",
        "timeZoneId": "US/Eastern",
        "tradingHours": "20261120:0400-20261120:2000;20261121:CLOSED",
        "liquidHours": "20261120:0930-20261120:1600;20261121:CLOSED",
        "validExchanges": "SMART,NYSE,NASDAQ",
        "marketRuleIds": "26,557,32",
        "realExpirationDate": "",
    }
    return SimpleNamespace(**{**fields, **changes})


def raw_order(**changes: Any) -> Any:
    """Return a working limit order as openOrder echoes it."""
    fields: dict[str, Any] = {
        "orderId": 5,
        "clientId": 2,
        "permId": 900,
        "action": "BUY",
        "totalQuantity": 100.0,
        "orderType": "LMT",
        "lmtPrice": 233.33,
        "auxPrice": 0.0,
        "tif": "DAY",
        "outsideRth": False,
        "orderRef": "QE:abc",
        "account": "DU1234567",
        "whatIf": False,
    }
    return SimpleNamespace(**{**fields, **changes})


def raw_fill(**changes: Any) -> Any:
    """Return an execution of 10 AAPL with no commission yet."""
    fields: dict[str, Any] = {
        "execId": "0000e0d5.67fe667b.01.01",
        "orderId": 5,
        "clientId": 2,
        "permId": 900,
        "acctNumber": "DU1234567",
        "side": "BOT",
        "shares": 10.0,
        "price": 233.33,
        "orderRef": "QE:abc",
        "time": NOW,
    }
    contract = changes.pop("contract", raw_contract())
    commission = changes.pop("commission", raw_commission(execId="", commission=0.0, currency=""))
    execution = SimpleNamespace(**{**fields, **changes})
    return SimpleNamespace(contract=contract, execution=execution, commissionReport=commission)


def raw_commission(**changes: Any) -> Any:
    """Return a commission report."""
    fields: dict[str, Any] = {
        "execId": "0000e0d5.67fe667b.01.01",
        "commission": 1.25,
        "currency": "USD",
        "realizedPNL": 0.0,
    }
    return SimpleNamespace(**{**fields, **changes})


def raw_bar(date: Any, **changes: Any) -> Any:
    """Return one candle."""
    fields: dict[str, Any] = {"open": 10.0, "high": 12.5, "low": 9.75, "close": 11.0, "volume": 1200.0}
    return SimpleNamespace(date=date, **{**fields, **changes})
