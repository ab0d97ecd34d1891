"""Every order is classed before any gate (D1); what cannot be proven to reduce adds."""

from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, TimeInForce
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.classify import classify, explain_class
from support.risk_world import (
    MNQ,
    NAN,
    NOW,
    UNKNOWN,
    context,
    held,
    order,
    proposal,
    spec,
    working,
)

BUY, SELL = OrderSide.BUY, OrderSide.SELL
ADD, REDUCE, LOWER = OrderClass.ADD, OrderClass.REDUCE, OrderClass.LOWER_RISK_MODIFY


@pytest.mark.parametrize(
    ("position", "side", "quantity", "expected"),
    [
        (10, SELL, 9, REDUCE),
        (10, SELL, 10, REDUCE),
        (10, SELL, 11, ADD),
        (10, BUY, 1, ADD),
        (-10, BUY, 10, REDUCE),
        (-10, BUY, 11, ADD),
        (-10, SELL, 1, ADD),
        (0, BUY, 1, ADD),
        (0, SELL, 1, ADD),
    ],
)
def test_a_new_order_is_classed_by_the_position(
    position: int, side: OrderSide, quantity: int, expected: OrderClass
) -> None:
    assert classify(proposal(spec(side, quantity)), context(position=held(position))) is expected


@pytest.mark.parametrize(
    ("age_s", "expected"), [(0, REDUCE), (5, REDUCE), (5.001, ADD), (-5, REDUCE), (-5.001, ADD)]
)
def test_a_position_read_over_five_seconds_ago_proves_nothing(age_s: float, expected: OrderClass) -> None:
    ctx = context(position=held(10, at=NOW - timedelta(seconds=age_s)))
    assert classify(proposal(spec(SELL, 10)), ctx) is expected


@pytest.mark.parametrize(
    ("position", "words"),
    [(0, "there is no position to reduce"), (10, "it goes the same way as the position of 10")],
)
def test_what_adds_at_any_age_says_so_and_not_the_age(position: int, words: str) -> None:
    ctx = context(position=held(position, at=NOW - timedelta(seconds=24)))
    found = explain_class(proposal(spec(BUY, 10)), ctx)
    assert (found.order_class, found.words) == (ADD, words)


@pytest.mark.parametrize("position", [UNKNOWN, held(NAN), held("Infinity")])
def test_an_unusable_position_proves_nothing(position: object) -> None:
    assert classify(proposal(spec(SELL, 10)), context(position=position)) is ADD


def test_unknown_open_orders_prove_nothing() -> None:
    ctx = context(position=held(10), open_orders=UNKNOWN)
    found = explain_class(proposal(spec(SELL, 10)), ctx)
    assert found.order_class is ADD
    assert "time-out" in found.words


@pytest.mark.parametrize(("quantity", "expected"), [(6, REDUCE), (7, ADD)])
def test_working_exits_together_never_exceed_the_position(quantity: int, expected: OrderClass) -> None:
    exits = working(order(spec(SELL, 5, stop="95"), number=7, filled=1))
    ctx = context(position=held(10), open_orders=exits)
    found = explain_class(proposal(spec(SELL, quantity)), ctx)
    assert found.order_class is expected
    assert ("already SELL 4" in found.words) is (expected is ADD)


@pytest.mark.parametrize(
    "other",
    [
        order(spec(SELL, 5), status=OrderStatus.FILLED),
        order(spec(BUY, 5, limit="90")),
        order(spec(SELL, 5, instrument=MNQ)),
        order(spec(SELL, 5), account=AccountId("DU7654321")),
        order(spec(SELL, 5), filled=6),
    ],
    ids=["closed", "entry", "other symbol", "other account", "overfilled"],
)
def test_what_is_no_working_exit_takes_nothing_from_the_position(other: object) -> None:
    ctx = context(position=held(10), open_orders=working(other))  # type: ignore[arg-type]
    assert classify(proposal(spec(SELL, 10)), ctx) is REDUCE


@pytest.mark.parametrize("status", [OrderStatus.UNCERTAIN, OrderStatus.CONFLICT, OrderStatus.PENDING_CANCEL])
def test_an_exit_that_may_still_trade_counts(status: OrderStatus) -> None:
    ctx = context(position=held(10), open_orders=working(order(spec(SELL, 1), status=status)))
    assert classify(proposal(spec(SELL, 10)), ctx) is ADD


def test_a_changed_exit_does_not_count_against_itself() -> None:
    old = order(spec(SELL, 10, limit="110"))
    ctx = context(position=held(10), open_orders=working(old))
    assert classify(proposal(spec(SELL, 10, limit="105"), replaces=old), ctx) is REDUCE


def test_a_changed_order_keeps_what_it_filled() -> None:
    old = order(spec(SELL, 10, limit="110"), filled=4)
    ctx = context(position=held(6), open_orders=working(old))
    assert classify(proposal(spec(SELL, 10, limit="105"), replaces=old), ctx) is REDUCE
    assert classify(proposal(spec(SELL, 11, limit="105"), replaces=old), ctx) is ADD


@pytest.mark.parametrize("position", [UNKNOWN, held(0), held(-3), held(100)])
def test_a_smaller_quantity_alone_lowers_risk_whatever_is_held(position: object) -> None:
    old = order(spec(BUY, 10, limit="100"))
    ctx = context(position=position, open_orders=UNKNOWN)
    assert classify(proposal(spec(BUY, 9, limit="100"), replaces=old), ctx) is LOWER


@pytest.mark.parametrize(
    "terms",
    [
        spec(BUY, 11, limit="100"),
        spec(BUY, 10, limit="100"),
        spec(BUY, 9, limit="101"),
        spec(BUY, 9, limit="100", outside_rth=True),
        spec(BUY, 9),
    ],
    ids=["larger", "unchanged", "smaller at another price", "longer alive", "another type"],
)
def test_other_changes_of_an_entry_add(terms: object) -> None:
    old = order(spec(BUY, 10, limit="100"))
    assert classify(proposal(terms, replaces=old), context(open_orders=working(old))) is ADD  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("side", "position", "old_stop", "new_stop", "expected"),
    [
        (SELL, 10, "95", "96", LOWER),
        (SELL, 10, "95", "95", LOWER),
        (SELL, 10, "95", "94.99", ADD),
        (BUY, -10, "105", "104", LOWER),
        (BUY, -10, "105", "105.01", ADD),
        (SELL, 0, "95", "96", ADD),
    ],
)
def test_a_protective_stop_may_come_nearer_only(
    side: OrderSide, position: int, old_stop: str, new_stop: str, expected: OrderClass
) -> None:
    old = order(spec(side, 10, stop=old_stop))
    ctx = context(position=held(position), open_orders=working(old))
    assert classify(proposal(spec(side, 10, stop=new_stop), replaces=old), ctx) is expected


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (spec(SELL, 10), REDUCE),
        (spec(SELL, 10, limit="110"), ADD),
        (spec(SELL, 10, stop="95", limit="94"), ADD),
        (spec(SELL, 10, stop="95"), ADD),
        (spec(SELL, 10, stop="95", time_in_force=TimeInForce.GTC), ADD),
    ],
    ids=["to market", "to limit", "with a limit", "dies today", "asleep at night"],
)
def test_a_protective_stop_must_go_on_protecting(terms: object, expected: OrderClass) -> None:
    old = order(spec(SELL, 10, stop="95", time_in_force=TimeInForce.GTC, outside_rth=True))
    ctx = context(position=held(10), open_orders=working(old))
    assert classify(proposal(terms, replaces=old), ctx) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("limit", "expected"), [("94", LOWER), ("93", LOWER), ("94.01", ADD)])
def test_a_stop_limit_keeps_its_room_to_fill(limit: str, expected: OrderClass) -> None:
    old = order(spec(SELL, 10, stop="95", limit="94"))
    ctx = context(position=held(10), open_orders=working(old))
    assert classify(proposal(spec(SELL, 10, stop="95", limit=limit), replaces=old), ctx) is expected


def test_a_larger_stop_within_the_position_reduces() -> None:
    old = order(spec(SELL, 5, stop="95"))
    ctx = context(position=held(10), open_orders=working(old))
    assert classify(proposal(spec(SELL, 10, stop="95"), replaces=old), ctx) is REDUCE


def test_the_reason_names_the_numbers() -> None:
    words = explain_class(proposal(spec(SELL, Decimal("11"))), context(position=held(10))).words
    assert words == "it is 11 against a position of 10"
