"""Account values: Unknown rather than zero or half (R50), the account's own currency (R32)."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.broker.ibkr.account import account_state
from qe_dashboard.model.enums import AccountKind
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.reports import AccountState, Identity
from support.ibkr_rows import NOW

IDENTITY = Identity(AccountId("DU1234567"), AccountKind.PAPER)
VALUES = {
    ("NetLiquidation", "CAD"): "100000.25",
    ("TotalCashValue", "CAD"): "50000",
    ("UnrealizedPnL", "BASE"): "12.50",
    ("UnrealizedPnL", "CAD"): "10.00",
    ("UnrealizedPnL", "USD"): "1.80",
    ("BuyingPower", "CAD"): "",
}


def state_of(values: dict[tuple[str, str], str]) -> Maybe[AccountState]:
    return account_state(values, identity=IDENTITY, now=NOW)


def test_values_are_read_in_the_accounts_currency() -> None:
    state = state_of(VALUES)
    assert isinstance(state, Known)
    assert (state.value.currency, state.value.kind) == ("CAD", AccountKind.PAPER)
    assert state.value.net_liquidation == Decimal("100000.25")
    # The single currency's P&L is only a part of it.
    assert state.value.unrealized_pnl == Decimal("12.50")


def test_what_never_came_is_none_and_not_zero() -> None:
    state = state_of(VALUES)
    assert isinstance(state, Known)
    assert state.value.buying_power is None
    assert state.value.maint_margin is None


def test_without_net_liquidation_nothing_is_known() -> None:
    assert isinstance(state_of({("TotalCashValue", "USD"): "1"}), Unknown)
    assert isinstance(state_of({}), Unknown)


def test_while_ibkr_resets_the_values_are_unknown() -> None:
    assert isinstance(state_of({**VALUES, ("AccountReady", ""): "false"}), Unknown)
    assert isinstance(state_of({**VALUES, ("AccountReady", ""): "true"}), Known)


def test_a_value_that_is_no_number_makes_the_state_unknown() -> None:
    """R03: as for positions, never silently dropped."""
    assert isinstance(state_of({**VALUES, ("TotalCashValue", "CAD"): "1,5"}), Unknown)
