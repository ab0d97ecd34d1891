"""What the broker contract suite needs from an adapter, and what it records of it.

An adapter joins the suite with a subclass of `BrokerHarness` and one line in `tests/contract/conftest.py`.
Tests wait for conditions with a deadline, never for time to pass.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from qe_dashboard.broker.port import Broker, InstrumentQuery, PlaceOrder
from qe_dashboard.core.clock import SystemClock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.model.enums import (
    AccountKind,
    LinkName,
    LinkState,
    OrderSide,
    OrderType,
    SecType,
    TimeInForce,
)
from qe_dashboard.model.identifiers import AccountId, ExecId, InstrumentId, IntentId, OrderKey, order_ref_of
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.model.order import Fill, OrderSpec
from qe_dashboard.model.reports import (
    AccountState,
    CommissionReport,
    Identity,
    LinkStatus,
    OrderReport,
    Position,
    UpstreamStatus,
    VenueMessage,
    VenueStatus,
)

T = TypeVar("T")
NOTHING_YET = Unknown("nothing was reported yet")


@dataclass
class RecordedEvents:
    """Implements `BrokerEvents`: keeps everything, in order, and wakes whoever waits."""

    log: list[str] = field(default_factory=list)
    """Name of each callback, in the order they came."""
    links: list[LinkStatus] = field(default_factory=list)
    upstream: list[UpstreamStatus] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    orders: list[OrderReport] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    commissions: list[CommissionReport] = field(default_factory=list)
    messages: list[VenueMessage] = field(default_factory=list)
    positions: Maybe[tuple[Position, ...]] = NOTHING_YET
    account: Maybe[AccountState] = NOTHING_YET
    quotes: list[Quote] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def on_link(self, status: LinkStatus) -> None:
        self.links.append(status)
        self._note("link")

    def on_upstream(self, status: UpstreamStatus) -> None:
        self.upstream.append(status)
        self._note("upstream")

    def on_identity(self, identity: Identity) -> None:
        self.identities.append(identity)
        self._note("identity")

    def on_identity_refused(self, reason: str, accounts: tuple[AccountId, ...]) -> None:
        self.refusals.append(f"{reason} {accounts}")
        self._note("identity refused")

    def on_order(self, report: OrderReport) -> None:
        self.orders.append(report)
        self._note("order")

    def on_fill(self, fill: Fill) -> None:
        self.fills.append(fill)
        self._note("fill")

    def on_commission(self, report: CommissionReport) -> None:
        self.commissions.append(report)
        self._note("commission")

    def on_message(self, message: VenueMessage) -> None:
        self.messages.append(message)
        self._note("message")

    def on_positions(self, book: Maybe[tuple[Position, ...]]) -> None:
        self.positions = book
        self._note("positions")

    def on_account(self, state: Maybe[AccountState]) -> None:
        self.account = state
        self._note("account")

    def on_quote(self, quote: Quote) -> None:
        self.quotes.append(quote)
        self._note("quote")

    def on_bar(self, bar: Bar) -> None:
        self.bars.append(bar)
        self._note("bar")

    # what the tests ask ---------------------------------------------------------------------------------------------

    def link(self, name: LinkName) -> LinkStatus | None:
        """Return the last status of a link."""
        return next((status for status in reversed(self.links) if status.name is name), None)

    def reports(self, key: OrderKey) -> list[OrderReport]:
        return [report for report in self.orders if report.key == key]

    def status(self, key: OrderKey) -> VenueStatus | None:
        """Return the last reported status of an order."""
        reports = self.reports(key)
        return reports[-1].status if reports else None

    def fills_of(self, key: OrderKey) -> dict[ExecId, Fill]:
        """Return an order's executions, repeats dropped as the port allows them."""
        return {fill.exec_id: fill for fill in self.fills if fill.key == key}

    def filled(self, key: OrderKey) -> Decimal:
        return sum((fill.quantity for fill in self.fills_of(key).values()), start=Decimal(0))

    def quotes_of(self, instrument_id: InstrumentId) -> list[Quote]:
        return [quote for quote in self.quotes if quote.instrument_id == instrument_id]

    def held(self, instrument_id: InstrumentId) -> Decimal | None:
        """Return the signed position last reported; None while the book is unknown."""
        if isinstance(self.positions, Unknown):
            return None
        rows = (row for row in self.positions.value if row.instrument.id == instrument_id)
        return sum((row.quantity for row in rows), start=Decimal(0))

    async def next_event(self) -> None:
        """Return when anything was reported since the last call."""
        await self._news.wait()
        self._news.clear()

    def _note(self, name: str) -> None:
        self.log.append(name)
        self._news.set()


class BrokerHarness(ABC):
    """One adapter in front of a fresh venue with an account that may trade, flat and without orders."""

    kind: AccountKind
    """What the account must be found to be."""
    patience = 20.0
    """Seconds of the harness's own time line a condition may take."""

    def __init__(self, broker: Broker, *, account: AccountId) -> None:
        self.broker = broker
        self.account = account
        self.events = RecordedEvents()

    @abstractmethod
    async def stop(self) -> None:
        """Close the broker and whatever stands behind it; safe after a broker that was closed already."""

    @abstractmethod
    async def lose_links(self) -> None:
        """Break both links from outside, as a dying line would."""

    @abstractmethod
    async def restore_links(self) -> None:
        """Make the venue reachable again; the broker may come back by itself or is told to reconnect."""

    async def wait_for_news(self) -> None:
        """Let something happen: the default waits for the next event in real time."""
        await self.events.next_event()

    async def let_time_pass(self, seconds: float) -> None:
        """Let what is under way arrive; for proofs that nothing comes any more."""
        await SystemClock().sleep(seconds)

    # shared ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the broker and wait until both links are ready."""
        self.broker.start(self.events)
        await self.until_ready()

    async def until_ready(self) -> None:
        await self.until(
            lambda: all(
                (status := self.events.link(name)) is not None and status.state is LinkState.READY
                for name in LinkName
            ),
            "both links are READY",
        )

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until a condition holds; fails with the last events otherwise."""

        async def check() -> bool:
            return holds()

        await self.until_answer(check, bool, what)

    async def until_answer(self, ask: Callable[[], Awaitable[T]], good: Callable[[T], bool], what: str) -> T:
        """Ask again after each event until the answer is good; return it."""

        async def wait() -> T:
            while not good(answer := await ask()):
                await self.wait_for_news()
            return answer

        try:
            return await self._with_patience(wait())
        except DeadlineExpired:
            raise AssertionError(f"never came true: {what}; last events {self.events.log[-20:]}") from None

    async def _with_patience(self, waiting: Awaitable[T]) -> T:
        return await deadline(SystemClock(), waiting, self.patience)

    async def stock(self, symbol: str = "AAPL") -> Instrument:
        """Look up a stock."""
        (instrument,) = await self.broker.find_instruments(InstrumentQuery(symbol, SecType.STOCK))
        return instrument

    async def quote(self, instrument: Instrument) -> Quote:
        """Return a two-sided quote of now."""
        self.broker.want_quotes(instrument)
        before = len(self.events.quotes)

        def fresh() -> list[Quote]:
            return [
                quote
                for quote in self.events.quotes[before:]
                if quote.instrument_id == instrument.id and quote.mid is not None and quote.last is not None
            ]

        await self.until(lambda: bool(fresh()), f"a two-sided quote of {instrument.label}")
        return fresh()[-1]

    def order(
        self,
        instrument: Instrument,
        side: OrderSide,
        quantity: int,
        *,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        tif: TimeInForce = TimeInForce.DAY,
        key: OrderKey | None = None,
    ) -> PlaceOrder:
        """Build an order under a fresh key, or new terms under a given one. The prices say which type it is."""
        key = key if key is not None else self.broker.reserve_key(above=0)
        intent = IntentId(f"T{key.order_id:06d}")
        types = {
            (False, False): OrderType.MARKET,
            (True, False): OrderType.LIMIT,
            (False, True): OrderType.STOP,
            (True, True): OrderType.STOP_LIMIT,
        }
        spec = OrderSpec(
            instrument_id=instrument.id,
            side=side,
            quantity=Decimal(quantity),
            order_type=types[limit is not None, stop is not None],
            limit_price=limit,
            stop_price=stop,
            time_in_force=tif,
        )
        return PlaceOrder(key, intent, order_ref_of(intent), self.account, instrument, spec)

    def send(
        self,
        instrument: Instrument,
        side: OrderSide,
        quantity: int,
        *,
        limit: Decimal | None = None,
        stop: Decimal | None = None,
        tif: TimeInForce = TimeInForce.DAY,
    ) -> PlaceOrder:
        """Place a new order."""
        order = self.order(instrument, side, quantity, limit=limit, stop=stop, tif=tif)
        self.broker.place(order)
        return order

    async def until_status(self, key: OrderKey, *statuses: VenueStatus) -> OrderReport:
        """Wait until an order's last report is one of the statuses; return the report."""
        await self.until(lambda: self.events.status(key) in statuses, f"order {key} becomes {statuses}")
        return self.events.reports(key)[-1]


def known(book: Maybe[T]) -> T:
    """Return a known book; fails the test on an unknown one."""
    assert isinstance(book, Known), f"unknown: {book.reason}"
    return book.value
