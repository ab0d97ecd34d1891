"""What the broker reports, taken in: desk, cache, journal and dirty sets; nothing here draws or waits (section 13)."""

from __future__ import annotations

from collections.abc import Callable

from qe_dashboard.engine.agreement import Agreement
from qe_dashboard.engine.health_views import OutageLine
from qe_dashboard.engine.link_log import LinkLog
from qe_dashboard.engine.message_log import MessageLog
from qe_dashboard.engine.message_words import order_reading
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.views import bars_key
from qe_dashboard.execution.reducer import is_short_of_executions
from qe_dashboard.journal.records import EventKind, JournalEvent, Json, OrderRecord
from qe_dashboard.model.enums import LinkName, LinkState, MessageClass, Severity
from qe_dashboard.model.identifiers import AccountId, OrderNumber, exec_version
from qe_dashboard.model.known import Maybe
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.model.order import Fill, Order
from qe_dashboard.model.order_status import OrderStatus, Trigger
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

_ALARMING = frozenset(
    {OrderStatus.REJECTED, OrderStatus.UNCERTAIN, OrderStatus.CONFLICT, OrderStatus.NOT_SENT}
)
_HOLDING = frozenset({LinkState.READY, LinkState.SUSPECT})
"""States in which a socket still stands."""

_CANCEL_ANSWERS = frozenset({MessageClass.ORDER_TERMINAL, MessageClass.ORDER_LIVE, MessageClass.UNKNOWN})


class Inbox:
    """The engine's `BrokerEvents`."""

    def __init__(
        self,
        parts: Parts,
        *,
        resync: Callable[[str], None],
        data_up: Callable[[], None],
        found: Callable[[Identity], None],
    ) -> None:
        self._parts = parts
        self._resync = resync
        self._data_up = data_up
        self._found = found
        self._links = LinkLog(parts.log)
        self._messages = MessageLog(parts.log, clock=parts.clock)
        self.agreement = Agreement(parts)

    # links and identity

    def on_link(self, status: LinkStatus) -> None:
        """Keep the link's state; a loss makes every book unknown and voids every check (R41, D4)."""
        desk = self._parts.desk
        before = desk.links.get(status.name)
        desk.links[status.name] = status
        was_up = before is not None and before.is_up
        new_socket = before is not None and before.epoch != status.epoch
        if before is None or new_socket or was_up != status.is_up:
            desk.bump()
        # A suspect link is not up any more, but only its end, mostly from there, is the loss (D22).
        held = before is not None and before.state in _HOLDING
        if held and (new_socket or status.state not in _HOLDING):
            self._lost(status)
        if before is None or (before.state, before.reason) != (status.state, status.reason):
            self._journal_link(status)
        self._parts.boards.alarms.link_changed(status, is_new_socket=new_socket)
        self._parts.connectivity.link_changed(status)
        if status.is_up and (new_socket or not was_up):
            self._came_up(status.name)
        self._parts.boards.touch_connection()

    def on_upstream(self, status: UpstreamStatus) -> None:
        """Keep the gateway's own link; its loss and its return each make the books unknown until they are read (L5).

        What the gateway answered in between came from its memory, not from IBKR.
        """
        desk = self._parts.desk
        before, desk.upstream = desk.upstream, status
        if before.up != status.up:
            desk.bump()
            severity = Severity.CRITICAL if status.up is False else Severity.INFO
            self._parts.log.say(severity, "upstream", status.reason)
            if status.up is False:
                self._distrust_quotes()
                desk.forget_books(f"the gateway lost IBKR: {status.reason}", with_account=False)
            if status.up and before.up is False:
                desk.forget_books("the gateway was away from IBKR; they are being read", with_account=False)
                self._resync("the gateway is connected again")
            self._parts.boards.touch_books()
        self._parts.connectivity.upstream_changed(status)
        self._parts.boards.touch_connection()

    def on_identity(self, identity: Identity) -> None:
        """Bind the session to the account found."""
        self._found(identity)

    def on_identity_refused(self, reason: str, accounts: tuple[AccountId, ...]) -> None:
        """Keep the refusal on screen: the session was dropped before any order call (D18)."""
        desk = self._parts.desk
        desk.identity = None
        desk.identity_problem, desk.refused_accounts = reason, accounts
        desk.forget_books("the session was dropped")
        desk.bump()
        self._parts.log.say(Severity.CRITICAL, "identity", reason)
        self._event(EventKind.CONNECTION, {"refused": reason, "accounts": list(accounts)})
        self._parts.boards.touch_books()

    # orders

    def on_order(self, report: OrderReport) -> None:
        """Take in an order's state; a claim beyond the executions is asked about (R08)."""
        if not self._is_ours(report.account):
            return
        order = self._parts.cache.report(report)
        # Executions of others from before today cannot be read any more: only ours are all known (R08).
        if is_short_of_executions(order) and order.is_open and order.is_own:
            number = order.number
            self._parts.clock.call_later(1.0, lambda: self._ask_if_short(number))

    def on_fill(self, fill: Fill) -> None:
        """Count an execution once, journal it, show it."""
        if not self._is_ours(fill.account):
            return
        new = self._parts.cache.fill(fill)
        if new is None:
            return
        self._parts.journal.append_fill(new)
        self._parts.desk.note_fill(new)
        self.agreement.look()
        label = self._parts.symbols.label_of(new.instrument_id)
        self._parts.log.say(Severity.INFO, "fill", f"{new.side} {new.quantity} {label} @ {new.price}")
        if exec_version(new.exec_id)[1] > 1:
            # A correction: the row it replaces must go.
            self._parts.boards.tape.touch_all()
        self._parts.boards.tape.touch(new.exec_id)
        self._parts.boards.positions.touch(new.instrument_id)

    def on_commission(self, report: CommissionReport) -> None:
        """Join a commission to its execution."""
        joined = self._parts.cache.commission(report)
        account = self._account()
        self._parts.journal.append_commission(report, account=account, at=self._parts.clock.now())
        if joined is not None:
            self._parts.boards.tape.touch(joined.exec_id)

    def on_message(self, message: VenueMessage) -> None:
        """Keep the venue's words; on an order they explain, they never move it by themselves (R09, C1)."""
        self._parts.boards.alarms.message(message)
        self._parts.boards.health.touch_all()
        order = None if message.order_key is None else self._parts.cache.by_key(message.order_key)
        # A burst is journalled once per thing it is about; words about an order always are.
        if (
            self._messages.take(message, subject=self._subject(message, order))
            or message.order_key is not None
        ):
            self._event(
                EventKind.MESSAGE,
                {
                    "code": message.code,
                    "text": message.text,
                    "class": message.message_class.value,
                    "order": None if message.order_key is None else str(message.order_key),
                    "instrument": message.instrument_id,
                },
            )
        if message.instrument_id is not None and message.severity in (Severity.ERROR, Severity.CRITICAL):
            self._parts.boards.problems[message.instrument_id] = message.plain or message.text
            self._parts.boards.quotes.touch(message.instrument_id)
        if order is None:
            return
        self._parts.boards.readings[order.number] = (message.text, order_reading(message))
        self._parts.cache.note(order.number, message.text, at=self._parts.clock.now())
        doubtful = order.status is OrderStatus.PENDING_CANCEL or self._parts.cache.expected_terms(
            order.number
        )
        if doubtful and message.message_class in _CANCEL_ANSWERS:
            self._parts.spawn(f"ask about order {order.number}", self._parts.in_flight.ask(order.number))

    # books

    def on_positions(self, book: Maybe[tuple[Position, ...]]) -> None:
        """Keep the position book, its absence included."""
        self._parts.desk.take_pushed(book)
        self.agreement.look()
        self._parts.boards.positions.touch_all()
        self._parts.boards.status.touch_all()

    def on_account(self, state: Maybe[AccountState]) -> None:
        """Keep the account values, their absence included."""
        self._parts.desk.account = state
        self._parts.boards.account.touch_all()

    # data

    def on_quote(self, quote: Quote) -> None:
        """Replace a line's quote: a dict write and a set insert per watching feed."""
        self._parts.desk.quotes[quote.instrument_id] = quote
        if quote.proven:
            self._parts.boards.alarms.ticked()
        self._parts.boards.problems.pop(quote.instrument_id, None)
        self._parts.boards.touch_quote(quote.instrument_id)

    def on_bar(self, bar: Bar) -> None:
        """Lay a live bar over its line."""
        key = bars_key(bar.instrument_id, bar.seconds)
        line = self._parts.boards.bar_lines.get(key)
        if line is not None:
            line.update(bar)
            self._parts.boards.bars.touch(key)

    # the cache reports each change of an order here

    def order_changed(self, before: Order | None, after: Order) -> None:
        """Journal and show one change of one order."""
        self._parts.journal.append_order(
            OrderRecord(
                number=after.number,
                intent_id=after.intent_id,
                key=after.key,
                perm_id=after.perm_id,
                account=after.account,
                status=after.status,
                why=after.why,
                at=after.updated_at,
            )
        )
        self._parts.boards.orders.touch(str(after.number))
        self._parts.boards.status.touch_all()
        if before is not None and before.status is after.status:
            return
        if before is not None and after.status is OrderStatus.REJECTED and after.is_own:
            self._parts.desk.reservations.count_reject(self._parts.clock.monotonic())
        severity = Severity.ERROR if after.status in _ALARMING else Severity.INFO
        label = self._parts.symbols.label_of(after.spec.instrument_id)
        words = f"order {after.number} {after.spec.side} {after.spec.quantity} {label}"
        self._parts.log.say(
            severity, "order", f"{words}: {after.status}{' - ' + after.why if after.why else ''}"
        )

    def outage(self, line: OutageLine) -> None:
        """Journal the begin or the end of an outage."""
        payload: dict[str, Json] = {
            "outage": line.what,
            "reason": line.reason,
            "expected": line.expected,
            "began_at": line.began_at.isoformat(),
            "ended_at": None if line.ended_at is None else line.ended_at.isoformat(),
        }
        self._event(EventKind.CONNECTION, payload)

    # helpers

    def _came_up(self, name: LinkName) -> None:
        """Read the books once both links are up; quotes and bars need the data link alone (D19)."""
        if all(self._parts.desk.is_up(each) for each in LinkName):
            self._resync(f"{name} link is up")
        elif name is LinkName.DATA:
            self._data_up()

    def _lost(self, status: LinkStatus) -> None:
        desk = self._parts.desk
        lost_data = status.name is LinkName.DATA
        desk.forget_books(f"the {status.name} link is down: {status.reason}", with_account=lost_data)
        if lost_data:
            self._distrust_quotes()
        else:
            self._doubt_in_flight()
        self._parts.boards.touch_books()

    def _distrust_quotes(self) -> None:
        self._parts.desk.distrust_quotes()
        for instrument_id in self._parts.desk.quotes:
            self._parts.boards.touch_quote(instrument_id)

    def _doubt_in_flight(self) -> None:
        """Orders whose answer was to come over the lost link may or may not be at the venue (R15)."""
        why = "the link was lost before the venue answered; it will be asked about, not sent again"
        for order in tuple(self._parts.cache.orders.values()):
            if order.is_own and order.status.is_in_flight and not self._parts.orders.is_unsent(order.number):
                self._parts.in_flight.doubt(order, why, trigger=Trigger.LINK_LOST)

    def _journal_link(self, status: LinkStatus) -> None:
        self._links.changed(status, is_expected=status.name is LinkName.ORDER and self._parts.desk.is_locked)
        self._event(
            EventKind.CONNECTION,
            {"link": status.name.value, "state": status.state.value, "reason": status.reason},
        )

    def _subject(self, message: VenueMessage, order: Order | None) -> str:
        if order is not None:
            return f"order {order.number}"
        if message.instrument_id is not None and message.order_key is None:
            return self._parts.symbols.label_of(message.instrument_id)
        return ""

    def _ask_if_short(self, number: OrderNumber) -> None:
        order = self._parts.cache.by_number(number)
        if order is not None and order.is_open and is_short_of_executions(order):
            self._parts.spawn(f"ask for executions of order {number}", self._parts.in_flight.ask(number))

    def _is_ours(self, account: AccountId) -> bool:
        """Of the bound account, and after the journal's orders are back: the books are read whole right after."""
        desk = self._parts.desk
        return desk.latch_loaded and desk.identity is not None and desk.identity.account == account

    def _account(self) -> AccountId:
        identity = self._parts.desk.identity
        return AccountId("") if identity is None else identity.account

    def _event(self, kind: EventKind, payload: dict[str, Json]) -> None:
        self._parts.journal.append(JournalEvent(kind, self._account(), self._parts.clock.now(), payload))
