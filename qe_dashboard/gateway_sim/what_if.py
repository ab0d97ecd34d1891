"""What an order would cost: margins before and after, commission; nothing is sent to the venue."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.gateway_sim.order_view import Margins, OrderState
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.sim_venue.ledger import commission_due
from qe_dashboard.sim_venue.universe import Listing, Universe
from qe_dashboard.sim_venue.venue import Venue


def estimate(venue: Venue, instrument: Instrument, spec: OrderSpec) -> OrderState:
    """Return the answer to a what-if order, at the prices of now."""
    listing = Universe(venue.now).get(instrument.id)
    if listing is None:
        raise LookupError(f"the venue lists {instrument.id} but its universe does not")
    values = venue.account_values()
    held = next(
        (item.quantity for item in venue.positions() if item.instrument.id == instrument.id), Decimal(0)
    )
    after = abs(held + spec.signed_quantity)
    price = _reference_price(venue, spec)
    init, maint = (
        _per_unit(listing, rate, price) * (after - abs(held))
        for rate in (listing.init_margin, listing.maint_margin)
    )
    commission = commission_due(listing, filled=spec.quantity, charged=Decimal(0))
    equity = values.net_liquidation
    return OrderState(
        status="PreSubmitted",
        margins=Margins(
            before=(values.init_margin, values.maint_margin, equity),
            change=(init, maint, -commission),
            after=(values.init_margin + init, values.maint_margin + maint, equity - commission),
        ),
        commission=commission,
        commission_currency=instrument.currency,
    )


def _per_unit(listing: Listing, rate: Decimal, price: Decimal) -> Decimal:
    """Margin is an amount per contract for futures and a share of value for stocks."""
    return rate if listing.instrument.is_future else rate * price


def _reference_price(venue: Venue, spec: OrderSpec) -> Decimal:
    """Return the limit, else the stop, else the side of the quote that the order would take."""
    quote = venue.quote(spec.instrument_id)
    touch = quote.ask if spec.side is OrderSide.BUY else quote.bid
    for price in (spec.limit_price, spec.stop_price, touch, quote.last):
        if price is not None:
            return price
    raise LookupError(f"{spec.instrument_id} has no price")
