"""The account at the prices of a moment: positions with marks, values, margin, settlement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.sim_venue.checks import has_expired
from qe_dashboard.sim_venue.days import settlement
from qe_dashboard.sim_venue.events import AccountValues, VenuePosition
from qe_dashboard.sim_venue.ledger import Holding, Ledger, commission_due
from qe_dashboard.sim_venue.margin import account_values, initial_margin, maintenance_margin, shortfall
from qe_dashboard.sim_venue.market import Market
from qe_dashboard.sim_venue.tape import step_of
from qe_dashboard.sim_venue.universe import CURRENCY, Listing


@dataclass(frozen=True, slots=True)
class MarginState:
    """Initial margin, maintenance margin and equity with loan, in USD."""

    initial: Decimal
    maintenance: Decimal
    equity: Decimal


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What an order would do to the account if it filled whole; nothing was sent."""

    before: MarginState
    change: MarginState
    after: MarginState
    commission: Decimal
    currency: str


class Accounts:
    """The ledger seen through the market."""

    def __init__(self, *, account: AccountId, ledger: Ledger, market: Market) -> None:
        self.ledger = ledger
        self._account = account
        self._market = market

    def book(
        self, listing: Listing, *, quantity: Decimal, price: Decimal, commission: Decimal
    ) -> Decimal | None:
        """Book a signed trade and its commission; return the price profit of what it closed, if it closed anything."""
        profit = self.ledger.trade(listing, quantity=quantity, price=price)
        self.ledger.charge(commission)
        return profit

    def shortfall(self, listing: Listing, *, quantity: Decimal, price: Decimal, now: datetime) -> Decimal:
        """Return by how much free funds miss the margin of a signed order; 0 when they suffice."""
        held = self.ledger.quantity(listing.instrument.id)
        available = self.values(now=now).available_funds
        return shortfall(listing, held=held, quantity=quantity, price=price, available=available)

    def preview(self, listing: Listing, *, quantity: Decimal, price: Decimal, now: datetime) -> WhatIf:
        """Return what a signed order filled at a price would do to margins, without sending it."""
        values, held = self.values(now=now), self.ledger.quantity(listing.instrument.id)
        added = abs(held + quantity) - abs(held)
        commission = commission_due(listing, filled=abs(quantity), charged=Decimal(0))
        before = MarginState(values.init_margin, values.maint_margin, values.net_liquidation)
        change = MarginState(
            initial_margin(listing, quantity=added, price=price).copy_sign(added),
            maintenance_margin(listing, quantity=added, price=price).copy_sign(added),
            -commission,
        )
        after = MarginState(
            before.initial + change.initial,
            before.maintenance + change.maintenance,
            before.equity + change.equity,
        )
        return WhatIf(before, change, after, commission, CURRENCY)

    def values(self, *, now: datetime) -> AccountValues:
        """Return account values at the prices of a moment."""
        return account_values(
            self.ledger, lambda listing: self._last(listing, now), account=self._account, at=now
        )

    def position(self, listing: Listing, *, now: datetime) -> VenuePosition:
        """Return one position, quantity 0 when it is closed."""
        return self._marked(self.ledger.holdings.get(listing.instrument.id) or Holding(listing), now)

    def positions(self, *, now: datetime) -> tuple[VenuePosition, ...]:
        """Return positions that are not zero."""
        return tuple(self._marked(held, now) for held in self.ledger.holdings.values() if held.quantity)

    def settle(self, *, now: datetime) -> tuple[VenuePosition, ...]:
        """Close positions in expired futures at the price of their last moment; return what they became."""
        expired = [
            held
            for held in self.ledger.holdings.values()
            if held.quantity and has_expired(held.listing.instrument, now)
        ]
        for held in expired:
            expiry = held.listing.instrument.expiry
            assert expiry is not None
            self.ledger.trade(
                held.listing, quantity=-held.quantity, price=self._last(held.listing, settlement(expiry))
            )
        return tuple(self._marked(held, now) for held in expired)

    def _marked(self, held: Holding, now: datetime) -> VenuePosition:
        last = self._last(held.listing, now)
        return VenuePosition(
            account=self._account,
            instrument=held.listing.instrument,
            quantity=held.quantity,
            avg_price=held.avg_price,
            market_price=last,
            unrealized_pnl=held.unrealized(last),
            realized_pnl=held.realized,
        )

    def _last(self, listing: Listing, at: datetime) -> Decimal:
        return self._market.touch(listing, step_of(at)).last
