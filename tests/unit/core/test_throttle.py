import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.core.throttle import Lane, SlidingWindow, TokenBucket

GAPS = st.lists(st.floats(0, 30), max_size=40)


def times_from(gaps: list[float]) -> list[float]:
    """Return rising times that start far from zero, as a machine's monotonic time does."""
    now, times = 1_000_000.0, []
    for gap in gaps:
        now += gap
        times.append(now)
    return times


@given(gaps=GAPS, limit=st.integers(1, 10), seconds=st.floats(0.5, 60))
def test_a_window_counts_what_a_plain_count_does(gaps: list[float], limit: int, seconds: float) -> None:
    window = SlidingWindow(limit, seconds)
    recorded: list[float] = []
    for now in times_from(gaps):
        inside = sum(when + seconds > now for when in recorded)
        assert window.used(now) == inside
        assert window.allows(now) is (inside < limit)
        window.record(now)
        recorded.append(now)


@given(gaps=GAPS, limit=st.integers(1, 10), seconds=st.floats(0.5, 60))
def test_a_window_says_exactly_when_it_is_free(gaps: list[float], limit: int, seconds: float) -> None:
    window = SlidingWindow(limit, seconds)
    last = 0.0
    for last in times_from(gaps):
        window.record(last)
    free_at = window.next_free_at(last)
    assert free_at >= last
    if free_at > last:
        assert not window.allows(max(last, free_at - 1e-6))
    assert window.allows(free_at)


def test_the_eleventh_order_in_a_minute_is_one_too_many() -> None:
    window = SlidingWindow(10, 60)
    for second in range(10):
        assert window.allows(second)
        window.record(second)
    assert not window.allows(10)
    assert window.used(10) == 10
    assert window.next_free_at(10) == 60
    assert window.allows(60)


def test_a_released_reservation_makes_room_and_releasing_twice_or_late_is_harmless() -> None:
    window = SlidingWindow(2, 60)
    first, second = window.record(0), window.record(1)
    assert not window.allows(2)
    window.release(second)
    window.release(second)
    assert window.used(2) == 1
    assert window.allows(2)
    assert window.used(60) == 0
    window.release(first)
    assert window.used(60) == 0


def test_what_happened_beyond_the_limit_is_counted_too() -> None:
    window = SlidingWindow(1, 10)
    for second in (0, 1, 2):
        window.record(second)
    assert window.used(2) == 3
    assert window.next_free_at(2) == 12


@pytest.mark.parametrize(("limit", "seconds"), [(0, 60), (-1, 60), (10, 0), (10, -1)])
def test_a_window_that_measures_nothing_is_refused(limit: int, seconds: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        SlidingWindow(limit, seconds)


@given(
    gaps=st.lists(st.floats(0, 0.5), max_size=200),
    lanes=st.data(),
    rate=st.floats(1, 60),
    burst=st.integers(1, 10),
    reserved=st.integers(0, 5),
)
def test_a_bucket_never_lets_more_through_than_it_says(
    gaps: list[float], lanes: st.DataObject, rate: float, burst: int, reserved: int
) -> None:
    bucket = TokenBucket(rate=rate, burst=burst, reserved=reserved)
    passed = [now for now in times_from(gaps) if bucket.take(now, lanes.draw(st.sampled_from(Lane)))]
    for start in range(len(passed)):
        for end in range(start, len(passed)):
            allowed = burst + reserved + rate * (passed[end] - passed[start])
            assert end - start + 1 <= allowed + 1e-3


@given(takes=st.integers(0, 80), rate=st.floats(0.1, 60), lane=st.sampled_from(Lane))
def test_a_bucket_says_exactly_when_it_is_free(takes: int, rate: float, lane: Lane) -> None:
    now = 1_000_000.0
    bucket = TokenBucket(rate=rate, burst=40, reserved=5)
    for _ in range(takes):
        bucket.take(now, lane)
    free_at = bucket.next_free_at(now, lane)
    assert free_at >= now
    if free_at > now:
        assert not bucket.take(now + (free_at - now) * 0.99, lane)
    assert bucket.take(free_at, lane)


def test_a_flood_leaves_the_reserved_tokens_to_cancels() -> None:
    bucket = TokenBucket(rate=40, burst=5, reserved=5)
    assert sum(bucket.take(0, Lane.NORMAL) for _ in range(100)) == 5
    assert sum(bucket.take(0, Lane.RESERVED) for _ in range(100)) == 5
    # One token comes back every 25 ms: to the reserve first.
    assert not bucket.take(0.025, Lane.NORMAL)
    assert bucket.take(0.025, Lane.RESERVED)


def test_under_a_lasting_flood_a_cancel_never_waits() -> None:
    bucket = TokenBucket(rate=40, burst=5, reserved=5)
    for millisecond in range(0, 2000, 5):
        bucket.take(millisecond / 1000, Lane.NORMAL)
        if millisecond % 250 == 0:
            assert bucket.take(millisecond / 1000, Lane.RESERVED)


def test_an_idle_bucket_fills_no_further_than_its_size() -> None:
    bucket = TokenBucket(rate=40, burst=5, reserved=5)
    bucket.take(0, Lane.NORMAL)
    assert sum(bucket.take(3600, Lane.RESERVED) for _ in range(100)) == 10


@pytest.mark.parametrize(("rate", "burst", "reserved"), [(0, 5, 5), (40, 0, 5), (40, 5, -1)])
def test_a_bucket_that_lets_nothing_through_is_refused(rate: float, burst: int, reserved: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        TokenBucket(rate=rate, burst=burst, reserved=reserved)
