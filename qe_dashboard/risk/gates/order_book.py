"""Are the working orders of the account known (R01, R07)?"""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.model.known import Unknown
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import UNKNOWN
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("order_book", "Q-ORDER-BOOK", unit="book", scope="account {account}")
KNOWN = "known"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny while the open orders are not known."""
    if isinstance(ctx.open_orders, Unknown):
        return RULE.deny(
            proposal,
            ctx,
            "The open orders are not known ({reason}). Nothing was sent; reconcile or wait.",
            measured=UNKNOWN,
            limit=KNOWN,
            args={"reason": ctx.open_orders.reason},
        )
    count = sum([order.is_open for order in ctx.open_orders.value])
    return RULE.allow(
        proposal,
        ctx,
        "{count} open orders are known.",
        measured=[KNOWN, count],
        limit=KNOWN,
        args={"count": count},
    )
