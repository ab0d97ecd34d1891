"""Is the order's quantity within the limit of its kind (S05)? A changed order counts with its new quantity."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.model.enums import OrderClass, SecType
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Measure
from qe_dashboard.risk.limits import RiskLimits
from qe_dashboard.risk.numbers import OFF, UNKNOWN, is_positive, number
from qe_dashboard.risk.verdict import Verdict

STOCK_KEY = "max_order_qty_stock"
FUTURE_KEY = "max_order_qty_future"


def check(proposal: Proposal, ctx: RiskContext, order_class: OrderClass) -> Verdict:
    """Deny more shares or contracts than one order may have."""
    instrument = proposal.instrument
    quantity = proposal.spec.quantity
    found = _limit_of(instrument.sec_type, ctx.limits)
    if found is None:
        measure = Measure("quantity", "Q-QTY", unit=instrument.unit, scope="one order")
        return measure.deny(
            f"No quantity limit exists for {instrument.sec_type}, so it is not traded. Nothing was sent.",
            measured=number(quantity),
            limit=UNKNOWN,
            because="UNKNOWN",
        )
    key, limit = found
    measure = Measure(
        "quantity", "Q-QTY", unit=instrument.unit, scope="one order", source=ctx.limits.source_of(key)
    )
    if limit is None:
        return measure.allow(f"{key} is off.", measured=number(quantity), limit=OFF)
    if not is_positive(limit) or not is_positive(quantity):
        return measure.deny(
            f"{number(quantity)} cannot be compared with {key} = {number(limit)}. Nothing was sent.",
            measured=number(quantity),
            limit=number(limit),
            because="UNKNOWN",
        )
    if quantity > limit:
        return measure.deny(
            f"{number(quantity)} {instrument.unit} in one order; {key} allows {number(limit)}.",
            measured=number(quantity),
            limit=number(limit),
        )
    return measure.allow(
        f"{number(quantity)} of at most {number(limit)} {instrument.unit}.",
        measured=number(quantity),
        limit=number(limit),
    )


def _limit_of(sec_type: SecType, limits: RiskLimits) -> tuple[str, Decimal | None] | None:
    if sec_type is SecType.STOCK:
        return STOCK_KEY, limits.max_order_qty_stock
    if sec_type is SecType.FUTURE:
        return FUTURE_KEY, limits.max_order_qty_future
    return None
