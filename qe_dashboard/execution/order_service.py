"""The one path an order takes to a broker (design section 6, D4). Nothing else calls `Broker.place/modify/cancel`.

proposal -> snapshot -> every gate -> verdicts journalled -> reserved -> intent committed -> epoch checked again ->
sent in the same loop step -> acknowledged in time, or UNCERTAIN.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from qe_dashboard.broker.port import Broker, NotSent, PlaceOrder
from qe_dashboard.core.clock import Clock, TimerHandle
from qe_dashboard.core.ids import IdSource
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.verdict_event import verdict_event
from qe_dashboard.journal.port import JournalError, JournalWriter
from qe_dashboard.journal.records import (
    EventKind,
    IntentAction,
    IntentRecord,
    JournalEvent,
    Json,
    OrderRecord,
)
from qe_dashboard.model.enums import OrderClass, Outcome
from qe_dashboard.model.identifiers import InstrumentId, IntentId, OrderKey, OrderNumber, order_ref_of
from qe_dashboard.model.known import map_known
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus, Trigger
from qe_dashboard.risk.context import Proposal
from qe_dashboard.risk.pipeline import assess
from qe_dashboard.risk.verdict import Assessment

log = logging.getLogger(__name__)

CANCEL_ACK_S = 5.0
"""A cancel that is not answered in this time is asked about (seconds)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The bytes were handed to the wire, or a cancel is the next to be; the venue's answer follows."""

    number: OrderNumber


@dataclass(frozen=True, slots=True)
class Denied:
    """Gates refused it; nothing was sent."""

    assessment: Assessment


@dataclass(frozen=True, slots=True)
class NeedsYes:
    """Gates ask for a yes that was not given; nothing was sent."""

    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Unsent:
    """It passed the gates but was not sent, for this reason; nothing is at the venue because of it."""

    reason: str


SubmitResult = Sent | Denied | NeedsYes | Unsent


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """An order with everything the journal and the wire need of it."""

    order: Order
    proposal: Proposal
    intent_id: IntentId
    key: OrderKey
    order_class: OrderClass


@dataclass(frozen=True, slots=True)
class _Target:
    """A working order that is to get new terms."""

    order: Order
    intent_id: IntentId
    key: OrderKey


class OrderService:
    """Commands in; orders, journal rows and bytes out."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: IdSource,
        desk: Desk,
        cache: OrderCache,
        journal: JournalWriter,
        broker: Broker,
        on_overdue: Callable[[OrderNumber], None],
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._desk = desk
        self._cache = cache
        self._journal = journal
        self._broker = broker
        self._on_overdue = on_overdue
        self._id_mark = 0
        self._unsent: set[OrderNumber] = set()
        self._watches: dict[OrderNumber, TimerHandle] = {}

    def start_ids_above(self, mark: int) -> None:
        """Never reuse an order id an earlier run reserved (D21)."""
        self._id_mark = max(self._id_mark, mark)

    def assess(self, proposal: Proposal, *, without: frozenset[OrderNumber] = frozenset()) -> Assessment:
        """Run every gate and send nothing; `without` are orders that would be gone by then."""
        context = self._desk.context(proposal)
        if without:
            left = map_known(
                context.open_orders, lambda book: tuple(o for o in book if o.number not in without)
            )
            context = replace(context, open_orders=left)
        return assess(proposal, context)

    async def submit(self, proposal: Proposal, *, accepted: tuple[str, ...] = ()) -> SubmitResult:
        """Send a new order if every gate allows it; `accepted` names the ASK codes a person said yes to (D3)."""
        intent_id = self._ids.intent_id()
        assessment = self.assess(proposal)
        refused = self._judge(proposal, assessment, accepted, intent_id)
        if refused is not None:
            return refused
        try:
            key = self._reserve_key()
        except NotSent as error:
            return Unsent(str(error))
        order = self._new_order(proposal, assessment.order_class, intent_id, key)
        outgoing = _Outgoing(order, proposal, intent_id, key, assessment.order_class)
        self._cache.add(order)
        self._unsent.add(order.number)
        problem: str | None = "the program stopped before it was sent"
        try:
            problem = await self._deliver(outgoing, IntentAction.PLACE, self._broker.place)
        finally:
            self._unsent.discard(order.number)
            if problem is not None:
                self._close_unsent(order, problem)
        return Sent(order.number) if problem is None else Unsent(problem)

    async def modify(self, proposal: Proposal, *, accepted: tuple[str, ...] = ()) -> SubmitResult:
        """Send new terms for a working order of ours if every gate allows them."""
        old = self._present(proposal)
        if isinstance(old, Unsent):
            return old
        proposal = replace(proposal, replaces=old.order)
        assessment = self.assess(proposal)
        refused = self._judge(proposal, assessment, accepted, old.intent_id)
        if refused is not None:
            return refused
        number = old.order.number
        changed = replace(old.order, spec=proposal.spec)
        outgoing = _Outgoing(changed, proposal, old.intent_id, old.key, assessment.order_class)
        self._cache.expect_terms(number, proposal.spec)
        problem: str | None = "the program stopped before it was sent"
        try:
            problem = await self._deliver(outgoing, IntentAction.MODIFY, self._broker.modify)
        finally:
            if problem is not None:
                self._cache.forget_terms(number, at=self._clock.now())
        return Sent(number) if problem is None else Unsent(problem)

    def cancel(self, number: OrderNumber) -> Unsent | Sent:
        """Ask the venue to cancel an own order. No gate and no disk stands in its way (S14, D7)."""
        order = self._cache.by_number(number)
        if order is None:
            return Unsent(f"there is no order {number}")
        if not order.is_own or order.key is None:
            return Unsent(
                f"order {number} was placed by {order.owner}: this program cannot cancel it. "
                "Cancel it where it was placed."
            )
        if not order.is_open:
            return Unsent(f"order {number} is already {order.status}")
        if number in self._unsent:
            # Its intent is still being written: withdrawn, it never leaves.
            self._close_unsent(order, "cancelled before it was sent")
            return Sent(number)
        try:
            self._broker.cancel(order.key)
        except NotSent as error:
            return Unsent(str(error))
        except Exception:  # the bytes may have left all the same: taken as asked, and found out by the watch
            log.exception("cancel of order %s failed half-way", number)
        self._watch(number, CANCEL_ACK_S)
        payload: dict[str, Json] = {"command": "cancel", "number": int(number), "key": str(order.key)}
        self._journal.append(
            JournalEvent(EventKind.COMMAND, order.account, self._clock.now(), payload, order.intent_id)
        )
        self._cache.trigger(number, Trigger.CANCEL_REQUESTED, at=self._clock.now())
        return Sent(number)

    def is_unsent(self, number: OrderNumber) -> bool:
        """Whether an order's intent is still being written, so that nothing of it can be at the venue."""
        return number in self._unsent

    def note_denial(self, proposal: Proposal, assessment: Assessment) -> None:
        """Journal a refusal that was only shown: a denial is kept with its numbers (S40)."""
        self._journal.append(verdict_event(proposal, assessment, None, at=self._clock.now()))

    # steps

    def _judge(
        self, proposal: Proposal, assessment: Assessment, accepted: tuple[str, ...], intent_id: IntentId
    ) -> Denied | NeedsYes | None:
        self._journal.append(verdict_event(proposal, assessment, intent_id, at=self._clock.now()))
        if assessment.outcome is Outcome.DENY:
            return Denied(assessment)
        if set(assessment.asks) - set(accepted):
            return NeedsYes(assessment)
        return None

    def _reserve_key(self) -> OrderKey:
        key = self._broker.reserve_key(above=self._id_mark)
        self._id_mark = max(self._id_mark, key.order_id)
        return key

    def _reserve(self, outgoing: _Outgoing) -> None:
        self._desk.reservations.reserve(
            outgoing.intent_id,
            outgoing.proposal,
            order_class=outgoing.order_class,
            number=outgoing.order.number,
            at=self._clock.now(),
            now=self._clock.monotonic(),
        )

    async def _deliver(
        self, outgoing: _Outgoing, action: IntentAction, send: Callable[[PlaceOrder], None]
    ) -> str | None:
        """Reserve, commit, check again, send; returns why nothing was sent, None when it was (D4)."""
        number = outgoing.order.number
        self._reserve(outgoing)
        instrument_id = outgoing.order.spec.instrument_id
        epoch = self._desk.epoch_of(instrument_id)
        sent = False
        try:
            problem = (
                await self._commit(outgoing, action)
                or self._changed_meanwhile(instrument_id, epoch)
                or self._still_open(number)
                or self._send(outgoing, send)
            )
            sent = problem is None
        finally:
            # After a send the cache shows the order; without one nothing is taken up any more.
            if sent:
                self._desk.reservations.settle(outgoing.intent_id)
            else:
                self._desk.reservations.release(outgoing.intent_id)
        return problem

    def _close_unsent(self, order: Order, why: str) -> None:
        """End an order that provably was not sent, in the journal too: its intent alone would read as UNCERTAIN."""
        known, now = self._cache.by_number(order.number), self._clock.now()
        if known is None:
            # Another account was found meanwhile; when this one comes back, the journal is asked.
            row = OrderRecord(
                number=order.number,
                intent_id=order.intent_id,
                key=order.key,
                perm_id=None,
                account=order.account,
                status=OrderStatus.NOT_SENT,
                why=why,
                at=now,
            )
            self._journal.append_order(row)
        elif known.is_open:
            self._cache.trigger(order.number, Trigger.NOT_SENT, at=now, why=why)

    def _present(self, proposal: Proposal) -> _Target | Unsent:
        """Return the order as it stands now; a proposal may have waited for its yes while it changed."""
        asked = proposal.replaces
        if asked is None or asked.key is None or asked.intent_id is None:
            return Unsent("only an own order that reached the venue can be changed")
        order = self._cache.by_number(asked.number)
        if order is None or order.intent_id != asked.intent_id:
            return Unsent(f"order {asked.number} is not known any more")
        if not order.is_own:
            return Unsent(f"order {asked.number} was placed by {order.owner}: change it where it was placed")
        if not order.is_open:
            return Unsent(f"order {order.number} is already {order.status}")
        if order.status is OrderStatus.PENDING:
            return Unsent(f"order {order.number} is not acknowledged yet; wait for the venue's answer")
        if order.status is OrderStatus.PENDING_CANCEL:
            return Unsent(f"order {order.number} is being cancelled; its terms are not changed any more")
        if self._cache.expected_terms(order.number) is not None:
            return Unsent(f"an earlier change of order {order.number} is not answered yet; wait for it")
        if order.spec != asked.spec:
            return Unsent(f"order {order.number} has other terms by now; look at it and change it again")
        return _Target(order, asked.intent_id, order.key if order.key is not None else asked.key)

    async def _commit(self, outgoing: _Outgoing, action: IntentAction) -> str | None:
        record = IntentRecord(
            intent_id=outgoing.intent_id,
            action=action,
            number=outgoing.order.number,
            key=outgoing.key,
            account=outgoing.order.account,
            spec=outgoing.order.spec,
            order_class=outgoing.order_class,
            origin=outgoing.proposal.origin,
            at=self._clock.now(),
        )
        try:
            await self._journal.commit_intent(record)
        except JournalError as error:
            return str(error)
        return None

    def _send(self, outgoing: _Outgoing, send: Callable[[PlaceOrder], None]) -> str | None:
        """Hand it to the wire; between the epoch check before this and the bytes there is no await (D4)."""
        number = outgoing.order.number
        # Armed first: should the adapter fail half-way, the order is still asked about.
        self._watch(number, float(self._desk.limits.ack_timeout_s))
        wire = PlaceOrder(
            key=outgoing.key,
            intent_id=outgoing.intent_id,
            order_ref=order_ref_of(outgoing.intent_id),
            account=outgoing.order.account,
            instrument=outgoing.proposal.instrument,
            spec=outgoing.order.spec,
        )
        try:
            send(wire)
        except NotSent as error:
            self._unwatch(number)
            return str(error)
        except Exception:  # the bytes may have left all the same: asked about at once, never sent again (R15)
            log.exception("send of order %s failed half-way", number)
            self._watch(number, 0.0)
        return None

    def _changed_meanwhile(self, instrument_id: InstrumentId, epoch: tuple[int, int]) -> str | None:
        now = self._desk.epoch_of(instrument_id)
        if now == epoch:
            return None
        if now[0] == epoch[0]:
            return "the position changed while the intent was being written; look again before you send it"
        state = self._desk.latch.state
        links = self._desk.link_words()
        return f"something changed while the intent was being written (now {state}{'; ' + links if links else ''})"

    def _still_open(self, number: OrderNumber) -> str | None:
        order = self._cache.by_number(number)
        if order is None:
            return "another account was found meanwhile"
        if not order.is_open:
            return order.why if number in self._unsent else f"order {number} ended meanwhile"
        return None

    def _new_order(
        self, proposal: Proposal, order_class: OrderClass, intent_id: IntentId, key: OrderKey
    ) -> Order:
        now = self._clock.now()
        return Order(
            number=self._cache.next_number(),
            intent_id=intent_id,
            key=key,
            perm_id=None,
            account=proposal.account,
            spec=proposal.spec,
            status=OrderStatus.PENDING,
            created_at=now,
            updated_at=now,
            origin=proposal.origin,
            order_class=order_class,
        )

    def _watch(self, number: OrderNumber, seconds: float) -> None:
        """Call `on_overdue` then; a later send to the same order starts the wait anew."""
        self._unwatch(number)
        self._watches[number] = self._clock.call_later(seconds, lambda: self._overdue(number))

    def _unwatch(self, number: OrderNumber) -> None:
        timer = self._watches.pop(number, None)
        if timer is not None:
            timer.cancel()

    def _overdue(self, number: OrderNumber) -> None:
        self._watches.pop(number, None)
        self._on_overdue(number)
