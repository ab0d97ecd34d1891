"""Would an order be delivered, and would its answer be seen (R41)? One gate per link."""

from __future__ import annotations

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import UNKNOWN
from qe_dashboard.risk.verdict import Rule, Verdict

ORDER_LINK = Rule("order_link", "Q-ORDER-LINK", unit="link", scope="session")
UPSTREAM = Rule("upstream", "Q-UPSTREAM", unit="link", scope="session")
DATA_LINK = Rule("data_link", "Q-DATA-LINK", unit="link", scope="session")
UP = "up"
DOWN = "down"


def check_order_link(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny while the socket that carries orders is not up."""
    if ctx.order_link_up:
        return ORDER_LINK.allow(proposal, ctx, "The order link is up.", measured=UP, limit=UP)
    if ctx.is_locked:
        return ORDER_LINK.deny(
            proposal,
            ctx,
            "The session is LOCKED: Broker > Authorise live…, then type the account id. Nothing was sent.",
            measured=DOWN,
            limit=UP,
            because="LOCKED",
        )
    return ORDER_LINK.deny(
        proposal,
        ctx,
        "The order link is down{links}. Nothing was sent; wait for the reconnect or press Reconnect.",
        measured=DOWN,
        limit=UP,
    )


def check_upstream(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny unless the gateway is known to reach the venue's servers."""
    if ctx.upstream_up:
        return UPSTREAM.allow(proposal, ctx, "The gateway reaches the venue.", measured=UP, limit=UP)
    if ctx.upstream_up is None:
        return UPSTREAM.deny(
            proposal,
            ctx,
            "Whether the gateway reaches the venue is not known{links}. Nothing was sent.",
            measured=UNKNOWN,
            limit=UP,
            because="UNKNOWN",
        )
    return UPSTREAM.deny(
        proposal,
        ctx,
        "The gateway has lost the venue's servers{links}. Nothing was sent; working orders stay there.",
        measured=DOWN,
        limit=UP,
    )


def check_data_link(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny while the socket that carries account, positions and quotes is not up."""
    if ctx.data_link_up:
        return DATA_LINK.allow(proposal, ctx, "The data link is up.", measured=UP, limit=UP)
    return DATA_LINK.deny(
        proposal,
        ctx,
        "The data link is down{links}: account and quotes are not current. Nothing was sent.",
        measured=DOWN,
        limit=UP,
    )
