"""Could the order be journalled before it is sent (design section 9)?"""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("journal", "Q-JOURNAL", unit="journal", scope="profile {profile}")
WRITABLE = "writable"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny while the journal cannot be written."""
    if ctx.journal_error is None:
        return RULE.allow(proposal, ctx, "The journal is writable.", measured=WRITABLE, limit=WRITABLE)
    return RULE.deny(
        proposal,
        ctx,
        "The journal cannot be written: {error}",
        measured="not writable",
        limit=WRITABLE,
        args={"error": ctx.journal_error},
    )
