"""Is this the account, and the kind of account, that the session is for (D18, S02, S03)?"""

from __future__ import annotations

from qe_dashboard.model.enums import AccountKind, OrderClass, Profile
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import UNKNOWN
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("account_profile", "Q-ACCOUNT", unit="account", scope="profile {profile}")

KIND_OF_PROFILE = {
    Profile.SIM: AccountKind.SIM,
    Profile.IBKR_PAPER: AccountKind.PAPER,
    Profile.IBKR_LIVE: AccountKind.LIVE,
}


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny unless the account found is the order's account and of the profile's kind."""
    wanted = KIND_OF_PROFILE[ctx.profile]
    if ctx.identity is None:
        return RULE.deny(
            proposal,
            ctx,
            "The account of this session is not known yet. Nothing was sent; wait until it is connected.",
            measured=UNKNOWN,
            limit=proposal.account,
            because="UNKNOWN",
        )
    found, kind = ctx.identity.account, ctx.identity.kind
    if found != proposal.account:
        return RULE.deny(
            proposal,
            ctx,
            "The order is for {account}, the session belongs to {measured}. Nothing was sent.",
            measured=found,
            limit=proposal.account,
        )
    if kind is not wanted:
        return RULE.deny(
            proposal,
            ctx,
            "{account} is a {kind} account, profile {profile} is for {limit} accounts."
            " Nothing was sent; switch the profile.",
            measured=(found, kind),
            limit=wanted,
            because="KIND",
            args={"kind": kind},
        )
    return RULE.allow(proposal, ctx, "Account {account}, {limit}.", measured=(found, wanted), limit=wanted)
