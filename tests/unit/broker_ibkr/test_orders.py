"""OrderSpec <-> the library's order, status words, keys and owners."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.broker.ibkr.contracts import instrument_from_row
from qe_dashboard.broker.ibkr.orders import (
    acknowledges,
    order_fields,
    order_key,
    owner_of,
    perm_id_of,
    spec_from_echo,
    venue_status,
)
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.broker.port import PlaceOrder
from qe_dashboard.model.enums import OrderSide, OrderType, TimeInForce
from qe_dashboard.model.identifiers import AccountId, InstrumentId, IntentId, OrderKey
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import VenueStatus
from support.ibkr_rows import UNSET_DOUBLE, raw_contract, raw_order

AAPL = instrument_from_row(raw_contract())
PRICES = st.decimals(min_value="0.01", max_value="99999", places=2)


def place(spec: OrderSpec) -> PlaceOrder:
    return PlaceOrder(OrderKey(2, 5), IntentId("abc"), "QE:abc", AccountId("DU1"), AAPL, spec)


@st.composite
def specs(draw: st.DrawFn) -> OrderSpec:
    order_type = draw(st.sampled_from(OrderType))
    return OrderSpec(
        instrument_id=AAPL.id,
        side=draw(st.sampled_from(OrderSide)),
        quantity=Decimal(draw(st.integers(1, 10**7))),
        order_type=order_type,
        limit_price=draw(PRICES) if order_type in (OrderType.LIMIT, OrderType.STOP_LIMIT) else None,
        stop_price=draw(PRICES) if order_type in (OrderType.STOP, OrderType.STOP_LIMIT) else None,
        time_in_force=draw(st.sampled_from(TimeInForce)),
        outside_rth=draw(st.booleans()),
    )


@given(specs())
def test_what_is_sent_comes_back_the_same(spec: OrderSpec) -> None:
    fields = {**vars(raw_order(lmtPrice=UNSET_DOUBLE, auxPrice=UNSET_DOUBLE)), **order_fields(place(spec))}
    echo = {name: float(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
    assert spec_from_echo(SimpleNamespace(**echo), AAPL.id) == spec


def test_account_tif_and_reference_are_always_said() -> None:
    spec = OrderSpec(AAPL.id, OrderSide.BUY, Decimal(100), OrderType.MARKET)
    fields = order_fields(place(spec))
    assert (fields["account"], fields["tif"], fields["orderRef"]) == ("DU1", "DAY", "QE:abc")
    assert fields["transmit"] is True
    assert "lmtPrice" not in fields


def test_a_round_quantity_goes_out_without_an_exponent() -> None:
    spec = OrderSpec(AAPL.id, OrderSide.BUY, Decimal("1E+2"), OrderType.MARKET)
    assert str(order_fields(place(spec))["totalQuantity"]) == "100"


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "?"},
        {"totalQuantity": 0.0},
        {"totalQuantity": UNSET_DOUBLE},
        {"lmtPrice": UNSET_DOUBLE},
    ],
)
def test_terms_that_cannot_be_expressed_are_undecodable(changes: dict[str, object]) -> None:
    with pytest.raises(Undecodable):
        spec_from_echo(raw_order(**changes), InstrumentId("AAPL.STK.USD"))


def test_kinds_not_offered_here_are_other_and_keep_no_prices() -> None:
    spec = spec_from_echo(raw_order(orderType="TRAIL", tif="GTD", lmtPrice=1.5), AAPL.id)
    assert (spec.order_type, spec.time_in_force) == (OrderType.OTHER, TimeInForce.OTHER)
    assert (spec.limit_price, spec.stop_price) == (None, None)


def test_a_market_orders_zero_prices_are_no_prices() -> None:
    spec = spec_from_echo(raw_order(orderType="MKT", lmtPrice=0.0), AAPL.id)
    assert (spec.limit_price, spec.stop_price) == (None, None)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PendingSubmit", VenueStatus.PENDING_SUBMIT),
        ("ApiPending", VenueStatus.PENDING_SUBMIT),
        ("PreSubmitted", VenueStatus.HELD),
        ("Submitted", VenueStatus.WORKING),
        ("PendingCancel", VenueStatus.PENDING_CANCEL),
        ("ApiCancelled", VenueStatus.CANCELLED),
        ("Cancelled", VenueStatus.CANCELLED),
        ("Filled", VenueStatus.FILLED),
        ("Inactive", VenueStatus.REJECTED),
        ("ValidationError", None),
        ("", None),
    ],
)
def test_status_words(word: str, status: VenueStatus | None) -> None:
    assert venue_status(word) is status


def test_only_pending_submit_proves_nothing() -> None:
    assert [status for status in VenueStatus if not acknowledges(status)] == [VenueStatus.PENDING_SUBMIT]


def test_orders_typed_into_tws_are_told_apart_by_perm_id() -> None:
    first = order_key(client_id=0, order_id=0, perm_id=11)
    second = order_key(client_id=0, order_id=0, perm_id=12)
    assert first != second
    assert order_key(client_id=2, order_id=5, perm_id=11) == OrderKey(2, 5)


@pytest.mark.parametrize(
    ("key", "owner"),
    [
        (OrderKey(2, 5), "THIS"),
        (OrderKey(1, 5), "CLIENT 1"),
        (OrderKey(7, 5), "CLIENT 7"),
        (OrderKey(0, 5), "TWS"),
        (OrderKey(0, -900), "TWS"),
        (OrderKey(2, -4), "TWS"),
    ],
)
def test_owners(key: OrderKey, owner: str) -> None:
    assert owner_of(key, order_client_id=2) == owner


def test_a_perm_id_of_zero_is_none_yet() -> None:
    assert perm_id_of(0) is None
    assert perm_id_of(1882375270122049) == 1882375270122049
