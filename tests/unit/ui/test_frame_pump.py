"""Rates of drawing (D33): orders with every frame, quotes 30, P&L 10 a second, halved while frames are slow."""

from collections import Counter

import pytest

from qe_dashboard.engine.views import Topic
from qe_dashboard.ui.frame_pump import CALM_FRAMES, FrameSchedule


def a_second_of(schedule: FrameSchedule) -> Counter[Topic]:
    return Counter(topic for _ in range(schedule.fps) for topic in schedule.next_due())


def test_rates_of_a_quick_screen() -> None:
    drawn = a_second_of(FrameSchedule(30))
    assert drawn[Topic.QUOTES] == drawn[Topic.BARS] == 30
    assert drawn[Topic.POSITIONS] == drawn[Topic.ACCOUNT] == 10
    assert drawn[Topic.ORDERS] == drawn[Topic.TAPE] == drawn[Topic.STATUS] == 30


def test_a_slow_frame_halves_prices_and_profit_but_never_orders() -> None:
    schedule = FrameSchedule(30)
    schedule.took(50.1)
    drawn = a_second_of(schedule)
    assert drawn[Topic.QUOTES] == 15
    assert drawn[Topic.POSITIONS] == 5
    assert drawn[Topic.ORDERS] == drawn[Topic.TAPE] == drawn[Topic.STATUS] == 30


def test_a_frame_of_exactly_the_limit_is_no_slow_one() -> None:
    schedule = FrameSchedule(30)
    schedule.took(50.0)
    assert not schedule.is_halved


def test_the_full_rate_returns_after_calm_frames_in_a_row() -> None:
    schedule = FrameSchedule(30)
    schedule.took(80)
    for _ in range(CALM_FRAMES - 1):
        schedule.took(5)
    schedule.took(80)
    for _ in range(CALM_FRAMES - 1):
        schedule.took(5)
    assert schedule.is_halved
    schedule.took(5)
    assert not schedule.is_halved


@pytest.mark.parametrize("fps", [1, 5, 10, 15, 30])
def test_a_low_rate_still_draws_everything(fps: int) -> None:
    drawn = a_second_of(FrameSchedule(fps))
    assert drawn[Topic.QUOTES] == fps
    assert 1 <= drawn[Topic.POSITIONS] <= 10
