"""The order link's work: numbers, orders, changes, cancels, and what the venue says to them (D21)."""

from __future__ import annotations

import logging
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer
from qe_dashboard.broker.ibkr.code_book import ORDER_CLASSES, CodeBook
from qe_dashboard.broker.ibkr.codes import READ_ONLY, READ_ONLY_PRESS
from qe_dashboard.broker.ibkr.contracts import contract_fields
from qe_dashboard.broker.ibkr.executions import Executions
from qe_dashboard.broker.ibkr.ib_lib import IbSession
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.link import Link
from qe_dashboard.broker.ibkr.open_orders import ORDER_KINDS
from qe_dashboard.broker.ibkr.order_events import OrderView, RawStatus
from qe_dashboard.broker.ibkr.orders import order_fields
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.upstream import Upstream
from qe_dashboard.broker.ibkr.values import Undecodable
from qe_dashboard.broker.port import NotSent, PlaceOrder
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import Identity, OrderReport, VenueMessage

log = logging.getLogger(__name__)

_UNREAD = "The gateway does not answer for our open orders, as when its API is read-only."
# 40 cancels a second leave; the engine gives the whole adapter 3 s to close, of which the links take 1.
CLOSING_S = 1.5
_NOT_KNOWN = "Whether the order still works is not known until the link is back"


class OrderDesk:
    """Writes to the order link, synchronously: what returns was handed to the socket, what raises was not."""

    def __init__(
        self,
        *,
        clock: Clock,
        outlet: Outlet,
        catalogue: Catalogue,
        link: Link,
        upstream: Upstream,
        executions: Executions,
        client_id: int,
        codes: CodeBook,
    ) -> None:
        self._clock = clock
        self._outlet = outlet
        self._link = link
        self._upstream = upstream
        self._executions = executions
        self._client_id = client_id
        self._codes = codes
        self._highest = 0
        self._queued: dict[OrderKey, None] = {}
        """Orders whose cancel waits for the rate."""
        self._catalogue = catalogue
        self._view = OrderView(order_client_id=client_id, catalogue=catalogue, codes=codes)
        self.read_only: bool | None = None
        """Whether the gateway's API refuses orders; None while no gateway has said."""

    @property
    def next_order_id(self) -> int | None:
        """The least id the next order can get, above the venue's and ours; None while the order link is down."""
        session = self._link.session
        return None if session is None else max(session.first_order_id, self._highest + 1)

    def aim(self, client_id: int) -> None:
        """Place orders under another client id, or at another gateway, from the next session on.

        Order ids are counted per client id; what is known of the orders before stays known to the journal.
        """
        self._client_id, self._highest, self.read_only = client_id, 0, None
        self._view = OrderView(order_client_id=client_id, catalogue=self._catalogue, codes=self._codes)

    async def sync(self, asker: Asker, identity: Identity) -> None:
        """Listen to a new session's raw order messages, and have its own working orders echoed for their fills."""
        self._view.renew()
        asker.session.shadow_orders(on_open_order=self._on_open_order, on_status=self._on_status)
        asker.session.decode_listeners.append(self._on_undecoded)
        self._executions.attach(asker, identity.account, live=True)
        # Also the harmless way to learn whether the API is read-only: such a gateway answers with 321 (reference 3.2).
        self.read_only = None
        try:
            await asker.ask_orders(asker.session.ib.reqOpenOrdersAsync, awaited="Our own open orders")
            self.read_only = False
        except AnsweredWithError as error:
            # Refused as read-only, which is told where the code came in.
            log.warning("own open orders were refused: %s", error)
        except NoAnswer as error:
            log.warning("own open orders were not echoed: %s", error)
            if not asker.session.closed.done():
                self._tell(
                    VenueMessage(
                        READ_ONLY,
                        f"{_UNREAD} {READ_ONLY_PRESS}",
                        MessageClass.CONFIGURATION,
                        Severity.CRITICAL,
                        self._clock.now(),
                    )
                )

    def lost(self, reason: str) -> None:
        """Keep what is known of the orders: they work on at the venue, and its next session echoes them."""
        log.info("order link lost: %s", reason)
        self._drop_cancels(reason)

    def reserve_key(self, *, above: int) -> OrderKey:
        """Take the next order id. The library's counter starts at the venue's next valid id and serves requests too."""
        client = self._ready().ib.client
        # Ids given out before a reconnect and never used are unknown to the venue, which would name them again.
        client.updateReqId(max(above, self._highest) + 1)
        self._highest = int(client.getReqId())
        return OrderKey(self._client_id, self._highest)

    def place(self, order: PlaceOrder) -> None:
        """Send a new order."""
        self._write(order)

    def modify(self, order: PlaceOrder) -> None:
        """Send new terms under a known key."""
        self._write(order)

    def cancel(self, key: OrderKey) -> None:
        """Ask to cancel; allowed on a suspect link too, since it can only help."""
        if key.client_id != self._client_id or key.order_id <= 0:
            raise NotSent(
                f"Order {key} was placed by another program, which alone can cancel it. Nothing was sent;"
                " cancel it where it was placed, or use CANCEL EVERYTHING."
            )
        session = self._link.session
        if session is None:
            raise NotSent(f"The cancel was not sent. {_NOT_KNOWN}: {self._down()}")
        if key in self._queued:
            return
        if not self._link.pacer.cancel(later=lambda: self._cancel_queued(session, key)):
            self._queued[key] = None
            return
        try:
            _write_cancel(session, key)
        except ConnectionError as error:
            raise NotSent(f"The cancel was not sent. {_NOT_KNOWN}: {error}") from error

    def on_error(self, req_id: int, code: int, text: str) -> bool:
        """Take an error message of the order link in; False when it is about no order."""
        key = OrderKey(self._client_id, req_id)
        # Cancels of orders that ended before this session are answered too; other requests never get these classes.
        is_order_code = self._codes.of(code).message_class in ORDER_CLASSES
        if not self._view.knows(key) and not (is_order_code and req_id > 0):
            return False
        report, message = self._view.error(key, code, text, self._clock.now())
        self._outlet.on_message(message)
        if report is not None:
            self._outlet.on_order(report)
        return True

    async def cancels_sent(self) -> None:
        """Let the cancels that wait for the rate leave before the link is closed; bounded."""
        await self._link.pacer.cancels_sent(within=CLOSING_S)

    def _cancel_queued(self, session: IbSession, key: OrderKey) -> None:
        try:
            _write_cancel(session, key)
        except ConnectionError as error:
            # The session's end, which comes next, tells it with the others that wait.
            log.warning("the cancel of %s waited and could not be sent: %s", key, error)
        else:
            self._queued.pop(key, None)

    def _drop_cancels(self, reason: str) -> None:
        """Say of each cancel that waited for the rate that it never left (S14)."""
        self._link.pacer.forget_cancels()
        dropped, self._queued = self._queued, {}
        for key in dropped:
            log.critical("the cancel of %s was never sent: the link ended (%s)", key, reason)
            self._outlet.on_message(
                VenueMessage(
                    0,
                    f"The cancel was not sent: it waited for the message budget when the order link ended ({reason}).",
                    MessageClass.ORDER_LIVE,
                    Severity.CRITICAL,
                    self._clock.now(),
                    order_key=key,
                    plain="IBKR never heard of this cancel.",
                    for_orders="The order still works, unless it was filled.",
                    press="When the order link is back, cancel it again; or cancel it in TWS now.",
                )
            )

    def _write(self, order: PlaceOrder) -> None:
        session = self._ready()
        if order.key.client_id != self._client_id:
            raise NotSent(
                f"Order {order.key} belongs to another client id than this link's. Nothing was sent."
            )
        try:
            contract = session.library.contract(**contract_fields(order.instrument))
        except Undecodable as error:
            raise NotSent(f"The order was not sent: {error}. Look the instrument up first.") from error
        terms = session.library.order(**order_fields(order))
        self._link.pacer.order()
        try:
            session.ib.placeOrder(contract, terms)
        except ConnectionError as error:
            raise NotSent(f"The order was not sent: {error}") from error
        except AssertionError:
            # Raised after writing, when the library had invented an end for a live order (reference 2.4): it was sent.
            log.info("the library took %s for done; its new terms were sent", order.key)
        self._view.sent(order)

    def _ready(self) -> IbSession:
        session = self._link.session
        if session is None or not self._link.is_ready:
            raise NotSent(f"The order was not sent: {self._down()}")
        if self._upstream.status.up is False:
            raise NotSent(
                "The order was not sent: the gateway has lost IBKR's servers. Orders already at IBKR still work;"
                " this one can be sent when the connection is back."
            )
        return session

    def _down(self) -> str:
        status = self._link.status
        return f"the order link is {status.state} ({status.reason}). Reconnect, or wait until it is back."

    def _on_open_order(self, _order_id: int, contract: Any, order: Any, state: Any) -> None:
        self._tell(self._view.open_order(contract, order, state, self._clock.now()))

    def _on_status(self, *fields: Any) -> None:
        self._tell(self._view.order_status(RawStatus.of(fields), self._clock.now()))

    def _tell(self, said: OrderReport | VenueMessage | None) -> None:
        if isinstance(said, OrderReport):
            self._outlet.on_order(said)
        elif said is not None:
            self._outlet.on_message(said)

    def _on_undecoded(self, kind: str) -> None:
        if kind in ORDER_KINDS:
            self._outlet.on_message(
                VenueMessage(
                    0,
                    "A message about one of our orders could not be read. Orders may differ from what is shown:"
                    " reconcile now.",
                    MessageClass.UNKNOWN,
                    Severity.CRITICAL,
                    self._clock.now(),
                )
            )


def _write_cancel(session: IbSession, key: OrderKey) -> None:
    """Hand a cancel to the socket. Raises ConnectionError when it takes nothing any more."""
    if not session.is_open:
        raise ConnectionError("the connection is closed")
    session.ib.cancelOrder(session.library.order(orderId=key.order_id, clientId=key.client_id))
