"""Brackets, OCA groups and trails keep their promises whatever the market and the clients do."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from qe_dashboard.model.enums import OrderSide
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import Executed, OrderChanged, OrderNoticed, OrderSnapshot
from qe_dashboard.sim_venue.hours import Hours
from qe_dashboard.sim_venue.regimes import Regime, RegimeKind
from qe_dashboard.sim_venue.terms import OcaType, VenueOrderType, VenueTerms, VenueTif
from qe_dashboard.sim_venue.venue import Venue, VenueConfig
from support.venue_world import AAPL, AT_ONCE, NOW, VenueWorld, terms

LMT, STP, MKT, TRAIL = (
    VenueOrderType.LIMIT,
    VenueOrderType.STOP,
    VenueOrderType.MARKET,
    VenueOrderType.TRAIL,
)
FILLED = VenueStatus.FILLED
ENDED = {FILLED, VenueStatus.CANCELLED, VenueStatus.EXPIRED}
REAL = VenueConfig(latency=timedelta(0), hours=Hours.REAL)
TICK = Decimal("0.01")
# 15:55 on a Friday in New York: under real hours some runs meet the close and the weekend.
NEAR_CLOSE = NOW.replace(hour=20, minute=55)


@dataclass(frozen=True)
class Bracket:
    side: OrderSide
    quantity: int
    entry_ticks: int | None
    width_ticks: int
    trails: bool


@dataclass(frozen=True)
class Pair:
    oca_type: OcaType
    quantity: int
    ticks: tuple[int, int]


@dataclass(frozen=True)
class Cancel:
    which: int


@dataclass(frozen=True)
class Jump:
    percent: int


@dataclass(frozen=True)
class Halt:
    on: bool


@dataclass(frozen=True)
class Wait:
    milliseconds: int


@dataclass(frozen=True)
class Restart:
    pass


Act: TypeAlias = Bracket | Pair | Cancel | Jump | Halt | Wait | Restart

acts = st.lists(
    st.one_of(
        st.builds(
            Bracket,
            st.sampled_from(OrderSide),
            st.integers(1, 2500),
            st.none() | st.integers(-20, 20),
            st.integers(1, 40),
            st.booleans(),
        ),
        st.builds(
            Pair,
            st.sampled_from(OcaType),
            st.integers(1, 2500),
            st.tuples(st.integers(-20, 20), st.integers(-20, 20)),
        ),
        st.builds(Cancel, st.integers(0, 20)),
        st.builds(Jump, st.sampled_from([-3, -1, 1, 3])),
        st.builds(Halt, st.booleans()),
        st.builds(Wait, st.sampled_from([100, 250, 1000, 9000, 400_000])),
        st.just(Restart()),
    ),
    min_size=1,
    max_size=15,
)
configs = st.sampled_from([AT_ONCE, REAL])


class Trader:
    """Carries out acts, and remembers families and pairs."""

    def __init__(self, config: VenueConfig) -> None:
        self.config = config
        self.world = VenueWorld(config=config, now=NEAR_CLOSE)
        self.parents: dict[OrderKey, OrderKey] = {}
        self.pairs: list[tuple[OcaType, OrderKey, OrderKey]] = []
        self.keys: list[OrderKey] = []

    def do(self, act: Act) -> None:
        world = self.world
        match act:
            case Bracket():
                self.bracket(act)
            case Pair():
                self.pair(act)
            case Cancel(which) if self.keys:
                world.cancel(self.keys[which % len(self.keys)])
            case Jump(percent):
                world.venue.set_regime(Regime(RegimeKind.GAP, Decimal(percent)))
            case Halt(on):
                (world.venue.halt if on else world.venue.resume)(AAPL)
                world.listen()
            case Wait(milliseconds):
                world.jump(world.venue.now + timedelta(milliseconds=milliseconds))
            case Restart():
                state = json.loads(json.dumps(world.venue.snapshot()))
                world.venue = Venue.restore(state, now=world.venue.now, config=self.config)
                world.listen()

    def bracket(self, act: Bracket) -> None:
        world, last, sign = self.world, self.world.last_price(), act.side.sign
        entry = terms(act.side, act.quantity, MKT, transmit=False)
        if act.entry_ticks is not None:
            limit = last + act.entry_ticks * TICK
            entry = terms(act.side, act.quantity, LMT, limit=limit, transmit=False)
        parent, out = world.send(entry), act.side.opposite
        away = sign * act.width_ticks * TICK
        target = world.send(
            terms(out, act.quantity, LMT, limit=last + away, parent_id=parent.order_id, transmit=False)
        )
        stop = terms(out, act.quantity, STP, stop=last - away, parent_id=parent.order_id)
        if act.trails:
            stop = terms(out, act.quantity, TRAIL, trail=abs(away), parent_id=parent.order_id)
        protection = world.send(stop)
        self.parents |= {target: parent, protection: parent}
        self.keys += [parent, target, protection]

    def pair(self, act: Pair) -> None:
        last, name = self.world.last_price(), f"pair {len(self.pairs)}"
        one, other = (
            self.world.send(
                terms(
                    OrderSide.BUY,
                    act.quantity,
                    LMT,
                    limit=last + ticks * TICK,
                    oca_group=name,
                    oca_type=act.oca_type,
                    time_in_force=VenueTif.GTC,
                )
            )
            for ticks in act.ticks
        )
        self.pairs.append((act.oca_type, one, other))
        self.keys += [one, other]

    def reported(self, key: OrderKey) -> list[OrderSnapshot]:
        return self.world.history(key)


def traded(config: VenueConfig, done: list[Act]) -> Trader:
    trader = Trader(config)
    for act in [*done, Halt(False), Wait(500)]:
        trader.do(act)
    return trader


@given(acts=acts, config=configs)
def test_no_child_works_before_its_parent_is_filled(acts: list[Act], config: VenueConfig) -> None:
    trader = traded(config, acts)
    filled: dict[OrderKey, Decimal] = defaultdict(Decimal)
    ended_unfilled: set[OrderKey] = set()
    wanted = {order.key: order.terms.quantity for order in _changes(trader)}
    for event in trader.world.events:
        if isinstance(event, Executed):
            key = event.fill.key
            if key in trader.parents:
                assert filled[trader.parents[key]] == wanted[trader.parents[key]]
            filled[key] += event.fill.quantity
        elif isinstance(event, OrderChanged):
            order = event.order
            parent = trader.parents.get(order.key)
            if parent is None:
                if order.status in ENDED and order.status is not FILLED:
                    ended_unfilled.add(order.key)
            elif order.status is VenueStatus.WORKING:
                assert filled[parent] > 0
                assert parent not in ended_unfilled
            elif order.status is VenueStatus.HELD and filled[parent] == 0:
                assert order.why_held.startswith("child")
    for child, parent in trader.parents.items():
        if parent in ended_unfilled:
            assert trader.reported(child)[-1].status in ENDED


@given(acts=acts, config=configs)
def test_a_group_with_block_never_buys_twice(acts: list[Act], config: VenueConfig) -> None:
    trader = traded(config, acts)
    for oca_type, one, other in trader.pairs:
        first, second = (trader.reported(key) for key in (one, other))
        if not first or not second:
            continue
        size, got = first[0].terms.quantity, first[-1].filled + second[-1].filled
        if oca_type is OcaType.CANCEL:
            assert not (first[-1].filled > 0 and second[-1].filled > 0)
        if oca_type is OcaType.REDUCE_WITH_BLOCK:
            assert got <= size
        assert got <= 2 * size
        if oca_type is not OcaType.REDUCE and FILLED in (first[-1].status, second[-1].status):
            assert {first[-1].status, second[-1].status} == {FILLED, VenueStatus.CANCELLED}


@given(acts=acts, config=configs)
def test_a_trail_never_loosens(acts: list[Act], config: VenueConfig) -> None:
    trader = Trader(config)
    stops: dict[OrderKey, Decimal] = {}
    for act in [*acts, *([Wait(250)] * 8)]:
        trader.do(act)
        for order in trader.world.venue.open_orders():
            if order.terms.order_type is not TRAIL or order.trail_stop is None:
                continue
            before = stops.get(order.key, order.trail_stop)
            tighter = (
                order.trail_stop - before if order.terms.side is OrderSide.SELL else before - order.trail_stop
            )
            assert tighter >= 0
            stops[order.key] = order.trail_stop


@given(acts=acts, config=configs)
def test_families_live_once_and_add_up(acts: list[Act], config: VenueConfig) -> None:
    trader = traded(config, acts)
    world = trader.world
    fills = [event.fill for event in world.all(Executed)]
    held = sum(row.quantity for row in world.venue.positions())
    assert held == sum(fill.signed_quantity for fill in fills)
    ended: set[OrderKey] = set()
    for event in world.events:
        match event:
            case Executed(fill):
                assert fill.key not in ended
            case OrderChanged(order):
                assert order.key not in ended
                assert order.status is not VenueStatus.PENDING_SUBMIT
                assert 0 <= order.filled <= order.terms.quantity
                if order.status in ENDED:
                    ended.add(order.key)
            case OrderNoticed(order):
                assert order.key not in ended
            case _:
                pass
    assert not ended & {order.key for order in world.venue.open_orders()}


@given(acts=acts)
def test_the_same_acts_give_the_same_events(acts: list[Act]) -> None:
    assert traded(AT_ONCE, acts).world.events == traded(AT_ONCE, acts).world.events


numbers = st.none() | st.decimals(allow_nan=True, allow_infinity=True) | st.integers(-5, 500).map(Decimal)
moments = st.none() | st.datetimes(timezones=st.just(UTC))


@given(
    order_type=st.sampled_from(VenueOrderType),
    quantity=st.decimals() | st.integers(1, 100).map(Decimal),
    prices=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("limit_price", "stop_price", "trail_amount", "trail_percent"), numbers)
    ),
    times=st.fixed_dictionaries({}, optional={"good_till": moments, "good_after": moments}),
    tif=st.sampled_from(VenueTif),
    config=configs,
)
def test_terms_are_refused_or_served_and_never_break_the_venue(
    order_type: VenueOrderType,
    quantity: Decimal,
    prices: dict[str, Decimal | None],
    times: dict[str, datetime | None],
    tif: VenueTif,
    config: VenueConfig,
) -> None:
    world = VenueWorld(config=config, now=NEAR_CLOSE)
    try:
        asked = VenueTerms(
            AAPL,
            OrderSide.BUY,
            quantity,
            order_type,
            time_in_force=tif,
            **prices,  # type: ignore[arg-type]
            **times,  # type: ignore[arg-type]
        )
    except ValueError:
        return
    key = world.send(asked)
    assert world.events
    world.jump(world.venue.now + timedelta(seconds=1))
    world.change(key, asked)
    world.jump(world.venue.now + timedelta(days=5))
    if world.venue.order(key) is not None:
        world.venue.what_if(asked)


def _changes(trader: Trader) -> list[OrderSnapshot]:
    return [event.order for event in trader.world.all(OrderChanged)]
