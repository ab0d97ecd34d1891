"""Do prices and orders belong to the same world (S43)?"""

from __future__ import annotations

from qe_dashboard.model.enums import DataTier, OrderClass, Profile
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("feed", "Q-FEED", unit="feed", scope="profile {profile}")
SIMULATED = "simulated"
REAL = "real"

SIM, TIER_UNKNOWN, TIER_SIMULATED = Profile.SIM, DataTier.UNKNOWN, DataTier.SIMULATED


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny a broker order priced from the simulator, and a simulated order priced from a broker."""
    wanted = SIMULATED if ctx.profile is SIM else REAL
    feed = quoted = SIMULATED if ctx.feed_is_simulated else REAL
    if ctx.quote is not None and ctx.quote.tier is not TIER_UNKNOWN:
        quoted = SIMULATED if ctx.quote.tier is TIER_SIMULATED else REAL
    if feed == quoted == wanted:
        return RULE.allow(proposal, ctx, "Prices are {limit}.", measured=wanted, limit=wanted)
    return RULE.deny(
        proposal,
        ctx,
        "Profile {profile} takes {limit} prices only, these are {measured}. Nothing was sent.",
        measured=feed if feed == quoted else f"{REAL} and {SIMULATED}",
        limit=wanted,
    )
