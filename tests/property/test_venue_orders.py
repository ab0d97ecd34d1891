"""Whatever clients send and whenever time moves, orders, executions and positions agree."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.model.enums import OrderSide, TimeInForce
from qe_dashboard.model.identifiers import InstrumentId, OrderKey
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import (
    CommissionCharged,
    Executed,
    NewOrder,
    OrderChanged,
    OrderRefused,
)
from qe_dashboard.sim_venue.terms import VenueTerms
from qe_dashboard.sim_venue.venue import Venue, VenueConfig
from support.venue_world import AAPL, ACCOUNT, AT_ONCE, MNQ, VenueWorld, spec

ENDED = {VenueStatus.FILLED, VenueStatus.CANCELLED, VenueStatus.EXPIRED}
LATENCY = VenueConfig(latency=timedelta(milliseconds=30))
ROUNDING = Decimal("1e-9")


@dataclass(frozen=True)
class Place:
    instrument_id: InstrumentId
    side: OrderSide
    quantity: int
    limit_ticks: int | None
    stop_ticks: int | None
    tif: TimeInForce
    client: int


@dataclass(frozen=True)
class Modify:
    which: int
    quantity: int
    limit_ticks: int


@dataclass(frozen=True)
class Cancel:
    which: int
    by: int


@dataclass(frozen=True)
class Wait:
    milliseconds: int


@dataclass(frozen=True)
class Restart:
    pass


Act: TypeAlias = Place | Modify | Cancel | Wait | Restart

offsets = st.integers(-30, 30)
acts = st.lists(
    st.one_of(
        st.builds(
            Place,
            st.sampled_from([AAPL, MNQ]),
            st.sampled_from(OrderSide),
            st.integers(1, 3000),
            st.none() | offsets,
            st.none() | offsets,
            st.sampled_from([each for each in TimeInForce if each is not TimeInForce.OTHER]),
            st.sampled_from([2, 5]),
        ),
        st.builds(Modify, st.integers(0, 20), st.integers(1, 3000), offsets),
        st.builds(Cancel, st.integers(0, 20), st.sampled_from([2, 5])),
        st.builds(Wait, st.integers(1, 20_000)),
        st.just(Restart()),
    ),
    min_size=1,
    max_size=25,
)


class Client:
    """Carries out acts on a venue and remembers every order it asked for."""

    def __init__(self, config: VenueConfig) -> None:
        self.world = VenueWorld(config=config)
        self.config = config
        self.keys: list[OrderKey] = []
        self.limits: dict[OrderKey, list[Decimal]] = defaultdict(list)

    def do(self, act: Act) -> None:
        match act:
            case Place():
                terms = self.terms(act)
                key = self.world.send(terms, client=act.client)
                self.keys.append(key)
                if terms.limit_price is not None:
                    self.limits[key].append(terms.limit_price)
            case Modify(which, quantity, ticks) if self.keys:
                self.modify(self.keys[which % len(self.keys)], quantity, ticks)
            case Cancel(which, by) if self.keys:
                self.world.cancel(self.keys[which % len(self.keys)], by=by)
            case Wait(milliseconds):
                self.world.jump(self.world.venue.now + timedelta(milliseconds=milliseconds))
            case Restart():
                state = json.loads(json.dumps(self.world.venue.snapshot()))
                self.world.venue = Venue.restore(state, now=self.world.venue.now, config=self.config)
                self.world.listen()

    def modify(self, key: OrderKey, quantity: int, ticks: int) -> None:
        order = self.world.venue.order(key)
        if order is None or order.spec.limit_price is None:
            return
        limit = self.price(order.spec.instrument_id, ticks)
        terms = spec(
            order.spec.side,
            quantity,
            limit=limit,
            stop=order.spec.stop_price,
            tif=order.spec.time_in_force,
            instrument_id=order.spec.instrument_id,
        )
        self.limits[key].append(limit)
        self.world.venue.modify(NewOrder(key, ACCOUNT, f"QE:{key.order_id}", VenueTerms.of(terms)))
        self.world.listen()

    def terms(self, act: Place) -> OrderSpec:
        limit = None if act.limit_ticks is None else self.price(act.instrument_id, act.limit_ticks)
        stop = None if act.stop_ticks is None else self.price(act.instrument_id, act.stop_ticks)
        quantity = act.quantity if act.instrument_id == AAPL else act.quantity % 60 + 1
        return spec(act.side, quantity, limit=limit, stop=stop, tif=act.tif, instrument_id=act.instrument_id)

    def price(self, instrument_id: InstrumentId, ticks: int) -> Decimal:
        instrument, last = (
            self.world.venue.instrument(instrument_id),
            self.world.venue.quote(instrument_id).last,
        )
        assert instrument is not None
        assert last is not None
        return last + ticks * instrument.tick_rules[0].increment


@given(acts=acts, config=st.sampled_from([AT_ONCE, LATENCY]))
def test_orders_executions_and_positions_agree(acts: list[Act], config: VenueConfig) -> None:
    client = Client(config)
    for act in [*acts, Wait(200)]:
        client.do(act)
    world = client.world
    fills = [event.fill for event in world.all(Executed)]

    # Executions add up to positions, and to what each order says was filled.
    for instrument_id in (AAPL, MNQ):
        held = [row.quantity for row in world.venue.positions() if row.instrument.id == instrument_id]
        assert sum(held) == sum(fill.signed_quantity for fill in fills if fill.instrument_id == instrument_id)
    for key in client.keys:
        order = world.venue.order(key)
        filled = sum(fill.quantity for fill in fills if fill.key == key)
        assert filled == (0 if order is None else order.filled)
        assert order is None or order.filled <= order.spec.quantity

    # Money: what came in and went out, and no more.
    values = world.venue.account_values()
    charged = sum(event.report.commission.amount for event in world.all(CommissionCharged))
    stock = sum(-fill.signed_quantity * fill.price for fill in fills if fill.instrument_id == AAPL)
    open_futures = [row for row in world.venue.positions() if row.instrument.id == MNQ]
    future = sum((row.realized_pnl for row in open_futures), start=Decimal(0))
    if not open_futures:
        traded = (fill.signed_quantity * fill.price for fill in fills if fill.instrument_id == MNQ)
        future = -2 * sum(traded, start=Decimal(0))
    assert abs(values.total_cash - (1_000_000 + stock + future - charged)) < ROUNDING
    profit = values.realized_pnl + values.unrealized_pnl
    assert abs(values.net_liquidation - (1_000_000 + profit)) < ROUNDING


@given(acts=acts, config=st.sampled_from([AT_ONCE, LATENCY]))
def test_an_order_lives_once(acts: list[Act], config: VenueConfig) -> None:
    client = Client(config)
    for act in [*acts, Wait(200)]:
        client.do(act)
    events = client.world.events

    # Every order is answered, no execution comes after its end, and none is worse than a limit it ever had.
    answered = {event.order.key for event in events if isinstance(event, OrderChanged | OrderRefused)}
    assert answered == set(client.keys)
    ended: set[OrderKey] = set()
    for event in events:
        if isinstance(event, Executed):
            assert event.fill.key not in ended
            limits = client.limits[event.fill.key]
            buys = event.fill.side is OrderSide.BUY
            assert not limits or (
                event.fill.price <= max(limits) if buys else event.fill.price >= min(limits)
            )
        elif isinstance(event, OrderChanged):
            assert event.order.key not in ended
            assert event.order.filled <= event.order.spec.quantity
            if event.order.status in ENDED:
                ended.add(event.order.key)

    # Ids are given once, restarts included.
    exec_ids = [event.fill.exec_id for event in events if isinstance(event, Executed)]
    assert len(set(exec_ids)) == len(exec_ids)
    perm_ids = {event.order.perm_id: event.order.key for event in events if isinstance(event, OrderChanged)}
    assert len(set(perm_ids.values())) == len(perm_ids)


@given(acts=acts)
def test_no_step_trades_more_than_it_shows(acts: list[Act]) -> None:
    client = Client(AT_ONCE)
    for act in acts:
        if not isinstance(act, Restart):
            client.do(act)
    taken: dict[tuple[InstrumentId, OrderSide, int], Decimal] = defaultdict(Decimal)
    step = timedelta(milliseconds=250)
    for event in client.world.all(Executed):
        fill = event.fill
        number = (fill.at - fill.at.replace(hour=0, minute=0, second=0, microsecond=0)) // step
        taken[fill.instrument_id, fill.side, number] += fill.quantity
    assert all(
        quantity <= (1400 if instrument_id == AAPL else 40)
        for (instrument_id, _, _), quantity in taken.items()
    )
