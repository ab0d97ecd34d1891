"""The trading floor: what prices and time do to orders in the book, and what one order does to its family and group.

Children work when their parent is filled completely and end when it ends otherwise. An order of an OCA group that
trades shrinks or cancels the others; one that is cancelled takes them along, one that expires does not.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import CommissionReport, VenueStatus
from qe_dashboard.sim_venue import checks
from qe_dashboard.sim_venue.accounts import Accounts
from qe_dashboard.sim_venue.book import OrderBook, VenueOrder
from qe_dashboard.sim_venue.events import (
    AccountChanged,
    CommissionCharged,
    Executed,
    Notice,
    OrderChanged,
    OrderNoticed,
    PositionChanged,
    VenueEvent,
)
from qe_dashboard.sim_venue.hours import Calendar
from qe_dashboard.sim_venue.ids import IdBook
from qe_dashboard.sim_venue.ledger import commission_due
from qe_dashboard.sim_venue.market import Market, Touch
from qe_dashboard.sim_venue.matching import (
    Liquidity,
    Trade,
    find_trade,
    is_idle,
    is_marketable,
    is_triggered,
    trailed_stop,
)
from qe_dashboard.sim_venue.tape import step_of
from qe_dashboard.sim_venue.terms import IMMEDIATE, ON_CLOSE, OcaType, VenueOrderType, VenueTif
from qe_dashboard.sim_venue.universe import CURRENCY
from qe_dashboard.sim_venue.waiting import Waiting

_NOTHING = Decimal(0)


class Floor:
    """Orders that are in the market or wait to be. Every method gets the time it acts at."""

    def __init__(
        self,
        *,
        seed: int,
        market: Market,
        accounts: Accounts,
        ids: IdBook,
        calendar: Calendar,
        waiting: Waiting,
        events: list[VenueEvent],
    ) -> None:
        self.book = OrderBook()
        self.fills: list[Fill] = []
        self._seed = seed
        self._market = market
        self._accounts = accounts
        self._ids = ids
        self._calendar = calendar
        self._waiting = waiting
        self._events = events
        self._liquidity = Liquidity()
        self._next_due: datetime | None = None
        self._group_fills: list[tuple[VenueOrder, Decimal]] = []
        """Fills whose OCA groups hear of them at the end of the step, each with what remained before it."""

    # in and out -----------------------------------------------------------------------------------------------------

    def enter(self, order: VenueOrder, *, now: datetime) -> None:
        """Take an order into the book and say how it stands there."""
        order.expires_at = self._waiting.expiry(order, now)
        self._arrange(order, now=now)
        self.book.add(order)
        self._changed(order)
        self._explain(order, now=now)

    def change(self, order: VenueOrder, *, now: datetime) -> None:
        """Let an order whose terms are new take its place anew."""
        order.resting = False
        order.updated_at = now
        order.expires_at = self._waiting.expiry(order, now)
        self._arrange(order, now=now)
        self.book.place(order)
        self._changed(order)
        self._explain(order, now=now)

    def begin(self, order: VenueOrder, *, now: datetime) -> None:
        """Let an order that came or changed trade at once, if it may."""
        if not order.is_open:
            return
        is_immediate = order.terms.time_in_force in IMMEDIATE
        if order.is_asleep:
            if is_immediate and order.wakes_at is not None and order.terms.good_after is None:
                self.end(order, VenueStatus.CANCELLED, "the market is closed", now=now)
        elif self._market.tape.is_halted(order.terms.instrument_id):
            if is_immediate:
                self.end(order, VenueStatus.CANCELLED, "trading is halted", now=now)
        else:
            self._work(order, self._market.touch(order.listing, step_of(now)), now=now)
        self._tell_groups(now=now)

    def cancel(self, order: VenueOrder, reason: str, *, now: datetime) -> None:
        """Cancel an order and with it the rest of its OCA group."""
        self.end(order, VenueStatus.CANCELLED, reason, now=now)
        for other in self.book.group(order.terms.oca_group):
            if other.is_open:
                text = f"order {order.key} of its OCA group was cancelled"
                self.end(other, VenueStatus.CANCELLED, text, now=now)

    def end(self, order: VenueOrder, status: VenueStatus, reason: str, *, now: datetime) -> None:
        """End an order that does not fill any more, and its children."""
        self._close(order, status, reason, now=now)
        for child in self.book.children(order.key):
            if child.is_open and child.waits_for_parent:
                text = f"its parent {order.key} is {status}"
                self.end(child, VenueStatus.CANCELLED, text, now=now)

    # time and prices ------------------------------------------------------------------------------------------------

    def match(self, *, now: datetime) -> None:
        """Let every order trade that the step of a moment concerns."""
        step = step_of(now)
        for orders in self.book.awake():
            listing = orders[0].listing
            sec_type = listing.instrument.sec_type
            is_halted = self._market.tape.is_halted(listing.instrument.id)
            regular = not is_halted and self._calendar.is_open(sec_type, now, extended=False)
            extended = not is_halted and self._calendar.is_open(sec_type, now, extended=True)
            touch = self._market.touch(listing, step)
            for order in orders:
                if not (regular or (extended and order.terms.outside_rth)):
                    # When its market opens again it meets the price of then, like a newcomer.
                    order.resting = False
                elif order.is_open and not is_idle(order, touch):
                    self._work(order, touch, now=now)
        self._tell_groups(now=now)

    def pass_time(self, *, now: datetime) -> None:
        """Expire and wake the orders whose time has come."""
        if self._next_due is None or now < self._next_due:
            return
        for order in self.book.open():
            if not order.is_open:
                continue
            if order.expires_at is not None and order.expires_at <= now:
                self.end(order, VenueStatus.EXPIRED, _expiry_reason(order, now), now=now)
            elif order.wakes_at is not None and order.wakes_at <= now:
                self._wake(order, now=now)
        self._tell_groups(now=now)
        self.reschedule()

    def unrest(self) -> None:
        """After a gap the market reopens: what it ran through in between trades at the prices of now."""
        for order in self.book.open():
            order.resting = False

    def reschedule(self) -> None:
        """Find the next moment at which time alone changes an order."""
        self._next_due = min(
            (due for order in self.book.open() if (due := order.due) is not None), default=None
        )

    def forget_before(self, moment: datetime) -> None:
        """Drop closed orders and executions from before a moment."""
        self.book.forget_closed_before(moment)
        self.fills[:] = [fill for fill in self.fills if fill.at >= moment]

    def find_shares(self, *, now: datetime) -> None:
        """Let short sales go that wait for shares which can be had now."""
        for order in self.book.open():
            if order.waits_for_shares and order.is_open:
                self._rearrange(order, now=now)
        self._tell_groups(now=now)

    # places in the book ---------------------------------------------------------------------------------------------

    def _arrange(self, order: VenueOrder, *, now: datetime) -> None:
        """Find out what keeps an order from the market."""
        waits = order.waits_for_parent
        order.wakes_at = None if waits else self._waiting.wakes_at(order, now)
        order.waits_for_shares = not waits and self._waiting.lacks_shares(order)
        if (
            order.terms.order_type is VenueOrderType.TRAIL
            and order.trail_stop is None
            and not order.is_asleep
        ):
            last = self._market.touch(order.listing, step_of(now)).last
            order.trail_stop = order.terms.stop_price or trailed_stop(order, last)
        is_held = order.is_asleep or order.awaits_trigger
        order.status = VenueStatus.HELD if is_held else VenueStatus.WORKING
        due = order.due
        if due is not None and (self._next_due is None or due < self._next_due):
            self._next_due = due

    def _rearrange(self, order: VenueOrder, *, now: datetime) -> None:
        self._arrange(order, now=now)
        self.book.place(order)
        order.updated_at = now
        self._changed(order)
        self._explain(order, now=now)
        self.begin(order, now=now)

    def _wake(self, order: VenueOrder, *, now: datetime) -> None:
        at_close = order.terms.order_type in ON_CLOSE and order.wakes_at != order.terms.good_after
        if at_close and not order.waits_for_shares:
            self._auction(order, now=now)
        else:
            self._rearrange(order, now=now)

    def _explain(self, order: VenueOrder, *, now: datetime) -> None:
        """Say what holds up an order that its client expects to work."""
        why = self._waiting.explanation(order)
        if why is not None:
            notice, text = why
            until = order.wakes_at if notice is Notice.QUEUED else None
            self._events.append(OrderNoticed(order.snapshot(), notice, text, until, now))

    # trading --------------------------------------------------------------------------------------------------------

    def _work(self, order: VenueOrder, touch: Touch, *, now: datetime) -> None:
        """Trigger and trade one order in the step of now; what must not rest ends here."""
        if order.awaits_trigger:
            if order.terms.order_type is VenueOrderType.TRAIL and not is_triggered(order, touch):
                order.trail_stop = trailed_stop(order, touch.last)
            if not is_triggered(order, touch):
                return
            order.triggered = True
            order.status = VenueStatus.WORKING
            order.updated_at = now
            self._changed(order)
        step = step_of(now)
        left = self._liquidity.left(order, touch, step)
        trade = find_trade(order, touch, step=step, left=left, seed=self._seed)
        tif = order.terms.time_in_force
        if tif is VenueTif.FOK and (trade is None or trade.quantity < order.remaining):
            shown = _NOTHING if trade is None else trade.quantity
            text = f"fill or kill: {shown} of {order.remaining} were on offer"
            self.end(order, VenueStatus.CANCELLED, text, now=now)
            return
        if trade is not None:
            self._liquidity.take(order, trade.quantity)
            self._fill(order, trade, now=now)
        if order.is_open and tif is VenueTif.IOC:
            text = "immediate or cancel: the rest found no counterparty"
            self.end(order, VenueStatus.CANCELLED, text, now=now)
        if not is_marketable(order, touch):
            order.resting = True

    def _auction(self, order: VenueOrder, *, now: datetime) -> None:
        """Trade an on-close order at the closing price, whole: the auction takes any size."""
        touch = self._market.touch(order.listing, step_of(now))
        close, limit = touch.last, order.limit
        buys = order.terms.side is OrderSide.BUY
        if self._market.tape.is_halted(order.terms.instrument_id):
            self.end(order, VenueStatus.CANCELLED, "trading was halted at the close", now=now)
        elif limit is not None and (close > limit if buys else close < limit):
            self.end(order, VenueStatus.CANCELLED, f"the close at {close} was beyond its limit", now=now)
        else:
            self._fill(order, Trade(close, order.remaining), now=now)

    def _fill(self, order: VenueOrder, trade: Trade, *, now: datetime) -> None:
        instrument, price, before = order.listing.instrument, trade.price, order.remaining
        order.filled += trade.quantity
        order.traded += trade.quantity * price
        order.last_price = price
        order.updated_at = now
        commission = commission_due(order.listing, filled=order.filled, charged=order.commission)
        order.commission += commission
        profit = self._accounts.book(
            order.listing,
            quantity=trade.quantity * order.terms.side.sign,
            price=price,
            commission=commission,
        )
        realized = None if profit is None else Money(profit - commission, CURRENCY)
        fill = Fill(
            exec_id=self._ids.next_exec_id(),
            key=order.key,
            perm_id=order.perm_id,
            order_ref=order.order_ref,
            account=order.account,
            instrument_id=instrument.id,
            side=order.terms.side,
            quantity=trade.quantity,
            price=price,
            currency=instrument.currency,
            at=now,
        )
        report = CommissionReport(fill.exec_id, Money(commission, CURRENCY), realized)
        self.fills.append(replace(fill, commission=report.commission, realized=realized))
        self._events.append(Executed(fill, instrument, order.filled, order.traded / order.filled))
        if order.remaining == 0:
            self._close(order, VenueStatus.FILLED, "", now=now)
        else:
            self._changed(order)
        self._events.append(CommissionCharged(report, order.key))
        self._events.append(PositionChanged(self._accounts.position(order.listing, now=now)))
        self._events.append(AccountChanged(self._accounts.values(now=now)))
        if order.terms.oca_type is OcaType.REDUCE:
            self._group_fills.append((order, before))
        else:
            self._tell_group(order, before, now=now)
        if order.status is VenueStatus.FILLED:
            self._wake_children(order, now=now)

    def _wake_children(self, parent: VenueOrder, *, now: datetime) -> None:
        for child in self.book.children(parent.key):
            if child.is_open and child.waits_for_parent:
                child.waits_for_parent = False
                self._rearrange(child, now=now)

    def _tell_groups(self, *, now: datetime) -> None:
        """Shrink or cancel the orders whose OCA group has traded."""
        told, self._group_fills = self._group_fills, []
        for order, before in told:
            self._tell_group(order, before, now=now)

    def _tell_group(self, order: VenueOrder, before: Decimal, *, now: datetime) -> None:
        for other in self.book.group(order.terms.oca_group):
            if other is not order and other.is_open:
                self._shrink(other, order, before, now=now)

    def _shrink(self, other: VenueOrder, order: VenueOrder, before: Decimal, *, now: datetime) -> None:
        left = _NOTHING
        if order.terms.oca_type is not OcaType.CANCEL:
            increment = other.listing.instrument.size_increment
            left = other.remaining * order.remaining / before // increment * increment
        if left <= 0:
            text = f"order {order.key} of its OCA group traded"
            self.end(other, VenueStatus.CANCELLED, text, now=now)
        else:
            other.terms = replace(other.terms, quantity=other.filled + left)
            other.updated_at = now
            self._changed(other)

    # words ----------------------------------------------------------------------------------------------------------

    def _close(self, order: VenueOrder, status: VenueStatus, reason: str, *, now: datetime) -> None:
        order.status, order.reason, order.updated_at = status, reason, now
        self.book.close(order)
        self._changed(order)

    def _changed(self, order: VenueOrder) -> None:
        self._events.append(OrderChanged(order.snapshot()))


def _expiry_reason(order: VenueOrder, now: datetime) -> str:
    if checks.has_expired(order.listing.instrument, now):
        return "the contract expired"
    if order.terms.time_in_force is VenueTif.GTD:
        return "the time it was good until has come"
    return "the day it was good for ended"
