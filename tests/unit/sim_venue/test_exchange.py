"""The venue's time line: latency, days, expiries, gaps, restarts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide, TimeInForce
from qe_dashboard.model.identifiers import OrderKey
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.events import NewOrder, PositionChanged
from qe_dashboard.sim_venue.terms import VenueTerms
from qe_dashboard.sim_venue.venue import Venue, VenueConfig, VenueStateError
from support.venue_world import AAPL, ACCOUNT, AT_ONCE, CLIENT, MNQ, NOW, VenueWorld, spec

BUY, SELL = OrderSide.BUY, OrderSide.SELL
SLOW = VenueConfig(latency=timedelta(milliseconds=30))
GTC = TimeInForce.GTC


def reopened(world: VenueWorld, *, at: datetime, config: VenueConfig = AT_ONCE) -> VenueWorld:
    """Return the world after its state went through a file and a restart."""
    other = VenueWorld()
    other.venue = Venue.restore(json.loads(json.dumps(world.venue.snapshot())), now=at, config=config)
    other.listen()
    return other


def far(world: VenueWorld, share: str = "0.9") -> Decimal:
    bid = world.venue.quote(AAPL).bid
    assert bid is not None
    return (bid * Decimal(share)).quantize(Decimal("0.01"))


def test_commands_take_their_time_and_keep_their_order() -> None:
    world = VenueWorld(config=SLOW)
    key = world.send(spec(BUY, 10, limit=far(world)))
    world.cancel(key)
    world.jump(NOW + timedelta(milliseconds=29))
    assert world.events == []
    assert world.venue.next_valid_id(CLIENT) == key.order_id + 1
    world.jump(NOW + timedelta(milliseconds=31))
    assert [order.status for order in world.history(key)] == [VenueStatus.WORKING, VenueStatus.CANCELLED]
    assert world.order(key).placed_at == NOW + timedelta(milliseconds=30)


def test_a_cancel_can_lose_to_a_fill() -> None:
    world = VenueWorld(config=SLOW)
    key = world.send(spec(BUY, 10))
    world.cancel(key)
    world.run(0.2)
    assert world.order(key).status is VenueStatus.FILLED


def test_the_outcome_does_not_depend_on_how_often_time_is_told() -> None:
    outcomes = []
    for every in (0.05, 0.25, 0.7, 9.0):
        world = VenueWorld(config=SLOW)
        keys = [
            world.send(spec(BUY, 3000)),
            world.send(spec(BUY, 2000, limit=far(world, "0.9998"))),
            world.send(spec(SELL, 500, stop=far(world, "0.9995"))),
        ]
        world.run(54, every=every)
        outcomes.append([world.fills(key) for key in keys])
    assert outcomes[0] == outcomes[1] == outcomes[2] == outcomes[3]
    assert any(outcomes[0])


def test_earlier_times_change_nothing() -> None:
    world = VenueWorld()
    world.jump(NOW + timedelta(seconds=5))
    world.jump(NOW + timedelta(seconds=3))
    assert world.venue.now == NOW + timedelta(seconds=5)


def test_a_clock_set_back_far_does_not_stop_the_venue() -> None:
    world = VenueWorld()
    world.jump(NOW - timedelta(hours=1))
    assert world.venue.now == NOW - timedelta(hours=1)
    key = world.send(spec(BUY, 10))
    assert world.order(key).status is VenueStatus.FILLED


def test_day_orders_end_with_the_day_and_others_go_on() -> None:
    end = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    world = VenueWorld(now=end - timedelta(seconds=5))
    world.send(spec(BUY, 10))
    today, kept = (
        world.send(spec(BUY, 10, limit=far(world))),
        world.send(spec(BUY, 10, limit=far(world), tif=GTC)),
    )
    world.jump(end - timedelta(milliseconds=1))
    assert world.order(today).status is VenueStatus.WORKING
    world.jump(end)
    assert world.order(today).status is VenueStatus.EXPIRED
    assert world.order(today).updated_at == end
    assert "day" in world.order(today).reason
    assert world.order(kept).status is VenueStatus.WORKING
    assert world.venue.account_values().realized_pnl == 0
    assert len(world.venue.executions()) == 1
    assert len(world.venue.executions(since=end)) == 0


def test_what_is_older_than_yesterday_is_forgotten_but_its_id_stays_used() -> None:
    world = VenueWorld()
    key = world.send(spec(BUY, 10))
    world.jump(NOW + timedelta(days=1))
    assert world.venue.order(key) is not None
    world.jump(NOW + timedelta(days=2))
    assert world.venue.order(key) is None
    assert world.venue.executions() == ()
    assert world.venue.next_valid_id(CLIENT) == key.order_id + 1
    world.venue.place(NewOrder(key, ACCOUNT, "QE:1", VenueTerms.of(spec(BUY, 10))))
    world.listen()
    assert world.venue.order(key) is None
    assert [row.quantity for row in world.venue.positions()] == [10]


def test_a_future_settles_at_its_last_price_and_stops_trading() -> None:
    settles = datetime(2026, 12, 18, 14, 30, tzinfo=UTC)
    world = VenueWorld(now=settles - timedelta(seconds=5))
    bought = world.fills(world.send(spec(BUY, 2, instrument_id=MNQ)))[0].price
    quote = world.venue.quote(MNQ)
    assert quote.bid is not None
    resting = world.send(spec(BUY, 1, limit=quote.bid - 500, instrument_id=MNQ, tif=GTC))
    cash = world.venue.account_values().total_cash

    world.jump(settles)
    assert world.order(resting).status is VenueStatus.EXPIRED
    assert world.venue.positions() == ()
    last = world.venue.quote(MNQ).last
    assert last is not None
    assert world.venue.account_values().total_cash == cash + 2 * 2 * (last - bought)
    assert world.last(PositionChanged).position.quantity == 0
    late = VenueWorld(now=settles - timedelta(seconds=5))
    late.send(spec(BUY, 2, instrument_id=MNQ))
    late.jump(settles + timedelta(hours=2))
    assert late.venue.account_values().total_cash == world.venue.account_values().total_cash
    assert MNQ not in [one.id for one in world.venue.instruments]
    assert world.venue.instrument(MNQ) is not None


@pytest.mark.parametrize("side", [BUY, SELL])
def test_what_the_market_ran_through_while_nobody_looked_fills_at_the_touch_of_now(side: OrderSide) -> None:
    """A buy limit and a sell stop that the gap passed: both trade at the first prices after it, none in between."""
    later = NOW + timedelta(hours=3)
    then, world = VenueWorld(now=later).venue.quote(AAPL), VenueWorld()
    bid = world.venue.quote(AAPL).bid
    assert then.ask is not None
    assert then.bid is not None
    assert bid is not None
    passed = bid - Decimal("0.01")
    assert then.ask < passed, "the seed's market falls in these hours"
    terms = spec(BUY, 10, limit=passed) if side is BUY else spec(SELL, 10, stop=passed)
    key = world.send(terms)
    assert world.order(key).filled == 0
    world.jump(later)
    assert world.order(key).status is VenueStatus.FILLED
    (fill,) = world.fills(key)
    assert (fill.price, fill.at) == (then.ask if side is BUY else then.bid, later)


def test_a_restart_keeps_books_orders_and_ids_and_never_repeats_an_id() -> None:
    world = VenueWorld()
    filled = world.send(spec(SELL, 10))
    world.run(2)
    part = world.send(spec(BUY, 3000))
    resting = world.send(spec(BUY, 10, limit=far(world), tif=GTC))
    held = world.send(spec(SELL, 10, stop=far(world), tif=GTC), client=5)
    before = world.venue
    again = reopened(world, at=before.now)

    assert again.venue.account == before.account
    assert again.venue.now == before.now
    for key in (filled, resting, held):
        assert again.order(key) == world.order(key)
    assert again.order(part).perm_id == world.order(part).perm_id
    assert again.venue.next_valid_id(CLIENT) == before.next_valid_id(CLIENT)
    assert again.venue.next_valid_id(5) == 2
    assert again.venue.quote(AAPL) == before.quote(AAPL)
    assert again.venue.executions()[: len(before.executions())] == before.executions()

    again.run(20)
    assert again.order(part).status is VenueStatus.FILLED
    new = again.send(spec(BUY, 10))
    ids = [fill.exec_id for fill in again.venue.executions()]
    assert len(set(ids)) == len(ids)
    assert again.order(new).perm_id > max(world.order(key).perm_id for key in (filled, part, resting, held))
    assert (
        sum(fill.signed_quantity for fill in again.venue.executions()) == again.venue.positions()[0].quantity
    )


def test_a_triggered_stop_and_its_commission_survive_a_restart() -> None:
    world = VenueWorld()
    ask = world.venue.quote(AAPL).ask
    assert ask is not None
    triggered = world.send(spec(BUY, 10, stop=ask - 1, limit=ask - 20, tif=GTC))
    part = world.send(spec(BUY, 3000))
    assert world.order(triggered).status is VenueStatus.WORKING
    again = reopened(world, at=world.venue.now)
    again.run(20)
    assert again.order(triggered).why_held == ""
    assert again.history(triggered) == []
    assert again.order(part).status is VenueStatus.FILLED
    charged = [fill.commission.amount for fill in again.venue.executions() if fill.commission is not None]
    assert sum(charged) == 15


def test_used_ids_do_not_pile_up_in_the_file_and_stay_used() -> None:
    world = VenueWorld()
    for _ in range(5):
        world.send(spec(BUY, 1))
    world.jump(NOW + timedelta(days=1))
    ids = world.venue.snapshot()["ids"]
    assert isinstance(ids, dict)
    assert {"epoch": ids["epoch"], "clients": ids["clients"]} == {
        "epoch": 0,
        "clients": [{"client": CLIENT, "floor": 5, "used": []}],
    }
    assert reopened(world, at=world.venue.now).venue.next_valid_id(CLIENT) == 6


def test_an_order_under_way_when_the_day_ends_is_no_duplicate() -> None:
    """Two orders may arrive in another order than their ids were taken; the turn of the day must not forget that."""
    end = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    world = VenueWorld(now=end - timedelta(seconds=5), config=SLOW)
    world.venue.place(NewOrder(OrderKey(CLIENT, 5), ACCOUNT, "QE:5", VenueTerms.of(spec(BUY, 10))))
    world.jump(end - timedelta(milliseconds=10))
    late = OrderKey(CLIENT, 4)
    world.venue.place(NewOrder(late, ACCOUNT, "QE:4", VenueTerms.of(spec(BUY, 10))))
    world.jump(end + timedelta(seconds=1))
    assert world.order(late).status is VenueStatus.FILLED


def test_each_restart_gives_ids_of_its_own() -> None:
    world = VenueWorld()
    first = reopened(world, at=NOW)
    second = reopened(first, at=NOW)
    ids = set()
    for one in (world, first, second):
        ids.add(one.fills(one.send(spec(BUY, 10)))[0].exec_id)
    assert len(ids) == 3


def test_a_command_under_way_survives_the_restart() -> None:
    world = VenueWorld(config=SLOW)
    resting = world.send(spec(BUY, 10, limit=far(world)))
    world.run(1)
    world.change(resting, spec(BUY, 20, limit=far(world)))
    placed = world.send(spec(BUY, 10))
    world.cancel(OrderKey(CLIENT, 77), by=4)
    again = reopened(world, at=world.venue.now, config=SLOW)
    assert again.order(resting).spec.quantity == 20
    assert again.order(placed).status is VenueStatus.FILLED
    world.venue.cancel_all()
    assert reopened(world, at=world.venue.now, config=SLOW).order(resting).status is VenueStatus.CANCELLED


def test_what_ended_while_the_venue_was_closed_ends_at_the_restart() -> None:
    world = VenueWorld()
    today = world.send(spec(BUY, 10, limit=far(world)))
    again = reopened(world, at=NOW + timedelta(days=1))
    assert again.order(today).status is VenueStatus.EXPIRED
    assert again.history(today)[-1].status is VenueStatus.EXPIRED


def test_another_seed_moves_prices_and_keeps_the_books() -> None:
    world = VenueWorld()
    world.send(spec(BUY, 10))
    again = Venue.restore(world.venue.snapshot(), now=NOW, seed=8)
    assert [row.quantity for row in again.positions()] == [10]
    assert again.quote(AAPL).last != world.venue.quote(AAPL).last
    assert Venue.restore(world.venue.snapshot(), now=NOW).quote(AAPL) == world.venue.quote(AAPL)


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("schema",), 99, "schema 99"),
        (("seed",), "7", "seed"),
        (("account",), None, "account"),
        (("day",), "yesterday", "time"),
        (("day",), "2026-11-19T22:00:00", "time zone"),
        (("ledger", "cash"), "a lot", "number"),
        (("ledger", "cash"), "NaN", "finite"),
        (("ledger", "holdings", 0, "instrument"), "NOPE.STK.USD", "NOPE"),
        (("orders", 0, "side"), "LONG", "OrderSide"),
        (("orders", 0, "limit"), "5", "terms"),
        (("orders", 0, "filled"), 10, "filled"),
        (("orders",), {}, "orders"),
        (("fills", 0, "price"), None, "price"),
        (("ids",), [], "ids"),
        (("ids", "epoch"), 2**32 - 1, "epoch"),
        (("ids", "clients", 0, "used"), ["1"], "client 2"),
        (("sent",), [{"do": "dance"}], "dance"),
        (("orders", 0, "oca_type"), 7, "terms"),
        (("orders", 0, "expires_at"), "soon", "time"),
        (("ids", "perm_place"), "7", "perm_place"),
        (("permitted",), ["STK", "MOON"], "MOON"),
        (("not_shortable",), [7], "texts"),
        (("tape", "changes"), [{"step": 1, "underlying": "", "kind": "mad", "size": "0"}], "RegimeKind"),
        (("tape", "changes"), [{"step": 1, "underlying": "", "kind": "calm", "size": "3"}], "size"),
        (("tape", "halts"), [{"instrument": "AAPL.STK.USD", "first": 1}], "end"),
    ],
)
def test_a_damaged_state_is_refused_in_words(path: tuple[str | int, ...], value: object, word: str) -> None:
    world = VenueWorld()
    world.send(spec(BUY, 10))
    state = json.loads(json.dumps(world.venue.snapshot()))
    place = state
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(VenueStateError, match=word):
        Venue.restore(state, now=NOW)


@pytest.mark.parametrize(
    "field",
    [
        "schema",
        "seed",
        "account",
        "day",
        "ids",
        "ledger",
        "orders",
        "fills",
        "sent",
        "tape",
        "drafts",
        "permitted",
        "not_shortable",
    ],
)
def test_a_missing_field_is_refused_and_not_guessed(field: str) -> None:
    state = VenueWorld().venue.snapshot()
    del state[field]
    with pytest.raises(VenueStateError, match=field):
        Venue.restore(state, now=NOW)
