"""The order desk: accepts, changes, cancels, triggers, fills and expires orders, and books what they trade."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import TimeInForce
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import CommissionReport, VenueStatus
from qe_dashboard.sim_venue import checks
from qe_dashboard.sim_venue.accounts import Accounts
from qe_dashboard.sim_venue.book import OrderBook, VenueOrder
from qe_dashboard.sim_venue.checks import Refusal
from qe_dashboard.sim_venue.events import (
    AccountChanged,
    CancelRefused,
    CommissionCharged,
    Executed,
    NewOrder,
    OrderChanged,
    OrderRefused,
    PositionChanged,
    RefusalReason,
    VenueEvent,
)
from qe_dashboard.sim_venue.ids import IdBook
from qe_dashboard.sim_venue.ledger import commission_due
from qe_dashboard.sim_venue.market import Market, step_of
from qe_dashboard.sim_venue.matching import Liquidity, Trade, find_trade, is_marketable, is_triggered
from qe_dashboard.sim_venue.universe import Listing, Universe


class OrderDesk:
    """All orders of the venue. Every method gets the time it acts at; events go to `events` in order."""

    def __init__(
        self,
        *,
        account: AccountId,
        seed: int,
        universe: Universe,
        market: Market,
        accounts: Accounts,
        ids: IdBook,
        events: list[VenueEvent],
    ) -> None:
        self.book = OrderBook()
        self.fills: list[Fill] = []
        self._account = account
        self._seed = seed
        self._universe = universe
        self._market = market
        self._accounts = accounts
        self._ids = ids
        self._events = events
        self._liquidity = Liquidity()

    # commands -------------------------------------------------------------------------------------------------------

    def accept(self, order: NewOrder, *, now: datetime) -> None:
        """Take a new order into the book and let it trade at once, or refuse it."""
        listing = self._universe.get(order.spec.instrument_id)
        checked = self._check_new(order, listing, now=now)
        if isinstance(checked, Refusal):
            self._refuse(order, checked, now=now, is_modify=False)
            return
        placed = VenueOrder(
            key=order.key,
            perm_id=self._ids.next_perm_id(),
            order_ref=order.order_ref,
            account=order.account,
            listing=checked,
            spec=order.spec,
            status=VenueStatus.WORKING,
            placed_at=now,
            updated_at=now,
        )
        if placed.awaits_trigger:
            placed.status = VenueStatus.HELD
        self.book.add(placed)
        self._changed(placed)
        self._work(placed, now=now)

    def change(self, order: NewOrder, *, now: datetime) -> None:
        """Give a working order new terms, or refuse them."""
        found = self._check_change(order, now=now)
        if isinstance(found, Refusal):
            self._refuse(order, found, now=now, is_modify=True)
            return
        found.spec = order.spec
        found.resting = False
        found.updated_at = now
        self._changed(found)
        self._work(found, now=now)

    def cancel(self, key: OrderKey, *, by: int, now: datetime) -> None:
        """Cancel an order for the client that placed it, or refuse."""
        found = self._check_cancel(key, by=by)
        if isinstance(found, Refusal):
            named = self.book.get(key)
            snapshot = None if named is None else named.snapshot()
            self._events.append(CancelRefused(key, found.reason, found.text, now, snapshot))
            return
        self._end(found, VenueStatus.CANCELLED, "", now=now)

    def cancel_all(self, *, now: datetime) -> None:
        """Cancel whatever works."""
        for order in self.book.open():
            self._end(order, VenueStatus.CANCELLED, "cancelled with all orders of the account", now=now)

    # time -----------------------------------------------------------------------------------------------------------

    def match(self, *, now: datetime) -> None:
        """Let every working order trade in the step of a moment."""
        for order in self.book.open():
            self._work(order, now=now)

    def unrest(self) -> None:
        """After a gap the market reopens: what it ran through in between trades at the prices of now."""
        for order in self.book.open():
            order.resting = False

    def expire(self, *, now: datetime, day_ended: bool) -> None:
        """End DAY orders with their day, and every order with its contract."""
        for order in self.book.open():
            if checks.has_expired(order.listing.instrument, now):
                self._end(order, VenueStatus.EXPIRED, "the contract expired", now=now)
            elif day_ended and order.spec.time_in_force is TimeInForce.DAY:
                self._end(order, VenueStatus.EXPIRED, "the day it was good for ended", now=now)

    def forget_before(self, moment: datetime) -> None:
        """Drop closed orders and executions from before a moment."""
        self.book.forget_closed_before(moment)
        self.fills[:] = [fill for fill in self.fills if fill.at >= moment]

    # checks ---------------------------------------------------------------------------------------------------------

    def _check_new(self, order: NewOrder, listing: Listing | None, *, now: datetime) -> Listing | Refusal:
        client, order_id = order.key.client_id, order.key.order_id
        if self._ids.is_used(order.key):
            text = f"Duplicate order id {order_id}: the next free one is {self._ids.next_valid_id(client)}."
            return Refusal(RefusalReason.DUPLICATE_ID, text)
        self._ids.use(order.key)
        if listing is None:
            return checks.unknown_contract(order.spec)
        refusal = (
            checks.check_account(order, self._account)
            or checks.check_contract(listing.instrument, now=now)
            or checks.check_terms(listing.instrument, order.spec)
            or self._check_margin(listing, order, added=order.spec.signed_quantity, now=now)
        )
        return refusal or listing

    def _check_change(self, order: NewOrder, *, now: datetime) -> VenueOrder | Refusal:
        found = self.book.get(order.key)
        if found is None:
            return Refusal(RefusalReason.NO_SUCH_ORDER, f"There is no order {order.key} to change.")
        refusal = (
            checks.check_account(order, self._account)
            or checks.closed_refusal(found)
            or checks.check_change(found, order.spec)
            or checks.check_terms(found.listing.instrument, order.spec)
        )
        if refusal is None and order.spec.quantity > found.spec.quantity:
            remaining = (order.spec.quantity - found.filled) * order.spec.side.sign
            refusal = self._check_margin(found.listing, order, added=remaining, now=now)
        return refusal or found

    def _check_cancel(self, key: OrderKey, *, by: int) -> VenueOrder | Refusal:
        found = self.book.get(key)
        if found is None:
            return Refusal(RefusalReason.NO_SUCH_ORDER, f"There is no order {key} to cancel.")
        if by != key.client_id:
            text = f"Order {key} belongs to client {key.client_id}; client {by} cannot cancel it."
            return Refusal(RefusalReason.NOT_YOURS, text)
        return checks.closed_refusal(found) or found

    def _check_margin(
        self, listing: Listing, order: NewOrder, *, added: Decimal, now: datetime
    ) -> Refusal | None:
        touch = self._market.touch(listing, step_of(now))
        price = checks.reference_price(order.spec, bid=touch.bid, ask=touch.ask)
        missing = self._accounts.shortfall(listing, quantity=added, price=price, now=now)
        return checks.check_margin(missing, currency=listing.instrument.currency)

    def _refuse(self, order: NewOrder, refusal: Refusal, *, now: datetime, is_modify: bool) -> None:
        self._events.append(
            OrderRefused(order=order, reason=refusal.reason, text=refusal.text, at=now, is_modify=is_modify)
        )

    # trading --------------------------------------------------------------------------------------------------------

    def _work(self, order: VenueOrder, *, now: datetime) -> None:
        """Trigger and trade one order in the step of now; what must not rest ends here."""
        step = step_of(now)
        touch = self._market.touch(order.listing, step)
        if order.awaits_trigger:
            if not is_triggered(order, touch):
                return
            order.triggered = True
            order.status = VenueStatus.WORKING
            order.updated_at = now
            self._changed(order)
        left = self._liquidity.left(order, touch, step)
        trade = find_trade(order, touch, step=step, left=left, seed=self._seed)
        tif = order.spec.time_in_force
        if tif is TimeInForce.FOK and (trade is None or trade.quantity < order.remaining):
            shown = Decimal(0) if trade is None else trade.quantity
            text = f"fill or kill: {shown} of {order.remaining} were on offer"
            self._end(order, VenueStatus.CANCELLED, text, now=now)
            return
        if trade is not None:
            self._fill(order, trade, now=now)
        if order.is_open and tif is TimeInForce.IOC:
            self._end(
                order, VenueStatus.CANCELLED, "immediate or cancel: the rest found no counterparty", now=now
            )
        if not is_marketable(order, touch):
            order.resting = True

    def _fill(self, order: VenueOrder, trade: Trade, *, now: datetime) -> None:
        instrument, price = order.listing.instrument, trade.price
        self._liquidity.take(order, trade.quantity)
        order.filled += trade.quantity
        order.traded += trade.quantity * price
        order.last_price = price
        order.updated_at = now
        commission = commission_due(order.listing, filled=order.filled, charged=order.commission)
        order.commission += commission
        profit = self._accounts.book(
            order.listing,
            quantity=trade.quantity * order.spec.side.sign,
            price=price,
            commission=commission,
        )
        realized = None if profit is None else Money(profit - commission, instrument.currency)
        fill = Fill(
            exec_id=self._ids.next_exec_id(),
            key=order.key,
            perm_id=order.perm_id,
            order_ref=order.order_ref,
            account=order.account,
            instrument_id=instrument.id,
            side=order.spec.side,
            quantity=trade.quantity,
            price=price,
            currency=instrument.currency,
            at=now,
        )
        report = CommissionReport(fill.exec_id, Money(commission, instrument.currency), realized)
        self.fills.append(replace(fill, commission=report.commission, realized=realized))
        self._events.append(Executed(fill, instrument, order.filled, order.traded / order.filled))
        if order.remaining == 0:
            self._end(order, VenueStatus.FILLED, "", now=now)
        else:
            self._changed(order)
        self._events.append(CommissionCharged(report, order.key))
        self._events.append(PositionChanged(self._accounts.position(order.listing, now=now)))
        self._events.append(AccountChanged(self._accounts.values(now=now)))

    def _end(self, order: VenueOrder, status: VenueStatus, reason: str, *, now: datetime) -> None:
        order.status, order.reason, order.updated_at = status, reason, now
        self.book.close(order)
        self._changed(order)

    def _changed(self, order: VenueOrder) -> None:
        self._events.append(OrderChanged(order.snapshot()))
