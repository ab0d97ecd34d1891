"""Sentinels never leave the adapter, floats enter as the number a person would write (D25, D31, R38)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.broker.ibkr.values import Undecodable, day, needed, number, plain, price, utc_time
from support.ibkr_rows import NOW


@pytest.mark.parametrize(
    "unset",
    [
        None,
        1.7976931348623157e308,
        float("nan"),
        float("inf"),
        2147483647,
        9223372036854775807,
        "",
        "  ",
        "1.7976931348623157E308",
        "NaN",
        Decimal("Infinity"),
    ],
)
def test_every_spelling_of_not_set_is_none(unset: object) -> None:
    assert number(unset) is None
    with pytest.raises(Undecodable, match="the price is missing"):
        needed(unset, "the price")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (196.1, "196.1"),
        (100.0, "100"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-05, "0.00001"),
        (0, "0"),
        ("12.50", "12.50"),
    ],
)
def test_numbers_are_what_their_shortest_text_says(raw: object, expected: str) -> None:
    assert number(raw) == Decimal(expected)


def test_zero_is_a_number_and_not_unset() -> None:
    assert number(0.0) == 0
    assert number("0") == 0


def test_words_are_not_numbers() -> None:
    with pytest.raises(Undecodable):
        number("abc")
    with pytest.raises(Undecodable):
        number(object())


@given(st.decimals(min_value="-1e9", max_value="1e9", places=4))
def test_a_price_survives_the_float_it_travels_in(value: Decimal) -> None:
    assert number(float(value)) == value


@given(st.integers(min_value=1, max_value=10**12))
def test_plain_never_shows_an_exponent(value: int) -> None:
    text = str(plain(Decimal(value).normalize()))
    assert "E" not in text
    assert Decimal(text) == value


@pytest.mark.parametrize("none_yet", [-1.0, 0.0, float("nan")])
def test_a_day_price_of_minus_one_or_zero_is_none(none_yet: float) -> None:
    assert price(none_yet) is None


def test_times_become_utc_and_impossible_ones_are_refused() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert utc_time(datetime(2026, 11, 21, 0, 0, tzinfo=tokyo), NOW) == datetime(
        2026, 11, 20, 15, 0, tzinfo=UTC
    )
    for impossible in (
        datetime(1970, 1, 1, 5, 37, tzinfo=UTC),
        NOW + timedelta(days=3),
        datetime(2026, 11, 20, 15, 0),  # noqa: DTZ001 - a naive time is the point
        date(2026, 11, 20),
        "20261120",
    ):
        with pytest.raises(Undecodable):
            utc_time(impossible, NOW)


def test_a_day_is_read_or_refused() -> None:
    assert day("20261218") == date(2026, 12, 18)
    assert day("202612") is None
    with pytest.raises(Undecodable):
        day("20261340")
