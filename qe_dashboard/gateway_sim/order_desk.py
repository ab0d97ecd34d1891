"""Orders: what clients ask of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from qe_dashboard.gateway_sim import encode_orders as encode
from qe_dashboard.gateway_sim import refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.contract_desk import ContractDesk
from qe_dashboard.gateway_sim.encode_session import next_valid_id
from qe_dashboard.gateway_sim.hub import TWS, TWS_ON_WIRE, Client, Hub, log
from qe_dashboard.gateway_sim.order_reports import CLOSED, OrderReports
from qe_dashboard.gateway_sim.order_request import PlaceOrder
from qe_dashboard.gateway_sim.order_terms import Refusal, ignores_outside_rth, order_terms
from qe_dashboard.gateway_sim.order_view import OrderView
from qe_dashboard.gateway_sim.what_if import estimate
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import NewOrder, OrderSnapshot
from qe_dashboard.sim_venue.terms import VenueOrderType, VenueTerms


class OrderDesk:
    """Takes orders, modifications and cancels."""

    def __init__(
        self,
        hub: Hub,
        contracts: ContractDesk,
        reports: OrderReports,
        *,
        on_order_read: Callable[[], None],
    ) -> None:
        self._hub = hub
        self._contracts = contracts
        self._reports = reports
        self._on_order_read = on_order_read
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
        key = self._hub.venue_key(client, request.order_id)
        if self._is_stopped(client, key):
            return
        is_modify = self._is_open(key)
        if not is_modify and key.order_id < self.next_valid_id(key.client_id):
            self._refuse_used_id(client, request.order_id, key)
            return
        instrument = self._contracts.resolve(client, request.order_id, request.contract)
        if instrument is None:
            return
        terms = self._checked_terms(request, instrument)
        if isinstance(terms, Refusal):
            client.error(terms.code, terms.text, about=request.order_id)
        elif request.routing.what_if:
            self._answer_what_if(client, request, instrument, terms)
        elif self._hub.faults.reject_orders and not is_modify:
            text = "Order rejected - reason:the scenario rejects every order"
            client.error(refusals.REJECTED, text, about=request.order_id)
        else:
            self._send(key, request, instrument, terms, is_modify=is_modify)
            self._say_what_changed(client, request, terms)

    def cancel(self, client: Client, request: rq.CancelOrder) -> None:
        """Handle cancelOrder."""
        key = self._hub.venue_key(client, request.order_id)
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT, about=request.order_id)
        elif self._hub.faults.upstream_down:
            log.warning("cancel of order %s swallowed", key)
        elif not self._reports.begin_cancel(key):
            client.error(refusals.NOT_CANCELLABLE, refusals.NOT_CANCELLABLE_TEXT, about=request.order_id)
        else:
            with self._hub.command() as venue:
                venue.cancel(key)

    def cancel_all(self, client: Client, _: rq.Nothing) -> None:
        """Handle reqGlobalCancel: every client's working orders, those entered by hand too."""
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT)
        elif not self._hub.faults.upstream_down:
            with self._hub.command() as venue:
                venue.cancel_all()

    def open_orders(self, client: Client, _: rq.Nothing) -> None:
        """Answer reqOpenOrders: this client's own; client 0 gets those entered by hand too, bound to it."""
        owners = {client.client_id}
        if client.client_id == TWS_ON_WIRE:
            owners.add(TWS)
            self._hub.binds_manual_orders = True
        self._send_open_orders(client, lambda order: order.key.client_id in owners)

    def all_open_orders(self, client: Client, _: rq.Nothing) -> None:
        """Answer reqAllOpenOrders: every client's, once, without later updates."""
        self._send_open_orders(client, lambda order: True)

    def auto_open_orders(self, client: Client, request: rq.AutoOpenOrders) -> None:
        """Handle reqAutoOpenOrders: client 0 binds the orders entered by hand from now on, or no longer."""
        if client.client_id == TWS_ON_WIRE:
            self._hub.binds_manual_orders = request.bind
        elif request.bind:
            client.error(refusals.AUTO_BIND, "Only the default client (i.e 0) can auto bind orders.")

    def completed_orders(self, client: Client, request: rq.CompletedOrders) -> None:
        """Answer reqCompletedOrders; `apiOnly` leaves out those entered by hand."""
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT)
            return
        self._reports.send_completed(
            client, lambda order: not (request.api_only and order.key.client_id == TWS)
        )

    def place_by_hand(
        self,
        symbol: str,
        *,
        side: OrderSide,
        quantity: Decimal,
        order_type: VenueOrderType,
        price: Decimal | None,
    ) -> None:
        """Enter an order in the gateway's own window: it belongs to no API client. Raises LookupError, ValueError."""
        instrument = next((one for one in self._hub.venue.instruments if one.symbol == symbol), None)
        if instrument is None:
            raise LookupError(f"there is no contract {symbol}")
        terms = VenueTerms(
            instrument_id=instrument.id,
            side=side,
            quantity=quantity,
            order_type=order_type,
            limit_price=price if order_type is VenueOrderType.LIMIT else None,
            stop_price=price if order_type is VenueOrderType.STOP else None,
        )
        key = OrderKey(TWS, self.next_valid_id(TWS))
        self._last_id[TWS] = key.order_id
        with self._hub.command() as venue:
            venue.place(NewOrder(key=key, account=AccountId(venue.account), order_ref="", terms=terms))

    # inside ---------------------------------------------------------------------------------------------------------

    def _is_stopped(self, client: Client, key: OrderKey) -> bool:
        """Tell whether a placeOrder goes no further, whatever it says."""
        faults = self._hub.faults
        if faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT, about=key.order_id)
            return True
        if faults.swallows_order() or faults.upstream_down:
            log.warning("order %s swallowed", key)
            return True
        return False

    def _is_open(self, key: OrderKey) -> bool:
        """Tell whether an order was sent and has not ended, as far as anybody here knows."""
        order = self._hub.venue.order(key)
        return self._reports.is_known(key) if order is None else order.status not in CLOSED

    def _refuse_used_id(self, client: Client, order_id: int, key: OrderKey) -> None:
        order = self._hub.venue.order(key)
        if order is not None and order.status is VenueStatus.FILLED:
            client.error(refusals.FILLED_ORDER, "Cannot modify a filled order.", about=order_id)
        else:
            client.error(refusals.DUPLICATE_ORDER, "Duplicate order id", about=order_id)

    def _checked_terms(self, request: PlaceOrder, instrument: Instrument) -> VenueTerms | Refusal:
        account = request.main.account
        if not self._hub.is_own_account(account):
            if account == "":
                return Refusal(refusals.ACCOUNT_MISSING, "You must specify an account.")
            return Refusal(refusals.INVALID_REQUEST, refusals.invalid(f"Invalid account code '{account}'"))
        return order_terms(request, instrument)

    def _send(
        self,
        key: OrderKey,
        request: PlaceOrder,
        instrument: Instrument,
        terms: VenueTerms,
        *,
        is_modify: bool,
    ) -> None:
        if ignores_outside_rth(terms):
            terms = replace(terms, outside_rth=False)
        account = AccountId(self._hub.venue.account)
        order = NewOrder(key=key, account=account, order_ref=request.main.order_ref, terms=terms)
        if not is_modify:
            self._last_id[key.client_id] = max(key.order_id, self._last_id.get(key.client_id, 0))
            self._reports.remember(key, request, instrument.exchange)
        with self._hub.command() as venue:
            if is_modify and self._hub.faults.second_perm_id and terms.transmit:
                venue.renumber(key)
            (venue.modify if is_modify else venue.place)(order)

    def _say_what_changed(self, client: Client, request: PlaceOrder, terms: VenueTerms) -> None:
        """Say what became of terms that do not apply or were left out; the order lives."""
        if ignores_outside_rth(terms):
            client.error(refusals.OUTSIDE_RTH_IGNORED, refusals.OUTSIDE_RTH_TEXT, about=request.order_id)
        if request.main.tif == "" and self._hub.faults.tif_preset:
            client.error(refusals.TIF_PRESET, refusals.TIF_PRESET_TEXT, about=request.order_id)

    def _answer_what_if(
        self, client: Client, request: PlaceOrder, instrument: Instrument, terms: VenueTerms
    ) -> None:
        view = OrderView(
            order_id=request.order_id,
            client_id=client.client_id,
            perm_id=0,
            account=self._hub.account,
            instrument=instrument,
            exchange=instrument.exchange,
            terms=request,
            state=estimate(self._hub.venue, terms),
        )
        client.send(encode.open_order(client.version, view))

    def _send_open_orders(self, client: Client, wanted: Callable[[OrderSnapshot], bool]) -> None:
        if self._hub.faults.read_only:
            client.error(refusals.INVALID_REQUEST, refusals.READ_ONLY_TEXT)
        else:
            self._reports.send_open(client, wanted)
