"""Every order of the account this session knows, by number, key, intent and permId; own and foreign alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from qe_dashboard.core.clock import Clock
from qe_dashboard.execution.order_index import OrderIndex
from qe_dashboard.execution.reducer import apply_fill, apply_report, apply_trigger, count_fill, uncount_fill
from qe_dashboard.model.identifiers import (
    ExecId,
    InstrumentId,
    OrderKey,
    OrderNumber,
    exec_version,
    intent_of,
)
from qe_dashboard.model.order import THIS, Fill, Order, OrderSpec
from qe_dashboard.model.order_status import OrderStatus, Trigger
from qe_dashboard.model.reports import CommissionReport, OrderReport

Changed = Callable[[Order | None, Order], None]
"""Called with the order before (None when new) and after a change."""


class OrderCache:
    """The one place where orders change. Numbers are ours, small and never reused in a profile (D21)."""

    def __init__(self, *, clock: Clock, on_change: Changed) -> None:
        self._clock = clock
        self._on_change = on_change
        self._index = OrderIndex()
        self._fills: dict[ExecId, Fill] = {}
        self._waiting_fills: dict[OrderKey, list[Fill]] = {}
        self._waiting_commissions: dict[ExecId, CommissionReport] = {}
        self._versions: dict[str, ExecId] = {}
        """Execution -> the version of it that is counted."""
        self._pending_terms: dict[OrderNumber, OrderSpec] = {}
        self.touched: dict[OrderNumber, float] = {}
        """When an order last changed here (monotonic seconds): no clock that is set, here or at the venue, moves it."""
        self._last_number = 0

    # reading --------------------------------------------------------------------------------------

    @property
    def orders(self) -> Mapping[OrderNumber, Order]:
        return self._index.orders

    @property
    def fills(self) -> Mapping[ExecId, Fill]:
        return self._fills

    def by_number(self, number: OrderNumber) -> Order | None:
        return self._index.orders.get(number)

    def by_key(self, key: OrderKey) -> Order | None:
        return self._index.by_key(key)

    def owner_of(self, fill: Fill) -> Order | None:
        """Return the order a fill belongs to, when it is known here."""
        return self._index.find(fill.key, fill.perm_id, fill.order_ref)

    def open_orders(self) -> tuple[Order, ...]:
        """Every order that may still trade; a change in flight counts at the larger size (D4)."""
        return tuple(
            [
                _larger(order, self._pending_terms.get(order.number))
                for order in self._index.orders.values()
                if order.is_open
            ]
        )

    def open_in(self, instrument_id: InstrumentId) -> tuple[Order, ...]:
        return tuple(o for o in self.open_orders() if o.spec.instrument_id == instrument_id)

    # writing --------------------------------------------------------------------------------------

    def start_numbers_above(self, last: int) -> None:
        """Continue the profile's numbering."""
        self._last_number = max(self._last_number, last)

    def next_number(self) -> OrderNumber:
        self._last_number += 1
        return OrderNumber(self._last_number)

    def add(self, order: Order) -> None:
        """Take in an order that is new here, and the executions that arrived before it."""
        self._store(None, order)
        if order.key is not None:
            for fill in self._waiting_fills.pop(order.key, []):
                self._book(fill)

    def restore(self, orders: tuple[Order, ...], fills: tuple[Fill, ...], *, shown_since: datetime) -> None:
        """Take back what a journal remembers; fills since `shown_since`, or of a restored order, are kept.

        The remembered statuses stand: a fill is counted without moving its order, which it moved long ago.
        """
        for order in orders:
            self._index.put(order)
        for fill in fills:
            owner = self.owner_of(fill)
            if fill.exec_id in self._fills or (owner is None and fill.at < shown_since):
                continue
            if not self._supersede(fill):
                continue
            owner = self.owner_of(fill)
            self._fills[fill.exec_id] = fill
            if owner is None:
                self._waiting_fills.setdefault(fill.key, []).append(fill)
            else:
                self._index.put(count_fill(owner, fill))
        for number in (order.number for order in orders if order.status is OrderStatus.FILLED):
            order = self._index.orders[number]
            if 0 < order.filled != order.spec.quantity:
                # The last terms asked for were not taken: what traded is what was ordered.
                self._index.put(replace(order, spec=replace(order.spec, quantity=order.filled)))

    def trigger(
        self, number: OrderNumber, trigger: Trigger, *, at: datetime, why: str | None = None
    ) -> Order:
        """Move one order; returns it as it stands."""
        before = self._index.orders[number]
        after = apply_trigger(before, trigger, at=at, why=why)
        if after.is_open is False or trigger is Trigger.CANCEL_REQUESTED:
            self._pending_terms.pop(number, None)
        self._store(before, after)
        return after

    def note(self, number: OrderNumber, why: str, *, at: datetime) -> None:
        """Keep the venue's words with an order without moving it (a notice never ends an order, R09)."""
        before = self._index.orders[number]
        self._store(before, replace(before, why=why, updated_at=at))

    def expect_terms(self, number: OrderNumber, terms: OrderSpec) -> None:
        """Remember terms that were sent and not yet echoed."""
        self._pending_terms[number] = terms

    def expected_terms(self, number: OrderNumber) -> OrderSpec | None:
        return self._pending_terms.get(number)

    def forget_terms(self, number: OrderNumber, *, at: datetime) -> None:
        """End the wait for new terms: the old ones stand, and may have been filled meanwhile."""
        self._pending_terms.pop(number, None)
        order = self._index.orders.get(number)
        if order is not None and order.is_open and order.filled == order.spec.quantity:
            self.trigger(number, Trigger.ALL_FILLED, at=at)

    def report(self, report: OrderReport) -> Order:
        """Take in an order report; an order not met before becomes a row with its owner named (R07)."""
        before = self.reported(report)
        if before is None:
            order = _met(report, self.next_number(), at=self._clock.now())
            self.add(order)
            return self._index.orders[order.number]
        terms = self._pending_terms.get(before.number)
        at_most = None if terms is None else terms.quantity
        after = apply_report(before, report, at=self._clock.now(), at_most=at_most)
        if terms is not None and after.spec == terms:
            self._pending_terms.pop(before.number)
        self._store(before, after)
        return self._index.orders[before.number]

    def reported(self, report: OrderReport) -> Order | None:
        """Return the order a report is about, when it is known here."""
        return self._index.find(report.key, report.perm_id, report.order_ref)

    def fill(self, fill: Fill) -> Fill | None:
        """Count an execution; returns it with its commission when it is new, None when it was known."""
        if fill.exec_id in self._fills or not self._supersede(fill):
            return None
        commission = self._waiting_commissions.pop(fill.exec_id, None)
        if commission is not None:
            fill = replace(fill, commission=commission.commission, realized=commission.realized)
        self._fills[fill.exec_id] = fill
        self._book(fill)
        return fill

    def _supersede(self, fill: Fill) -> bool:
        """Take out an older version of this execution; False when a newer one is counted already."""
        stem, version = exec_version(fill.exec_id)
        known = self._versions.get(stem)
        if known is not None and exec_version(known)[1] > version:
            return False
        self._versions[stem] = fill.exec_id
        older = None if known is None else self._fills.pop(known, None)
        order = None if older is None else self.owner_of(older)
        if older is not None and order is not None:
            self._index.put(uncount_fill(order, older))
        return True

    def commission(self, report: CommissionReport) -> Fill | None:
        """Join a commission to its execution, now or when it comes."""
        fill = self._fills.get(report.exec_id)
        if fill is None:
            self._waiting_commissions[report.exec_id] = report
            return None
        joined = replace(fill, commission=report.commission, realized=report.realized)
        self._fills[joined.exec_id] = joined
        return joined

    def clear(self) -> None:
        """Forget everything but the numbering: another account's orders are none of ours."""
        self._index = OrderIndex()
        self._fills.clear()
        self._waiting_fills.clear()
        self._waiting_commissions.clear()
        self._versions.clear()
        self._pending_terms.clear()
        self.touched.clear()

    def _book(self, fill: Fill) -> None:
        order = self.owner_of(fill)
        if order is None:
            self._waiting_fills.setdefault(fill.key, []).append(fill)
            return
        terms = self._pending_terms.get(order.number)
        at_most = None if terms is None else terms.quantity
        after = apply_fill(order, fill, at=self._clock.now(), at_most=at_most)
        if terms is not None and after.filled > order.spec.quantity and after.filled <= terms.quantity:
            # More traded than the old terms held: the change was taken, its echo is still on its way.
            self._pending_terms.pop(order.number)
            after = replace(after, spec=terms)
        self._store(order, after)

    def _store(self, before: Order | None, after: Order) -> None:
        if before == after:
            return
        self.touched[after.number] = self._clock.monotonic()
        self._index.put(after)
        self._on_change(before, after)


def _larger(order: Order, terms: OrderSpec | None) -> Order:
    """Return the order at the larger of its present and its asked-for size."""
    if terms is None or terms.quantity <= order.spec.quantity:
        return order
    return replace(order, spec=terms)


def _met(report: OrderReport, number: OrderNumber, *, at: datetime) -> Order:
    """Make a row of an order first heard of here: somebody else's, or ours of a journal that is gone."""
    order = Order(
        number=number,
        intent_id=intent_of(report.order_ref) if report.owner == THIS else None,
        key=report.key,
        perm_id=report.perm_id,
        account=report.account,
        spec=report.spec,
        status=OrderStatus.PENDING,
        created_at=at,
        updated_at=at,
        owner=report.owner,
    )
    return apply_report(order, report, at=at)
