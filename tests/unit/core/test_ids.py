import random
import re
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.core.ids import IdSource, RandomIds, SequenceIds


@given(seed=st.integers(), steps=st.lists(st.integers(0, 3), max_size=50))
def test_ids_are_short_safe_and_rise(seed: int, steps: list[int]) -> None:
    clock = ManualClock()
    source: IdSource = RandomIds(clock, random.Random(seed))
    ids = []
    for milliseconds in steps:
        clock.advance(milliseconds / 1000)
        ids.append(source.intent_id())
    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{15}", one) for one in ids)


def test_ids_rise_even_when_the_wall_clock_is_set_back() -> None:
    class WallClock(ManualClock):
        offset = timedelta(0)

        def now(self) -> datetime:
            return super().now() + self.offset

    clock = WallClock()
    source = RandomIds(clock, random.Random(1))
    before = source.intent_id()
    clock.offset = timedelta(hours=-1)
    assert source.intent_id() > before


def test_a_restart_in_the_same_millisecond_gives_other_ids() -> None:
    clock = ManualClock()
    first, second = (RandomIds(clock, random.Random(seed)).intent_id() for seed in (1, 2))
    assert first != second
    # The time part, which sorts.
    assert first[:9] == second[:9]


def test_a_later_start_sorts_behind() -> None:
    clock = ManualClock()
    earlier = RandomIds(clock, random.Random(1)).intent_id()
    clock.advance(0.001)
    assert RandomIds(clock, random.Random(2)).intent_id() > earlier


def test_sequence_ids_are_the_same_in_every_run() -> None:
    source: IdSource = SequenceIds("BT")
    assert [source.intent_id() for _ in range(3)] == ["BT000001", "BT000002", "BT000003"]
