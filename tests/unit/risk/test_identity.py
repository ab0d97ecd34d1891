"""The account found decides what a session is (D18, S02)."""

import pytest

from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.reports import Identity
from qe_dashboard.risk.identity import IdentityRefused, check_identity

PAPER, LIVE, SIM = Profile.IBKR_PAPER, Profile.IBKR_LIVE, Profile.SIM


def found(profile: Profile, *accounts: str, bound: str = "") -> Identity | IdentityRefused:
    return check_identity(
        profile=profile, bound_account=AccountId(bound), found=tuple(AccountId(each) for each in accounts)
    )


@pytest.mark.parametrize(
    ("profile", "account", "kind"),
    [
        (PAPER, "DU1234567", AccountKind.PAPER),
        (PAPER, "DF1234567", AccountKind.PAPER),
        (LIVE, "U1234567", AccountKind.LIVE),
        (LIVE, "F1234567", AccountKind.LIVE),
        (LIVE, "X1", AccountKind.LIVE),
        (LIVE, "du1234567", AccountKind.LIVE),
        (SIM, "SIM-1", AccountKind.SIM),
    ],
)
def test_the_only_account_is_taken_when_it_fits(profile: Profile, account: str, kind: AccountKind) -> None:
    assert found(profile, account) == Identity(AccountId(account), kind)


@pytest.mark.parametrize(
    ("profile", "account"), [(PAPER, "U1234567"), (PAPER, "X1"), (LIVE, "DU1234567"), (LIVE, "DF1")]
)
@pytest.mark.parametrize("is_bound", [True, False])
def test_the_other_kind_is_refused_and_named(profile: Profile, account: str, is_bound: bool) -> None:
    refused = found(profile, account, bound=account if is_bound else "")
    assert isinstance(refused, IdentityRefused)
    assert account in refused.reason
    assert "before any order call" in refused.reason
    assert refused.accounts == (AccountId(account),)


def test_a_bound_account_is_chosen_among_several() -> None:
    assert found(PAPER, "DU1", "DU2", bound="DU2") == Identity(AccountId("DU2"), AccountKind.PAPER)


def test_several_accounts_without_a_choice_are_refused_and_listed() -> None:
    refused = found(PAPER, "DU1", "DU2")
    assert isinstance(refused, IdentityRefused)
    assert "DU1, DU2" in refused.reason
    assert "[connection.ibkr-paper]" in refused.reason
    assert refused.accounts == (AccountId("DU1"), AccountId("DU2"))


def test_a_bound_account_that_is_not_there_is_refused() -> None:
    refused = found(PAPER, "DU1", bound="DU2")
    assert isinstance(refused, IdentityRefused)
    assert "DU2" in refused.reason
    assert "DU1" in refused.reason


@pytest.mark.parametrize("accounts", [(), ("",)])
def test_a_login_without_accounts_is_refused(accounts: tuple[str, ...]) -> None:
    assert isinstance(found(PAPER, *accounts), IdentityRefused)


def test_an_empty_name_in_the_list_is_no_account() -> None:
    # managedAccounts ends with a comma on some Gateway versions.
    assert found(PAPER, "DU1", "") == Identity(AccountId("DU1"), AccountKind.PAPER)


@pytest.mark.parametrize(
    ("accounts", "bound"), [((), ""), (("DU1",), "DU2"), (("DU1", "DU2"), ""), (("U1",), "")]
)
def test_every_refusal_says_what_to_press_since_it_is_not_tried_again(
    accounts: tuple[str, ...], bound: str
) -> None:
    refused = found(PAPER, *accounts, bound=bound)
    assert isinstance(refused, IdentityRefused)
    assert "then `reconnect`" in refused.reason
