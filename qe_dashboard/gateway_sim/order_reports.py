"""What clients are told about orders: openOrder and orderStatus in the sequences of TWS (reference 4.7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.gateway_sim import encode_orders as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim.encode_executions import EXECUTION_ZONE
from qe_dashboard.gateway_sim.hub import TWS, Client, Hub
from qe_dashboard.gateway_sim.order_request import PlaceOrder
from qe_dashboard.gateway_sim.order_terms import plain_terms, terms_in_force
from qe_dashboard.gateway_sim.order_view import Completion, OrderState, OrderView
from qe_dashboard.gateway_sim.timestamps import stamp
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import CommissionReport, VenueStatus
from qe_dashboard.sim_venue.events import CancelRefused, OrderNoticed, OrderRefused, OrderSnapshot
from qe_dashboard.sim_venue.terms import VenueOrderType

API_STATUS: dict[VenueStatus, str] = {
    VenueStatus.PENDING_SUBMIT: "PendingSubmit",
    VenueStatus.HELD: "PreSubmitted",
    VenueStatus.WORKING: "Submitted",
    VenueStatus.PENDING_CANCEL: "PendingCancel",
    VenueStatus.FILLED: "Filled",
    VenueStatus.CANCELLED: "Cancelled",
    VenueStatus.REJECTED: "Inactive",
    VenueStatus.EXPIRED: "Cancelled",
}
CLOSED = {VenueStatus.FILLED, VenueStatus.CANCELLED, VenueStatus.REJECTED, VenueStatus.EXPIRED}
PRE_SUBMITTED = "PreSubmitted"
# The permId of an order that its client discards before it was transmitted.
NEVER_TRANSMITTED = 0
_FALSE_CANCELS = {
    refusals.CANCELLED: "Order Canceled - reason:",
    refusals.TIF_PRESET: refusals.TIF_PRESET_TEXT,
}


@dataclass(slots=True)
class Record:
    """What is remembered of an order beside what the venue knows."""

    terms: PlaceOrder
    exchange: str
    announced: bool = False
    worked: bool = False


class OrderReports:
    """Joins what a client sent with what the venue says, and reports it."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._records: dict[OrderKey, Record] = {}
        self._cancelling: set[OrderKey] = set()

    def remember(self, key: OrderKey, terms: PlaceOrder, exchange: str) -> None:
        """Keep what a client sent for an order that goes to the venue."""
        self._records[key] = Record(terms, exchange)

    def is_known(self, key: OrderKey) -> bool:
        """Tell whether an order was sent to the venue and not refused there."""
        return key in self._records

    def begin_cancel(self, key: OrderKey) -> bool:
        """Note that a cancel goes to the venue; False when one is on its way already (161)."""
        if key in self._cancelling:
            return False
        self._cancelling.add(key)
        return True

    # the venue's events ---------------------------------------------------------------------------------------------

    def on_changed(self, order: OrderSnapshot) -> None:
        """Report an order to those who watch it."""
        if order.status in CLOSED:
            self._cancelling.discard(order.key)
        if order.perm_id == NEVER_TRANSMITTED:
            self._records.pop(order.key, None)
            self._tell_owner(order.key, refusals.CANCELLED, "Order Canceled - reason:")
            return
        record = self._record(order)
        is_new, record.announced = not record.announced, True
        starts_to_work = order.status is VenueStatus.WORKING and not record.worked
        record.worked = record.worked or starts_to_work
        for client in self._hub.watchers(order.key):
            self._report_change(client, order, is_new=is_new)
        code, owner = self._hub.faults.false_cancel, self._hub.owner(order.key)
        if (
            code
            and owner is not None
            and starts_to_work
            and order.terms.order_type is not VenueOrderType.MARKET
        ):
            owner.error(code, _FALSE_CANCELS[code], about=self._hub.wire_key(order.key).order_id)

    def on_commissions(self, key: OrderKey, reports: Sequence[CommissionReport]) -> None:
        """Report an order once more, with what its fills of this moment cost."""
        order = self._hub.venue.order(key)
        if order is None:
            return
        cost = sum((report.commission.amount for report in reports), Decimal(0))
        for client in self._hub.watchers(key):
            view = self._view(order, API_STATUS[order.status], cost)
            client.send(encode.open_order(client.version, view))

    def on_refused(self, refused: OrderRefused) -> None:
        """Report a refusal with its code. A refused modification leaves the order as it was."""
        key = refused.order.key
        if not refused.is_modify:
            self._records.pop(key, None)
        code, text = refusals.of_order(refused)
        self._tell_owner(key, code, text)

    def on_noticed(self, noticed: OrderNoticed) -> None:
        """Report something to know about a living order (399, 404)."""
        code, text = refusals.of_notice(noticed)
        self._tell_owner(noticed.order.key, code, text)

    def on_cancel_refused(self, refused: CancelRefused) -> None:
        """Report why a cancel did nothing."""
        self._cancelling.discard(refused.key)
        state = "" if refused.order is None else API_STATUS[refused.order.status]
        order_id = self._hub.wire_key(refused.key).order_id
        code, text = refusals.of_cancel(refused, state=state, order_id=order_id)
        self._tell_owner(refused.key, code, text)

    # answers --------------------------------------------------------------------------------------------------------

    def send_open(self, client: Client, wanted: Callable[[OrderSnapshot], bool]) -> None:
        """Send the open orders that are wanted, and the end of them."""
        for order in filter(wanted, self._hub.venue.open_orders()):
            if order.status is not VenueStatus.PENDING_SUBMIT:
                self._record(order).announced = True
                self._report(client, order, API_STATUS[order.status])
        client.send(encode.open_order_end())

    def send_completed(self, client: Client, wanted: Callable[[OrderSnapshot], bool]) -> None:
        """Send the completed orders that are wanted, and the end of them."""
        for order in filter(wanted, self._hub.venue.completed_orders()):
            completion = Completion(
                time=stamp(order.updated_at, zone=EXECUTION_ZONE, version=client.version),
                status=_completed_words(order),
                filled=order.filled,
            )
            view = self._view(order, API_STATUS[order.status])
            client.send(encode.completed_order(client.version, view, completion))
        client.send(encode.completed_orders_end())

    # inside ---------------------------------------------------------------------------------------------------------

    def _report_change(self, client: Client, order: OrderSnapshot, *, is_new: bool) -> None:
        status = API_STATUS[order.status]
        order_id = self._hub.wire_key(order.key).order_id
        if is_new:
            self._report(client, order, PRE_SUBMITTED)
            # A market order is filled before anything shows it as Submitted (recorded sessions).
            is_instant = (
                order.terms.order_type is VenueOrderType.MARKET and order.status is VenueStatus.WORKING
            )
            if status == PRE_SUBMITTED or (is_instant and order.filled == 0):
                return
        if order.status in (VenueStatus.CANCELLED, VenueStatus.EXPIRED):
            self._report_status(client, order, status)
            client.error(refusals.CANCELLED, f"Order Canceled - reason:{order.reason}", about=order_id)
        elif order.status is VenueStatus.REJECTED:
            self._report(client, order, status)
            client.error(refusals.REJECTED, f"Order rejected - reason:{order.reason}", about=order_id)
        else:
            self._report(client, order, status)

    def _record(self, order: OrderSnapshot) -> Record:
        record = self._records.get(order.key)
        if record is None:
            # Entered by hand, or placed before a restart; then its client has known it for long.
            is_old = order.key.client_id != TWS
            record = Record(plain_terms(order), order.instrument.exchange, announced=is_old, worked=is_old)
            self._records[order.key] = record
        return record

    def _view(self, order: OrderSnapshot, status: str, commission: Decimal | None = None) -> OrderView:
        record, key = self._record(order), self._hub.wire_key(order.key)
        currency = "" if commission is None else order.instrument.currency
        terms = terms_in_force(record.terms, order)
        return OrderView(
            order_id=key.order_id,
            client_id=key.client_id,
            perm_id=order.perm_id,
            account=self._hub.account,
            instrument=order.instrument,
            exchange=record.exchange,
            terms=terms,
            state=OrderState(status, commission=commission, commission_currency=currency),
        )

    def _report(self, client: Client, order: OrderSnapshot, status: str) -> None:
        view = self._view(order, status)
        client.send(encode.open_order(client.version, view))
        self._send_status(client, order, view)

    def _report_status(self, client: Client, order: OrderSnapshot, status: str) -> None:
        self._send_status(client, order, self._view(order, status))

    def _send_status(self, client: Client, order: OrderSnapshot, view: OrderView) -> None:
        client.send(
            encode.order_status(
                view,
                filled=order.filled,
                remaining=order.remaining,
                average_price=order.avg_fill_price,
                last_price=order.last_fill_price,
                why_held=order.why_held,
            )
        )

    def _tell_owner(self, key: OrderKey, code: int, text: str) -> None:
        client = self._hub.owner(key)
        if client is not None:
            client.error(code, text, about=self._hub.wire_key(key).order_id)


def _completed_words(order: OrderSnapshot) -> str:
    if order.status is VenueStatus.FILLED:
        return f"Filled Size: {order.filled.normalize():f}"
    return order.reason or "Cancelled by Trader"
