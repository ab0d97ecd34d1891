"""The adapter's one way out: nothing after close (R56), and no listener's fault mistaken for a decoding fault."""

from __future__ import annotations

import logging
from collections.abc import Callable

from qe_dashboard.broker.port import BrokerEvents
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Maybe
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.model.order import Fill
from qe_dashboard.model.reports import (
    AccountState,
    CommissionReport,
    Identity,
    LinkStatus,
    OrderReport,
    Position,
    UpstreamStatus,
    VenueMessage,
)

log = logging.getLogger(__name__)


class Outlet:
    """Passes every event on to the engine until it is shut; a BrokerEvents itself, method by method."""

    def __init__(self) -> None:
        self._events: BrokerEvents | None = None

    def open(self, events: BrokerEvents) -> None:
        """Begin to pass events on."""
        self._events = events

    def shut(self) -> None:
        """Pass nothing on from now."""
        self._events = None

    def on_link(self, status: LinkStatus) -> None:
        self._tell(lambda events: events.on_link(status))

    def on_upstream(self, status: UpstreamStatus) -> None:
        self._tell(lambda events: events.on_upstream(status))

    def on_identity(self, identity: Identity) -> None:
        self._tell(lambda events: events.on_identity(identity))

    def on_identity_refused(self, reason: str, accounts: tuple[AccountId, ...]) -> None:
        self._tell(lambda events: events.on_identity_refused(reason, accounts))

    def on_order(self, report: OrderReport) -> None:
        self._tell(lambda events: events.on_order(report))

    def on_fill(self, fill: Fill) -> None:
        self._tell(lambda events: events.on_fill(fill))

    def on_commission(self, report: CommissionReport) -> None:
        self._tell(lambda events: events.on_commission(report))

    def on_message(self, message: VenueMessage) -> None:
        self._tell(lambda events: events.on_message(message))

    def on_positions(self, book: Maybe[tuple[Position, ...]]) -> None:
        self._tell(lambda events: events.on_positions(book))

    def on_account(self, state: Maybe[AccountState]) -> None:
        self._tell(lambda events: events.on_account(state))

    def on_quote(self, quote: Quote) -> None:
        self._tell(lambda events: events.on_quote(quote))

    def on_bar(self, bar: Bar) -> None:
        self._tell(lambda events: events.on_bar(bar))

    def _tell(self, call: Callable[[BrokerEvents], None]) -> None:
        if self._events is None:
            return
        try:
            call(self._events)
        except Exception:  # raised into the library's decoder it would pass for an unreadable message
            log.exception("the engine failed on an event of the broker")
