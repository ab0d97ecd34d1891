"""Ticks to quotes: no sentinel survives, the tier is the worse of two signs (D13, S43)."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from qe_dashboard.broker.ibkr.ticks import Prices
from qe_dashboard.model.enums import DataTier
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.market_data import Quote
from support.ibkr_rows import NOW

AAPL = InstrumentId("AAPL.STK.USD")


def tick(kind: int, price: float, size: float) -> Any:
    return SimpleNamespace(tickType=kind, price=price, size=size)


def after(*ticks: Any, data_type: int = 1) -> Quote:
    prices = Prices()
    prices.take(ticks)
    return prices.quote(AAPL, as_of=NOW, market_data_type=data_type)


@pytest.mark.parametrize(("bid", "ask"), [(1, 2), (66, 67)])
def test_both_sides(bid: int, ask: int) -> None:
    quote = after(tick(bid, 233.1, 300.0), tick(ask, 233.15, 200.0))
    assert (quote.bid, quote.bid_size) == (Decimal("233.1"), Decimal(300))
    assert (quote.ask, quote.ask_size) == (Decimal("233.15"), Decimal(200))
    assert quote.mid == Decimal("233.125")


@pytest.mark.parametrize(
    "gone", [tick(1, -1.0, 0.0), tick(1, 233.1, 0.0), tick(0, 233.1, 0.0), tick(0, -1.0, 0.0)]
)
def test_a_side_that_left_is_none_in_both_libraries(gone: Any) -> None:
    quote = after(tick(1, 233.1, 300.0), gone)
    assert (quote.bid, quote.bid_size) == (None, None)


def test_a_size_tick_keeps_the_price() -> None:
    quote = after(tick(2, 233.15, 200.0), tick(3, 233.15, 500.0))
    assert (quote.ask, quote.ask_size) == (Decimal("233.15"), Decimal(500))


def test_last_and_volume() -> None:
    quote = after(tick(4, 233.12, 5.0), tick(5, 233.12, 7.0), tick(8, -1.0, 123456.0))
    assert (quote.last, quote.last_size, quote.volume) == (Decimal("233.12"), Decimal(7), Decimal(123456))
    assert after(tick(4, -1.0, 0.0)).last is None


def test_day_values() -> None:
    quote = after(tick(6, 240.0, 0.0), tick(7, 230.5, 0.0), tick(9, 232.0, 0.0), tick(14, 231.0, 0.0))
    assert (quote.high, quote.low, quote.prev_close, quote.open) == (
        Decimal(240),
        Decimal("230.5"),
        Decimal(232),
        Decimal(231),
    )
    assert after(tick(14, 0.0, 0.0)).open is None


def test_a_negative_price_is_a_price_where_there_is_size() -> None:
    assert after(tick(1, -37.63, 2.0)).bid == Decimal("-37.63")


@pytest.mark.parametrize(
    ("data_type", "kinds", "tier"),
    [
        (1, [1, 2], DataTier.LIVE),
        (2, [1], DataTier.FROZEN),
        (3, [66], DataTier.DELAYED),
        (4, [66], DataTier.DELAYED),
        # Told live, but the numbers of the ticks are those of a delayed feed.
        (1, [1, 68], DataTier.DELAYED),
        (9, [1], DataTier.UNKNOWN),
    ],
)
def test_tier(data_type: int, kinds: list[int], tier: DataTier) -> None:
    assert after(*(tick(kind, 10.0, 1.0) for kind in kinds), data_type=data_type).tier is tier


@pytest.mark.parametrize(
    ("kind", "proves"), [(1, True), (0, True), (68, True), (8, True), (9, False), (6, False), (49, False)]
)
def test_only_trading_proves_a_line(kind: int, proves: bool) -> None:
    assert after(tick(kind, 10.0, 1.0)).proven is proves
