"""Executions: every field read or the row refused (R01, R03, R38, R45)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from qe_dashboard.broker.ibkr.executions import commission_of, fill_of
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill
from support.ibkr_rows import NOW, UNSET_DOUBLE, raw_commission, raw_fill


def read(**changes: object) -> Fill:
    return fill_of(raw_fill(**changes), catalogue=Catalogue(), now=NOW)


def test_a_fill_is_read_whole() -> None:
    fill = read()
    assert (fill.key, fill.perm_id, fill.order_ref, fill.account) == (
        OrderKey(2, 5),
        900,
        "QE:abc",
        "DU1234567",
    )
    assert (fill.instrument_id, fill.side) == ("AAPL.STK.USD", OrderSide.BUY)
    assert (fill.quantity, fill.price, fill.currency) == (Decimal(10), Decimal("233.33"), "USD")
    assert (fill.at, fill.commission, fill.realized) == (NOW, None, None)


def test_a_sale_is_a_sale() -> None:
    assert read(side="SLD").signed_quantity == -10


def test_the_time_becomes_utc() -> None:
    new_york = timezone(timedelta(hours=-5))
    assert read(time=datetime(2026, 11, 20, 9, 30, tzinfo=new_york)).at == datetime(
        2026, 11, 20, 14, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"side": "BUY"},
        {"side": ""},
        {"execId": ""},
        {"shares": 0.0},
        {"shares": UNSET_DOUBLE},
        {"price": float("nan")},
        {"time": datetime(1970, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_row_that_cannot_be_read_is_refused_and_not_guessed(changes: dict[str, object]) -> None:
    with pytest.raises(Undecodable):
        read(**changes)


def test_a_manual_orders_executions_follow_its_perm_id() -> None:
    assert read(orderId=0, clientId=0, permId=77).key == OrderKey(0, -77)


def test_a_commission_that_came_is_on_the_fill() -> None:
    fill = read(commission=raw_commission(realizedPNL=-3.5))
    assert (fill.commission, fill.realized) == (Money(Decimal("1.25"), "USD"), Money(Decimal("-3.5"), "USD"))


def test_a_commission_not_yet_there_is_none_and_not_zero() -> None:
    assert commission_of(raw_commission(execId="", commission=0.0, currency="")) is None
    assert commission_of(raw_commission(commission=UNSET_DOUBLE)) is None


def test_an_opening_fill_has_no_realised_result() -> None:
    """The library turns "unset" into 0.0."""
    report = commission_of(raw_commission(realizedPNL=0.0))
    assert report is not None
    assert report.realized is None
