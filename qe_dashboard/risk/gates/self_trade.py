"""Would the order meet an own one on the other side (S31)? The account's orders count, whoever placed them."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import AccountKind, OrderClass, OrderType
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Order
from qe_dashboard.risk.classify import rivals
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gates.notional import touch_price
from qe_dashboard.risk.numbers import UNKNOWN
from qe_dashboard.risk.verdict import DENY, Rule, Verdict

RULE = Rule("self_trade", "Q-SELF-TRADE", unit="orders", scope="{label}")
NONE = "none"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Warn in simulation and on paper, deny on live, when an own opposite order would be the counterparty."""
    if isinstance(ctx.open_orders, Unknown):
        verdict = RULE.warn(
            proposal,
            ctx,
            "Whether an own order stands opposite is not known ({reason}).",
            measured=UNKNOWN,
            limit=NONE,
            because="UNKNOWN",
            args={"reason": ctx.open_orders.reason},
        )
        # A smaller quantity under unchanged terms cannot newly meet anything.
        if order_class is OrderClass.LOWER_RISK_MODIFY:
            return verdict
        return verdict.but(DENY, "Nothing was sent.")
    opposite = rivals(proposal, ctx.open_orders.value, side=proposal.spec.side.opposite)
    if opposite:
        price = _reach(proposal, ctx)
        opposite = tuple(order for order in opposite if _would_meet(proposal, price, order))
    if len(opposite) == 0:
        return RULE.allow(proposal, ctx, "No own order stands opposite.", measured=NONE, limit=NONE)
    verdict = RULE.warn(
        proposal,
        ctx,
        "It would trade with the account's own order {names}.",
        measured=len(opposite),
        limit=NONE,
        args={"names": [(o.number, o.spec.side, o.remaining, o.spec.price_words) for o in opposite]},
    )
    if ctx.identity is not None and ctx.identity.kind is not AccountKind.LIVE:
        return verdict
    return verdict.but(DENY, "Nothing was sent; cancel that first.")


def _reach(proposal: Proposal, ctx: RiskContext) -> Decimal | None:
    """Return the worst price the order trades at; None for a market order when the other side is not known."""
    spec = proposal.spec
    if spec.limit_price is not None:
        return spec.limit_price
    if spec.stop_price is not None:
        return spec.stop_price
    return touch_price(proposal, ctx.quote)


def _would_meet(proposal: Proposal, price: Decimal | None, resting: Order) -> bool:
    """Tell whether the order reaches an opposite one. Untriggered stops are not in its book; other kinds may be."""
    if resting.spec.order_type in (OrderType.STOP, OrderType.STOP_LIMIT):
        return False
    limit = resting.spec.limit_price
    if limit is None or price is None:
        return True
    return (price - limit) * proposal.spec.side.sign >= 0
