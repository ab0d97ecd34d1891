"""Is the order's cash value within the limit (S06, D14)? Stocks only: contracts and margin bound futures."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, SecType
from qe_dashboard.model.market_data import Quote
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.numbers import OFF, UNKNOWN, finite, is_positive, reason_of
from qe_dashboard.risk.verdict import Rule, Verdict

RULE = Rule(
    "notional",
    "Q-NOTIONAL",
    unit="{account_currency}",
    scope="one stock order",
    key="max_order_notional_stock",
)

STOCK, MARKET, LIMIT, BUY = SecType.STOCK, OrderType.MARKET, OrderType.LIMIT, OrderSide.BUY


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny a stock order worth more than the limit, or one whose worth cannot be known."""
    limits = ctx.limits
    if proposal.instrument.sec_type is not STOCK:
        return RULE.allow(
            proposal, ctx, "Contracts and margin bound this order.", measured="not a stock", limit=OFF
        )
    if limits.max_order_notional_stock is None and limits.max_order_notional_pct_nlv is None:
        return RULE.allow(proposal, ctx, "{key} is off.", measured="not measured", limit=OFF)
    if ctx.account_currency != proposal.instrument.currency:
        return _deny_currency(proposal, ctx)
    limit = _limit(proposal, ctx)
    if isinstance(limit, Verdict):
        return limit
    price = worst_price(proposal, ctx.quote)
    if price is None or not is_positive(price) or not is_positive(proposal.instrument.multiplier):
        return RULE.deny(
            proposal,
            ctx,
            "There is no price for {label} to value the order at. Nothing was sent;"
            " wait for a quote or give a limit price.",
            measured=UNKNOWN,
            limit=limit,
            because="PRICE",
        )
    value = proposal.spec.quantity * proposal.instrument.multiplier * price
    if value > limit:
        return RULE.deny(
            proposal,
            ctx,
            "The order is worth {measured} {unit}; {key} allows {limit}.",
            measured=value,
            limit=limit,
        )
    return RULE.allow(
        proposal, ctx, "Worth {measured} {unit} of at most {limit}.", measured=value, limit=limit
    )


def worst_price(proposal: Proposal, quote: Quote | None) -> Decimal | None:
    """Return the highest price at which the order may trade, as far as is known; None when nothing is.

    A sell limit far below the market trades at the bid, so the bid counts when it is higher.
    """
    spec = proposal.spec
    touch = touch_price(proposal, quote)
    if spec.order_type is LIMIT and spec.side is BUY:
        return spec.limit_price
    if spec.order_type is MARKET or touch is None:
        # Its own price bounds nothing here: a sell at 1 trades at the bid, a stop at 1 at the market.
        return touch
    prices = [price for price in (spec.limit_price, spec.stop_price, touch) if price is not None]
    return max(prices)


def touch_price(proposal: Proposal, quote: Quote | None) -> Decimal | None:
    """Return the side of a proven quote that the order would hit: the ask for a buy, the bid for a sell (D13)."""
    if quote is None or not quote.proven or quote.instrument_id != proposal.instrument.id:
        return None
    touch = quote.ask if proposal.spec.side is BUY else quote.bid
    return touch if is_positive(touch) else None


def _limit(proposal: Proposal, ctx: RiskContext) -> Decimal | Verdict:
    """Return the smaller of the amount and the share of net liquidation, or the verdict when it has no value."""
    amount, pct = ctx.limits.max_order_notional_stock, ctx.limits.max_order_notional_pct_nlv
    bounds = [] if amount is None else [amount]
    if pct is not None:
        worth = finite(ctx.net_liquidation)
        if worth is None:
            return RULE.deny(
                proposal,
                ctx,
                "{key} is {pct} % of net liquidation, which is not known ({reason})."
                " Nothing was sent; wait for the account values.",
                measured=UNKNOWN,
                limit=(pct, "% NLV"),
                because="NLV",
                args={"pct": pct, "reason": reason_of(ctx.net_liquidation)},
            )
        bounds.append(worth * pct / 100)
    for bound in bounds:
        if not is_positive(bound):
            return RULE.deny(
                proposal,
                ctx,
                "{key} comes to {limit}, which allows no order. Nothing was sent.",
                measured=UNKNOWN,
                limit=bounds[0] if len(bounds) == 1 else (bounds[0], "and", bounds[1]),
                because="LIMIT",
            )
    return min(bounds)


def _deny_currency(proposal: Proposal, ctx: RiskContext) -> Verdict:
    if ctx.account_currency is None:
        return RULE.deny(
            proposal,
            ctx,
            "The account's currency is not known yet, so the order cannot be valued. Nothing was sent.",
            measured=proposal.instrument.currency,
            limit=UNKNOWN,
            because="CURRENCY",
        )
    return RULE.deny(
        proposal,
        ctx,
        "{label} trades in {currency}, {key} is in {limit} and no exchange rate between them is known."
        " Nothing was sent.",
        measured=proposal.instrument.currency,
        limit=ctx.account_currency,
        because="CURRENCY",
    )
