"""Our own view of the order link's orders, from raw openOrder and orderStatus messages and rule C1.

Never from the library's trade.orderStatus: after an error message it is invented (reference 3.4). A code changes no
state, except that a rejecting code ends an order nobody ever acknowledged (C1).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from qe_dashboard.broker.ibkr.code_book import CodeBook
from qe_dashboard.broker.ibkr.codes import ORDER_CANCELLED
from qe_dashboard.broker.ibkr.instruments import Catalogue
from qe_dashboard.broker.ibkr.orders import (
    acknowledges,
    order_key,
    owner_of,
    perm_id_of,
    spec_from_echo,
    venue_status,
)
from qe_dashboard.broker.ibkr.values import Undecodable, number
from qe_dashboard.broker.port import PlaceOrder
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import OrderReport, VenueMessage, VenueStatus

log = logging.getLogger(__name__)

# A refused order may be entered again; beside one that lives on, the same advice would double it.
_LIVES_ON = (
    "IBKR had acknowledged this order, so these words alone do not end it: a refused change leaves it as it was. Its"
    " state is the last that IBKR reported."
)
_LOOK_BEFORE_CHANGING = "Look at it on F10; `modify N @ P` or `cancel N` acts on it."
_NOT_MET = "The order was not met in this session; these words do not change its state."
_LOOK_FOR_IT = "Press ctrl+r to reconcile, then look at F10."


@dataclass(slots=True)
class _Seen:
    """What is known of one order."""

    order_ref: str
    account: AccountId
    spec: OrderSpec
    perm_id: int | None = None
    status: VenueStatus = VenueStatus.PENDING_SUBMIT
    filled: Decimal | None = None
    why_held: str = ""
    acknowledged: bool = False
    reported: OrderReport | None = field(default=None)


@dataclass(frozen=True, slots=True)
class RawStatus:
    """The fields of an orderStatus message that matter here, as the library decoded them."""

    order_id: int
    status: str
    filled: object
    perm_id: int
    client_id: int
    why_held: str

    @classmethod
    def of(cls, fields: tuple[Any, ...]) -> RawStatus:
        """Pick them from the callback's positional fields."""
        order_id, status, filled, _, _, perm_id, _, _, client_id, why_held, *_ = fields
        return cls(order_id, status, filled, perm_id, client_id, why_held)


class OrderView:
    """Folds raw order messages into reports. Pure: what it has to say it returns."""

    def __init__(self, *, order_client_id: int, catalogue: Catalogue, codes: CodeBook) -> None:
        self._order_client_id = order_client_id
        self._codes = codes
        self._catalogue = catalogue
        self._seen: dict[OrderKey, _Seen] = {}

    def sent(self, order: PlaceOrder) -> None:
        """Remember an order that was written to the socket: its first answer may come without an echo."""
        known = self._seen.get(order.key)
        if known is None:
            self._seen[order.key] = _Seen(order.order_ref, order.account, order.spec)
        else:
            # Somebody waits for the venue to repeat it, even word for word.
            known.reported = None

    def renew(self) -> None:
        """Report everything again that a new session echoes; what is known stays."""
        for seen in self._seen.values():
            seen.reported = None

    def knows(self, key: OrderKey) -> bool:
        """Tell whether an order was sent or echoed on this link."""
        return key in self._seen

    def open_order(
        self, contract: Any, order: Any, state: Any, now: datetime
    ) -> OrderReport | VenueMessage | None:
        """Take an openOrder message in; None when it says nothing new or is a what-if answer."""
        if order.whatIf:
            return None
        key = order_key(client_id=order.clientId, order_id=order.orderId, perm_id=order.permId)
        try:
            seen = self._echo(key, contract, order)
        except Undecodable as error:
            return self._unreadable(key, str(error), now)
        return self._fold(key, seen, state.status, now)

    def order_status(self, raw: RawStatus, now: datetime) -> OrderReport | VenueMessage | None:
        """Take an orderStatus message in."""
        key = order_key(client_id=raw.client_id, order_id=raw.order_id, perm_id=raw.perm_id)
        seen = self._seen.get(key)
        if seen is None:
            # Not ours: the status of another client's order belongs to the open-orders answer it comes in.
            return None
        try:
            filled = number(raw.filled)
        except Undecodable as error:
            return self._unreadable(key, str(error), now)
        seen.filled = filled if filled is not None else seen.filled
        seen.perm_id = perm_id_of(raw.perm_id) or seen.perm_id
        seen.why_held = raw.why_held
        return self._fold(key, seen, raw.status, now)

    def error(
        self, key: OrderKey, code: int, text: str, now: datetime
    ) -> tuple[OrderReport | None, VenueMessage]:
        """Take an error message about an order in: always words, and a rejection when rule C1 says so."""
        seen = self._seen.get(key)
        message = self._codes.message(code, _said(code, text), now, order_key=key)
        refuses = self._codes.of(code).ends_new_order or message.message_class is MessageClass.ORDER_REJECTED
        if seen is None:
            return None, replace(
                message,
                message_class=MessageClass.UNKNOWN if refuses else message.message_class,
                for_orders=_NOT_MET,
                press=_LOOK_FOR_IT,
            )
        if self._codes.of(code).ends_new_order and not seen.acknowledged:
            seen.status = VenueStatus.REJECTED
            message = replace(message, message_class=MessageClass.ORDER_REJECTED)
            return self._report(key, seen, now), message
        if refuses:
            # The same code on a modification: the old order is still live.
            message = replace(
                message,
                message_class=MessageClass.ORDER_LIVE,
                for_orders=_LIVES_ON,
                press=_LOOK_BEFORE_CHANGING,
            )
        return None, message

    def _echo(self, key: OrderKey, contract: Any, order: Any) -> _Seen:
        spec = spec_from_echo(order, self._catalogue.of_row(contract).id)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = _Seen(order.orderRef, AccountId(order.account), spec)
        seen.spec = spec
        seen.order_ref = order.orderRef or seen.order_ref
        seen.perm_id = perm_id_of(order.permId) or seen.perm_id
        return seen

    def _fold(
        self, key: OrderKey, seen: _Seen, word: str, now: datetime
    ) -> OrderReport | VenueMessage | None:
        status = venue_status(word)
        if status is None:
            text = (
                f"IBKR calls the order {word!r}, a state this program does not know. It is shown as it was."
            )
            return VenueMessage(0, text, MessageClass.UNKNOWN, Severity.ERROR, now, order_key=key)
        seen.status = status
        seen.acknowledged = seen.acknowledged or acknowledges(status)
        return self._report(key, seen, now)

    def _report(self, key: OrderKey, seen: _Seen, now: datetime) -> OrderReport | None:
        report = OrderReport(
            key=key,
            perm_id=seen.perm_id,
            order_ref=seen.order_ref,
            account=seen.account,
            spec=seen.spec,
            status=seen.status,
            filled=seen.filled,
            owner=owner_of(key, order_client_id=self._order_client_id),
            at=now,
            why_held=seen.why_held,
        )
        # The gateway repeats itself, echo and status say the same thing: told once.
        if seen.reported is not None and replace(seen.reported, at=now) == report:
            return None
        seen.reported = report
        return report

    def _unreadable(self, key: OrderKey, why: str, now: datetime) -> VenueMessage:
        log.error("order %s cannot be read: %s", key, why)
        text = f"What IBKR says about order {key} cannot be read ({why}). Check it in TWS."
        return VenueMessage(0, text, MessageClass.UNKNOWN, Severity.CRITICAL, now, order_key=key)


def _said(code: int, text: str) -> str:
    """Return the gateway's words; 202 mostly ends in `Order Canceled - reason:` with no reason behind it."""
    if code == ORDER_CANCELLED and text.rstrip().endswith(":"):
        return text.rpartition(" - ")[0] or text.rstrip().rstrip(":")
    return text
