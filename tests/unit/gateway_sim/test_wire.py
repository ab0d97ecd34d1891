"""Single values on the wire."""

from decimal import Decimal

import pytest

from qe_dashboard.gateway_sim import encode_data, wire
from qe_dashboard.gateway_sim.encode_session import error
from support.gateway_wire import unframe


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("196.5", "196.5"),
        ("0", "0.0"),
        ("0.00", "0.0"),
        ("21000", "21000.0"),
        ("1E+3", "1000.0"),
        ("-0.25", "-0.25"),
    ],
)
def test_prices_look_like_java_doubles(value: str, text: str) -> None:
    assert wire.price(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("100", "100"), ("100.0", "100"), ("1E+3", "1000"), ("0.5", "0.5"), ("0", "0")]
)
def test_whole_sizes_have_no_point(value: str, text: str) -> None:
    assert wire.size(Decimal(value)) == text


def test_nothing_is_empty_or_the_largest_number() -> None:
    assert (wire.price(None), wire.size(None)) == ("", "")
    assert wire.double_or_unset(None) == "1.7976931348623157E308"
    assert wire.integer_or_unset(None) == 2147483647
    assert (wire.double_or_unset(Decimal("1.5")), wire.integer_or_unset(3)) == ("1.5", 3)


def test_fields_are_ascii_terminated_and_cannot_break_out() -> None:
    [fields] = unframe(wire.message(4, True, False, None, "a\0b", "Zürich €"))
    assert fields == ["4", "1", "0", "", "a b", "Z\\xfcrich \\u20ac"]


def test_a_backslash_in_words_is_doubled_for_those_who_unescape() -> None:
    [fields] = unframe(error(176, about=3, code=201, text="C:\\x"))
    assert fields == ["4", "2", "3", "201", "C:\\\\x", ""]


def test_no_quote_is_minus_one_with_size_zero() -> None:
    [fields] = unframe(encode_data.tick_price(17, 1, None, None))
    assert fields == ["1", "6", "17", "1", "-1.0", "0", "0"]
