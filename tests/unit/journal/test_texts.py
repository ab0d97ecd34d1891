"""Values read back equal; times sort as text."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.journal.sqlite.texts import (
    canonical_json,
    decimal_text,
    plain,
    read_decimal,
    read_json,
    read_time,
    time_text,
    whole,
)

TIMES = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=9, minutes=30))]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(TIMES, TIMES)
def test_times_are_equal_again_and_sort_as_text(one: datetime, other: datetime) -> None:
    assert read_time(time_text(one)) == one
    assert read_time(time_text(one)).utcoffset() == timedelta(0)
    assert (time_text(one) < time_text(other)) is (one < other)


def test_a_whole_second_is_as_wide_as_any() -> None:
    assert time_text(datetime(2026, 1, 5, tzinfo=UTC)) == "2026-01-05T00:00:00.000000+00:00"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        time_text(datetime(2026, 1, 5))  # noqa: DTZ001 - that is the point


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_decimals_keep_their_value_and_their_digits(value: Decimal) -> None:
    found = read_decimal(decimal_text(value))
    assert found is not None
    assert found.as_tuple() == value.as_tuple()


def test_none_stays_none() -> None:
    assert decimal_text(None) is None
    assert read_decimal(None) is None
    assert whole(None) is None


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_json_reads_back_and_has_one_form(payload: dict[str, object]) -> None:
    text = canonical_json(payload)  # type: ignore[arg-type]
    assert text.isascii()
    assert read_json(text) == payload
    assert canonical_json(dict(reversed(payload.items()))) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_json_holds_no_infinity(bad: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"x": bad})  # type: ignore[dict-item]


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_writable(text: str) -> None:
    assert plain(text).encode("utf-8").decode("utf-8") == plain(text)


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63 - 1), 0])
def test_numbers_that_fit_pass(value: int) -> None:
    assert whole(value) == value


@pytest.mark.parametrize("value", [2**63, -(2**63)])
def test_numbers_that_do_not_fit_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        whole(value)
