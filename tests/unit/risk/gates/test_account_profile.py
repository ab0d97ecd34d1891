"""The session's account must be the order's and of the profile's kind (D18, S02)."""

import pytest

from qe_dashboard.model.enums import AccountKind, OrderClass, Outcome, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.reports import Identity
from qe_dashboard.risk.context import RiskContext
from qe_dashboard.risk.gates.account_profile import check
from qe_dashboard.risk.verdict import Verdict
from support.risk_world import ACCOUNT, context, proposal


def verdict(ctx: RiskContext) -> Verdict:
    return check(proposal(), ctx, OrderClass.ADD)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("kind", AccountKind)
def test_only_the_profiles_own_kind_passes(profile: Profile, kind: AccountKind) -> None:
    fits = (profile, kind) in {
        (Profile.SIM, AccountKind.SIM),
        (Profile.IBKR_PAPER, AccountKind.PAPER),
        (Profile.IBKR_LIVE, AccountKind.LIVE),
    }
    found = verdict(context(profile=profile, identity=Identity(ACCOUNT, kind)))
    assert found.outcome is (Outcome.ALLOW if fits else Outcome.DENY)
    assert found.code == ("Q-ACCOUNT" if fits else "Q-ACCOUNT-KIND")


def test_an_order_for_another_account_is_denied() -> None:
    found = verdict(context(identity=Identity(AccountId("DU7654321"), AccountKind.PAPER)))
    assert (found.outcome, found.code) == (Outcome.DENY, "Q-ACCOUNT")
    assert "DU7654321" in found.text
    assert ACCOUNT in found.text


def test_without_an_account_nothing_passes() -> None:
    assert verdict(context(identity=None)).code == "Q-ACCOUNT-UNKNOWN"
