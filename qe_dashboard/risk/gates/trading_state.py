"""Does the trading state let risk be added (D6, S26, S27)?"""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass, TradingState
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.verdict import Verdict


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny in HALTED and REDUCING, whoever asks; the pipeline lets through what reduces (D2)."""
    measure = Measure("trading_state", "Q-STATE", unit="state", scope=f"account {proposal.account}")
    state, needed = ctx.trading_state, TradingState.ACTIVE
    if state is TradingState.ACTIVE:
        return measure.allow("Trading is ACTIVE.", measured=state, limit=needed)
    why = f" ({ctx.trading_reason})" if ctx.trading_reason != "" else ""
    if state is TradingState.REDUCING:
        return measure.deny(
            f"Trading is REDUCING{why}: only what shrinks a position passes. `resume` ends it.",
            measured=state,
            limit=needed,
            because="REDUCING",
        )
    return measure.deny(
        f"Trading is HALTED{why}: nothing that adds risk passes. `resume` ends it.",
        measured=state,
        limit=needed,
        because="HALTED",
    )
