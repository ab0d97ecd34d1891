"""Orders per minute and per symbol in 10 s (S15, D12)."""

import pytest

from qe_dashboard.model.enums import OrderClass, Outcome
from qe_dashboard.risk.context import RateUse
from qe_dashboard.risk.gates.rates import check_minute, check_symbol
from support.risk_world import context, limits, live, order, proposal, spec

ADD = OrderClass.ADD


@pytest.mark.parametrize(
    ("used", "outcome"), [(0, Outcome.ALLOW), (9, Outcome.ALLOW), (10, Outcome.DENY), (11, Outcome.DENY)]
)
def test_the_eleventh_order_in_a_minute_is_denied(used: int, outcome: Outcome) -> None:
    ctx = live(limits=limits(max_orders_per_minute=10), minute_rate=RateUse(used, 12.34))
    assert check_minute(proposal(), ctx, ADD).outcome is outcome


def test_the_denial_names_count_limit_and_time() -> None:
    ctx = context(limits=limits(max_orders_per_minute=10), minute_rate=RateUse(10, 12.34))
    found = check_minute(proposal(), ctx, ADD)
    assert found.code == "Q-RATE"
    assert (found.measured, found.limit, found.unit) == ("10", "10", "per 60 s")
    assert "10 risk-adding orders" in found.text
    assert "in 12.3 s, at 15:00:12 UTC" in found.text


@pytest.mark.parametrize(("used", "outcome"), [(4, Outcome.ALLOW), (5, Outcome.DENY)])
def test_a_symbol_has_its_own_burst(used: int, outcome: Outcome) -> None:
    ctx = context(limits=limits(max_orders_per_symbol_10s=5), symbol_rate=RateUse(used, 1.0))
    found = check_symbol(proposal(), ctx, ADD)
    assert found.outcome is outcome
    assert found.scope == "AAPL"


@pytest.mark.parametrize(("used", "outcome"), [(29, Outcome.ALLOW), (30, Outcome.DENY)])
def test_changes_of_orders_have_thirty_a_minute(used: int, outcome: Outcome) -> None:
    old = order(spec(limit="99"))
    ctx = live(
        limits=limits(max_orders_per_minute=10), minute_rate=RateUse(used, 1.0), symbol_rate=RateUse(99, 9.0)
    )
    asked = proposal(spec(limit="100"), replaces=old)
    assert check_minute(asked, ctx, ADD).outcome is outcome
    assert check_symbol(asked, ctx, ADD).outcome is Outcome.ALLOW


def test_off_is_off() -> None:
    ctx = context(
        limits=limits(max_orders_per_minute=None, max_orders_per_symbol_10s=None),
        minute_rate=RateUse(10**6, 60.0),
        symbol_rate=RateUse(10**6, 60.0),
    )
    assert check_minute(proposal(), ctx, ADD).outcome is Outcome.ALLOW
    assert check_symbol(proposal(), ctx, ADD).outcome is Outcome.ALLOW


@pytest.mark.parametrize(("limit", "used"), [(0, 0), (-1, 0), (10, -1)])
def test_numbers_that_make_no_sense_deny(limit: int, used: int) -> None:
    ctx = context(limits=limits(max_orders_per_minute=limit), minute_rate=RateUse(used, 0.0))
    assert check_minute(proposal(), ctx, ADD).code == "Q-RATE-LIMIT"
