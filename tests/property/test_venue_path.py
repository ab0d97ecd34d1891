"""However a stretch of time is cut, its prices and volumes are the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.sim_venue.path import DAY, TILE_STEPS, PricePath, join

PATH = PricePath(
    seed=7, name="AAPL", base=233.0, daily_volatility=0.017, correlation=0.85, daily_volume=48_000_000
)
STEPS_PER_DAY = TILE_STEPS[DAY]
firsts = st.integers(0, 30_000 * STEPS_PER_DAY)
lengths = st.integers(1, STEPS_PER_DAY)


@given(first=firsts, one=lengths, two=lengths)
def test_two_stretches_make_one(first: int, one: int, two: int) -> None:
    whole = PATH.aggregate(first, first + one + two)
    assert whole == join(PATH.aggregate(first, first + one), PATH.aggregate(first + one, first + one + two))
    assert whole.low <= min(whole.open, whole.close) <= max(whole.open, whole.close) <= whole.high
    assert whole.volume >= 0


@given(step=firsts)
def test_a_price_stays_in_its_neighbourhood_and_moves_in_small_steps(step: int) -> None:
    now, then = PATH.tile(0, step).close, PATH.tile(0, step + 1).close
    assert 0.5 * 233 < now < 1.6 * 233
    assert abs(now - then) < 0.005 * 233


@given(seed=st.integers(0, 2**31 - 1), step=firsts)
def test_every_seed_gives_a_market(seed: int, step: int) -> None:
    path = PricePath(
        seed=seed, name="TSLA", base=322.0, daily_volatility=0.034, correlation=0.7, daily_volume=85_000_000
    )
    tile = path.aggregate(step, step + 5000)
    assert 0 < tile.low <= tile.close <= tile.high
