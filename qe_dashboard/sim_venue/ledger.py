"""Cash and positions in USD. Stocks are paid in full; futures and currencies move cash only when they close."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.universe import Listing

_ZERO = Decimal(0)


@dataclass(slots=True)
class Holding:
    """A signed position. `realized` is price profit in USD taken since the venue day began, before commissions."""

    listing: Listing
    quantity: Decimal = _ZERO
    avg_price: Decimal = _ZERO
    realized: Decimal = _ZERO

    def unrealized(self, price: Decimal) -> Decimal:
        """Return open profit at a price, in USD."""
        profit = (price - self.avg_price) * self.quantity * self.listing.instrument.multiplier
        return self.listing.in_usd(profit, price)


@dataclass(slots=True)
class Ledger:
    """The account's money. `commissions` are those since the venue day began."""

    cash: Decimal
    commissions: Decimal = _ZERO
    holdings: dict[InstrumentId, Holding] = field(default_factory=dict)

    def quantity(self, instrument_id: InstrumentId) -> Decimal:
        """Return the signed position, 0 when there is none."""
        holding = self.holdings.get(instrument_id)
        return _ZERO if holding is None else holding.quantity

    def trade(self, listing: Listing, *, quantity: Decimal, price: Decimal) -> Decimal | None:
        """Book a signed quantity; return the price profit in USD of what it closed, None when it closed nothing."""
        holding = self.holdings.setdefault(listing.instrument.id, Holding(listing))
        closes = holding.quantity * quantity < 0
        realized = self._close(holding, quantity=quantity, price=price) if closes else None
        opened = quantity
        if closes:
            opened = _opened(holding.quantity, quantity)
            holding.quantity += quantity
            if opened:
                holding.avg_price = price
        else:
            cost = holding.avg_price * holding.quantity + price * quantity
            holding.quantity += quantity
            holding.avg_price = cost / holding.quantity
        if holding.quantity == 0:
            holding.avg_price = _ZERO
        if not listing.is_margined:
            self.cash -= quantity * price
        elif realized is not None:
            self.cash += realized
        return realized

    def charge(self, commission: Decimal) -> None:
        """Pay a commission."""
        self.cash -= commission
        self.commissions += commission

    def start_day(self) -> None:
        """Begin the day's profit at zero and drop positions that are gone."""
        self.commissions = _ZERO
        self.holdings = {key: held for key, held in self.holdings.items() if held.quantity}
        for holding in self.holdings.values():
            holding.realized = _ZERO

    def _close(self, holding: Holding, *, quantity: Decimal, price: Decimal) -> Decimal:
        closed = min(abs(holding.quantity), abs(quantity)).copy_sign(holding.quantity)
        profit = (price - holding.avg_price) * closed * holding.listing.instrument.multiplier
        realized = holding.listing.in_usd(profit, price)
        holding.realized += realized
        return realized


def _opened(held: Decimal, traded: Decimal) -> Decimal:
    """Return how much of a trade goes beyond zero to the other side."""
    return traded + held if abs(traded) > abs(held) else _ZERO


def commission_due(listing: Listing, *, filled: Decimal, charged: Decimal) -> Decimal:
    """Return what an order owes after `filled` units, beyond what it was charged already; the minimum is per order."""
    return max(listing.commission * filled, listing.minimum_commission) - charged
