"""Is this the account, and the kind of account, that the session is for (D18, S02, S03)?"""

from __future__ import annotations

from qe_dashboard.model.enums import AccountKind, OrderClass, Profile
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import UNKNOWN
from qe_dashboard.risk.verdict import Verdict

KIND_OF_PROFILE = {
    Profile.SIM: AccountKind.SIM,
    Profile.IBKR_PAPER: AccountKind.PAPER,
    Profile.IBKR_LIVE: AccountKind.LIVE,
}


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny unless the account found is the order's account and of the profile's kind."""
    measure = Measure("account_profile", "Q-ACCOUNT", unit="account", scope=f"profile {ctx.profile}")
    wanted = KIND_OF_PROFILE[ctx.profile]
    if ctx.identity is None:
        return measure.deny(
            "The account of this session is not known yet. Nothing was sent; wait until it is connected.",
            measured=UNKNOWN,
            limit=proposal.account,
            because="UNKNOWN",
        )
    found = ctx.identity.account
    if found != proposal.account:
        return measure.deny(
            f"The order is for {proposal.account}, the session belongs to {found}. Nothing was sent.",
            measured=found,
            limit=proposal.account,
        )
    if ctx.identity.kind is not wanted:
        return measure.deny(
            f"{found} is a {ctx.identity.kind} account, profile {ctx.profile} is for {wanted} accounts."
            " Nothing was sent; switch the profile.",
            measured=f"{found} {ctx.identity.kind}",
            limit=wanted,
            because="KIND",
        )
    return measure.allow(f"Account {found}, {wanted}.", measured=f"{found} {wanted}", limit=wanted)
