"""Orders: what clients ask of them, and what they are told about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qe_dashboard.gateway_sim import encode_orders as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.encode_executions import EXECUTION_ZONE
from qe_dashboard.gateway_sim.encode_session import next_valid_id
from qe_dashboard.gateway_sim.hub import Client, Hub, log
from qe_dashboard.gateway_sim.order_request import PlaceOrder
from qe_dashboard.gateway_sim.order_terms import Refusal, order_spec, plain_terms, terms_in_force
from qe_dashboard.gateway_sim.order_view import Completion, OrderState, OrderView
from qe_dashboard.gateway_sim.timestamps import stamp
from qe_dashboard.gateway_sim.what_if import estimate
from qe_dashboard.model.enums import OrderType
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import CommissionReport, VenueStatus
from qe_dashboard.sim_venue.events import CancelRefused, NewOrder, OrderRefused, OrderSnapshot
from qe_dashboard.sim_venue.terms import VenueTerms

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


@dataclass(slots=True)
class _Record:
    """What is remembered of an order beside what the venue knows."""

    terms: PlaceOrder
    exchange: str
    announced: bool = False
    closed: bool = False


class OrderDesk:
    """Takes orders, modifications and cancels; reports to the placing client alone (reference 4.7)."""

    def __init__(self, hub: Hub, contracts: ContractDesk, *, on_order_read: Callable[[], None]) -> None:
        self._hub = hub
        self._contracts = contracts
        self._on_order_read = on_order_read
        self._records: dict[OrderKey, _Record] = {}
        self._staged: dict[OrderKey, PlaceOrder] = {}
        self._last_id: dict[int, int] = {}

    def next_valid_id(self, client_id: int) -> int:
        """Return an id above every one that the client used, orders that the venue has not answered yet included."""
        return max(self._hub.venue.next_valid_id(client_id), self._last_id.get(client_id, 0) + 1)

    # requests -------------------------------------------------------------------------------------------------------

    def request_ids(self, client: Client, _: rq.NextIds) -> None:
        """Answer reqIds."""
        client.send(next_valid_id(self.next_valid_id(client.client_id)))

    def place(self, client: Client, request: PlaceOrder) -> None:
        """Handle placeOrder: a new order, or new terms for one that is open under the same id."""
        self._on_order_read()
        key = OrderKey(client.client_id, request.order_id)
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT, about=request.order_id)
            return
        if self._hub.faults.swallows_order() or self._hub.faults.upstream_down:
            log.warning("order %s swallowed", key)
            return
        is_modify = self._is_open(key)
        if not is_modify and self._is_used(key):
            self._refuse_used_id(client, key)
            return
        instrument = self._contracts.resolve(client, request.order_id, request.contract)
        if instrument is None:
            return
        spec = self._checked_spec(request, instrument)
        if isinstance(spec, Refusal):
            client.error(spec.code, spec.text, about=request.order_id)
        elif request.routing.what_if:
            self._answer_what_if(client, request, instrument, spec)
        elif not request.main.transmit:
            # An order that is not transmitted stays in the gateway, and nobody is told anything.
            self._staged[key] = request
        else:
            self._send(key, request, instrument, spec, is_modify=is_modify)

    def cancel(self, client: Client, request: rq.CancelOrder) -> None:
        """Handle cancelOrder."""
        key = OrderKey(client.client_id, request.order_id)
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT, about=request.order_id)
        elif self._hub.faults.upstream_down:
            log.warning("cancel of order %s swallowed", key)
        elif self._staged.pop(key, None) is not None and not self._is_open(key):
            client.error(refusals.CANCELLED, "Order Canceled - reason:", about=request.order_id)
        else:
            with self._hub.command() as venue:
                venue.cancel(key)

    def cancel_all(self, client: Client, _: rq.Nothing) -> None:
        """Handle reqGlobalCancel: every client's working orders."""
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT)
        elif not self._hub.faults.upstream_down:
            self._staged.clear()
            with self._hub.command() as venue:
                venue.cancel_all()

    def open_orders(self, client: Client, _: rq.Nothing) -> None:
        """Answer reqOpenOrders: this client's own."""
        self._send_open_orders(client, lambda order: order.key.client_id == client.client_id)

    def all_open_orders(self, client: Client, _: rq.Nothing) -> None:
        """Answer reqAllOpenOrders: every client's, once, without later updates."""
        self._send_open_orders(client, lambda order: True)

    def auto_open_orders(self, client: Client, request: rq.AutoOpenOrders) -> None:
        """Handle reqAutoOpenOrders: client 0 may bind orders entered by hand, of which this gateway has none."""
        if client.client_id != 0 and request.bind:
            client.error(refusals.AUTO_BIND, "Only the default client (i.e 0) can auto bind orders.")

    def completed_orders(self, client: Client, _: rq.CompletedOrders) -> None:
        """Answer reqCompletedOrders."""
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT)
            return
        for order in self._hub.venue.completed_orders():
            completion = Completion(
                time=stamp(order.updated_at, zone=EXECUTION_ZONE, version=client.version),
                status=_completed_words(order),
                filled=order.filled,
            )
            view = self._view(order, API_STATUS[order.status])
            client.send(encode.completed_order(client.version, view, completion))
        client.send(encode.completed_orders_end())

    # the venue's answers --------------------------------------------------------------------------------------------

    def on_changed(self, order: OrderSnapshot) -> None:
        """Report an order to the client that placed it."""
        record = self._record(order)
        is_new, record.announced = not record.announced, True
        record.closed = order.status in CLOSED
        client = self._hub.client(order.key.client_id)
        if client is None:
            return
        status = API_STATUS[order.status]
        if is_new:
            self._report(client, order, PRE_SUBMITTED)
            # A market order is filled before anything shows it as Submitted (recorded sessions).
            is_instant = order.spec.order_type is OrderType.MARKET and order.status is VenueStatus.WORKING
            if status == PRE_SUBMITTED or (is_instant and order.filled == 0):
                return
        if order.status in (VenueStatus.CANCELLED, VenueStatus.EXPIRED):
            self._report_status(client, order, status)
            text = f"Order Canceled - reason:{order.reason}"
            client.error(refusals.CANCELLED, text, about=order.key.order_id)
        elif order.status is VenueStatus.REJECTED:
            self._report(client, order, status)
            text = f"Order rejected - reason:{order.reason}"
            client.error(refusals.REJECTED, text, about=order.key.order_id)
        else:
            self._report(client, order, status)

    def on_commissions(self, key: OrderKey, reports: Sequence[CommissionReport]) -> None:
        """Report an order once more, with what its fills of this moment cost."""
        client, order = self._hub.client(key.client_id), self._hub.venue.order(key)
        if client is not None and order is not None:
            cost = sum((report.commission.amount for report in reports), Decimal(0))
            view = self._view(order, API_STATUS[order.status], cost)
            client.send(encode.open_order(client.version, view))

    def on_refused(self, refused: OrderRefused) -> None:
        """Report a refusal with its code. A refused modification leaves the order as it was."""
        key = refused.order.key
        if not refused.is_modify:
            self._records.pop(key, None)
        client = self._hub.client(key.client_id)
        if client is not None:
            code, text = refusals.of_order(refused)
            client.error(code, text, about=key.order_id)

    def on_cancel_refused(self, refused: CancelRefused) -> None:
        """Report why a cancel did nothing."""
        client = self._hub.client(refused.key.client_id)
        if client is not None:
            state = "" if refused.order is None else API_STATUS[refused.order.status]
            code, text = refusals.of_cancel(refused, state=state)
            client.error(code, text, about=refused.key.order_id)

    # inside ---------------------------------------------------------------------------------------------------------

    def _is_open(self, key: OrderKey) -> bool:
        """Tell whether an order was sent and has not ended, as far as anybody here knows."""
        record = self._records.get(key)
        if record is not None:
            return not record.closed
        # Placed before a restart of this gateway: only the venue remembers it.
        order = self._hub.venue.order(key)
        return order is not None and order.status not in CLOSED

    def _is_used(self, key: OrderKey) -> bool:
        return key not in self._staged and key.order_id < self.next_valid_id(key.client_id)

    def _refuse_used_id(self, client: Client, key: OrderKey) -> None:
        order = self._hub.venue.order(key)
        if order is not None and order.status is VenueStatus.FILLED:
            client.error(refusals.FILLED_ORDER, "Cannot modify a filled order.", about=key.order_id)
        else:
            client.error(refusals.DUPLICATE_ORDER, "Duplicate order id", about=key.order_id)

    def _checked_spec(self, request: PlaceOrder, instrument: Instrument) -> OrderSpec | Refusal:
        account = request.main.account
        if not self._hub.is_own_account(account):
            if account == "":
                return Refusal(refusals.ACCOUNT_MISSING, "You must specify an account.")
            return Refusal(refusals.INVALID_REQUEST, refusals.invalid(f"Invalid account code '{account}'"))
        return order_spec(request, instrument)

    def _send(
        self, key: OrderKey, request: PlaceOrder, instrument: Instrument, spec: OrderSpec, *, is_modify: bool
    ) -> None:
        self._staged.pop(key, None)
        account = AccountId(self._hub.venue.account)
        order = NewOrder(
            key=key, account=account, order_ref=request.main.order_ref, terms=VenueTerms.of(spec)
        )
        if not is_modify:
            self._last_id[key.client_id] = max(key.order_id, self._last_id.get(key.client_id, 0))
            self._records[key] = _Record(request, instrument.exchange)
        with self._hub.command() as venue:
            (venue.modify if is_modify else venue.place)(order)

    def _answer_what_if(
        self, client: Client, request: PlaceOrder, instrument: Instrument, spec: OrderSpec
    ) -> None:
        state = estimate(self._hub.venue, instrument, spec)
        view = OrderView(
            order_id=request.order_id,
            client_id=client.client_id,
            perm_id=0,
            account=self._hub.account,
            instrument=instrument,
            exchange=instrument.exchange,
            terms=request,
            state=state,
        )
        client.send(encode.open_order(client.version, view))

    def _send_open_orders(self, client: Client, wanted: Callable[[OrderSnapshot], bool]) -> None:
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT)
            return
        for order in filter(wanted, self._hub.venue.open_orders()):
            self._record(order).announced = True
            self._report(client, order, API_STATUS[order.status])
        client.send(encode.open_order_end())

    def _record(self, order: OrderSnapshot) -> _Record:
        record = self._records.get(order.key)
        if record is None:
            # Placed before a restart: its client has known it for long.
            record = _Record(plain_terms(order), order.instrument.exchange, announced=True)
            self._records[order.key] = record
        return record

    def _view(self, order: OrderSnapshot, status: str, commission: Decimal | None = None) -> OrderView:
        record = self._record(order)
        currency = "" if commission is None else order.instrument.currency
        return OrderView(
            order_id=order.key.order_id,
            client_id=order.key.client_id,
            perm_id=order.perm_id,
            account=self._hub.account,
            instrument=order.instrument,
            exchange=record.exchange,
            terms=terms_in_force(record.terms, order),
            state=OrderState(status, commission=commission, commission_currency=currency),
        )

    def _report(self, client: Client, order: OrderSnapshot, status: str) -> None:
        client.send(encode.open_order(client.version, self._view(order, status)))
        self._report_status(client, order, status)

    def _report_status(self, client: Client, order: OrderSnapshot, status: str) -> None:
        client.send(
            encode.order_status(
                self._view(order, status),
                filled=order.filled,
                remaining=order.remaining,
                average_price=order.avg_fill_price,
                last_price=order.last_fill_price,
                why_held=order.why_held,
            )
        )


def _completed_words(order: OrderSnapshot) -> str:
    if order.status is VenueStatus.FILLED:
        return f"Filled Size: {order.filled.normalize():f}"
    return order.reason or "Cancelled by Trader"
