"""Moods over a path: continuous, exact in every bar, and a function of what was recorded."""

from __future__ import annotations

from decimal import Decimal
from statistics import pstdev

import pytest

from qe_dashboard.sim_venue.path import DAY, TILE_STEPS, PricePath, join
from qe_dashboard.sim_venue.regimes import MoodyPath, Regime, RegimeChange, RegimeKind

START = 20_777 * TILE_STEPS[DAY] + 190_000
HOUR = 4 * 3600
# About when the trend ends that is the last of MANY.
LATE = START + 3000 + 4 * HOUR


def path(*changes: tuple[int, Regime]) -> MoodyPath:
    seeded = PricePath(
        seed=7, name="AAPL", base=233.0, daily_volatility=0.017, correlation=0.85, daily_volume=48_000_000
    )
    moody = MoodyPath(seeded, base=233.0)
    for step, regime in changes:
        moody.change(RegimeChange(step, "", regime))
    return moody


def mood(kind: str, size: str = "0") -> Regime:
    return Regime(RegimeKind(kind), Decimal(size))


MANY = (
    (START, mood("calm")),
    (START + 333, mood("trend", "-12")),
    (START + 1001, mood("gap", "4")),
    (START + 2000, mood("wild")),
    (START + 2001, mood("normal")),
    (START + 3000, mood("trend", "2")),
)


def test_without_a_mood_the_path_is_the_seeds() -> None:
    plain = PricePath(
        seed=7, name="AAPL", base=233.0, daily_volatility=0.017, correlation=0.85, daily_volume=48_000_000
    )
    assert path().aggregate(START, START + 5000) == plain.aggregate(START, START + 5000)
    assert path(*MANY).aggregate(START - 5000, START + 1) == plain.aggregate(START - 5000, START + 1)


@pytest.mark.parametrize(
    ("first", "length"),
    [(START - 7, 3000), (START + 300, 100), (START + 990, 61), (START, 1), (LATE - 50, 100)],
)
def test_any_stretch_is_the_sum_of_its_steps(first: int, length: int) -> None:
    moody = path(*MANY)
    expected = moody.aggregate(first, first + 1)
    for step in range(first + 1, first + length):
        expected = join(expected, moody.aggregate(step, step + 1))
    assert moody.aggregate(first, first + length) == expected


@pytest.mark.parametrize("kind", ["calm", "wild", "normal"])
def test_a_mood_begins_where_the_price_stands(kind: str) -> None:
    before, after = path(), path((START, mood(kind)))
    assert after.value(START) == before.value(START)
    move = before.value(START + 1) / before.value(START) - 1
    swing = {"calm": 0.25, "wild": 3.0, "normal": 1.0}[kind]
    assert after.value(START + 1) / after.value(START) - 1 == pytest.approx(move * swing, abs=1e-12)


def test_calm_moves_less_and_wild_moves_more() -> None:
    def swing(regime: Regime) -> float:
        moody = path((START, regime))
        return pstdev(moody.value(START + step) for step in range(1, 8000, 40))

    assert swing(mood("calm")) < 0.3 * swing(mood("normal"))
    assert swing(mood("wild")) > 2.9 * swing(mood("normal"))


@pytest.mark.parametrize("percent", ["3", "-3"])
def test_a_trend_drifts_by_so_much_an_hour(percent: str) -> None:
    plain, trending = path(), path((START, mood("trend", percent)))
    ratio = trending.value(START + HOUR) / plain.value(START + HOUR)
    assert ratio == pytest.approx(1 + float(percent) / 100, abs=1e-4)
    late = [trending.value(START + hours * HOUR) / plain.value(START + hours * HOUR) for hours in (4, 5, 500)]
    assert late == pytest.approx([1 + 4 * float(percent) / 100] * 3, abs=1e-4)


def test_a_gap_jumps_once_and_keeps_the_mood() -> None:
    calm, jumped = path((START, mood("calm"))), path((START, mood("calm")), (START + 100, mood("gap", "-10")))
    assert jumped.value(START + 100) == calm.value(START + 100)
    for later in (101, 5000):
        assert jumped.value(START + later) == pytest.approx(0.9 * calm.value(START + later), rel=1e-9)


def test_no_mood_takes_a_price_to_nothing() -> None:
    moody = path((START, mood("gap", "-90")), (START + 1, mood("gap", "-90")), (START + 2, mood("wild")))
    assert moody.value(START + 2) == 233.0 * 0.05
    assert moody.aggregate(START + 2, START + 100_000).low >= 233.0 * 0.05


def test_an_empty_stretch_has_no_tile() -> None:
    with pytest.raises(ValueError, match="no steps"):
        path(*MANY).aggregate(START + 5, START + 5)


def test_a_gap_does_not_end_a_trend() -> None:
    plain, jumped = path(), path((START, mood("trend", "6")), (START + HOUR // 2, mood("gap", "10")))
    ratio = jumped.value(START + HOUR) / plain.value(START + HOUR)
    assert ratio == pytest.approx(1.03 * 1.10 * 1.03, abs=1e-3)
