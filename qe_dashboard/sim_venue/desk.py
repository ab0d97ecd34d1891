"""The order desk: takes, changes and cancels orders for their clients, and refuses what the rules forbid."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue import checks
from qe_dashboard.sim_venue.accounts import Accounts, WhatIf
from qe_dashboard.sim_venue.book import VenueOrder
from qe_dashboard.sim_venue.checks import Refusal
from qe_dashboard.sim_venue.events import (
    CancelRefused,
    NewOrder,
    OrderChanged,
    OrderRefused,
    RefusalReason,
    VenueEvent,
)
from qe_dashboard.sim_venue.floor import Floor
from qe_dashboard.sim_venue.ids import IdBook
from qe_dashboard.sim_venue.market import Market
from qe_dashboard.sim_venue.tape import step_of
from qe_dashboard.sim_venue.terms import OcaType, VenueTerms
from qe_dashboard.sim_venue.universe import CURRENCY, Listing, Universe

EVERYTHING = frozenset({SecType.STOCK, SecType.FUTURE, SecType.FOREX})


class OrderDesk:
    """What clients ask of the venue. Every method gets the time it acts at; events go to `events` in order."""

    def __init__(
        self,
        *,
        account: AccountId,
        universe: Universe,
        market: Market,
        accounts: Accounts,
        ids: IdBook,
        floor: Floor,
        events: list[VenueEvent],
    ) -> None:
        self.permitted = EVERYTHING
        self.floor = floor
        self.book = floor.book
        self._account = account
        self._universe = universe
        self._market = market
        self._accounts = accounts
        self._ids = ids
        self._events = events

    # commands -------------------------------------------------------------------------------------------------------

    def accept(self, order: NewOrder, *, now: datetime) -> None:
        """Take a new order, and send it to the floor with its family when it is transmitted, or refuse it."""
        listing = self._check_new(order, now=now)
        if isinstance(listing, Refusal):
            self._refuse(order, listing, now=now, is_modify=False)
            return
        self.book.drafts[order.key] = VenueOrder(
            key=order.key,
            perm_id=0,
            order_ref=order.order_ref,
            account=order.account,
            listing=listing,
            terms=order.terms,
            status=VenueStatus.PENDING_SUBMIT,
            placed_at=now,
            updated_at=now,
        )
        if order.terms.transmit:
            self._transmit(order.key, now=now)

    def change(self, order: NewOrder, *, now: datetime) -> None:
        """Give an order new terms, or refuse them; untransmitted terms of a live order wait elsewhere, unheard."""
        draft = self.book.drafts.get(order.key)
        found = (
            self._check_change(order, now=now) if draft is None else self._check_draft(order, draft, now=now)
        )
        if isinstance(found, Refusal):
            self._refuse(order, found, now=now, is_modify=True)
        elif draft is not None:
            draft.terms, draft.updated_at = order.terms, now
            if order.terms.transmit:
                self._transmit(order.key, now=now)
        elif order.terms.transmit:
            if _trail(found.terms) != _trail(order.terms):
                found.trail_stop = None
            old = found.terms
            found.terms = replace(order.terms, oca_group=old.oca_group, oca_type=old.oca_type)
            self.floor.change(found, now=now)
            self.floor.begin(found, now=now)

    def cancel(self, key: OrderKey, *, by: int, now: datetime) -> None:
        """Cancel an order for the client that placed it, or refuse."""
        if key in self.book.drafts and by == key.client_id:
            self._discard(key, now=now)
            return
        found = self._check_cancel(key, by=by)
        if isinstance(found, Refusal):
            named = self.book.get(key)
            snapshot = None if named is None else named.snapshot()
            self._events.append(CancelRefused(key, found.reason, found.text, now, snapshot))
            return
        self.floor.cancel(found, "", now=now)

    def cancel_all(self, *, now: datetime) -> None:
        """Cancel whatever works and drop what was not transmitted."""
        for key in tuple(self.book.drafts):
            if key in self.book.drafts:
                self._discard(key, now=now)
        for order in self.book.open():
            if order.is_open:
                text = "cancelled with all orders of the account"
                self.floor.end(order, VenueStatus.CANCELLED, text, now=now)

    def preview(self, listing: Listing, terms: VenueTerms, *, now: datetime) -> WhatIf:
        """Return what an order would do to the account."""
        price = self._reference_price(listing, terms, now=now)
        return self._accounts.preview(listing, quantity=terms.signed_quantity, price=price, now=now)

    def break_off(self, key: OrderKey, reason: str, *, now: datetime) -> None:
        """Cancel a working order that nobody asked to cancel. Raises KeyError when there is none."""
        self.floor.cancel(self._working(key), reason, now=now)

    def renumber(self, key: OrderKey, *, now: datetime) -> None:
        """Give a working order another permId, as a fault. Raises KeyError when there is none."""
        order = self._working(key)
        order.perm_id, order.updated_at = self._ids.next_perm_id(), now
        self._events.append(OrderChanged(order.snapshot()))

    def _working(self, key: OrderKey) -> VenueOrder:
        found = self.book.get(key)
        if found is None or not found.is_open:
            raise KeyError(f"order {key} does not work at this venue")
        return found

    # families -------------------------------------------------------------------------------------------------------

    def _transmit(self, key: OrderKey, *, now: datetime) -> None:
        """Send an order and its untransmitted relatives to the floor, parents first, and then let them trade."""
        family, entered = self.book.family(key), []
        for order in family:
            del self.book.drafts[order.key]
        for order in family:
            refusal = self._check_entry(order, now=now)
            if refusal is not None:
                sent = NewOrder(order.key, order.account, order.order_ref, order.terms)
                self._refuse(sent, refusal, now=now, is_modify=False)
                continue
            self._join(order)
            self.floor.enter(order, now=now)
            # One that waits for its parent is let go by the parent's fill.
            if not order.waits_for_parent:
                entered.append(order)
        for order in entered:
            self.floor.begin(order, now=now)

    def _join(self, order: VenueOrder) -> None:
        """Tie an order to its parent; children without a group of their own form one, as at IBKR."""
        order.perm_id = self._ids.next_perm_id()
        parent = None if order.parent is None else self.book.get(order.parent)
        if parent is None:
            return
        order.parent_perm_id = parent.perm_id
        order.waits_for_parent = parent.is_open
        if not order.terms.oca_group:
            order.terms = replace(order.terms, oca_group=str(parent.perm_id), oca_type=OcaType.REDUCE)

    def _discard(self, key: OrderKey, *, now: datetime) -> None:
        """Cancel an untransmitted order and its children."""
        draft = self.book.drafts.pop(key)
        draft.status, draft.updated_at = VenueStatus.CANCELLED, now
        self._events.append(OrderChanged(draft.snapshot()))
        for child in tuple(self.book.drafts.values()):
            if child.parent == key and child.key in self.book.drafts:
                self._discard(child.key, now=now)

    # checks ---------------------------------------------------------------------------------------------------------

    def _check_new(self, order: NewOrder, *, now: datetime) -> Listing | Refusal:
        client, order_id = order.key.client_id, order.key.order_id
        if self._ids.is_used(order.key):
            text = f"Duplicate order id {order_id}: the next free one is {self._ids.next_valid_id(client)}."
            return Refusal(RefusalReason.DUPLICATE_ID, text)
        self._ids.use(order.key)
        return self._check_request(order, now=now)

    def _check_request(self, order: NewOrder, *, now: datetime) -> Listing | Refusal:
        listing = self._universe.get(order.terms.instrument_id)
        if listing is None:
            return checks.unknown_contract(order.terms)
        refusal = (
            checks.check_account(order, self._account)
            or checks.check_contract(listing.instrument, now=now)
            or checks.check_permission(listing.instrument, self.permitted)
            or checks.check_terms(listing.instrument, order.terms, now=now)
        )
        return refusal or listing

    def _check_entry(self, order: VenueOrder, *, now: datetime) -> Refusal | None:
        """Check what depends on other orders and on the account, when an order goes to the floor."""
        parent = None if order.parent is None else self.book.get(order.parent)
        group = order.terms.oca_group
        refusal = checks.check_parent(order.terms, parent)
        if refusal is None and group:
            has_traded = self.book.group_has_traded(group)
            refusal = checks.check_group(order.terms, self.book.group(group), has_traded=has_traded)
        if refusal is None and (parent is None or not parent.is_open):
            # A child costs nothing until its parent has traded, and most children shrink what it opens.
            refusal = self._check_margin(order.listing, order.terms, order.terms.signed_quantity, now=now)
        return refusal

    def _check_draft(self, order: NewOrder, draft: VenueOrder, *, now: datetime) -> VenueOrder | Refusal:
        listing = self._check_request(order, now=now)
        if isinstance(listing, Refusal):
            return listing
        draft.listing = listing
        return draft

    def _check_change(self, order: NewOrder, *, now: datetime) -> VenueOrder | Refusal:
        found = self.book.get(order.key)
        if found is None:
            return Refusal(RefusalReason.NO_SUCH_ORDER, f"There is no order {order.key} to change.")
        refusal = (
            checks.check_account(order, self._account)
            or checks.closed_refusal(found)
            or checks.check_change(found, order.terms)
            or checks.check_terms(found.listing.instrument, order.terms, now=now)
        )
        if refusal is None and order.terms.quantity > found.terms.quantity and not found.waits_for_parent:
            remaining = (order.terms.quantity - found.filled) * order.terms.side.sign
            refusal = self._check_margin(found.listing, order.terms, remaining, now=now)
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
        self, listing: Listing, terms: VenueTerms, added: Decimal, *, now: datetime
    ) -> Refusal | None:
        price = self._reference_price(listing, terms, now=now)
        missing = self._accounts.shortfall(listing, quantity=added, price=price, now=now)
        return checks.check_margin(missing, currency=CURRENCY)

    def _reference_price(self, listing: Listing, terms: VenueTerms, *, now: datetime) -> Decimal:
        touch = self._market.touch(listing, step_of(now))
        return checks.reference_price(terms, bid=touch.bid, ask=touch.ask)

    def _refuse(self, order: NewOrder, refusal: Refusal, *, now: datetime, is_modify: bool) -> None:
        self._events.append(
            OrderRefused(order=order, reason=refusal.reason, text=refusal.text, at=now, is_modify=is_modify)
        )


def _trail(terms: VenueTerms) -> tuple[Decimal | None, ...]:
    return terms.trail_amount, terms.trail_percent, terms.stop_price
