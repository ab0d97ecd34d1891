import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.core.backoff import Backoff


@given(
    seed=st.integers(),
    first=st.floats(0.1, 5),
    factor=st.floats(1, 4),
    jitter=st.floats(0, 0.9),
    tries=st.integers(1, 1200),
)
def test_delays_stay_within_their_bounds(
    seed: int, first: float, factor: float, jitter: float, tries: int
) -> None:
    backoff = Backoff(first=first, cap=60, factor=factor, jitter=jitter, rng=random.Random(seed))
    longest = first
    for _ in range(tries):
        delay = backoff.next_delay()
        assert longest * (1 - jitter) <= delay <= longest <= 60
        longest = min(60, longest * factor)
    assert backoff.tries == tries


def test_without_jitter_the_delays_double_to_the_cap_and_start_over_after_a_success() -> None:
    backoff = Backoff(first=1, cap=10, jitter=0, rng=random.Random(1))
    assert [backoff.next_delay() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.tries == 0
    assert backoff.next_delay() == 1


def test_two_clients_do_not_return_at_the_same_time() -> None:
    one, other = (Backoff(first=1, cap=60, rng=random.Random(seed)) for seed in (1, 2))
    assert [one.next_delay() for _ in range(5)] != [other.next_delay() for _ in range(5)]


@pytest.mark.parametrize(
    ("first", "cap", "factor", "jitter"), [(0, 60, 2, 0), (61, 60, 2, 0), (1, 60, 0.5, 0), (1, 60, 2, 1)]
)
def test_senseless_numbers_are_refused(first: float, cap: float, factor: float, jitter: float) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        Backoff(first=first, cap=cap, factor=factor, jitter=jitter, rng=random.Random(1))
