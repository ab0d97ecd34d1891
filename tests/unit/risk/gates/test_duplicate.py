"""The same order a moment ago (S12, D12)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderClass, OrderSide, Origin, Outcome
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.risk.context import PastSubmit, Proposal
from qe_dashboard.risk.gates.duplicate import check
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import (
    AAPL,
    MNQ,
    MONOTONIC,
    NAN,
    context,
    limits,
    order,
    past,
    proposal,
    spec,
)

ASKED = spec(limit="100")


def verdict(sent: PastSubmit, asked: Proposal | None = None) -> Verdict:
    return check(asked if asked is not None else proposal(ASKED), context(recent=(sent,)), OrderClass.ADD)


@pytest.mark.parametrize(
    ("age", "outcome"),
    [(0.0, Outcome.ASK), (3.0, Outcome.ASK), (3.0625, Outcome.ALLOW), (60.0, Outcome.ALLOW)],
)
def test_the_window_includes_its_end(age: float, outcome: Outcome) -> None:
    found = verdict(past(ASKED, age=age))
    assert found.outcome is outcome
    assert (f"{age:.1f} s ago" in found.text) is (outcome is Outcome.ASK)


@pytest.mark.parametrize(
    ("origin", "outcome"),
    [(Origin.MANUAL, Outcome.ASK), (Origin.STRATEGY, Outcome.DENY), (Origin.FLATTEN, Outcome.ALLOW)],
)
def test_a_person_is_asked_and_a_strategy_refused(origin: Origin, outcome: Outcome) -> None:
    assert verdict(past(ASKED, age=1), proposal(ASKED, origin=origin)).outcome is outcome


@pytest.mark.parametrize(
    ("sent", "is_same"),
    [
        (spec(limit="100.01"), True),
        (spec(limit="99.99"), True),
        (spec(limit="100.02"), False),
        (spec(limit="99.98"), False),
        (spec(OrderSide.SELL, limit="100"), False),
        (spec(quantity=11, limit="100"), False),
        (spec(), False),
        (spec(stop="100"), False),
    ],
)
def test_same_means_side_size_type_and_price_within_a_tick(sent: OrderSpec, is_same: bool) -> None:
    assert verdict(past(sent, age=1)).outcome is (Outcome.ASK if is_same else Outcome.ALLOW)


@pytest.mark.parametrize(("stop", "outcome"), [("105.01", Outcome.ASK), ("105.02", Outcome.ALLOW)])
def test_stop_prices_are_compared_as_well(stop: str, outcome: Outcome) -> None:
    sent = past(spec(stop=stop, limit="106"), age=1)
    assert verdict(sent, proposal(spec(stop="105", limit="106"))).outcome is outcome


def test_market_orders_repeat_too() -> None:
    assert verdict(past(spec(), age=1), proposal(spec())).outcome is Outcome.ASK


def test_another_account_or_symbol_is_not_the_same() -> None:
    assert verdict(past(ASKED, age=1, account=AccountId("DU7654321"))).outcome is Outcome.ALLOW
    assert verdict(past(spec(limit="100", instrument=MNQ), age=1)).outcome is Outcome.ALLOW


def test_without_a_tick_rule_only_equal_prices_are_the_same() -> None:
    bare = replace(AAPL, tick_rules=())
    assert verdict(past(spec(limit="100"), age=1), proposal(instrument=bare)).outcome is Outcome.ASK
    assert verdict(past(spec(limit="100.01"), age=1), proposal(instrument=bare)).outcome is Outcome.ALLOW


def test_a_change_of_an_order_is_no_repeat() -> None:
    asked = proposal(ASKED, replaces=order(spec(limit="99")))
    assert verdict(past(ASKED, age=1), asked).outcome is Outcome.ALLOW


def test_a_time_that_went_back_still_counts() -> None:
    assert verdict(past(ASKED, age=-5)).measured == "0.0"


@pytest.mark.parametrize(
    ("window", "outcome"), [(None, Outcome.ALLOW), (Decimal(0), Outcome.DENY), (NAN, Outcome.DENY)]
)
def test_off_is_off_and_nonsense_denies(window: Decimal | None, outcome: Outcome) -> None:
    ctx = context(limits=limits(duplicate_window_s=window), recent=(past(ASKED, age=0),), monotonic=MONOTONIC)
    assert check(proposal(ASKED), ctx, OrderClass.ADD).outcome is outcome
