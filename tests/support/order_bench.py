"""The execution layer on a bench: real parts over a scripted broker and a journal in memory, time by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.core.ids import SequenceIds
from qe_dashboard.execution.books import Books
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.flatten import FlattenService
from qe_dashboard.execution.in_flight import InFlight
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.order_service import OrderService, Sent
from qe_dashboard.model.enums import AccountKind, LinkName, LinkState, OrderSide, Origin, Profile
from qe_dashboard.model.identifiers import AccountId, OrderNumber
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Known
from qe_dashboard.model.order import Fill, Order, OrderSpec
from qe_dashboard.model.reports import AccountState, Identity, UpstreamStatus, VenueStatus
from qe_dashboard.risk.context import Proposal
from qe_dashboard.risk.limits import RiskLimits
from support.memory_journal import MemoryJournal
from support.risk_world import AAPL, ACCOUNT, LIMITS, spec
from support.scripted_broker import ScriptedBroker, Wire, quote


class OrderBench:
    """A connected paper session in which every gate passes."""

    def __init__(self, limits: RiskLimits = LIMITS, *, kind: AccountKind = AccountKind.PAPER) -> None:
        self.clock = ManualClock()
        self.broker = ScriptedBroker(self.clock)
        self.journal = MemoryJournal()
        self.broker.trace = self.journal.trace
        self.changes: list[tuple[Order | None, Order]] = []
        self.said: list[tuple[OrderNumber, str]] = []
        self.overdue: list[OrderNumber] = []
        self.tasks: set[asyncio.Task[Any]] = set()
        self.cache = OrderCache(
            clock=self.clock, on_change=lambda before, after: self.changes.append((before, after))
        )
        profile = Profile.IBKR_LIVE if kind is AccountKind.LIVE else Profile.IBKR_PAPER
        self.desk = Desk(
            clock=self.clock,
            profile=profile,
            limits=limits,
            cache=self.cache,
            journal_error=lambda: self.journal.broken,
            feed_is_simulated=False,
        )
        self.books = Books(
            clock=self.clock,
            broker=self.broker,
            desk=self.desk,
            cache=self.cache,
            on_fill=self._on_fill,
            on_change=lambda: None,
        )
        self.in_flight = InFlight(
            clock=self.clock,
            cache=self.cache,
            books=self.books,
            say=lambda n, words: self.said.append((n, words)),
        )
        self.orders = OrderService(
            clock=self.clock,
            ids=SequenceIds("I"),
            desk=self.desk,
            cache=self.cache,
            journal=self.journal,
            broker=self.broker,
            on_overdue=self._overdue,
        )
        self.alarms: list[str] = []
        self.flatten = FlattenService(
            clock=self.clock,
            desk=self.desk,
            cache=self.cache,
            books=self.books,
            orders=self.orders,
            journal=self.journal,
            alarm=self.alarms.append,
            spawn=lambda name, coroutine: self._spawned(coroutine),
        )
        self._connect(kind)

    def _connect(self, kind: AccountKind) -> None:
        for name in LinkName:
            self.broker.set_link(name, LinkState.READY)
        self.desk.links = {status.name: status for status in self.broker.links()}
        self.desk.upstream = UpstreamStatus(True, "", self.clock.now())
        self.desk.identity = Identity(ACCOUNT, kind)
        self.desk.latch_loaded = True
        self.desk.account = Known(account_state(self.clock, kind), self.clock.now())
        self.desk.quotes[AAPL.id] = quote(self.clock)

    def _overdue(self, number: OrderNumber) -> None:
        self.overdue.append(number)
        if self.in_flight.overdue(number):
            self.spawn(self.in_flight.ask(number))

    def _on_fill(self, fill: Fill) -> None:
        new = self.cache.fill(fill)
        if new is not None:
            self.desk.note_fill(new)

    def spawn(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        return task

    def _spawned(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.spawn(coroutine)

    def lose_order_link(self) -> None:
        """Drop the link that carries orders, as the engine would note it."""
        self.broker.set_link(LinkName.ORDER, LinkState.WAITING, "socket closed")
        self.desk.links = {status.name: status for status in self.broker.links()}
        self.desk.bump()

    async def settle(self) -> None:
        """Let what is ready run; no time passes."""
        await self.clock.advance_async(0)

    async def read_books(self) -> None:
        assert await self.books.refresh() is None

    def proposal(
        self,
        terms: OrderSpec | None = None,
        *,
        origin: Origin = Origin.MANUAL,
        replaces: Order | None = None,
        instrument: Instrument = AAPL,
    ) -> Proposal:
        chosen = terms if terms is not None else spec(limit="100")
        return Proposal(ACCOUNT, instrument, chosen, origin, replaces)

    async def send(self, terms: OrderSpec | None = None) -> OrderNumber:
        """Submit an order that must be sent; returns its number."""
        result = await self.orders.submit(self.proposal(terms))
        assert isinstance(result, Sent), result
        return result.number

    async def working(self, terms: OrderSpec | None = None) -> OrderNumber:
        """Submit an order and acknowledge it."""
        number = await self.send(terms)
        self.cache.report(self.broker.report(self.last))
        return number

    async def hold(self, quantity: int) -> None:
        """Hold a position from before the session, and read the books."""
        start_with(self.desk, self.broker, quantity)
        await self.read_books()

    async def in_flight_ask(self, number: OrderNumber) -> None:
        """Ask about an order and let all tries pass."""
        task = self.spawn(self.in_flight.ask(number))
        await self.clock.advance_async(10)
        await task

    def fill(self, wire: Wire, quantity: int, *, exec_id: str = "") -> None:
        self._on_fill(self.broker.execution(wire, quantity, exec_id=exec_id))

    def answer(self, wire: Wire, status: VenueStatus = VenueStatus.WORKING) -> None:
        self.cache.report(self.broker.report(wire, status))

    @property
    def last(self) -> Wire:
        """The last thing sent."""
        return self.broker.wire[-1]

    @property
    def verbs(self) -> list[str]:
        return [wire.verb for wire in self.broker.wire]

    def order(self, number: OrderNumber) -> Order:
        order = self.cache.by_number(number)
        assert order is not None
        return order

    def status(self, number: OrderNumber) -> str:
        return self.order(number).status.value


def start_with(desk: Desk, broker: ScriptedBroker, quantity: int) -> None:
    """Make this AAPL position the one that was held when the session began, a minute ago."""
    broker.hold(quantity)
    desk.watch.clear()
    desk.watch.read({AAPL.id: Decimal(quantity)}, asked_at=desk.clock.monotonic() - 60)


def account_state(
    clock: ManualClock, kind: AccountKind = AccountKind.PAPER, account: AccountId = ACCOUNT
) -> AccountState:
    """Build the values of an account worth a million that holds nothing."""
    return AccountState(
        account,
        kind,
        "USD",
        clock.now(),
        net_liquidation=Decimal(1_000_000),
        maint_margin=Decimal(0),
        gross_position_value=Decimal(0),
    )


def sell(quantity: int, **terms: Any) -> OrderSpec:
    return spec(OrderSide.SELL, quantity, **terms)
