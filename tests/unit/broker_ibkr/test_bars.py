"""Candles: enough history asked for, times that can be, no volume is none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from qe_dashboard.broker.ibkr.bar_rows import bar_of, duration, what_to_show
from qe_dashboard.broker.ibkr.contracts import instrument_from_details, instrument_from_row
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.model.market_data import Bar
from support.ibkr_rows import NOW, raw_bar, raw_contract, raw_details

AAPL = instrument_from_details(raw_details(raw_contract()), ())


def read(raw_date: object, *, seconds: int = 60) -> Bar:
    return bar_of(raw_bar(raw_date), instrument=AAPL, seconds=seconds, now=NOW)


@pytest.mark.parametrize(
    ("seconds", "count", "text"),
    [
        (5, 100, "500 S"),
        (1, 2, "60 S"),
        (5, 10_000, "3600 S"),
        (60, 2, "2 D"),
        (60, 300, "2 D"),
        (60, 390, "2 D"),
        (60, 391, "3 D"),
        (3600, 300, "48 D"),
        (86400, 300, "300 D"),
        (86400, 500, "2 Y"),
    ],
)
def test_duration(seconds: int, count: int, text: str) -> None:
    assert duration(seconds, count) == text


def test_a_bar_is_read_whole() -> None:
    at = datetime(2026, 11, 20, 14, 31, tzinfo=UTC)
    assert read(at) == Bar(
        AAPL.id, at, 60, Decimal(10), Decimal("12.5"), Decimal("9.75"), Decimal(11), Decimal(1200)
    )


def test_a_daily_bar_starts_at_midnight_where_the_exchange_is() -> None:
    assert read(date(2026, 11, 19), seconds=86400).start == datetime(2026, 11, 19, 5, 0, tzinfo=UTC)


def test_a_bar_of_1970_is_refused() -> None:
    """R38: 20260414 read as seconds is 23 August 1970."""
    with pytest.raises(Undecodable):
        read(datetime(1970, 8, 23, 11, 53, 34, tzinfo=UTC))


def test_a_bar_without_a_price_is_refused() -> None:
    with pytest.raises(Undecodable):
        bar_of(raw_bar(NOW, close=float("nan")), instrument=AAPL, seconds=60, now=NOW)


def test_no_volume_is_none_traded() -> None:
    assert bar_of(raw_bar(NOW, volume=-1), instrument=AAPL, seconds=60, now=NOW).volume == 0


def test_currencies_have_no_trades() -> None:
    euro = instrument_from_row(raw_contract(symbol="EUR", secType="CASH", conId=12087792))
    assert (what_to_show(euro), what_to_show(AAPL)) == ("MIDPOINT", "TRADES")
