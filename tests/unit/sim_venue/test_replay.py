"""Recorded bars as a path."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from qe_dashboard.sim_venue.path import Tile, join
from qe_dashboard.sim_venue.replay import ReplayPath, ReplayRow
from support.venue_world import NOW


def row(second: int, seconds: int = 60, **changes: Any) -> ReplayRow:
    one = ReplayRow(
        start=NOW + timedelta(seconds=second),
        seconds=seconds,
        open=Decimal("100"),
        high=Decimal("102.5"),
        low=Decimal("99"),
        close=Decimal("101"),
        volume=1003,
    )
    return replace(one, **changes)


FALLING: dict[str, Any] = {"open": Decimal("101"), "close": Decimal("99.5")}
# One row, a gap of a minute, a falling row, and one second, which is four steps: open, low, high, close.
ROWS = (row(0), row(120, **FALLING), row(180, 1))


@pytest.mark.parametrize("begins", [0, 12_345])
def test_any_stretch_is_the_sum_of_its_steps(begins: int) -> None:
    path = ReplayPath(ROWS, first_step=begins)
    for first, length in ((begins - 5, 800), (begins, 240), (begins + 17, 100), (begins + 200, 400)):
        expected = path.aggregate(first, first + 1)
        for step in range(first + 1, first + length):
            expected = join(expected, path.aggregate(step, step + 1))
        assert path.aggregate(first, first + length) == expected


def test_a_row_is_the_bar_that_was_recorded() -> None:
    path = ReplayPath(ROWS, first_step=0)
    assert path.aggregate(0, 240) == Tile(100.0, 102.5, 99.0, 101.0, 1003)
    assert path.aggregate(480, 720) == Tile(101.0, 102.5, 99.0, 99.5, 1003)
    assert [path.aggregate(step, step + 1).close for step in range(720, 724)] == [100.0, 99.0, 102.5, 101.0]


def test_a_falling_bar_goes_to_its_high_first() -> None:
    path = ReplayPath(ROWS, first_step=0)
    prices = [path.aggregate(step, step + 1).close for step in range(480, 720)]
    assert prices.index(102.5) < prices.index(99.0)
    prices = [path.aggregate(step, step + 1).close for step in range(240)]
    assert prices.index(99.0) < prices.index(102.5)


def test_before_between_and_after_the_price_stands() -> None:
    path = ReplayPath(ROWS, first_step=0)
    assert path.aggregate(-10, 0) == Tile(100.0, 100.0, 100.0, 100.0, 0)
    assert path.aggregate(240, 480) == Tile(101.0, 101.0, 101.0, 101.0, 0)
    assert path.aggregate(724, 9999) == Tile(101.0, 101.0, 101.0, 101.0, 0)


def test_rows_that_overlap_or_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="runs into"):
        ReplayPath((row(0), row(59)), first_step=0)
    with pytest.raises(ValueError, match="no bars"):
        ReplayPath((), first_step=0)
    with pytest.raises(ValueError, match="no steps"):
        ReplayPath(ROWS, first_step=0).aggregate(3, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": Decimal("100.5")},
        {"high": Decimal("100.5")},
        {"low": Decimal(0)},
        {"seconds": 0},
        {"volume": -1},
        {"start": NOW.replace(tzinfo=None)},
    ],
)
def test_a_bar_that_contradicts_itself_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="bar of"):
        row(0, **wrong)
