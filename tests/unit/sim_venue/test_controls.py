"""What the operator does to the venue: halts, moods, permissions, shares to borrow, replays, faults."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide, SecType
from qe_dashboard.model.identifiers import InstrumentId, OrderKey
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import HaltChanged, Notice, OrderNoticed, OrderRefused, RefusalReason
from qe_dashboard.sim_venue.regimes import Regime, RegimeKind
from qe_dashboard.sim_venue.replay import ReplayRow
from qe_dashboard.sim_venue.terms import VenueOrderType, VenueTif
from qe_dashboard.sim_venue.venue import Venue, VenueConfig
from support.venue_world import AAPL, ACCOUNT, AT_ONCE, MNQ, NOW, VenueWorld, terms

BUY, SELL = OrderSide.BUY, OrderSide.SELL
LMT, MKT = VenueOrderType.LIMIT, VenueOrderType.MARKET
GAP_UP, HALT, NORMAL = Regime(RegimeKind.GAP, Decimal(5)), Regime(RegimeKind.HALT), Regime(RegimeKind.NORMAL)
NOPE = InstrumentId("NOPE.STK.USD")
AT_ZERO = timedelta(0)


@pytest.fixture
def world() -> VenueWorld:
    return VenueWorld()


def restarted(world: VenueWorld) -> VenueWorld:
    state = json.loads(json.dumps(world.venue.snapshot()))
    world.venue = Venue.restore(state, now=world.venue.now, config=AT_ONCE)
    return world


# halts


def test_a_halt_stops_quotes_trades_and_fills(world: VenueWorld) -> None:
    resting = world.send(
        terms(BUY, 10, LMT, limit=world.last_price() + 50, good_after=NOW + timedelta(seconds=2))
    )
    frozen = world.venue.quote(AAPL)
    world.venue.halt(AAPL)
    world.venue.halt(AAPL)
    world.run(5)
    assert [(event.instrument.id, event.halted) for event in world.all(HaltChanged)] == [(AAPL, True)]
    assert world.venue.quote(AAPL) == frozen
    assert world.venue.quotes_changed([AAPL, MNQ], since=NOW + timedelta(seconds=1))[0].instrument_id == MNQ
    assert world.venue.trades(AAPL, since=NOW + timedelta(seconds=1)) == ()
    assert world.order(resting).filled == 0
    assert world.venue.is_halted(AAPL)
    assert not world.venue.is_halted(MNQ)
    bar = world.venue.bars(AAPL, seconds=1, count=2)[0]
    assert {bar.open, bar.high, bar.low, bar.close} == {frozen.last}
    assert bar.volume == 0


def test_a_new_order_waits_out_a_halt_and_says_so(world: VenueWorld) -> None:
    world.venue.halt(AAPL)
    key = world.send(terms(BUY, 10, MKT))
    assert world.order(key).status is VenueStatus.WORKING
    assert world.last(OrderNoticed).notice is Notice.HALTED
    killed = world.send(terms(BUY, 10, MKT, time_in_force=VenueTif.IOC))
    assert world.order(killed).status is VenueStatus.CANCELLED
    assert world.order(killed).filled == 0
    assert "halted" in world.order(killed).reason
    world.run(1)
    world.venue.resume(AAPL)
    world.run(0.5)
    assert world.order(key).status is VenueStatus.FILLED
    assert world.last(HaltChanged).halted is False


def test_after_a_halt_an_order_meets_the_price_of_then(world: VenueWorld) -> None:
    key = world.send(terms(BUY, 10, LMT, limit=world.last_price() - 1))
    world.venue.halt(AAPL)
    world.venue.set_regime(Regime(RegimeKind.GAP, Decimal(-5)))
    world.run(2)
    world.venue.resume(AAPL)
    world.run(0.5)
    limit, paid = world.order(key).terms.limit_price, world.order(key).avg_fill_price
    assert limit is not None
    assert paid is not None
    assert paid < limit - 5


def test_a_quote_of_the_past_is_the_one_of_then(world: VenueWorld) -> None:
    seen = []
    for second in range(6):
        if second == 2:
            world.venue.halt(AAPL)
        if second == 4:
            world.venue.resume(AAPL)
        seen.append((world.venue.now, world.venue.quote(AAPL)))
        world.run(1)
    assert len({quote for _, quote in seen}) == 5
    assert seen[2][1] == seen[3][1]
    assert [world.venue.quote(AAPL, at=at) for at, _ in seen] == [quote for _, quote in seen]


def test_halts_and_moods_outlive_a_restart(world: VenueWorld) -> None:
    world.venue.set_regime(GAP_UP, AAPL)
    world.run(2)
    world.venue.halt(AAPL)
    frozen, other = world.venue.quote(AAPL), world.venue.quote(MNQ)
    again = restarted(world)
    assert (again.venue.quote(AAPL), again.venue.quote(MNQ)) == (frozen, other)
    assert again.venue.is_halted(AAPL)
    again.run(1)
    assert again.venue.quote(AAPL) == frozen


# moods


def test_a_mood_concerns_the_underlying_it_names(world: VenueWorld) -> None:
    untouched = VenueWorld()
    world.venue.set_regime(GAP_UP, InstrumentId("SPY.STK.USD"))
    for one in (world, untouched):
        one.run(0.5)
    for name, moved in (("SPY.STK.USD", True), ("MES.FUT.20261218.USD", True), (MNQ, False), (AAPL, False)):
        wanted = InstrumentId(name)
        ratio = world.last_price(wanted) / untouched.last_price(wanted)
        assert (abs(ratio - Decimal("1.05")) < Decimal("0.001")) if moved else ratio == 1


def test_a_halt_can_be_the_mood_of_the_whole_market_and_of_its_beginning() -> None:
    config = VenueConfig(latency=AT_ZERO, regime=HALT)
    venue = Venue.create(seed=7, account=ACCOUNT, now=NOW, config=config)
    halted = [event.instrument.id for event in venue.take_events() if isinstance(event, HaltChanged)]
    assert halted == [one.id for one in venue.instruments]
    venue.set_regime(NORMAL)
    assert not any(venue.is_halted(one.id) for one in venue.instruments)


@pytest.mark.parametrize(("kind", "size"), [("gap", 0), ("trend", 0), ("calm", 1), ("gap", -95), ("halt", 2)])
def test_a_mood_without_sense_is_none(kind: str, size: int) -> None:
    with pytest.raises(ValueError, match="size"):
        Regime(RegimeKind(kind), Decimal(size))


# permissions and short sales


def test_what_is_not_permitted_is_refused(world: VenueWorld) -> None:
    world.venue.set_permitted(frozenset({SecType.STOCK}))
    world.send(terms(BUY, 1, MKT, instrument_id=MNQ))
    assert world.last(OrderRefused).reason is RefusalReason.PERMISSION
    assert "FUT" in world.last(OrderRefused).text
    allowed = world.send(terms(BUY, 1, MKT))
    assert world.order(allowed).status is VenueStatus.FILLED
    again = restarted(world)
    again.send(terms(BUY, 1, MKT, instrument_id=MNQ))
    assert [event.reason for event in again.all(OrderRefused)] == [RefusalReason.PERMISSION] * 2


def test_a_short_sale_without_shares_is_held_until_there_are_some(world: VenueWorld) -> None:
    world.venue.set_shortable(AAPL, False)
    assert world.venue.shortable(AAPL) == 0
    key = world.send(terms(SELL, 10, MKT))
    assert (world.order(key).status, world.order(key).why_held) == (VenueStatus.HELD, "locate")
    noticed = world.last(OrderNoticed)
    assert (noticed.notice, noticed.order.key, noticed.until) == (Notice.SHORT_LOCATE, key, None)
    world = restarted(world)
    world.run(1)
    assert world.order(key).filled == 0
    assert world.venue.shortable(AAPL) == 0
    world.venue.set_shortable(AAPL, True)
    world.listen()
    assert world.order(key).status is VenueStatus.FILLED
    assert world.venue.shortable(AAPL) > 0


def test_what_is_held_can_be_sold_without_borrowing(world: VenueWorld) -> None:
    world.venue.set_shortable(AAPL, False)
    world.send(terms(BUY, 10, MKT))
    world.run(1)
    closing, beyond = world.send(terms(SELL, 10, MKT)), world.send(terms(SELL, 1, MKT))
    assert world.order(closing).status is VenueStatus.FILLED
    assert world.order(beyond).why_held == "locate"
    world.venue.set_shortable(MNQ, False)
    future = world.send(terms(SELL, 1, MKT, instrument_id=MNQ))
    assert world.order(future).status is VenueStatus.FILLED


# replays


def row(second: int, opens: str, high: str, low: str, close: str, volume: int = 400) -> ReplayRow:
    start = NOW - timedelta(days=30) + timedelta(seconds=second)
    return ReplayRow(start, 5, Decimal(opens), Decimal(high), Decimal(low), Decimal(close), volume)


ROWS = (row(0, "100", "101", "99", "100.50"), row(5, "100.50", "103", "100", "102"))


def test_a_replayed_contract_shows_the_recorded_bars(world: VenueWorld) -> None:
    assert world.last_price() > 200
    world.venue.replay(AAPL, ROWS, starts_at=NOW)
    assert world.last_price() == 100
    world.run(10)
    one, two = world.venue.bars(AAPL, seconds=5, count=2, end=world.venue.now)
    for bar, recorded in ((one, ROWS[0]), (two, ROWS[1])):
        shown = (bar.open, bar.high, bar.low, bar.close, bar.volume)
        assert shown == (recorded.open, recorded.high, recorded.low, recorded.close, Decimal(recorded.volume))
    assert sum(tick.size for tick in world.venue.trades(AAPL, since=NOW - timedelta(seconds=1))) == 800
    assert world.last_price() == 102


def test_a_replay_shows_its_own_prices_whatever_the_contracts_scale(world: VenueWorld) -> None:
    spy = InstrumentId("SPY.STK.USD")
    world.venue.replay(spy, ROWS)
    assert world.last_price(spy) == 100


def test_a_replay_goes_on_after_a_restart_where_it_was(world: VenueWorld) -> None:
    world.venue.replay(AAPL, ROWS)
    world.run(4)
    before = world.venue.quote(AAPL)
    again = restarted(world)
    again.venue.replay(AAPL, ROWS)
    assert again.venue.quote(AAPL) == before


# faults


def test_an_order_can_be_broken_off_and_renumbered(world: VenueWorld) -> None:
    key = world.send(terms(BUY, 10, LMT, limit="100"))
    before = world.order(key).perm_id
    world.venue.renumber(key)
    world.listen()
    assert [one.perm_id for one in world.history(key)] == [before, before + 1]
    world.venue.break_off(key, "the exchange cancelled it")
    world.listen()
    assert (world.order(key).status, world.order(key).reason) == (
        VenueStatus.CANCELLED,
        "the exchange cancelled it",
    )
    with pytest.raises(KeyError, match="work"):
        world.venue.break_off(key, "")
    with pytest.raises(KeyError, match="work"):
        world.venue.renumber(OrderKey(9, 9))


def test_an_unknown_contract_is_a_key_error(world: VenueWorld) -> None:
    venue = world.venue
    for asked in (venue.halt, venue.resume, venue.is_halted, venue.shortable, venue.depth, venue.is_open):
        with pytest.raises(KeyError, match="NOPE"):
            asked(NOPE)
    with pytest.raises(KeyError, match="NOPE"):
        venue.set_regime(NORMAL, NOPE)
