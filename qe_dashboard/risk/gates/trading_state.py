"""Does the trading state let risk be added (D6, S26, S27)?"""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass, TradingState
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("trading_state", "Q-STATE", unit="state", scope="account {account}")
ACTIVE = TradingState.ACTIVE


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny in HALTED and REDUCING, whoever asks; the pipeline lets through what reduces (D2)."""
    state = ctx.trading_state
    if state is ACTIVE:
        return RULE.allow(proposal, ctx, "Trading is ACTIVE.", measured=state, limit=ACTIVE)
    why = {"why": f" ({ctx.trading_reason})" if ctx.trading_reason != "" else ""}
    if state is TradingState.REDUCING:
        return RULE.deny(
            proposal,
            ctx,
            "Trading is REDUCING{why}: only what shrinks a position passes. `resume` ends it.",
            measured=state,
            limit=ACTIVE,
            because="REDUCING",
            args=why,
        )
    return RULE.deny(
        proposal,
        ctx,
        "Trading is HALTED{why}: nothing that adds risk passes. `resume` ends it.",
        measured=state,
        limit=ACTIVE,
        because="HALTED",
        args=why,
    )
