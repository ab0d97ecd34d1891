"""Are the working orders of the account known (R01, R07)?"""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.model.known import Unknown
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import UNKNOWN
from qe_dashboard.risk.verdict import Verdict


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny while the open orders are not known."""
    measure = Measure("order_book", "Q-ORDER-BOOK", unit="book", scope=f"account {proposal.account}")
    if isinstance(ctx.open_orders, Unknown):
        return measure.deny(
            f"The open orders are not known ({ctx.open_orders.reason}). Nothing was sent; reconcile or wait.",
            measured=UNKNOWN,
            limit="known",
        )
    count = sum(order.is_open for order in ctx.open_orders.value)
    return measure.allow(f"{count} open orders are known.", measured=f"known, {count}", limit="known")
