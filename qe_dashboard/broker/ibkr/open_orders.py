"""Open orders of all clients of the account: reqAllOpenOrders on the data link, its only caller (D21, R07)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qe_dashboard.broker.ibkr.asking import AnsweredWithError, Asker, NoAnswer, SingleFlight
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.order_events import RawStatus
from qe_dashboard.broker.ibkr.orders import order_key, owner_of, perm_id_of, spec_from_echo, venue_status
from qe_dashboard.broker.ibkr.values import Undecodable, number
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.reports import OrderReport

ORDER_KINDS = frozenset({"5", "3", "53", "orderStatus", "openOrderEnd"})
Book = Maybe[tuple[OrderReport, ...]]


class _Answer:
    """Rows of one answer as they come: an openOrder per order, each followed by its orderStatus."""

    def __init__(self) -> None:
        self.rows: dict[OrderKey, tuple[Any, Any, Any]] = {}
        self.statuses: dict[OrderKey, RawStatus] = {}
        self.unreadable = 0


class OpenOrders:
    """Asks for the whole book; concurrent callers share one question."""

    def __init__(self, *, clock: Clock, catalogue: Catalogue, order_client_id: int) -> None:
        self._clock = clock
        self._catalogue = catalogue
        self._order_client_id = order_client_id
        self._asker: Asker | None = None
        self._account = AccountId("")
        self._flight: SingleFlight[_Answer] = SingleFlight()
        self._collecting: _Answer | None = None
        self._down = "the data link is not connected yet"

    def attach(self, asker: Asker, account: AccountId) -> None:
        """Use a new session of the data link."""
        self._asker, self._account = asker, account
        self._flight, self._collecting = SingleFlight(), None
        asker.session.shadow_orders(on_open_order=self._on_row, on_status=self._on_status)
        asker.session.decode_listeners.append(self._on_undecoded)

    def aim(self, order_client_id: int) -> None:
        """Call another client id's orders ours from now on."""
        self._order_client_id = order_client_id

    def detach(self, reason: str) -> None:
        """Forget the session."""
        self._asker = None
        self._down = f"the data link is down ({reason})"

    async def read(self) -> Book:
        """Return every open order of the account, or why that is not known."""
        asker = self._asker
        if asker is None:
            return Unknown(self._down)
        try:
            answer = await asker.patiently(
                self._flight.join(lambda: self._ask(asker)), awaited="The open orders"
            )
        except (NoAnswer, AnsweredWithError) as error:
            return Unknown(str(error))
        if answer.unreadable:
            return Unknown(
                f"{answer.unreadable} order message(s) could not be read, so the list may lack an order. Look at TWS"
            )
        now = self._clock.now()
        try:
            reports = [self._report(key, answer, now) for key in answer.rows]
        except Undecodable as error:
            return Unknown(f"an open order cannot be read: {error}")
        return Known(tuple(report for report in reports if report.account == self._account), now)

    async def _ask(self, asker: Asker) -> _Answer:
        answer = self._collecting = _Answer()
        try:
            await asker.ask_orders(
                asker.session.ib.reqAllOpenOrdersAsync, awaited="The open orders", long=True
            )
        finally:
            if self._collecting is answer:
                self._collecting = None
        return answer

    def _on_row(self, _order_id: int, contract: Any, order: Any, state: Any) -> None:
        if self._collecting is not None and not order.whatIf:
            key = order_key(client_id=order.clientId, order_id=order.orderId, perm_id=order.permId)
            self._collecting.rows[key] = (contract, order, state)

    def _on_status(self, *fields: Any) -> None:
        if self._collecting is not None:
            raw = RawStatus.of(fields)
            key = order_key(client_id=raw.client_id, order_id=raw.order_id, perm_id=raw.perm_id)
            self._collecting.statuses[key] = raw

    def _on_undecoded(self, kind: str) -> None:
        if kind in ORDER_KINDS and self._collecting is not None:
            self._collecting.unreadable += 1

    def _report(self, key: OrderKey, answer: _Answer, now: datetime) -> OrderReport:
        contract, order, state = answer.rows[key]
        raw = answer.statuses.get(key)
        word = raw.status if raw is not None else state.status
        status = venue_status(word)
        if status is None:
            raise Undecodable(f"order {key} is in a state {word!r} this program does not know")
        return OrderReport(
            key=key,
            perm_id=perm_id_of(order.permId),
            order_ref=order.orderRef,
            account=AccountId(order.account),
            spec=spec_from_echo(order, self._catalogue.of_row(contract).id),
            status=status,
            filled=number(raw.filled) if raw is not None else None,
            owner=owner_of(key, order_client_id=self._order_client_id),
            at=now,
            why_held=raw.why_held if raw is not None else "",
        )
