"""A line of bars is in order of time, one per start, however they come."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.data.bar_line import MAX_BARS, BarLine
from qe_dashboard.model.market_data import Bar
from support.risk_world import AAPL, NOW


def bar(minute: int, close: int = 1) -> Bar:
    price = Decimal(close)
    return Bar(AAPL.id, NOW + timedelta(minutes=minute), 60, price, price, price, price, Decimal(1))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), max_size=60))
def test_whatever_comes_is_sorted_and_the_last_report_of_a_bar_stands(reports: list[tuple[int, int]]) -> None:
    line = BarLine()
    for minute, close in reports:
        line.update(bar(minute, close))
    assert line.bars == tuple(bar(minute, close) for minute, close in sorted(dict(reports).items()))


def test_history_is_laid_under_newer_live_bars() -> None:
    line = BarLine()
    line.update(bar(5, 2))
    line.update(bar(4, 2))
    line.load((bar(3), bar(4)))
    assert line.bars == (bar(3), bar(4), bar(5, 2))


def test_an_empty_history_loses_nothing() -> None:
    line = BarLine()
    line.update(bar(5))
    line.load(())
    assert line.bars == (bar(5),)


def test_it_keeps_the_newest() -> None:
    line = BarLine()
    for minute in range(MAX_BARS + 5):
        line.update(bar(minute))
    assert (len(line.bars), line.bars[0]) == (MAX_BARS, bar(5))
