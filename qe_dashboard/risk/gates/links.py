"""Would an order be delivered, and would its answer be seen (R41)? One gate per link."""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import UNKNOWN
from qe_dashboard.risk.verdict import Verdict

UP = "up"
DOWN = "down"


def check_order_link(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny while the socket that carries orders is not up."""
    measure = Measure("order_link", "Q-ORDER-LINK", unit="link", scope="session")
    if ctx.order_link_up:
        return measure.allow("The order link is up.", measured=UP, limit=UP)
    if ctx.is_locked:
        return measure.deny(
            "The session is LOCKED: Broker > Authorise live…, then type the account id. Nothing was sent.",
            measured=DOWN,
            limit=UP,
            because="LOCKED",
        )
    return measure.deny(
        f"The order link is down{_why(ctx)}. Nothing was sent; wait for the reconnect or press Reconnect.",
        measured=DOWN,
        limit=UP,
    )


def check_upstream(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny unless the gateway is known to reach the venue's servers."""
    measure = Measure("upstream", "Q-UPSTREAM", unit="link", scope="session")
    if ctx.upstream_up:
        return measure.allow("The gateway reaches the venue.", measured=UP, limit=UP)
    if ctx.upstream_up is None:
        return measure.deny(
            f"Whether the gateway reaches the venue is not known{_why(ctx)}. Nothing was sent.",
            measured=UNKNOWN,
            limit=UP,
            because="UNKNOWN",
        )
    return measure.deny(
        f"The gateway has lost the venue's servers{_why(ctx)}. Nothing was sent; working orders stay there.",
        measured=DOWN,
        limit=UP,
    )


def check_data_link(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny while the socket that carries account, positions and quotes is not up."""
    measure = Measure("data_link", "Q-DATA-LINK", unit="link", scope="session")
    if ctx.data_link_up:
        return measure.allow("The data link is up.", measured=UP, limit=UP)
    return measure.deny(
        f"The data link is down{_why(ctx)}: account and quotes are not current. Nothing was sent.",
        measured=DOWN,
        limit=UP,
    )


def _why(ctx: RiskContext) -> str:
    return f" ({ctx.link_words})" if ctx.link_words != "" else ""
