"""Strict reading: types, unset values, version gates, nothing left over."""

from dataclasses import dataclass
from decimal import Decimal

import pytest

from qe_dashboard.gateway_sim.reader import DecodeError, FieldReader, gated


@dataclass(frozen=True, slots=True)
class Sample:
    text: str
    number: int
    amount: Decimal
    maybe_number: int | None
    maybe_amount: Decimal | None
    flag: bool
    newer: int = gated(-1, since=170)
    older: str = gated("", until=177)
    never_sent: str = "x"


def read(*texts: str, version: int = 176) -> Sample:
    reader = FieldReader(list(texts), version=version)
    sample = reader.record(Sample)
    reader.finish()
    return sample


def test_every_type_in_order() -> None:
    expected = Sample("a", -3, Decimal("1.5"), 4, Decimal("0.00001"), True, 7, "p")
    assert read("a", "-3", "1.5", "4", "1e-05", "1", "7", "p") == expected


@pytest.mark.parametrize(
    ("version", "texts", "newer", "older"),
    [
        (169, ("p",), -1, "p"),
        (170, ("7", "p"), 7, "p"),
        (176, ("7", "p"), 7, "p"),
        (177, ("7",), 7, ""),
    ],
)
def test_gated_fields_are_read_in_their_versions_only(
    version: int, texts: tuple[str, ...], newer: int, older: str
) -> None:
    sample = read("a", "1", "1", "1", "1", "0", *texts, version=version)
    assert (sample.newer, sample.older) == (newer, older)


@pytest.mark.parametrize("unset", ["", "1.7976931348623157E308", "1.7976931348623157e+308"])
def test_both_spellings_of_the_largest_double_and_nothing_are_unset(unset: str) -> None:
    sample = read("a", "1", unset, "2147483647", unset, "", "7", "p")
    assert sample.amount == 0
    assert sample.maybe_amount is None
    assert sample.maybe_number is None
    assert not sample.flag


def test_an_empty_integer_is_zero_or_unset() -> None:
    sample = read("a", "", "1", "", "1", "0", "7", "p")
    assert sample.number == 0
    assert sample.maybe_number is None


@pytest.mark.parametrize("text", ["Infinite", "Infinity"])
def test_infinity(text: str) -> None:
    assert read("a", "1", "1", "1", text, "0", "7", "p").maybe_amount == Decimal("Infinity")


@pytest.mark.parametrize("bad", ["x", "1.0", "1_0", " 1", "٣", "9" * 20, "--1"])
def test_what_is_no_integer_is_refused(bad: str) -> None:
    with pytest.raises(DecodeError, match="number"):
        read("a", bad, "1", "1", "1", "0", "7", "p")


@pytest.mark.parametrize("bad", ["x", "nan", "1_0.0", "1e", "1e9999", "0x1", "9" * 500, "."])
def test_what_is_no_number_is_refused(bad: str) -> None:
    with pytest.raises(DecodeError, match="amount"):
        read("a", "1", bad, "1", "1", "0", "7", "p")


@pytest.mark.parametrize("bad", ["2", "true", "-1"])
def test_what_is_no_flag_is_refused(bad: str) -> None:
    with pytest.raises(DecodeError, match="flag"):
        read("a", "1", "1", "1", "1", bad, "7", "p")


def test_a_missing_field_is_named() -> None:
    with pytest.raises(DecodeError, match=r"field 8 \(older\) is missing"):
        read("a", "1", "1", "1", "1", "0", "7")


def test_a_surplus_field_is_refused() -> None:
    with pytest.raises(DecodeError, match=r"1 unread fields after field 8: \['left'\]"):
        read("a", "1", "1", "1", "1", "0", "7", "p", "left")


@pytest.mark.parametrize("announced", ["3", "-1", "1000000"])
def test_a_list_cannot_be_longer_than_the_message(announced: str) -> None:
    reader = FieldReader([announced, "a", "b"], version=176)
    with pytest.raises(DecodeError, match="announces"):
        reader.count("things")
