"""What an order would cost: the venue's estimate as the state part of openOrder; nothing is sent to the venue."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.gateway_sim.order_view import Margins, OrderState
from qe_dashboard.sim_venue.accounts import MarginState
from qe_dashboard.sim_venue.terms import VenueTerms
from qe_dashboard.sim_venue.venue import Venue


def estimate(venue: Venue, terms: VenueTerms) -> OrderState:
    """Return the answer to a what-if order, at the prices of now."""
    found = venue.what_if(terms)
    return OrderState(
        status="PreSubmitted",
        margins=Margins(before=_row(found.before), change=_row(found.change), after=_row(found.after)),
        commission=found.commission,
        commission_currency=found.currency,
    )


def _row(margins: MarginState) -> tuple[Decimal, Decimal, Decimal]:
    return margins.initial, margins.maintenance, margins.equity
