"""Own orders on the other side (S31)."""

from dataclasses import replace
from typing import Any

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, Outcome
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.order import Order, OrderSpec
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.gates.self_trade import check
from support.risk_world import MNQ, QUOTE, UNKNOWN, context, live, order, proposal, spec, working

BUY, SELL = OrderSide.BUY, OrderSide.SELL
ADD = OrderClass.ADD


@pytest.mark.parametrize(
    ("terms", "resting", "meets"),
    [
        (spec(BUY, limit="100"), spec(SELL, limit="100"), True),
        (spec(BUY, limit="101"), spec(SELL, limit="100"), True),
        (spec(BUY, limit="99.99"), spec(SELL, limit="100"), False),
        (spec(SELL, limit="100"), spec(BUY, limit="100"), True),
        (spec(SELL, limit="100.01"), spec(BUY, limit="100"), False),
        (spec(BUY), spec(SELL, limit="100.01"), True),
        (spec(BUY), spec(SELL, limit="100.02"), False),
        (spec(SELL), spec(BUY, limit="99.99"), True),
        (spec(SELL), spec(BUY, limit="99.98"), False),
        (spec(BUY, stop="105"), spec(SELL, limit="105"), True),
        (spec(BUY, stop="105"), spec(SELL, limit="106"), False),
        (spec(BUY, stop="105", limit="106"), spec(SELL, limit="106"), True),
        (spec(BUY, limit="100"), spec(SELL, stop="95"), False),
        (spec(BUY, limit="100"), spec(SELL, stop="95", limit="94"), False),
        (spec(BUY, limit="100"), spec(SELL), True),
        (spec(BUY, limit="100"), spec(BUY, limit="100"), False),
    ],
)
def test_an_order_meets_an_own_one_at_a_price_both_accept(
    terms: OrderSpec, resting: OrderSpec, meets: bool
) -> None:
    found = check(proposal(terms), live(open_orders=working(order(resting, number=17))), ADD)
    assert found.outcome is (Outcome.DENY if meets else Outcome.ALLOW)
    assert ("17 " in found.text) is meets


@pytest.mark.parametrize("quote", [None, replace(QUOTE, proven=False), replace(QUOTE, ask=None)])
def test_a_market_order_without_a_known_touch_may_meet_any(quote: object) -> None:
    ctx = live(quote=quote, open_orders=working(order(spec(SELL, limit="500"))))
    assert check(proposal(spec(BUY)), ctx, ADD).outcome is Outcome.DENY


def test_paper_warns_live_and_unknown_deny() -> None:
    book: dict[str, Any] = {"open_orders": working(order(spec(SELL, limit="100")))}
    assert check(proposal(), context(**book), ADD).outcome is Outcome.WARN
    assert check(proposal(), live(**book), ADD).outcome is Outcome.DENY
    assert check(proposal(), context(identity=None, **book), ADD).outcome is Outcome.DENY


@pytest.mark.parametrize(
    "other",
    [
        order(spec(SELL, limit="100"), status=OrderStatus.FILLED),
        order(spec(SELL, limit="100"), account=AccountId("DU7654321")),
        order(spec(SELL, limit="100", instrument=MNQ)),
    ],
    ids=["closed", "other account", "other symbol"],
)
def test_other_orders_are_not_met(other: Order) -> None:
    assert check(proposal(), live(open_orders=working(other)), ADD).outcome is Outcome.ALLOW


def test_orders_of_other_clients_count() -> None:
    foreign = replace(order(spec(SELL, limit="100")), intent_id=None, owner="TWS")
    assert check(proposal(), live(open_orders=working(foreign)), ADD).outcome is Outcome.DENY


@pytest.mark.parametrize(
    ("order_class", "outcome"),
    [(ADD, Outcome.DENY), (OrderClass.REDUCE, Outcome.DENY), (OrderClass.LOWER_RISK_MODIFY, Outcome.WARN)],
)
def test_an_unknown_book_may_hide_one(order_class: OrderClass, outcome: Outcome) -> None:
    assert check(proposal(), context(open_orders=UNKNOWN), order_class).outcome is outcome
