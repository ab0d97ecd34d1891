"""Do prices and orders belong to the same world (S43)?"""

from __future__ import annotations

from qe_dashboard.model.enums import DataTier, OrderClass, Profile
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.verdict import Verdict

SIMULATED = "simulated"
REAL = "real"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny a broker order priced from the simulator, and a simulated order priced from a broker."""
    measure = Measure("feed", "Q-FEED", unit="feed", scope=f"profile {ctx.profile}")
    wanted = SIMULATED if ctx.profile is Profile.SIM else REAL
    feeds = {SIMULATED if ctx.feed_is_simulated else REAL}
    if ctx.quote is not None and ctx.quote.tier is not DataTier.UNKNOWN:
        feeds.add(SIMULATED if ctx.quote.tier is DataTier.SIMULATED else REAL)
    measured = " and ".join(sorted(feeds))
    if feeds != {wanted}:
        return measure.deny(
            f"Profile {ctx.profile} takes {wanted} prices only, these are {measured}. Nothing was sent.",
            measured=measured,
            limit=wanted,
        )
    return measure.allow(f"Prices are {wanted}.", measured=measured, limit=wanted)
