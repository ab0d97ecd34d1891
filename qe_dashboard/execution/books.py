"""The three books - positions, open orders, executions - read whole, from the broker, with their age (D24, R16)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from math import inf

from qe_dashboard.broker.port import Broker
from qe_dashboard.core.clock import Clock
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.reducer import is_short_of_executions
from qe_dashboard.model.identifiers import AccountId, OrderNumber
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.order import Fill, Order
from qe_dashboard.model.order_status import OrderStatus, Trigger
from qe_dashboard.model.reports import OrderReport, Position

QUIET_S = 3.0
"""An order with news younger than this is not judged absent: the snapshot may be older than the news."""

EXPLAIN_S = 1.0
"""A flatten looks at the position five times a second until it is flat; the other two books not so often."""

_NOT_TAKEN_UP = Unknown("the account is being taken up from the journal")
_CHANGED = Unknown("the session changed while they were read")

_NEVER_JUDGED = frozenset({OrderStatus.PENDING, OrderStatus.UNCERTAIN, OrderStatus.CONFLICT})


class Books:
    """Reads the books one at a time (single flight) and feeds them to desk and cache."""

    def __init__(
        self,
        *,
        clock: Clock,
        broker: Broker,
        desk: Desk,
        cache: OrderCache,
        on_fill: Callable[[Fill], None],
        on_change: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._broker = broker
        self._desk = desk
        self._cache = cache
        self._on_fill = on_fill
        self._on_change = on_change
        self._lock = asyncio.Lock()
        self._explained_at = -inf
        self.last_open: Maybe[tuple[OrderReport, ...]] = Unknown("not read yet")
        self.last_executions: Maybe[tuple[Fill, ...]] = Unknown("not read yet")
        self.read_at: datetime | None = None

    @property
    def is_reading(self) -> bool:
        """Whether a read is under way."""
        return self._lock.locked()

    async def refresh(self) -> str | None:
        """Read all three books; returns None when all are known, else what is not and why."""
        async with self._lock:
            await self._read_orders()
            orders, executions = self.last_open, self.last_executions
            # After the executions: what they hold must be in the positions by now, so that the two can be compared.
            positions = await self._read_positions(is_whole=not isinstance(executions, Unknown))
        self._on_change()
        # Positions last: without the others an empty book of them is doubted, which is no cause to name.
        for name, book in (("open orders", orders), ("executions", executions), ("positions", positions)):
            if isinstance(book, Unknown):
                return f"{name}: {book.reason}"
        self.read_at = self._clock.now()
        return None

    async def refresh_orders(self) -> None:
        """Read open orders of all clients and executions."""
        async with self._lock:
            await self._read_orders()
        self._on_change()

    async def refresh_positions(self) -> Maybe[tuple[Position, ...]]:
        """Read positions afresh: exits are sized from a read, not from memory (R57, D1).

        A position that no known execution explains has the executions read as well: another client may have traded.
        """
        async with self._lock:
            positions = await self._read_positions(is_whole=False)
            if self._desk.watch.is_unsettled and self._clock.monotonic() >= self._explained_at + EXPLAIN_S:
                self._explained_at = self._clock.monotonic()
                await self._read_orders()
                is_whole = not isinstance(self.last_executions, Unknown)
                positions = await self._read_positions(is_whole=is_whole)
        self._on_change()
        return positions

    async def _read_positions(self, *, is_whole: bool) -> Maybe[tuple[Position, ...]]:
        asked_for, asked_at = self._bound(), self._clock.monotonic()
        positions = await self._broker.positions()
        if self._bound() != asked_for:
            positions = _CHANGED
        was_known = not isinstance(self._desk.positions, Unknown)
        if is_whole:
            positions = self._desk.take_read(positions, asked_at=asked_at)
        else:
            positions = self._desk.take_pushed(positions)
        if isinstance(positions, Unknown) and was_known:
            self._desk.bump()
        return positions

    async def _read_orders(self) -> None:
        asked_for, asked_at = self._bound(), self._clock.monotonic()
        if asked_for is None:
            # Before the journal's own orders are back, each of them would be met as a stranger under a new number.
            self._take(_NOT_TAKEN_UP, _NOT_TAKEN_UP, asked_at)
            return
        # Open orders first: one that fills between the two reads is then found in the executions. The other way
        # round it would be in neither, and read as gone.
        reports = await self._broker.open_orders()
        executions = await self._broker.executions()
        if self._bound() != asked_for:
            self._take(_CHANGED, _CHANGED, asked_at)
        else:
            self._take(reports, executions, asked_at)

    def _take(
        self,
        reports: Maybe[tuple[OrderReport, ...]],
        executions: Maybe[tuple[Fill, ...]],
        asked_at: float,
    ) -> None:
        self.last_open, self.last_executions = reports, executions
        listed: set[OrderNumber] = set()
        if isinstance(reports, Unknown):
            self._desk.open_orders = reports
        else:
            mine = (report for report in reports.value if report.account == self._bound())
            listed = {self._take_report(report, asked_at) for report in mine}
            self._desk.open_orders = Known(None, reports.as_of)
        if isinstance(executions, Unknown):
            self._desk.executions = executions
            return
        self._desk.executions = Known(None, executions.as_of)
        for fill in executions.value:
            self._on_fill(fill)
        if not isinstance(reports, Unknown):
            self._end_absent(listed, asked_at)

    def _bound(self) -> AccountId | None:
        """The account whose orders the cache holds, None while there is none: a read may outlive its session (S03)."""
        desk = self._desk
        return desk.identity.account if desk.latch_loaded and desk.identity is not None else None

    def _take_report(self, report: OrderReport, asked_at: float) -> OrderNumber:
        """Take in one row of a whole read, unless the order's own news is younger than the question."""
        known = self._cache.reported(report)
        if known is not None and self._has_news_after(asked_at, known.number):
            return known.number
        return self._cache.report(report).number

    def _end_absent(self, listed: set[OrderNumber], asked_at: float) -> None:
        for order in tuple(self._cache.orders.values()):
            if not self._is_absent(order, listed, asked_at):
                continue
            if order.filled == order.spec.quantity:
                self._cache.trigger(order.number, Trigger.ALL_FILLED, at=self._clock.now())
                continue
            if is_short_of_executions(order):
                claim = f"the venue said {order.status_filled} filled, its executions say {order.filled}"
                self._cache.trigger(order.number, Trigger.SHORTFALL, at=self._clock.now(), why=claim)
                continue
            why = "no longer at the venue; how it ended was not seen"
            self._cache.trigger(order.number, Trigger.ABSENT, at=self._clock.now(), why=why)

    def _is_absent(self, order: Order, listed: set[OrderNumber], asked_at: float) -> bool:
        if not order.is_open or order.status in _NEVER_JUDGED or order.number in listed:
            return False
        return not self._has_news_after(asked_at - QUIET_S, order.number)

    def _has_news_after(self, moment: float, number: OrderNumber) -> bool:
        """Whether an order changed here after this moment; one that an earlier run left has no news of this one."""
        return self._cache.touched.get(number, -inf) > moment
