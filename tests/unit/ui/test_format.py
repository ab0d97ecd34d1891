"""Every number on screen passes here, so every odd one is tried (R50: nothing invented, no sentinel)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.ui import format as fmt

D = Decimal


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (None, 2, "—"),
        (D("233.3"), 2, "233.30"),
        (D("233.33"), 2, "233.33"),
        (D("21000.25"), 2, "21,000.25"),
        (D("0"), 2, "0.00"),
        (D("-0.00"), 2, "0.00"),
        (D("-37.63"), 2, "-37.63"),
        (D("0.0001"), 4, "0.0001"),
        (D("4.005"), 2, "4.005"),
        (D("1.10500"), 2, "1.105"),
        (D("1.08345"), 5, "1.08345"),
        (D("1E+2"), 2, "100.00"),
        (D("0.1000000000000000055511151231257827021181583404541015625"), 2, "0.10000000"),
        (D("1E-40"), 2, "0.00000000"),
        (D("1.797E+308"), 2, "?"),
        (D("NaN"), 2, "?"),
        (D("Infinity"), 2, "?"),
        (D("-Infinity"), 2, "?"),
    ],
)
def test_price(value: Decimal | None, decimals: int, shown: str) -> None:
    assert fmt.price(value, decimals) == shown


def test_average_rounds_where_price_keeps_digits() -> None:
    assert fmt.average(D("230.123456"), 2) == "230.12"
    assert fmt.price(D("230.123456"), 2) == "230.123456"
    assert fmt.average(None, 2) == "—"
    assert fmt.average(D("sNaN"), 2) == "?"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (D("100"), "100"),
        (D("100.00"), "100"),
        (D("1250000"), "1,250,000"),
        (D("-5"), "-5"),
        (D("0.5"), "0.50"),
        (D("0.123"), "0.123"),
        (D("-0"), "0"),
        (D("1E+3"), "1,000"),
        (D("NaN"), "?"),
    ],
)
def test_quantity(value: Decimal | None, shown: str) -> None:
    assert fmt.quantity(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (D("0"), "0.00"),
        (D("-0.004"), "0.00"),
        (D("0.004"), "0.00"),
        (D("32.3"), "+32.30"),
        (D("-32.3"), "-32.30"),
        (D("1234567.891"), "+1,234,567.89"),
        (D("NaN"), "?"),
    ],
)
def test_signed(value: Decimal | None, shown: str) -> None:
    assert fmt.signed(value) == shown


def test_money_and_percent() -> None:
    assert fmt.money(D("100032.3")) == "100,032.30"
    assert fmt.money(D("-0.001")) == "0.00"
    assert fmt.money(None) == "—"
    assert fmt.percent(D("1.009")) == "+1.01%"
    assert fmt.percent(D("-0.5")) == "-0.50%"
    assert fmt.percent(None) == "—"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (D("0"), "0"),
        (D("999"), "999"),
        (D("1000"), "1.00K"),
        (D("9994"), "9.99K"),
        (D("9996"), "10.0K"),
        (D("12345"), "12.3K"),
        (D("99960"), "100K"),
        (D("999400"), "999K"),
        (D("999950"), "1.00M"),
        (D("1250000"), "1.25M"),
        (D("-1250000"), "-1.25M"),
        (D("2500000000"), "2.50B"),
        (D("7100000000000"), "7.10T"),
        (D("1.797E+308"), "?"),
    ],
)
def test_compact(value: Decimal | None, shown: str) -> None:
    assert fmt.compact(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (D("0"), "0.00"),
        (D("32.3"), "+32.30"),
        (D("-99999.99"), "-99,999.99"),
        (D("100000"), "+100K"),
        (D("-1250000"), "-1.25M"),
        (D("Infinity"), "?"),
    ],
)
def test_pnl(value: Decimal | None, shown: str) -> None:
    assert fmt.pnl(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (0.9, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86400, "1d"),
        (-0.5, "0s"),
        (-5, "?"),
    ],
)
def test_age(seconds: float, shown: str) -> None:
    assert fmt.age(timedelta(seconds=seconds)) == shown


def test_age_of_the_never_seen_is_a_dash() -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    assert fmt.age(None) == "—"
    assert fmt.age_since(None, now) == "—"
    assert fmt.age_since(now, None) == "—"
    assert fmt.age_since(now - timedelta(minutes=4), now) == "4m"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "0s"), (12, "12s"), (65, "1m05s"), (19800, "5h30m"), (90000, "1d01h")],
)
def test_countdown(seconds: int, shown: str) -> None:
    assert fmt.countdown(timedelta(seconds=seconds)) == shown


def test_times_are_shown_in_the_zone_asked_for() -> None:
    winter = datetime(2026, 1, 5, 15, 30, tzinfo=UTC)
    assert fmt.clock(winter, "America/New_York") == "10:30:00"
    assert fmt.clock(winter, "UTC") == "15:30:00"
    assert fmt.clock(None, "UTC") == "—"
    assert fmt.zone_label(winter, "America/New_York") == "ET"
    assert fmt.zone_label(winter, "Europe/Berlin") == "CET"
    assert fmt.clock(winter, "No/Such_Zone") == "15:30:00"


def test_foreign_text_cannot_drive_the_terminal() -> None:
    assert fmt.plain("Order held \x1b[31mred\x1b[0m\r\nnext\tline\x00") == "Order held [31mred [0m next line"
    assert fmt.plain("[red]kept as typed[/red]") == "[red]kept as typed[/red]"
    assert fmt.plain("bidi \u202eabc") == "bidi abc"


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_no_sentinel_and_no_negative_zero_reach_the_screen(value: Decimal) -> None:
    for shown in (
        fmt.money(value),
        fmt.signed(value),
        fmt.compact(value),
        fmt.pnl(value),
        fmt.average(value, 2),
    ):
        assert "E" not in shown
        assert "n" not in shown.lower()
        assert shown not in ("-0.00", "-0", "+0.00")
        assert len(shown) <= len("+999,999,999,999,999.99")


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=6))
def test_price_loses_no_digit(value: Decimal) -> None:
    assert D(fmt.price(value, 2).replace(",", "")) == value
