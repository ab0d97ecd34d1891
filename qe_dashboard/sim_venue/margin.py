"""Margin: what positions tie up, what an order would tie up, and the account values that follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.sim_venue.events import AccountValues
from qe_dashboard.sim_venue.ledger import Ledger
from qe_dashboard.sim_venue.universe import CURRENCY, Listing

_ZERO = Decimal(0)
# Stocks need half their value, so free funds buy twice as much.
_STOCK_LEVERAGE = Decimal(2)

LastPrice = Callable[[Listing], Decimal]


def initial_margin(listing: Listing, *, quantity: Decimal, price: Decimal) -> Decimal:
    """Return what holding a quantity needs at first: a share of its value, for futures a fixed sum per contract."""
    return _margin(listing, listing.init_margin, quantity=quantity, price=price)


def maintenance_margin(listing: Listing, *, quantity: Decimal, price: Decimal) -> Decimal:
    """Return what holding a quantity needs from then on."""
    return _margin(listing, listing.maint_margin, quantity=quantity, price=price)


def _margin(listing: Listing, rate: Decimal, *, quantity: Decimal, price: Decimal) -> Decimal:
    per_unit = rate if listing.instrument.is_future else rate * listing.in_usd(price, price)
    return abs(quantity) * per_unit


def account_values(ledger: Ledger, last: LastPrice, *, account: AccountId, at: datetime) -> AccountValues:
    """Value the ledger at last prices."""
    gross = stocks = margined_open = init = maint = unrealized = realized = _ZERO
    for holding in ledger.holdings.values():
        listing, price = holding.listing, last(holding.listing)
        value = holding.quantity * price * listing.instrument.multiplier
        if listing.is_margined:
            margined_open += holding.unrealized(price)
        else:
            gross += abs(value)
            stocks += value
        init += initial_margin(listing, quantity=holding.quantity, price=price)
        maint += maintenance_margin(listing, quantity=holding.quantity, price=price)
        unrealized += holding.unrealized(price)
        realized += holding.realized
    net = ledger.cash + stocks + margined_open
    free = net - init
    return AccountValues(
        account=account,
        currency=CURRENCY,
        as_of=at,
        total_cash=ledger.cash,
        net_liquidation=net,
        gross_position_value=gross,
        stock_value=stocks,
        init_margin=init,
        maint_margin=maint,
        available_funds=free,
        excess_liquidity=net - maint,
        buying_power=max(free, _ZERO) * _STOCK_LEVERAGE,
        unrealized_pnl=unrealized,
        realized_pnl=realized - ledger.commissions,
    )


def shortfall(
    listing: Listing, *, held: Decimal, quantity: Decimal, price: Decimal, available: Decimal
) -> Decimal:
    """Return by how much free funds miss the margin that a signed order adds; 0 when they suffice or it adds none."""
    if abs(held + quantity) <= abs(held):
        return _ZERO
    added = initial_margin(listing, quantity=abs(held + quantity) - abs(held), price=price)
    return max(added - available, _ZERO)
