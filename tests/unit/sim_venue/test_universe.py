"""What is listed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide, SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.universe import Universe
from qe_dashboard.sim_venue.venue import VenueConfig
from support.venue_world import VenueWorld, spec

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def test_a_dozen_stocks_two_months_of_four_futures_and_three_pairs() -> None:
    instruments = Universe(NOW).instruments
    stocks = [one for one in instruments if one.sec_type is SecType.STOCK]
    futures = [one for one in instruments if one.sec_type is SecType.FUTURE]
    assert {one.symbol for one in stocks} >= {"AAPL", "MSFT", "NVDA", "AMZN", "SPY", "TSLA", "QQQ"}
    assert len(stocks) == 12
    assert len(futures) == 8
    pairs = [one for one in instruments if one.sec_type is SecType.FOREX]
    assert len({one.id for one in instruments}) == len({one.con_id for one in instruments}) == 23
    assert [(one.id, one.local_symbol, one.con_id, one.tick_at(Decimal(1))) for one in pairs] == [
        ("EUR.CASH.USD", "EUR.USD", 12087792, Decimal("0.00005")),
        ("GBP.CASH.USD", "GBP.USD", 12087797, Decimal("0.00005")),
        ("USD.CASH.JPY", "USD.JPY", 15016059, Decimal("0.005")),
    ]
    assert all(one.tick_at(Decimal(100)) == Decimal("0.01") for one in stocks)
    assert all(one.tick_at(Decimal(100)) == Decimal("0.25") for one in futures)


@pytest.mark.parametrize(("root", "multiplier"), [("MNQ", 2), ("MES", 5), ("NQ", 20), ("ES", 50)])
def test_futures_have_the_terms_of_their_exchange(root: str, multiplier: int) -> None:
    lead, behind = Universe(NOW).find(root, SecType.FUTURE)
    assert (lead.expiry, behind.expiry) == (date(2026, 12, 18), date(2027, 3, 19))
    assert (lead.local_symbol, behind.local_symbol) == (f"{root}Z6", f"{root}H7")
    assert (lead.multiplier, lead.currency, lead.exchange) == (Decimal(multiplier), "USD", "CME")
    assert lead.trading_class == root
    assert lead.label == f"{root} Dec26"


def test_find_takes_a_month_a_day_or_nothing() -> None:
    universe = Universe(NOW)
    assert [one.id for one in universe.find("mnq", SecType.FUTURE, expiry="202612")] == [
        "MNQ.FUT.20261218.USD"
    ]
    assert [one.id for one in universe.find("MNQ", SecType.FUTURE, expiry="20270319")] == [
        "MNQ.FUT.20270319.USD"
    ]
    assert universe.find("MNQ", SecType.FUTURE, expiry="202701") == ()
    assert universe.find("MNQ", SecType.STOCK) == ()
    assert universe.find("NOPE", SecType.STOCK) == ()


def test_an_expired_month_is_still_known_by_its_id() -> None:
    universe = Universe(NOW)
    old = universe.get(InstrumentId("ES.FUT.20250620.USD"))
    assert old is not None
    assert old.instrument.expiry == date(2025, 6, 20)
    assert old.instrument not in universe.instruments


@pytest.mark.parametrize(
    "wanted",
    [
        "ES.FUT.20250621.USD",
        "ES.FUT.20250718.USD",
        "ES.FUT.20250620.EUR",
        "ES.FUT.USD",
        "ES",
        "ES.FUT.20259920.USD",
        "XX.FUT.20250620.USD",
        "AAPL.STK.CAD",
        "",
    ],
)
def test_what_never_was_listed_is_not_found(wanted: str) -> None:
    assert Universe(NOW).get(InstrumentId(wanted)) is None


def test_time_lists_the_next_months() -> None:
    universe = Universe(NOW)
    universe.roll(datetime(2027, 1, 4, tzinfo=UTC))
    assert [one.expiry for one in universe.find("ES", SecType.FUTURE)] == [
        date(2027, 3, 19),
        date(2027, 6, 18),
    ]


def test_volume_moves_to_the_next_month_eight_days_before_expiry() -> None:
    universe = Universe(NOW)
    lead, behind = (universe.get(one.id) for one in universe.find("MNQ", SecType.FUTURE))
    assert lead is not None
    assert behind is not None
    assert lead.units_on(date(2026, 12, 9)) > 5 * behind.units_on(date(2026, 12, 9))
    assert behind.units_on(date(2026, 12, 10)) > 5 * lead.units_on(date(2026, 12, 10))


def test_made_up_stocks_trade_beside_the_others() -> None:
    listed = Universe(NOW, synthetic=1000).instruments
    assert len({one.id for one in listed}) == len({one.con_id for one in listed}) == 1023
    (last,) = Universe(NOW, synthetic=1000).find("QE1000", SecType.STOCK)
    assert (last.con_id, last.currency) == (900_001_000, "USD")
    world = VenueWorld(config=VenueConfig(latency=timedelta(0), synthetic_stocks=2))
    key = world.send(spec(OrderSide.BUY, 5, instrument_id=InstrumentId("QE0002.STK.USD")))
    assert world.order(key).filled == 5
