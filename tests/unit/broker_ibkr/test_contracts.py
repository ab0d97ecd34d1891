"""Instrument <-> contract (D25): ids, ticks, sizes, hours."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from qe_dashboard.broker.ibkr.contracts import (
    contract_fields,
    instrument_from_details,
    instrument_from_row,
    market_rule_id,
    query_fields,
    sessions,
    tick_rules,
)
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.broker.port import InstrumentQuery
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.instrument import Session, TickRule
from support.ibkr_rows import raw_contract, raw_details, raw_future

NEW_YORK = ZoneInfo("America/New_York")


def test_a_stock_row_is_smart_whatever_exchange_it_names() -> None:
    instrument = instrument_from_row(raw_contract(exchange="ISLAND"))
    assert (instrument.id, instrument.exchange, instrument.multiplier) == (
        "AAPL.STK.USD",
        "SMART",
        Decimal(1),
    )
    assert instrument.con_id == 265598
    assert instrument.tick_rules == ()
    assert instrument.trading_hours is None


def test_a_future_row_carries_expiry_and_multiplier() -> None:
    instrument = instrument_from_row(raw_future())
    assert instrument.id == "MNQ.FUT.20261218.USD"
    assert (instrument.expiry, instrument.multiplier) == (date(2026, 12, 18), Decimal(2))


def test_a_future_without_its_day_is_not_given_an_id() -> None:
    with pytest.raises(Undecodable, match="expiry"):
        instrument_from_row(raw_future(lastTradeDateOrContractMonth="202612"))


@pytest.mark.parametrize("field", ["symbol", "currency", "secType"])
def test_a_row_without_identity_is_undecodable(field: str) -> None:
    with pytest.raises(Undecodable):
        instrument_from_row(raw_contract(**{field: ""}))


def test_two_options_of_one_expiry_have_two_ids() -> None:
    call = raw_contract(
        secType="OPT", localSymbol="AAPL  261218C00230000", lastTradeDateOrContractMonth="20261218"
    )
    put = raw_contract(
        secType="OPT", localSymbol="AAPL  261218P00230000", lastTradeDateOrContractMonth="20261218"
    )
    assert instrument_from_row(call).id != instrument_from_row(put).id


def test_details_bring_ticks_sizes_and_hours() -> None:
    rules = (TickRule(Decimal(0), Decimal("0.0001")), TickRule(Decimal(1), Decimal("0.01")))
    instrument = instrument_from_details(raw_details(raw_contract(exchange="SMART")), rules)
    assert instrument.tick_rules == rules
    # 0.0001 shares would be refused over the API (10243).
    assert (instrument.min_size, instrument.size_increment) == (Decimal(1), Decimal(1))
    assert instrument.name == "APPLE INC"
    assert instrument.liquid_hours == (
        Session(datetime(2026, 11, 20, 14, 30, tzinfo=UTC), datetime(2026, 11, 20, 21, 0, tzinfo=UTC)),
    )


def test_without_a_market_rule_the_minimum_tick_is_the_rule() -> None:
    details = raw_details(raw_future(), minTick=0.25, minSize=1.0, sizeIncrement=1.0)
    assert instrument_from_details(details, ()).tick_rules == (TickRule(Decimal(0), Decimal("0.25")),)


def test_the_market_rule_is_that_of_the_contracts_exchange() -> None:
    assert market_rule_id(raw_details(raw_contract(exchange="NYSE"))) == 557
    assert market_rule_id(raw_details(raw_contract(exchange="ELSEWHERE"))) == 26
    assert market_rule_id(raw_details(raw_contract(), marketRuleIds="")) is None


def test_tick_rules_are_sorted_and_checked() -> None:
    rows = [SimpleNamespace(lowEdge=1.0, increment=0.01), SimpleNamespace(lowEdge=0.0, increment=0.0001)]
    assert [rule.increment for rule in tick_rules(rows)] == [Decimal("0.0001"), Decimal("0.01")]
    with pytest.raises(Undecodable):
        tick_rules([SimpleNamespace(lowEdge=0.0, increment=0.0)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20261120:0930-20261120:1600", [("2026-11-20T14:30", "2026-11-20T21:00")]),
        ("20261120:CLOSED", []),
        ("20261119:1700-20261120:1600;20261121:CLOSED", [("2026-11-19T22:00", "2026-11-20T21:00")]),
        # The older form names the day once, and sessions of a day are separated by commas.
        (
            "20261120:0700-1130,20261120:1230-1600",
            [("2026-11-20T12:00", "2026-11-20T16:30"), ("2026-11-20T17:30", "2026-11-20T21:00")],
        ),
        ("20261120:1800-0200", [("2026-11-20T23:00", "2026-11-21T07:00")]),
        ("20261120:0000-20261120:2400", [("2026-11-20T05:00", "2026-11-21T05:00")]),
        # The night the clocks go back, in New York 1 November 2026, has one hour more.
        ("20261031:2000-20261101:0400", [("2026-11-01T00:00", "2026-11-01T09:00")]),
    ],
)
def test_hours(text: str, expected: list[tuple[str, str]]) -> None:
    found = sessions(text, NEW_YORK)
    assert found is not None
    assert [
        (f"{session.start:%Y-%m-%dT%H:%M}", f"{session.end:%Y-%m-%dT%H:%M}") for session in found
    ] == expected


@pytest.mark.parametrize(
    "text", ["", "garbage", "20261120:0930", "20261320:0930-20261320:1600", "20261120:9930-1600"]
)
def test_hours_that_cannot_be_read_are_unknown_and_not_closed(text: str) -> None:
    assert sessions(text, NEW_YORK) is None
    assert sessions("20261120:0930-20261120:1600", None) is None


def test_an_unknown_zone_leaves_the_hours_unknown() -> None:
    instrument = instrument_from_details(raw_details(raw_contract(), timeZoneId="Mars/Base"), ())
    assert instrument.trading_hours is None


def test_an_order_names_its_contract_by_number() -> None:
    fields = contract_fields(instrument_from_row(raw_contract()))
    assert fields == {
        "conId": 265598,
        "symbol": "AAPL",
        "secType": "STK",
        "exchange": "SMART",
        "currency": "USD",
    }
    with pytest.raises(Undecodable, match="never looked up"):
        contract_fields(instrument_from_row(raw_contract(conId=0)))


def test_a_bare_stock_is_asked_for_at_smart_and_a_future_everywhere() -> None:
    assert query_fields(InstrumentQuery("AAPL", SecType.STOCK))["exchange"] == "SMART"
    future = query_fields(InstrumentQuery("MNQ", SecType.FUTURE, expiry="202612"))
    assert (future["exchange"], future["lastTradeDateOrContractMonth"]) == ("", "202612")
