"""Links, journal, feed, trading state, order book: facts that are right or wrong."""

from dataclasses import replace
from typing import Any

import pytest

from qe_dashboard.model.enums import DataTier, OrderClass, Outcome, Profile, TradingState
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import QUOTE, UNKNOWN, context, gate, order, proposal, spec, working


def verdict(name: str, **world: Any) -> Verdict:
    return gate(name).check(proposal(), context(**world), OrderClass.ADD)


@pytest.mark.parametrize(
    ("name", "world", "code"),
    [
        ("order_link", {"order_link_up": False}, "Q-ORDER-LINK"),
        ("data_link", {"data_link_up": False}, "Q-DATA-LINK"),
        ("upstream", {"upstream_up": False}, "Q-UPSTREAM"),
        ("upstream", {"upstream_up": None}, "Q-UPSTREAM-UNKNOWN"),
    ],
)
def test_each_link_refuses_on_its_own_and_says_why(name: str, world: dict[str, Any], code: str) -> None:
    found = verdict(name, **world, link_words="Connection refused")
    assert (found.outcome, found.code) == (Outcome.DENY, code)
    assert "(Connection refused)" in found.text
    for other in {"order_link", "data_link", "upstream"} - {name}:
        assert verdict(other, **world).outcome is Outcome.ALLOW


def test_a_journal_that_cannot_be_written_refuses_with_its_words() -> None:
    found = verdict("journal", journal_error="disk full")
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-JOURNAL")
    assert "disk full" in found.text


SIMULATED = replace(QUOTE, tier=DataTier.SIMULATED)


@pytest.mark.parametrize(
    ("profile", "feed_is_simulated", "quote", "outcome"),
    [
        (Profile.IBKR_PAPER, False, QUOTE, Outcome.ALLOW),
        (Profile.IBKR_PAPER, False, None, Outcome.ALLOW),
        (Profile.IBKR_PAPER, True, None, Outcome.DENY),
        (Profile.IBKR_PAPER, False, SIMULATED, Outcome.DENY),
        (Profile.IBKR_LIVE, True, SIMULATED, Outcome.DENY),
        (Profile.SIM, True, SIMULATED, Outcome.ALLOW),
        (Profile.SIM, True, replace(QUOTE, tier=DataTier.UNKNOWN), Outcome.ALLOW),
        (Profile.SIM, True, QUOTE, Outcome.DENY),
        (Profile.SIM, False, None, Outcome.DENY),
    ],
)
def test_feeds_and_orders_are_of_one_world(
    profile: Profile, feed_is_simulated: bool, quote: object, outcome: Outcome
) -> None:
    found = verdict("feed", profile=profile, feed_is_simulated=feed_is_simulated, quote=quote)
    assert found.outcome is outcome


@pytest.mark.parametrize(
    ("state", "outcome", "code"),
    [
        (TradingState.ACTIVE, Outcome.ALLOW, "Q-STATE"),
        (TradingState.REDUCING, Outcome.DENY, "Q-STATE-REDUCING"),
        (TradingState.HALTED, Outcome.DENY, "Q-STATE-HALTED"),
    ],
)
def test_only_active_lets_risk_be_added(state: TradingState, outcome: Outcome, code: str) -> None:
    found = verdict("trading_state", trading_state=state, trading_reason="ctrl+g")
    assert (found.outcome, found.code) == (outcome, code)
    assert ("(ctrl+g)" in found.text) is (outcome is Outcome.DENY)


def test_unknown_open_orders_refuse_with_the_reason() -> None:
    found = verdict("order_book", open_orders=UNKNOWN)
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-ORDER-BOOK")
    assert "time-out" in found.text


def test_known_open_orders_are_counted() -> None:
    book = working(order(spec(), number=1), order(spec(), number=2, status=OrderStatus.FILLED))
    assert verdict("order_book", open_orders=book).measured == "known, 1"
