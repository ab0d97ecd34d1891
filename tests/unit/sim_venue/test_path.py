"""The price path: every resolution tells the same story, and it moves like a market."""

from __future__ import annotations

from itertools import pairwise
from math import log, sqrt
from statistics import correlation, pstdev

import pytest

from qe_dashboard.sim_venue.path import DAY, TILE_STEPS, PricePath, Tile, join

TODAY = 20_777
KNOWN = [232.755387, 233.276932, 233.58529, 234.0566]
KNOWN_VOLUME = 53_589_042


def path(name: str = "AAPL", *, seed: int = 7, correlation: float = 0.85) -> PricePath:
    return PricePath(
        seed=seed,
        name=name,
        base=233.0,
        daily_volatility=0.017,
        correlation=correlation,
        daily_volume=48_000_000,
    )


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_a_tile_has_exactly_the_prices_and_volume_of_its_parts(level: int) -> None:
    prices, fan = path(), TILE_STEPS[level] // TILE_STEPS[level - 1]
    first = TODAY * TILE_STEPS[DAY] // TILE_STEPS[level]
    for index in range(first, first + 200):
        parts = [prices.tile(level - 1, index * fan + child) for child in range(fan)]
        whole = prices.tile(level, index)
        assert whole.high == max(part.high for part in parts)
        assert whole.low == min(part.low for part in parts)
        assert (whole.open, whole.close) == (parts[0].open, parts[-1].close)
        assert whole.volume == sum(part.volume for part in parts)
        assert all(one.close == two.open for one, two in pairwise(parts) if level > 1)


def test_any_stretch_is_the_sum_of_its_steps() -> None:
    prices = path()
    first = TODAY * TILE_STEPS[DAY] + 12_345
    end = first + 3 * TILE_STEPS[2] + 17
    expected = prices.tile(0, first)
    for step in range(first + 1, end):
        expected = join(expected, prices.tile(0, step))
    assert prices.aggregate(first, end) == expected


def test_an_empty_stretch_has_no_tile() -> None:
    with pytest.raises(ValueError, match="no steps"):
        path().aggregate(5, 5)


def test_the_path_does_not_depend_on_what_was_asked_before() -> None:
    asked, fresh = path(), path()
    step = TODAY * TILE_STEPS[DAY] + 200_000
    for index in range(3000):
        asked.tile(2, step // TILE_STEPS[2] - 37 * index)
    assert [asked.tile(0, step + one) for one in range(100)] == [
        fresh.tile(0, step + one) for one in range(100)
    ]


def test_known_prices_stay_known() -> None:
    # A saved venue meets these prices again after an upgrade: changing them moves every open position (D28).
    prices = path()
    step = TODAY * TILE_STEPS[DAY] + 200_000
    assert [round(prices.tile(0, step + one * 1000).close, 6) for one in range(4)] == KNOWN
    assert prices.tile(DAY, TODAY).volume == KNOWN_VOLUME


def test_seeds_and_names_give_other_markets() -> None:
    step = TODAY * TILE_STEPS[DAY]
    assert path().tile(0, step) != path(seed=8).tile(0, step)
    assert path().tile(0, step) != path("MSFT").tile(0, step)


def test_it_is_as_volatile_as_asked() -> None:
    prices = path()
    days = [prices.tile(DAY, TODAY - back) for back in range(400)]
    assert 0.009 < pstdev(log(day.close / day.open) for day in days) < 0.025
    minutes = range(TODAY * 1440, (TODAY + 5) * 1440)
    moves = [log(prices.tile(2, minute).close / prices.tile(2, minute).open) for minute in minutes]
    assert 0.012 < sqrt(sum(move * move for move in moves) / 5) < 0.034
    assert all(0.6 * 233 < day.low < day.high < 1.5 * 233 for day in days)


def test_the_market_moves_names_together() -> None:
    one, two, loner = path("AAPL"), path("MSFT"), path("ODD", correlation=0.0)
    hours = range(TODAY * 48, (TODAY + 30) * 48)

    def moves(prices: PricePath) -> list[float]:
        return [prices.tile(3, hour).close - prices.tile(3, hour).open for hour in hours]

    assert correlation(moves(one), moves(two)) > 0.25
    assert abs(correlation(moves(one), moves(loner))) < 0.1


def test_joining_keeps_ends_and_extremes() -> None:
    assert join(Tile(2.0, 5.0, 1.0, 3.0, 7), Tile(3.0, 4.0, 0.5, 2.5, 8)) == Tile(2.0, 5.0, 0.5, 2.5, 15)
