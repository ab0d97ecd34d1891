"""Candles as text: shapes, axes, gaps, and sizes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.engine.views import BarsView
from qe_dashboard.model.market_data import Bar
from qe_dashboard.ui.presenters.candles import (
    ASCII,
    bar_words,
    candle_lines,
    interval_words,
    price_step,
    spread,
)
from qe_dashboard.ui.presenters.cells import Tone, line_width
from support.view_builders import NOW, make_bars, stock_id

ZONE = "America/New_York"


def bar(minute: int, prices: str, *, volume: int = 100) -> Bar:
    """Build a candle of one minute from `open high low close`."""
    opened, high, low, close = (Decimal(word) for word in prices.split())
    start = datetime(2026, 1, 5, 15, 0, tzinfo=UTC) + timedelta(minutes=minute)
    return Bar(stock_id("AAPL"), start, 60, opened, high, low, close, Decimal(volume))


def view_of(*bars: Bar) -> BarsView:
    return make_bars(bars=bars)


def text(view: BarsView, width: int = 40, height: int = 12) -> list[str]:
    return [
        "".join(part for part, _ in line)
        for line in candle_lines(view, width=width, height=height, zone=ZONE)
    ]


def column(lines: list[str], index: int) -> str:
    return "".join(line[index] for line in lines)


@given(
    width=st.integers(1, 160),
    height=st.integers(1, 50),
    count=st.integers(0, 120),
    decimals=st.integers(0, 5),
)
def test_it_fills_its_box_and_never_leaves_it(width: int, height: int, count: int, decimals: int) -> None:
    lines = candle_lines(make_bars(count=count, decimals=decimals), width=width, height=height, zone=ZONE)
    assert len(lines) <= max(height, 1)
    if len(lines) > 1:
        assert len(lines) == height
        assert all(line_width(line) == width for line in lines)


def test_a_rising_and_a_falling_candle_differ_in_shape_and_tone() -> None:
    view = view_of(bar(0, "10 14 10 14"), bar(1, "14 14 10 10"))
    lines = candle_lines(view, width=40, height=8, zone=ZONE)
    rows = ["".join(part for part, _ in line) for line in lines]
    assert set(column(rows[:7], 0)) == {"┃"}
    assert set(column(rows[:7], 1)) == {"▌"}
    tones = {tone for line in lines for part, tone in line if "┃" in part}
    assert tones == {Tone.UP}


def test_wicks_reach_high_and_low_in_half_rows() -> None:
    rows = text(view_of(bar(0, "12 16 8 12.01"), bar(1, "8 16 8 16")), height=9)
    wick = column(rows[:8], 0)
    assert wick[0] == "│"
    assert wick[7] == "│"
    assert "╿" in wick or "╽" in wick


def test_without_unicode_the_shapes_still_differ() -> None:
    view = view_of(bar(0, "10 14 10 14"), bar(1, "14 14 10 10"))
    lines = candle_lines(view, width=40, height=8, zone=ZONE, glyphs=ASCII)
    rows = ["".join(part for part, _ in line) for line in lines]
    assert set(column(rows[:7], 0)) == {"O"}
    assert set(column(rows[:7], 1)) == {"#"}
    assert all(row.isascii() for row in rows)


def test_the_last_price_is_marked_with_the_instruments_decimals() -> None:
    view = replace(view_of(bar(0, "10 14 10 12")), decimals=4)
    assert any("◂12.0000" in row for row in text(view))


def test_a_missing_bar_is_an_empty_column_and_a_night_is_no_desert() -> None:
    bars = [bar(0, "10 11 9 10"), bar(2, "10 11 9 10"), bar(600, "10 11 9 10")]
    shown = [None if item is None else item.start.minute for item in spread(bars, 60, 40)]
    assert shown == [0, None, 2, None, None, None, 0]


def test_a_gap_is_marked() -> None:
    rows = text(view_of(bar(0, "10 11 9 10"), bar(600, "10 11 9 10")), height=8)
    assert "┊" in rows[6]


def test_only_the_latest_candles_are_kept_when_there_are_more_than_columns() -> None:
    bars = [bar(index, "10 11 9 10") for index in range(100)]
    shown = spread(bars, 60, 30)
    assert len(shown) == 30
    assert shown[-1] is bars[-1]


def test_volume_appears_when_there_is_room() -> None:
    view = make_bars(count=60)
    assert "█" in "".join(text(view, 80, 24)[-4:-1])
    assert "█" not in "".join(text(view, 80, 12))


def test_times_are_in_the_zone_of_the_clock() -> None:
    assert "10:20" in text(make_bars(count=60), 80, 20)[-1]


def test_a_new_day_is_labelled_with_its_date() -> None:
    bars = [
        replace(bar(index, "10 11 9 10"), start=NOW.replace(hour=4, minute=50) + timedelta(minutes=index))
        for index in range(20)
    ]
    assert "05 Jan" in text(view_of(*bars))[-1]


def test_a_flat_market_is_drawn() -> None:
    assert any("◂10.00" in row for row in text(view_of(bar(0, "10 10 10 10", volume=0))))


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (make_bars(count=0), "no candles yet"),
        (make_bars(problem="no\x1b permission [162]"), "no  permission [162]"),
    ],
)
def test_no_chart_says_why(view: BarsView, words: str) -> None:
    assert text(view)[0].replace("  ", " ") == words.replace("  ", " ")


@pytest.mark.parametrize(
    ("span", "labels", "decimals", "step"),
    [
        (10.0, 5, 2, "2"),
        (0.05, 5, 2, "0.01"),
        (3.0, 4, 2, "1"),
        (900.0, 5, 2, "200"),
        (0.0004, 4, 4, "0.0001"),
    ],
)
def test_price_steps_are_round_and_never_below_a_tick(
    span: float, labels: int, decimals: int, step: str
) -> None:
    assert price_step(span, labels, decimals) == Decimal(step)


def test_words_of_the_last_candle() -> None:
    words = "".join(part for part, _ in bar_words(view_of(bar(0, "10 14 9 12", volume=1500))))
    assert words.split() == ["O", "10.00", "H", "14.00", "L", "9.00", "C", "12.00", "V", "1.50K"]
    assert bar_words(make_bars(count=0)) == ()


@pytest.mark.parametrize(
    ("seconds", "word"), [(30, "30s"), (60, "1m"), (300, "5m"), (3600, "1h"), (86400, "1d")]
)
def test_intervals_in_words(seconds: int, word: str) -> None:
    assert interval_words(seconds) == word
