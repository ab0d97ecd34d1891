"""May this symbol be traded (S33)?"""

from __future__ import annotations

from qe_dashboard.model.enums import AccountKind, OrderClass, SecType
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule("allow_list", "Q-ALLOW-LIST", unit="symbol", scope="profile {profile}", key="allow_list")
TRADABLE = (SecType.STOCK, SecType.FUTURE)
"""Kinds of instruments that have limits of their own (D17)."""

LIVE = AccountKind.LIVE


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny a symbol that the list leaves out, any kind of instrument without limits, and live without a list."""
    symbol = proposal.instrument.symbol
    listed = ctx.limits.allow_list
    if proposal.instrument.sec_type not in TRADABLE:
        return RULE.deny(
            proposal,
            ctx,
            "{label} is {measured}: only stocks and futures have limits, so nothing else is traded."
            " Nothing was sent.",
            measured=proposal.instrument.sec_type,
            limit=list(TRADABLE),
            because="KIND",
        )
    if len(listed) == 0:
        if ctx.identity is None or ctx.identity.kind is LIVE:
            return RULE.deny(
                proposal,
                ctx,
                "A live account needs {key} in [limits.live] to name the symbols it may trade.",
                measured=symbol,
                limit="not set",
                because="EMPTY",
            )
        return RULE.allow(proposal, ctx, "Every symbol is allowed.", measured=symbol, limit="all symbols")
    if symbol.upper() not in {name.upper() for name in listed}:
        return RULE.deny(
            proposal,
            ctx,
            "{symbol} is not in {key} ({limit}). Nothing was sent; add it in the settings file.",
            measured=symbol,
            limit=list(listed),
        )
    return RULE.allow(proposal, ctx, "{symbol} is in {key}.", measured=symbol, limit=list(listed))
