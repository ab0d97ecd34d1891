"""Times, bar sizes and durations in TWS's words."""

from datetime import UTC, datetime

import pytest

from qe_dashboard.gateway_sim.bar_terms import bar_seconds, duration_seconds
from qe_dashboard.gateway_sim.timestamps import connection_time, parse_client_time, stamp, tws_zone

AT = datetime(2026, 7, 1, 16, 4, 56, tzinfo=UTC)


def test_a_stamp_has_its_zone_from_174_on() -> None:
    assert stamp(AT, zone="America/New_York", version=174) == "20260701 12:04:56 US/Eastern"
    assert stamp(AT, zone="America/Chicago", version=178) == "20260701 11:04:56 US/Central"
    assert stamp(AT, zone="America/New_York", version=173) == f"{AT.astimezone():%Y%m%d  %H:%M:%S}"


def test_the_connection_time_and_other_zones() -> None:
    assert connection_time(AT) == "20260701 16:04:56 UTC"
    assert tws_zone("Europe/Berlin") == "Europe/Berlin"


@pytest.mark.parametrize(
    "text",
    [
        "20260701 12:04:56 US/Eastern",
        "20260701 12:04:56 America/New_York",
        "20260701 12:04:56",
        "20260701  12:04:56",
        "20260701-16:04:56",
        "20260701 18:04:56 Europe/Berlin",
    ],
)
def test_clients_write_one_moment_in_many_ways(text: str) -> None:
    assert parse_client_time(text, zone="America/New_York") == AT


def test_seconds_may_be_left_out() -> None:
    expected = AT.replace(second=0)
    assert parse_client_time("20260701 12:04", zone="America/New_York") == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "20260701", "20260701 25:00:00", "20261301-10:00:00", "20260701 12:04:56 Mars/Phobos",
             "20260701 12:04:56 ../../etc"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_client_time(text, zone="America/New_York")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 secs", 1), ("5 secs", 5), ("1 min", 60), ("2 mins", 120), ("1 hour", 3600), ("8 hours", 28800),
        ("1 day", 86400), ("7 mins", None), ("1 week", None), ("1 month", None), ("min", None), ("", None),
        ("1min", None), ("60 secs", 60),
    ],
)  # fmt: skip
def test_bar_sizes(text: str, seconds: int | None) -> None:
    assert bar_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3600 S", 3600), ("2 D", 172_800), ("1 W", 604_800), ("1 M", 2_592_000), ("1 Y", 31_536_000),
        ("0 D", None), ("1 H", None), ("D", None), ("-1 D", None), ("9999999 D", None),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: int | None) -> None:
    assert duration_seconds(text) == seconds
