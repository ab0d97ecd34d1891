"""Is the order's cash value within the limit (S06, D14)? Stocks only: contracts and margin bound futures."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, SecType
from qe_dashboard.model.market_data import Quote
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.numbers import OFF, UNKNOWN, finite, is_positive, number, reason_of
from qe_dashboard.risk.verdict import Verdict

KEY = "max_order_notional_stock"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny a stock order worth more than the limit, or one whose worth cannot be known."""
    limits = ctx.limits
    currency = ctx.account_currency
    measure = Measure(
        "notional",
        "Q-NOTIONAL",
        unit=currency if currency is not None else proposal.instrument.currency,
        scope="one stock order",
        source=limits.source_of(KEY),
    )
    if proposal.instrument.sec_type is not SecType.STOCK:
        return measure.allow("Contracts and margin bound this order.", measured="not a stock", limit=OFF)
    if limits.max_order_notional_stock is None and limits.max_order_notional_pct_nlv is None:
        return measure.allow(f"{KEY} is off.", measured="not measured", limit=OFF)
    if currency != proposal.instrument.currency:
        return _deny_currency(measure, proposal, currency)
    limit = _limit(measure, ctx)
    if isinstance(limit, Verdict):
        return limit
    price = worst_price(proposal, ctx.quote)
    if not is_positive(price) or not is_positive(proposal.instrument.multiplier) or price is None:
        return measure.deny(
            f"There is no price for {proposal.instrument.label} to value the order at. Nothing was sent;"
            " wait for a quote or give a limit price.",
            measured=UNKNOWN,
            limit=number(limit),
            because="PRICE",
        )
    value = proposal.spec.quantity * proposal.instrument.multiplier * price
    shown = f"{number(value)} {currency}"
    if value > limit:
        return measure.deny(
            f"The order is worth {shown}; {KEY} allows {number(limit)}.",
            measured=number(value),
            limit=number(limit),
        )
    return measure.allow(
        f"Worth {shown} of at most {number(limit)}.", measured=number(value), limit=number(limit)
    )


def worst_price(proposal: Proposal, quote: Quote | None) -> Decimal | None:
    """Return the highest price at which the order may trade, as far as is known; None when nothing is.

    A sell limit far below the market trades at the bid, so the bid counts when it is higher.
    """
    spec = proposal.spec
    touch = touch_price(proposal, quote)
    if spec.order_type is OrderType.LIMIT and spec.side is OrderSide.BUY:
        return spec.limit_price
    if spec.order_type is OrderType.MARKET or touch is None:
        # Its own price bounds nothing here: a sell at 1 trades at the bid, a stop at 1 at the market.
        return touch
    prices = [price for price in (spec.limit_price, spec.stop_price, touch) if price is not None]
    return max(prices)


def touch_price(proposal: Proposal, quote: Quote | None) -> Decimal | None:
    """Return the side of a proven quote that the order would hit: the ask for a buy, the bid for a sell (D13)."""
    if quote is None or not quote.proven or quote.instrument_id != proposal.instrument.id:
        return None
    touch = quote.ask if proposal.spec.side is OrderSide.BUY else quote.bid
    return touch if is_positive(touch) else None


def _limit(measure: Measure, ctx: RiskContext) -> Decimal | Verdict:
    """Return the smaller of the amount and the share of net liquidation, or the verdict when it has no value."""
    amount, pct = ctx.limits.max_order_notional_stock, ctx.limits.max_order_notional_pct_nlv
    bounds = [] if amount is None else [amount]
    if pct is not None:
        worth = finite(ctx.net_liquidation)
        if worth is None:
            return measure.deny(
                f"{KEY} is {number(pct)} % of net liquidation, which is not known"
                f" ({reason_of(ctx.net_liquidation)}). Nothing was sent; wait for the account values.",
                measured=UNKNOWN,
                limit=f"{number(pct)} % NLV",
                because="NLV",
            )
        bounds.append(worth * pct / 100)
    if all(is_positive(bound) for bound in bounds):
        return min(bounds)
    shown = " and ".join(number(bound) for bound in bounds)
    return measure.deny(
        f"{KEY} comes to {shown}, which allows no order. Nothing was sent.",
        measured=UNKNOWN,
        limit=shown,
        because="LIMIT",
    )


def _deny_currency(measure: Measure, proposal: Proposal, currency: str | None) -> Verdict:
    instrument = proposal.instrument
    if currency is None:
        text = "The account's currency is not known yet, so the order cannot be valued. Nothing was sent."
    else:
        text = (
            f"{instrument.label} trades in {instrument.currency}, {KEY} is in {currency} and no exchange"
            " rate between them is known. Nothing was sent."
        )
    return measure.deny(
        text,
        measured=instrument.currency,
        limit=currency if currency is not None else UNKNOWN,
        because="CURRENCY",
    )
