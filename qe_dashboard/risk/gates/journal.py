"""Could the order be journalled before it is sent (design section 9)?"""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.verdict import Verdict

WRITABLE = "writable"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny while the journal cannot be written."""
    measure = Measure("journal", "Q-JOURNAL", unit="journal", scope=f"profile {ctx.profile}")
    if ctx.journal_error is None:
        return measure.allow("The journal is writable.", measured=WRITABLE, limit=WRITABLE)
    return measure.deny(
        f"The journal cannot be written: {ctx.journal_error}", measured="not writable", limit=WRITABLE
    )
