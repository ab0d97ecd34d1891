"""Unknown is a type of its own: it passes through and never becomes a number (R01, R05)."""

from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide, Outcome
from qe_dashboard.model.known import Known, Unknown, UnknownValueError, map_known, require
from support.risk_world import NOW


def test_a_known_value_is_given_with_its_age() -> None:
    assert require(Known(3, NOW)) == 3
    assert map_known(Known(3, NOW), lambda value: value * 2) == Known(6, NOW)


def test_an_unknown_one_raises_with_its_reason_and_passes_through_maps() -> None:
    unknown = Unknown("time-out")
    with pytest.raises(UnknownValueError, match="time-out"):
        require(unknown)
    assert map_known(unknown, Decimal) is unknown


def test_an_empty_book_is_known() -> None:
    assert require(Known((), NOW)) == ()


def test_arithmetic_on_unknown_raises() -> None:
    with pytest.raises(TypeError):
        _ = Unknown("time-out") + 1  # type: ignore[operator]


def test_sides_and_outcomes() -> None:
    assert (OrderSide.BUY.sign, OrderSide.SELL.sign) == (1, -1)
    assert [side.opposite for side in OrderSide] == [OrderSide.SELL, OrderSide.BUY]
    assert [each.value for each in sorted(Outcome, key=lambda outcome: outcome.rank)] == [
        "ALLOW",
        "WARN",
        "ASK",
        "DENY",
    ]
