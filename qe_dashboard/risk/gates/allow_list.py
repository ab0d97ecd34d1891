"""May this symbol be traded (S33)?"""

from __future__ import annotations

from qe_dashboard.model.enums import AccountKind, OrderClass, SecType
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.verdict import Verdict

KEY = "allow_list"
TRADABLE = (SecType.STOCK, SecType.FUTURE)
"""Kinds of instruments that have limits of their own (D17)."""


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny a symbol that the list leaves out, any kind of instrument without limits, and live without a list."""
    symbol = proposal.instrument.symbol
    listed = ctx.limits.allow_list
    measure = Measure(
        "allow_list",
        "Q-ALLOW-LIST",
        unit="symbol",
        scope=f"profile {ctx.profile}",
        source=ctx.limits.source_of(KEY),
    )
    shown = ", ".join(listed) if len(listed) > 0 else "all symbols"
    if proposal.instrument.sec_type not in TRADABLE:
        return measure.deny(
            f"{proposal.instrument.label} is {proposal.instrument.sec_type}: only stocks and futures have"
            " limits, so nothing else is traded. Nothing was sent.",
            measured=proposal.instrument.sec_type,
            limit=", ".join(TRADABLE),
            because="KIND",
        )
    if len(listed) == 0:
        live = ctx.identity is None or ctx.identity.kind is AccountKind.LIVE
        if live:
            return measure.deny(
                "A live account needs allow_list in [limits.live] to name the symbols it may trade.",
                measured=symbol,
                limit="not set",
                because="EMPTY",
            )
        return measure.allow("Every symbol is allowed.", measured=symbol, limit=shown)
    if symbol.upper() not in {name.upper() for name in listed}:
        return measure.deny(
            f"{symbol} is not in allow_list ({shown}). Nothing was sent; add it in the settings file.",
            measured=symbol,
            limit=shown,
        )
    return measure.allow(f"{symbol} is in allow_list.", measured=symbol, limit=shown)
