"""What keeps an order from the market besides its price, until when, and in which words its client hears of it."""

from __future__ import annotations

from datetime import datetime

from qe_dashboard.model.enums import OrderSide, SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.sim_venue.accounts import Accounts
from qe_dashboard.sim_venue.book import VenueOrder
from qe_dashboard.sim_venue.days import settlement
from qe_dashboard.sim_venue.events import Notice
from qe_dashboard.sim_venue.hours import Calendar
from qe_dashboard.sim_venue.market import Market
from qe_dashboard.sim_venue.terms import ON_CLOSE, VenueTif


class Waiting:
    """The calendar, the halts and the shares to borrow, as one order meets them."""

    def __init__(self, *, calendar: Calendar, market: Market, accounts: Accounts) -> None:
        self.not_shortable: set[InstrumentId] = set()
        self._calendar = calendar
        self._market = market
        self._accounts = accounts

    def wakes_at(self, order: VenueOrder, now: datetime) -> datetime | None:
        """Return the moment before which an order takes no part in the market, None when it may at once."""
        terms, sec_type = order.terms, order.listing.instrument.sec_type
        if terms.good_after is not None and terms.good_after > now:
            return terms.good_after
        if terms.order_type in ON_CLOSE:
            return self._calendar.next_close(sec_type, now)
        opens = self._calendar.next_open(sec_type, now, extended=terms.outside_rth)
        return opens if opens > now else None

    def expiry(self, order: VenueOrder, now: datetime) -> datetime | None:
        """Return when an order that is sent now expires by itself or with its contract, None when it does not."""
        terms, instrument = order.terms, order.listing.instrument
        ends = None if instrument.expiry is None else settlement(instrument.expiry)
        until = terms.good_till
        if terms.time_in_force is VenueTif.DAY and terms.order_type not in ON_CLOSE:
            works_from = now if terms.good_after is None else max(now, terms.good_after)
            until = self._calendar.day_end(instrument.sec_type, works_from, extended=terms.outside_rth)
        return min((moment for moment in (ends, until) if moment is not None), default=None)

    def lacks_shares(self, order: VenueOrder) -> bool:
        """Tell whether an order would sell stock short that nobody lends."""
        instrument = order.listing.instrument
        if order.terms.side is OrderSide.BUY or instrument.sec_type is not SecType.STOCK:
            return False
        held = self._accounts.ledger.quantity(instrument.id)
        return instrument.id in self.not_shortable and held < order.remaining

    def explanation(self, order: VenueOrder) -> tuple[Notice, str] | None:
        """Return what its client would want to know about a wait that it did not ask for."""
        label, opens = order.listing.instrument.label, order.wakes_at
        if order.waits_for_shares:
            return (
                Notice.SHORT_LOCATE,
                f"The order is held while shares of {label} are located to sell short.",
            )
        if opens is not None and order.terms.order_type not in ON_CLOSE and opens != order.terms.good_after:
            return (
                Notice.QUEUED,
                f"The order will not go to the exchange until {opens:%Y-%m-%d %H:%M:%S} UTC: {label} is closed.",
            )
        if not order.is_asleep and self._market.tape.is_halted(order.terms.instrument_id):
            return Notice.HALTED, f"Trading in {label} is halted; the order waits."
        return None
