"""Symbols that may be traded (S33, D17)."""

from dataclasses import replace
from typing import Any

import pytest

from qe_dashboard.model.enums import OrderClass, Outcome, SecType
from qe_dashboard.risk.context import RiskContext
from qe_dashboard.risk.gates.allow_list import check
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import AAPL, context, limits, live, proposal


def verdict(ctx: RiskContext) -> Verdict:
    return check(proposal(), ctx, OrderClass.ADD)


@pytest.mark.parametrize(
    ("listed", "outcome"),
    [((), Outcome.ALLOW), (("AAPL",), Outcome.ALLOW), (("aapl",), Outcome.ALLOW), (("MSFT",), Outcome.DENY)],
)
def test_on_paper_an_empty_list_allows_all(listed: tuple[str, ...], outcome: Outcome) -> None:
    assert verdict(context(limits=limits(allow_list=listed))).outcome is outcome


@pytest.mark.parametrize("changes", [{}, {"identity": None}])
def test_live_and_unknown_accounts_need_a_list(changes: dict[str, Any]) -> None:
    found = verdict(live(**({"limits": limits(allow_list=())} | changes)))
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-ALLOW-LIST-EMPTY")


def test_the_denial_names_symbol_list_and_settings_line() -> None:
    changed = limits(allow_list=("MSFT", "MNQ"), source={"allow_list": "settings.toml:31"})
    found = verdict(context(limits=changed))
    assert "AAPL is not in allow_list (MSFT, MNQ)" in found.text
    assert found.source == "settings.toml:31"


@pytest.mark.parametrize(
    "sec_type", [each for each in SecType if each not in (SecType.STOCK, SecType.FUTURE)]
)
def test_kinds_without_limits_are_not_traded(sec_type: SecType) -> None:
    odd = replace(AAPL, sec_type=sec_type)
    assert check(proposal(instrument=odd), context(), OrderClass.ADD).code == "Q-ALLOW-LIST-KIND"
