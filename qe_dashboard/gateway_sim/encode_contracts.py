"""Messages about contracts: identity, details, price rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from qe_dashboard.gateway_sim.timestamps import tws_zone
from qe_dashboard.gateway_sim.wire import UNSET_INTEGER, Field, escaped, message, price, size
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Instrument, Session, TickRule

ORDER_TYPES = (
    "ACTIVETIM,ADJUST,ALERT,CODE,DAY,DEACT,DEACTDIS,FOK,GAT,GTC,GTD,IOC,LMT,LOC,"
    "MIT,MKT,MOC,OCA,STP,STPLMT,TRAIL,WHATIF"
)
HOUR_OF_EXPIRY = "08:30"
# TWS sends today and the five days after it.
DAYS_OF_HOURS = 6


def expiry_text(instrument: Instrument) -> str:
    """Return the last trade date as on the wire, empty for stocks."""
    return "" if instrument.expiry is None else f"{instrument.expiry:%Y%m%d}"


def multiplier_text(instrument: Instrument) -> str:
    """Return the multiplier as on the wire: futures alone have one."""
    return size(instrument.multiplier) if instrument.is_future else ""


def contract_fields(instrument: Instrument, *, exchange: str, right: str = "") -> list[Field]:
    """Return the eleven contract fields of messages 5, 11, 61, 71 and 101."""
    return [
        instrument.con_id,
        instrument.symbol,
        instrument.sec_type.value,
        expiry_text(instrument),
        "0.0",
        right,
        multiplier_text(instrument),
        exchange,
        instrument.currency,
        instrument.local_symbol,
        instrument.trading_class,
    ]


def home_exchange(instrument: Instrument) -> str:
    """Return where a holding is listed."""
    return instrument.primary_exchange or instrument.exchange


def contract_details(
    version: int, req_id: int, instrument: Instrument, *, rule_id: int, today: datetime
) -> bytes:
    """Encode contractDetails."""
    zone = instrument.time_zone
    fields: list[Field] = [10]
    if version < 164:
        fields.append(8)
    fields += [req_id, *_identity(version, instrument)]
    fields += [
        "" if instrument.expiry is None else f"{instrument.expiry:%Y%m}",
        "",
        "",
        "",
        tws_zone(zone),
        hours(instrument.trading_hours, zone, today=today),
        hours(instrument.liquid_hours, zone, today=today),
        "",
        0,
        0,
        *_rules(instrument, rule_id),
    ]
    if version == 163:
        fields.append(size(instrument.min_size))
    if version >= 164:
        increment = size(instrument.size_increment)
        fields += [size(instrument.min_size), increment, increment]
    return message(*fields)


def _identity(version: int, instrument: Instrument) -> list[Field]:
    """Symbol to primary exchange."""
    last_trade = expiry_text(instrument)
    if last_trade:
        last_trade += f" {HOUR_OF_EXPIRY} {tws_zone(instrument.time_zone)}"
    fields: list[Field] = [
        instrument.symbol,
        instrument.sec_type.value,
        last_trade,
        "0",
        "",
        instrument.exchange,
        instrument.currency,
        instrument.local_symbol,
        instrument.trading_class,
        instrument.trading_class,
        instrument.con_id,
        price(min(rule.increment for rule in instrument.tick_rules)),
    ]
    if version < 164:
        fields.append(1 if instrument.is_future else 100)
    fields += [
        multiplier_text(instrument),
        ORDER_TYPES,
        ",".join(_exchanges(instrument)),
        1,
        0,
        escaped(instrument.name),
        instrument.primary_exchange,
    ]
    return fields


def _rules(instrument: Instrument, rule_id: int) -> list[Field]:
    """Aggregation group to stock type; one market rule per exchange."""
    is_future = instrument.is_future
    return [
        UNSET_INTEGER if is_future else 1,
        instrument.symbol if is_future else "",
        "IND" if is_future else "",
        ",".join(str(rule_id) for _ in _exchanges(instrument)),
        expiry_text(instrument),
        "COMMON" if instrument.sec_type is SecType.STOCK else "",
    ]


def _exchanges(instrument: Instrument) -> list[str]:
    home = home_exchange(instrument)
    return ["SMART", home] if instrument.sec_type is SecType.STOCK else [home]


def contract_details_end(req_id: int) -> bytes:
    """Encode contractDetailsEnd."""
    return message(52, 1, req_id)


def hours(sessions: Sequence[Session] | None, zone: str, *, today: datetime) -> str:
    """Write sessions as `20221229:0400-20221229:2000`, one part per local day from today on.

    Days without a session are `20221231:CLOSED`; empty when no hours are known.
    """
    if sessions is None:
        return ""
    local = ZoneInfo(zone)
    midnight = today.astimezone(local).replace(hour=0, minute=0, second=0, microsecond=0)
    parts = []
    for number in range(DAYS_OF_HOURS):
        # Days are counted on the calendar: one of them may have 23 or 25 hours.
        begins, ends = midnight + timedelta(days=number), midnight + timedelta(days=number + 1)
        open_parts = [
            f"{max(session.start, begins).astimezone(local):%Y%m%d:%H%M}"
            f"-{min(session.end, ends).astimezone(local):%Y%m%d:%H%M}"
            for session in sessions
            if session.start < ends and session.end > begins
        ]
        parts += open_parts or [f"{begins:%Y%m%d}:CLOSED"]
    return ";".join(parts)


def symbol_samples(version: int, req_id: int, instruments: Sequence[Instrument]) -> bytes:
    """Encode symbolSamples."""
    fields: list[Field] = [79, req_id, len(instruments)]
    for instrument in instruments:
        fields += [
            instrument.con_id,
            instrument.symbol,
            instrument.sec_type.value,
            home_exchange(instrument),
            instrument.currency,
            0,
        ]
        if version >= 176:
            fields += [escaped(instrument.name), ""]
    return message(*fields)


def market_rule(rule_id: int, rules: Sequence[TickRule]) -> bytes:
    """Encode marketRule: the price increments by lower edge."""
    steps = [text for rule in rules for text in (price(rule.low_edge), price(rule.increment))]
    return message(93, rule_id, len(rules), *steps)


def depth_exchanges() -> bytes:
    """Encode mktDepthExchanges: the two places this venue has."""
    return message(
        80, 2, "ISLAND", "STK", "", "Deep2", UNSET_INTEGER, "CME", "FUT", "", "Deep", UNSET_INTEGER
    )


def option_parameters_end(req_id: int) -> bytes:
    """Encode securityDefinitionOptionParameterEnd: this venue lists no options."""
    return message(76, req_id)
