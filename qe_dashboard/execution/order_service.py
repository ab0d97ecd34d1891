"""The one path an order takes to a broker (design section 6, D4). Nothing else calls `Broker.place/modify/cancel`.

proposal -> snapshot -> every gate -> verdicts journalled -> reserved -> intent committed -> epoch checked again ->
sent in the same loop step -> acknowledged in time, or UNCERTAIN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from qe_dashboard.broker.port import Broker, NotSent, PlaceOrder
from qe_dashboard.core.clock import Clock
from qe_dashboard.core.ids import IdSource
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.journal.port import JournalError, JournalWriter
from qe_dashboard.journal.records import EventKind, IntentAction, IntentRecord, JournalEvent, Json
from qe_dashboard.model.enums import OrderClass, Outcome
from qe_dashboard.model.identifiers import IntentId, OrderKey, OrderNumber, order_ref_of
from qe_dashboard.model.order import Order
from qe_dashboard.model.order_status import OrderStatus, Trigger
from qe_dashboard.risk.context import Proposal
from qe_dashboard.risk.pipeline import assess
from qe_dashboard.risk.verdict import Assessment

CANCEL_ACK_S = 5.0
"""A cancel that is not answered in this time is asked about (seconds)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The bytes were handed to the wire; the venue's answer follows."""

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

    def start_ids_above(self, mark: int) -> None:
        """Never reuse an order id an earlier run reserved (D21)."""
        self._id_mark = max(self._id_mark, mark)

    def assess(self, proposal: Proposal) -> Assessment:
        """Run every gate and send nothing."""
        return assess(proposal, self._desk.context(proposal))

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
        self._reserve(outgoing)
        epoch = self._desk.epoch
        problem = await self._commit(outgoing, IntentAction.PLACE)
        if problem is None:
            problem = self._changed_meanwhile(epoch)
        if problem is None:
            # Armed first: should the adapter fail half-way, the order is still asked about.
            self._watch(order.number, float(self._desk.limits.ack_timeout_s))
            problem = self._send(outgoing, self._broker.place)
        self._end_reservation(intent_id, problem)
        if problem is not None:
            self._cache.trigger(order.number, Trigger.NOT_SENT, at=self._clock.now(), why=problem)
            return Unsent(problem)
        return Sent(order.number)

    async def modify(self, proposal: Proposal, *, accepted: tuple[str, ...] = ()) -> SubmitResult:
        """Send new terms for a working order of ours if every gate allows them."""
        old = proposal.replaces
        if old is None or old.key is None or old.intent_id is None:
            return Unsent("only an own order that reached the venue can be changed")
        assessment = self.assess(proposal)
        refused = self._judge(proposal, assessment, accepted, old.intent_id)
        if refused is not None:
            return refused
        if self._cache.expected_terms(old.number) is not None:
            return Unsent(f"an earlier change of order {old.number} is not answered yet; wait for it")
        self._cache.expect_terms(old.number, proposal.spec)
        epoch = self._desk.epoch
        changed = replace(old, spec=proposal.spec)
        outgoing = _Outgoing(changed, proposal, old.intent_id, old.key, assessment.order_class)
        self._reserve(outgoing)
        problem = await self._commit(outgoing, IntentAction.MODIFY)
        if problem is None:
            problem = self._changed_meanwhile(epoch) or self._still_open(old.number)
        if problem is None:
            self._watch(old.number, float(self._desk.limits.ack_timeout_s))
            problem = self._send(outgoing, self._broker.modify)
        self._end_reservation(old.intent_id, problem)
        if problem is not None:
            self._cache.forget_terms(old.number)
            return Unsent(problem)
        return Sent(old.number)

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
        try:
            self._broker.cancel(order.key)
        except NotSent as error:
            return Unsent(str(error))
        payload: dict[str, Json] = {"command": "cancel", "number": int(number), "key": str(order.key)}
        self._journal.append(
            JournalEvent(EventKind.COMMAND, order.account, self._clock.now(), payload, order.intent_id)
        )
        self._cache.trigger(number, Trigger.CANCEL_REQUESTED, at=self._clock.now())
        self._watch(number, CANCEL_ACK_S)
        return Sent(number)

    # steps

    def _judge(
        self, proposal: Proposal, assessment: Assessment, accepted: tuple[str, ...], intent_id: IntentId
    ) -> Denied | NeedsYes | None:
        self._journal_verdicts(proposal, assessment, intent_id)
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

    def _end_reservation(self, intent_id: IntentId, problem: str | None) -> None:
        """After a send the cache shows the order; without one nothing is taken up any more."""
        if problem is None:
            self._desk.reservations.settle(intent_id)
        else:
            self._desk.reservations.release(intent_id)

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
            return str(error)
        return None

    def _changed_meanwhile(self, epoch: int) -> str | None:
        if self._desk.epoch == epoch:
            return None
        state = self._desk.latch.state
        links = self._desk.link_words()
        return f"something changed while the intent was being written (now {state}{'; ' + links if links else ''})"

    def _still_open(self, number: OrderNumber) -> str | None:
        order = self._cache.by_number(number)
        if order is None or not order.is_open:
            return f"order {number} ended meanwhile"
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
        self._clock.call_later(seconds, lambda: self._on_overdue(number))

    def _journal_verdicts(self, proposal: Proposal, assessment: Assessment, intent_id: IntentId) -> None:
        verdicts: list[Json] = [
            {
                "gate": v.gate,
                "code": v.code,
                "outcome": v.outcome.value,
                "text": v.text,
                "measured": v.measured,
                "limit": v.limit,
                "unit": v.unit,
                "scope": v.scope,
                "source": v.source,
            }
            for v in assessment.verdicts
        ]
        spec = proposal.spec
        payload: dict[str, Json] = {
            "instrument": spec.instrument_id,
            "side": spec.side.value,
            "quantity": str(spec.quantity),
            "terms": spec.price_words,
            "origin": proposal.origin.value,
            "class": assessment.order_class.value,
            "outcome": assessment.outcome.value,
            "verdicts": verdicts,
        }
        self._journal.append(
            JournalEvent(EventKind.VERDICTS, proposal.account, self._clock.now(), payload, intent_id)
        )
