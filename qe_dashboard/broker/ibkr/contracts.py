"""Instrument <-> the library's Contract and ContractDetails (D25). Pure: reads attributes, asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qe_dashboard.broker.ibkr.values import Undecodable, day, needed, number
from qe_dashboard.broker.port import InstrumentQuery
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument, Session, TickRule, instrument_id

_SEC_TYPES = {
    "STK": SecType.STOCK,
    "FUT": SecType.FUTURE,
    "CASH": SecType.FOREX,
    "OPT": SecType.OPTION,
    "IND": SecType.INDEX,
}
_SMART_TYPES = (SecType.STOCK, SecType.OPTION)
_DEFAULT_EXCHANGE = {SecType.STOCK: "SMART", SecType.OPTION: "SMART", SecType.FOREX: "IDEALPRO"}
_ONE = Decimal(1)
# `20261218:0930-20261218:1600`, and the older form that gives the day only once.
_HOURS = re.compile(r"(\d{8}):(\d{4})-(?:(\d{8}):)?(\d{4})")
# Names TWS uses that are no key of the tz database.
_ZONE_ALIASES = {"EST": "America/New_York", "EST5EDT": "America/New_York", "CST": "America/Chicago"}


def sec_type_of(word: str) -> SecType:
    """Return the model's kind; what Step 1 cannot trade is OTHER, still listed and sized."""
    return _SEC_TYPES.get(word, SecType.OTHER)


def instrument_from_row(contract: Any) -> Instrument:
    """Build what a position, order or execution row tells of its contract: no ticks, no hours.

    Raises Undecodable when the row lacks what the identity needs (D25).
    """
    return _instrument(contract, expiry=day(contract.lastTradeDateOrContractMonth), tick_rules=())


def instrument_from_details(details: Any, tick_rules: tuple[TickRule, ...]) -> Instrument:
    """Build the whole instrument from contract details; without a market rule the minimum tick is the rule."""
    contract = details.contract
    expiry_text = details.realExpirationDate or contract.lastTradeDateOrContractMonth
    minimum = number(details.minTick)
    if not tick_rules and minimum is not None and minimum > 0:
        tick_rules = (TickRule(Decimal(0), minimum),)
    zone = _zone(details.timeZoneId)
    sec_type = sec_type_of(contract.secType)
    return _instrument(
        contract,
        expiry=day(contract.lastTradeDateOrContractMonth) or day(expiry_text),
        tick_rules=tick_rules,
        min_size=_whole(number(details.minSize), sec_type),
        size_increment=_whole(number(details.sizeIncrement), sec_type),
        name=details.longName,
        zone=zone,
        trading_hours=sessions(details.tradingHours, zone),
        liquid_hours=sessions(details.liquidHours, zone),
    )


def _instrument(
    contract: Any,
    *,
    expiry: date | None,
    tick_rules: tuple[TickRule, ...],
    min_size: Decimal = _ONE,
    size_increment: Decimal = _ONE,
    name: str = "",
    zone: ZoneInfo | None = None,
    trading_hours: tuple[Session, ...] | None = None,
    liquid_hours: tuple[Session, ...] | None = None,
) -> Instrument:
    if not contract.symbol or not contract.currency or not contract.secType:
        raise Undecodable(f"contract {contract.conId} has no symbol, kind or currency")
    sec_type = sec_type_of(contract.secType)
    if sec_type is SecType.FUTURE and expiry is None:
        raise Undecodable(f"{contract.localSymbol or contract.symbol} has no expiry day")
    return Instrument(
        id=_id(contract, sec_type, expiry),
        symbol=contract.symbol,
        sec_type=sec_type,
        exchange=_exchange(contract, sec_type),
        currency=contract.currency,
        multiplier=needed(contract.multiplier, "the multiplier") if contract.multiplier else _ONE,
        tick_rules=tick_rules,
        min_size=min_size,
        size_increment=size_increment,
        primary_exchange=contract.primaryExchange,
        local_symbol=contract.localSymbol,
        trading_class=contract.tradingClass,
        name=name,
        con_id=contract.conId or None,
        expiry=expiry,
        time_zone=zone.key if zone is not None else "America/New_York",
        trading_hours=trading_hours,
        liquid_hours=liquid_hours,
    )


def _id(contract: Any, sec_type: SecType, expiry: date | None) -> InstrumentId:
    symbol = contract.symbol
    if sec_type in (SecType.OPTION, SecType.OTHER) and contract.localSymbol:
        # Strike and right are only in the local symbol: without it two options would share one id.
        symbol = "".join(contract.localSymbol.split())
    return instrument_id(symbol=symbol, sec_type=sec_type, currency=contract.currency, expiry=expiry)


def _exchange(contract: Any, sec_type: SecType) -> str:
    # Rows name the exchange of the last trade, or none; orders for these kinds go to SMART (D25).
    if sec_type in _SMART_TYPES:
        return "SMART"
    return contract.exchange or _DEFAULT_EXCHANGE.get(sec_type, "") or contract.primaryExchange


def _whole(size: Decimal | None, sec_type: SecType) -> Decimal:
    # Details say 0.0001 for stocks, yet fractions are refused over this API (10243).
    if size is None or size <= 0 or (sec_type is SecType.STOCK and size < 1):
        return _ONE
    return size


def _zone(name: str) -> ZoneInfo | None:
    word = name.split(" ")[0]
    try:
        return ZoneInfo(_ZONE_ALIASES.get(word, word)) if word else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def sessions(text: str, zone: ZoneInfo | None) -> tuple[Session, ...] | None:
    """Read `20261218:0930-20261218:1600;20261219:CLOSED`; None when unknown, which is not "closed" (D25)."""
    if zone is None or not text:
        return None
    found = []
    for part in re.split(r"[;,]", text):
        if not part or part.endswith("CLOSED"):
            continue
        match = _HOURS.fullmatch(part.strip())
        if match is None:
            return None
        first, opened, last, closed = match.groups()
        try:
            start = _moment(first, opened, zone)
            end = _moment(last or first, closed, zone)
        except ValueError:
            return None
        if end <= start:
            end += timedelta(days=1)
        found.append(Session(start, end))
    return tuple(found)


def _moment(day_text: str, clock_text: str, zone: ZoneInfo) -> datetime:
    # 2400 means midnight at the day's end.
    midnight = datetime.strptime(day_text, "%Y%m%d").replace(tzinfo=zone)
    if clock_text == "2400":
        return (midnight + timedelta(days=1)).astimezone(UTC)
    at = midnight.replace(hour=int(clock_text[:2]), minute=int(clock_text[2:]))
    return at.astimezone(UTC)


def market_rule_id(details: Any) -> int | None:
    """Return the number of the tick table in force on the contract's exchange; the two lists run in parallel."""
    rules = details.marketRuleIds.split(",")
    exchanges = details.validExchanges.split(",")
    by_exchange = dict(zip(exchanges, rules, strict=False))
    rule = by_exchange.get(details.contract.exchange) or rules[0]
    return int(rule) if rule.strip().isdigit() else None


def tick_rules(increments: Iterable[Any]) -> tuple[TickRule, ...]:
    """Read a market rule, lowest edge first. Raises Undecodable when a row has no increment."""
    rules = [
        TickRule(needed(row.lowEdge, "a tick rule's edge"), needed(row.increment, "a tick rule's increment"))
        for row in increments
    ]
    if any(rule.increment <= 0 for rule in rules):
        raise Undecodable("a tick rule has no increment")
    return tuple(sorted(rules, key=lambda rule: rule.low_edge))


def contract_fields(instrument: Instrument) -> dict[str, object]:
    """Return what names a known contract on the wire: its conId decides, the rest is for the reader of a log."""
    if instrument.con_id is None:
        raise Undecodable(f"{instrument.label} was never looked up, so its contract number is not known")
    return {
        "conId": instrument.con_id,
        "symbol": instrument.symbol,
        "secType": _word(instrument.sec_type),
        "exchange": instrument.exchange,
        "currency": instrument.currency,
    }


def query_fields(query: InstrumentQuery) -> dict[str, object]:
    """Return what a look-up sends: a bare stock is SMART (D25), a future is searched on every exchange."""
    return {
        "symbol": query.symbol,
        "secType": _word(query.sec_type),
        "exchange": _DEFAULT_EXCHANGE.get(query.sec_type, ""),
        "currency": query.currency,
        "lastTradeDateOrContractMonth": query.expiry,
    }


def _word(sec_type: SecType) -> str:
    return "" if sec_type is SecType.OTHER else sec_type.value
