"""A broker whose answers a test sets: it records what is sent, says what it is told to, and drops links on request.

It stands in for the port, never for what is tested. It judges nothing: an order is what a test says it became.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from qe_dashboard.broker.port import BrokerCapabilities, BrokerEvents, InstrumentQuery, NotSent, PlaceOrder
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.model.connection import BrokerHealth, ConnectionTarget
from qe_dashboard.model.enums import (
    AccountKind,
    DataTier,
    LinkName,
    LinkState,
    MessageClass,
    OrderSide,
    Severity,
)
from qe_dashboard.model.identifiers import AccountId, ExecId, InstrumentId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.model.order import Fill, OrderSpec
from qe_dashboard.model.reports import (
    Identity,
    LinkStatus,
    OrderReport,
    Position,
    UpstreamStatus,
    VenueMessage,
    VenueStatus,
)
from support.risk_world import AAPL, ACCOUNT, MNQ

T = TypeVar("T")

CLIENT_IDS = {LinkName.DATA: 1, LinkName.ORDER: 2}


@dataclass(frozen=True, slots=True)
class Wire:
    """One thing that was handed to the socket: `place`, `modify` or `cancel`."""

    verb: str
    key: OrderKey
    spec: OrderSpec | None = None
    order_ref: str = ""


class ScriptedBroker:
    """The port, with a test as its venue."""

    def __init__(self, clock: ManualClock, *, is_simulated: bool = False) -> None:
        self.clock = clock
        self.capabilities = BrokerCapabilities("scripted", is_simulated, DataTier.LIVE)
        self.events: BrokerEvents | None = None
        self.wire: list[Wire] = []
        self.trace: list[str] = []
        """Sends, and whatever else a test has written here, in order."""
        self.on_send: Callable[[Wire], None] = lambda wire: None
        """Called while the bytes are being handed over: it may raise, or answer at once."""
        self.next_valid_id = 1
        self.position_book: Maybe[tuple[Position, ...]] = Known((), clock.now())
        self.order_book: Maybe[tuple[OrderReport, ...]] = Known((), clock.now())
        self.execution_book: Maybe[tuple[Fill, ...]] = Known((), clock.now())
        self.reads: list[str] = []
        self.on_read: Callable[[str], None] = lambda book: None
        self.contracts: dict[InstrumentId, Instrument] = {AAPL.id: AAPL, MNQ.id: MNQ}
        self.found: Callable[[InstrumentQuery], tuple[Instrument, ...]] = self._find
        self.wanted: list[InstrumentId] = []
        self.released: list[InstrumentId] = []
        self.bars: list[tuple[str, InstrumentId]] = []
        self.history_answer: Callable[[Instrument], tuple[Bar, ...]] = lambda instrument: ()
        self.authorised: list[AccountId] = []
        self.reconnects = 0
        self.targets: list[ConnectionTarget] = []
        self.healthy = BrokerHealth()
        self.closed = False
        self.close_hangs = False
        self.close_error: Exception | None = None
        self._status = {
            name: LinkStatus(
                name,
                LinkState.DISCONNECTED,
                "not started",
                clock.now(),
                0,
                client_id=CLIENT_IDS[name],
            )
            for name in LinkName
        }

    # the port -----------------------------------------------------------------------------------------------------

    def start(self, events: BrokerEvents) -> None:
        self.events = events

    async def close(self) -> None:
        self.closed = True
        if self.close_error is not None:
            raise self.close_error
        if self.close_hangs:
            await asyncio.get_running_loop().create_future()

    async def reconnect(self) -> None:
        self.reconnects += 1

    def authorise_orders(self, account: AccountId) -> None:
        self.authorised.append(account)

    async def reconfigure(self, target: ConnectionTarget) -> None:
        self.targets.append(target)

    def health(self) -> BrokerHealth:
        return self.healthy

    def links(self) -> tuple[LinkStatus, ...]:
        return tuple(self._status.values())

    def reserve_key(self, *, above: int) -> OrderKey:
        if not self._status[LinkName.ORDER].is_up:
            raise NotSent("the order link is down")
        order_id = max(self.next_valid_id, above + 1)
        self.next_valid_id = order_id + 1
        return OrderKey(CLIENT_IDS[LinkName.ORDER], order_id)

    def place(self, order: PlaceOrder) -> None:
        self._send(Wire("place", order.key, order.spec, order.order_ref))

    def modify(self, order: PlaceOrder) -> None:
        self._send(Wire("modify", order.key, order.spec, order.order_ref))

    def cancel(self, key: OrderKey) -> None:
        self._send(Wire("cancel", key))

    def _send(self, wire: Wire) -> None:
        if not self._status[LinkName.ORDER].is_up:
            raise NotSent("the order link is down")
        self.on_send(wire)
        self.wire.append(wire)
        self.trace.append(wire.verb)

    async def positions(self) -> Maybe[tuple[Position, ...]]:
        await self._read("positions")
        return _fresh(self.position_book, self.clock.now())

    async def open_orders(self) -> Maybe[tuple[OrderReport, ...]]:
        await self._read("open orders")
        return _fresh(self.order_book, self.clock.now())

    async def executions(self, *, since: datetime | None = None) -> Maybe[tuple[Fill, ...]]:
        await self._read("executions")
        return _fresh(self.execution_book, self.clock.now())

    async def _read(self, book: str) -> None:
        self.reads.append(book)
        await asyncio.sleep(0)
        self.on_read(book)

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        return self.contracts.get(instrument_id)

    async def find_instruments(self, query: InstrumentQuery) -> tuple[Instrument, ...]:
        return self.found(query)

    def _find(self, query: InstrumentQuery) -> tuple[Instrument, ...]:
        return tuple(
            each
            for each in self.contracts.values()
            if each.symbol == query.symbol
            and each.sec_type is query.sec_type
            and (each.expiry is None or each.expiry.strftime("%Y%m%d").startswith(query.expiry))
        )

    def want_quotes(self, instrument: Instrument) -> None:
        self.wanted.append(instrument.id)

    def release_quotes(self, instrument: Instrument) -> None:
        self.released.append(instrument.id)

    async def history(self, instrument: Instrument, *, bar_seconds: int, count: int) -> tuple[Bar, ...]:
        return self.history_answer(instrument)

    def want_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        self.bars.append(("want", instrument.id))

    def release_bars(self, instrument: Instrument, *, bar_seconds: int) -> None:
        self.bars.append(("release", instrument.id))

    # what a test makes happen ---------------------------------------------------------------------------------------

    @property
    def heard(self) -> BrokerEvents:
        assert self.events is not None, "the engine has not started this broker"
        return self.events

    def connect(self, account: AccountId = ACCOUNT, kind: AccountKind = AccountKind.PAPER) -> None:
        """Find the account, then bring upstream and both links up."""
        self.heard.on_identity(Identity(account, kind))
        self.heard.on_upstream(UpstreamStatus(True, "connected", self.clock.now()))
        for name in LinkName:
            self.set_link(name, LinkState.READY)

    def set_link(self, name: LinkName, state: LinkState, reason: str = "", *, epoch_up: bool = False) -> None:
        """Move one link; losing it raises its epoch."""
        before = self._status[name]
        lost = before.is_up and state not in (LinkState.READY, LinkState.SUSPECT)
        epoch = before.epoch + 1 if lost or epoch_up else before.epoch
        self._status[name] = replace(before, state=state, reason=reason, since=self.clock.now(), epoch=epoch)
        if self.events is not None:
            self.events.on_link(self._status[name])

    def report(
        self,
        wire: Wire,
        status: VenueStatus = VenueStatus.WORKING,
        *,
        filled: int | None = None,
        spec: OrderSpec | None = None,
    ) -> OrderReport:
        """Build what the venue says of something that was sent."""
        terms = spec if spec is not None else wire.spec
        assert terms is not None, "a cancel has no terms"
        return OrderReport(
            key=wire.key,
            perm_id=9000 + wire.key.order_id,
            order_ref=wire.order_ref,
            account=ACCOUNT,
            spec=terms,
            status=status,
            filled=None if filled is None else Decimal(filled),
            owner="THIS",
            at=self.clock.now(),
        )

    def execution(self, wire: Wire, quantity: int, price: str = "100", *, exec_id: str = "") -> Fill:
        """Build an execution of something that was sent."""
        assert wire.spec is not None, "a cancel has no terms"
        return Fill(
            exec_id=ExecId(exec_id or f"E{wire.key.order_id}.{quantity}"),
            key=wire.key,
            perm_id=9000 + wire.key.order_id,
            order_ref=wire.order_ref,
            account=ACCOUNT,
            instrument_id=wire.spec.instrument_id,
            side=wire.spec.side,
            quantity=Decimal(quantity),
            price=Decimal(price),
            currency="USD",
            at=self.clock.now(),
        )

    def message(self, key: OrderKey, message_class: MessageClass, text: str = "words") -> VenueMessage:
        """Build the venue's words about an order."""
        return VenueMessage(201, text, message_class, Severity.WARNING, self.clock.now(), order_key=key)

    def trade_elsewhere(self, quantity: int, instrument: Instrument = AAPL) -> None:
        """Let another client trade: the position moves by it, and the day's executions hold it."""
        assert not isinstance(self.position_book, Unknown)
        assert not isinstance(self.execution_book, Unknown)
        rows, trades = self.position_book.value, self.execution_book.value
        held = sum((p.quantity for p in rows if p.instrument.id == instrument.id), Decimal(0))
        self.hold(str(held + quantity), instrument)
        number = 500 + len(trades)
        trade = Fill(
            exec_id=ExecId(f"X{number}"),
            key=OrderKey(7, number),
            perm_id=7000 + number,
            order_ref="",
            account=ACCOUNT,
            instrument_id=instrument.id,
            side=OrderSide.BUY if quantity > 0 else OrderSide.SELL,
            quantity=Decimal(abs(quantity)),
            price=Decimal(100),
            currency="USD",
            at=self.clock.now(),
        )
        self.execution_book = Known((*trades, trade), self.clock.now())

    def hold(self, quantity: int | str, instrument: Instrument = AAPL, account: AccountId = ACCOUNT) -> None:
        """Make the position book hold this and nothing else."""
        size = Decimal(quantity)
        rows = () if size == 0 else (Position(account, instrument, size, Decimal(100)),)
        self.position_book = Known(rows, self.clock.now())


def foreign_report(
    spec: OrderSpec,
    clock: ManualClock,
    *,
    key: OrderKey,
    perm_id: int | None = None,
    owner: str = "TWS",
    status: VenueStatus = VenueStatus.WORKING,
    order_ref: str = "",
    filled: int | None = None,
) -> OrderReport:
    """Build an order somebody else placed."""
    return OrderReport(
        key=key,
        perm_id=perm_id,
        order_ref=order_ref,
        account=ACCOUNT,
        spec=spec,
        status=status,
        filled=None if filled is None else Decimal(filled),
        owner=owner,
        at=clock.now(),
    )


def quote(
    clock: ManualClock, bid: str | None = "99.99", ask: str | None = "100.01", *, proven: bool = True
) -> Quote:
    """Build an AAPL quote of now."""
    return Quote(
        AAPL.id,
        clock.now(),
        DataTier.LIVE,
        bid=None if bid is None else Decimal(bid),
        ask=None if ask is None else Decimal(ask),
        last=None if bid is None else Decimal(bid),
        proven=proven,
    )


def _fresh(book: Maybe[T], now: datetime) -> Maybe[T]:
    """An answer is as old as its reading."""
    return book if isinstance(book, Unknown) else Known(book.value, now)
