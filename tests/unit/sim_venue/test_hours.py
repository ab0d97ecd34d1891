"""Sessions of stocks, futures and currencies in New York time, and what orders do at their edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from qe_dashboard.model.enums import OrderSide, SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.reports import VenueStatus
from qe_dashboard.sim_venue.days import NEW_YORK
from qe_dashboard.sim_venue.events import Notice, OrderNoticed
from qe_dashboard.sim_venue.hours import Calendar, Hours
from qe_dashboard.sim_venue.regimes import Regime, RegimeKind
from qe_dashboard.sim_venue.terms import VenueOrderType, VenueTif
from qe_dashboard.sim_venue.venue import VenueConfig
from support.venue_world import AAPL, MNQ, VenueWorld, terms

STOCK, FUTURE, FOREX = SecType.STOCK, SecType.FUTURE, SecType.FOREX
BUY, SELL = OrderSide.BUY, OrderSide.SELL
LMT, MKT = VenueOrderType.LIMIT, VenueOrderType.MARKET
EUR = InstrumentId("EUR.CASH.USD")
REAL = VenueConfig(latency=timedelta(0), hours=Hours.REAL)
# 2026-11-20 is a Friday.
FRIDAY, SATURDAY, SUNDAY, MONDAY = 20, 21, 22, 23


def new_york(day: int, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


def open_world(day: int, clock: str) -> VenueWorld:
    return VenueWorld(config=REAL, now=new_york(day, clock))


@pytest.mark.parametrize(
    ("kind", "day", "clock", "regular", "extended"),
    [
        (STOCK, FRIDAY, "03:59", False, False),
        (STOCK, FRIDAY, "04:00", False, True),
        (STOCK, FRIDAY, "09:29", False, True),
        (STOCK, FRIDAY, "09:30", True, True),
        (STOCK, FRIDAY, "15:59", True, True),
        (STOCK, FRIDAY, "16:00", False, True),
        (STOCK, FRIDAY, "20:00", False, False),
        (STOCK, SATURDAY, "12:00", False, False),
        (FUTURE, FRIDAY, "16:59", True, True),
        (FUTURE, FRIDAY, "17:00", False, False),
        (FUTURE, SUNDAY, "17:59", False, False),
        (FUTURE, SUNDAY, "18:00", True, True),
        (FUTURE, MONDAY, "17:30", False, False),
        (FUTURE, MONDAY, "18:00", True, True),
        (FOREX, SUNDAY, "17:14", False, False),
        (FOREX, SUNDAY, "17:15", True, True),
        (FOREX, MONDAY, "17:10", False, False),
    ],
)
def test_markets_open_and_close(kind: SecType, day: int, clock: str, regular: bool, extended: bool) -> None:
    calendar, at = Calendar(Hours.REAL), new_york(day, clock)
    assert calendar.is_open(kind, at, extended=False) is regular
    assert calendar.is_open(kind, at, extended=True) is extended
    assert Calendar(Hours.ALWAYS).is_open(kind, at, extended=False)


def test_the_calendar_does_not_depend_on_what_was_asked_before() -> None:
    asked = Calendar(Hours.REAL)
    moments = [new_york(FRIDAY, "00:00") + timedelta(minutes=37 * step) for step in range(300)]
    for at in [*moments, *reversed(moments)]:
        fresh = Calendar(Hours.REAL)
        for extended in (True, False):
            assert asked.session(STOCK, at, extended=extended) == fresh.session(STOCK, at, extended=extended)
        assert asked.last_open(STOCK, at) == fresh.last_open(STOCK, at) <= at


def test_closures_fill_the_gaps_between_sessions() -> None:
    calendar = Calendar(Hours.REAL)
    found = list(calendar.closures(STOCK, new_york(FRIDAY, "12:00"), new_york(MONDAY, "12:00")))
    assert found == [(new_york(FRIDAY, "20:00"), new_york(MONDAY, "04:00"))]
    assert list(calendar.closures(STOCK, new_york(SATURDAY, "01:00"), new_york(SATURDAY, "02:00"))) == [
        (new_york(SATURDAY, "01:00"), new_york(SATURDAY, "02:00"))
    ]
    assert (
        list(Calendar(Hours.ALWAYS).closures(STOCK, new_york(FRIDAY, "12:00"), new_york(MONDAY, "12:00")))
        == []
    )


def test_contracts_list_the_sessions_of_the_week_ahead() -> None:
    world = open_world(FRIDAY, "12:00")
    stock, future = world.venue.instrument(AAPL), world.venue.instrument(MNQ)
    assert stock is not None
    assert future is not None
    assert stock.liquid_hours is not None
    assert stock.trading_hours is not None
    assert future.trading_hours is not None
    first, second = stock.liquid_hours[:2]
    assert (first.start, first.end) == (new_york(FRIDAY, "09:30"), new_york(FRIDAY, "16:00"))
    assert (second.start, stock.trading_hours[1].start) == (
        new_york(MONDAY, "09:30"),
        new_york(MONDAY, "04:00"),
    )
    assert future.trading_hours[1].start == new_york(SUNDAY, "18:00")
    world.jump(new_york(MONDAY, "12:00"))
    stock = world.venue.instrument(AAPL)
    assert stock is not None
    assert stock.liquid_hours is not None
    assert stock.liquid_hours[0].start == new_york(MONDAY, "09:30")


def test_an_order_queues_until_its_market_opens() -> None:
    world = open_world(FRIDAY, "20:30")
    key = world.send(terms(BUY, 10, MKT))
    assert (world.order(key).status, world.order(key).why_held) == (VenueStatus.HELD, "")
    noticed = world.last(OrderNoticed)
    assert (noticed.notice, noticed.until) == (Notice.QUEUED, new_york(MONDAY, "09:30"))
    assert "2026-11-23 14:30:00 UTC" in noticed.text
    world.jump(new_york(MONDAY, "09:29"))
    assert world.order(key).status is VenueStatus.HELD
    world.jump(new_york(MONDAY, "09:30"))
    assert world.fills(key)[0].at == new_york(MONDAY, "09:30")
    assert [one.status for one in world.history(key)] == [
        VenueStatus.HELD,
        VenueStatus.WORKING,
        VenueStatus.FILLED,
    ]


def test_outside_regular_hours_only_orders_trade_that_ask_for_it() -> None:
    world = open_world(FRIDAY, "17:30")
    limit = world.last_price() + 5
    regular = world.send(terms(BUY, 10, LMT, limit=limit))
    extended = world.send(terms(BUY, 10, LMT, limit=limit, outside_rth=True))
    assert [world.order(key).status for key in (regular, extended)] == [VenueStatus.HELD, VenueStatus.FILLED]
    currency = world.send(terms(BUY, 25_000, MKT, instrument_id=EUR))
    assert world.order(currency).status is VenueStatus.HELD


def test_day_orders_expire_with_the_session_they_are_for() -> None:
    world = open_world(FRIDAY, "12:00")
    regular = world.send(terms(BUY, 10, LMT, limit="1"))
    extended = world.send(terms(BUY, 10, LMT, limit="1", outside_rth=True))
    future = world.send(terms(BUY, 1, LMT, limit="100", instrument_id=MNQ))
    lasting = world.send(terms(BUY, 10, LMT, limit="1", time_in_force=VenueTif.GTC))
    ends = [
        ("15:59", ()),
        ("16:00", (regular,)),
        ("17:00", (regular, future)),
        ("20:00", (regular, future, extended)),
    ]
    for clock, expired in ends:
        world.jump(new_york(FRIDAY, clock))
        for key in (regular, extended, future, lasting):
            status = VenueStatus.EXPIRED if key in expired else VenueStatus.WORKING
            assert world.order(key).status is status, (clock, key)
    queued = world.send(terms(BUY, 10, LMT, limit="1"))
    world.jump(new_york(MONDAY, "15:59"))
    assert world.order(queued).status is VenueStatus.WORKING
    world.jump(new_york(MONDAY, "16:00"))
    assert world.order(queued).status is VenueStatus.EXPIRED


def test_what_cannot_wait_ends_at_once_while_the_market_is_shut() -> None:
    world = open_world(SATURDAY, "12:00")
    key = world.send(terms(BUY, 10, MKT, time_in_force=VenueTif.IOC))
    assert world.order(key).status is VenueStatus.CANCELLED
    assert "closed" in world.order(key).reason


def test_a_shut_market_quotes_its_last_price_and_has_no_bars() -> None:
    world = open_world(FRIDAY, "19:59")
    world.run(59.9, every=0.25)
    last = world.venue.quote(AAPL)
    world.jump(new_york(SUNDAY, "12:00"))
    assert world.venue.quote(AAPL).last == last.last
    assert not world.venue.is_open(AAPL)
    assert world.venue.trades(AAPL, since=world.venue.now - timedelta(seconds=5)) == ()
    bars = world.venue.bars(AAPL, seconds=60, count=3)
    assert [bar.start for bar in bars] == [
        new_york(FRIDAY, "19:59") - timedelta(minutes=back) for back in (2, 1, 0)
    ]
    world.jump(new_york(MONDAY, "04:01"))
    bars = world.venue.bars(AAPL, seconds=60, count=3)
    assert [bar.start for bar in bars] == [
        new_york(FRIDAY, "19:59"),
        new_york(MONDAY, "04:00"),
        new_york(MONDAY, "04:01"),
    ]
    assert all(bar.volume > 0 for bar in bars)


def test_daily_bars_leave_the_weekend_out() -> None:
    world = open_world(MONDAY, "12:00")
    days = [bar.start for bar in world.venue.bars(AAPL, seconds=86_400, count=3)]
    # The one that began on Friday at 17:00 holds that evening's extended hours.
    assert days == [new_york(day, "17:00") for day in (FRIDAY - 1, FRIDAY, SUNDAY)]


def test_a_lasting_order_sits_out_the_extended_hours_it_is_not_for() -> None:
    world = open_world(FRIDAY, "15:59")
    limit = world.last_price() - 1
    regular = world.send(terms(BUY, 10, LMT, limit=limit, time_in_force=VenueTif.GTC))
    extended = world.send(terms(BUY, 10, LMT, limit=limit, time_in_force=VenueTif.GTC, outside_rth=True))
    world.jump(new_york(FRIDAY, "16:01"))
    world.venue.set_regime(Regime(RegimeKind.GAP, Decimal(-2)))
    world.run(1)
    assert [world.order(key).status for key in (regular, extended)] == [
        VenueStatus.WORKING,
        VenueStatus.FILLED,
    ]
    world.jump(new_york(MONDAY, "09:31"))
    paid = world.order(regular).avg_fill_price
    assert paid is not None
    # It meets Monday's price like a newcomer, well below its limit.
    assert paid < limit


def test_on_close_orders_skip_the_weekend() -> None:
    world = open_world(FRIDAY, "18:00")
    key = world.send(terms(BUY, 10, VenueOrderType.MARKET_ON_CLOSE))
    assert world.all(OrderNoticed) == []
    world.jump(new_york(MONDAY, "15:59"))
    assert world.order(key).status is VenueStatus.HELD
    world.jump(new_york(MONDAY, "16:00"))
    assert world.order(key).status is VenueStatus.FILLED


def test_a_short_sale_into_a_shut_market_is_told_of_the_shares() -> None:
    world = open_world(SATURDAY, "12:00")
    world.venue.set_shortable(AAPL, False)
    world.send(terms(SELL, 10, MKT))
    noticed = world.last(OrderNoticed)
    assert (noticed.notice, noticed.until) == (Notice.SHORT_LOCATE, None)


def test_a_week_with_a_weekend_and_a_halt_is_the_sum_of_its_hours() -> None:
    world = open_world(MONDAY, "10:00")
    world.venue.halt(AAPL)
    world.jump(new_york(MONDAY, "10:30"))
    world.venue.resume(AAPL)
    world.jump(new_york(MONDAY, "12:00"))
    (week,) = world.venue.bars(AAPL, seconds=7 * 86_400, count=1)
    hours = [bar for bar in world.venue.bars(AAPL, seconds=1800, count=200) if bar.start >= week.start]
    assert (week.open, week.close) == (hours[0].open, hours[-1].close)
    assert week.high == max(bar.high for bar in hours)
    assert week.volume == sum(bar.volume for bar in hours)
    volumes = {bar.start: bar.volume for bar in hours}
    assert volumes[new_york(MONDAY, "10:00")] * 100 < volumes[new_york(MONDAY, "10:30")]


def test_a_future_has_no_session_after_its_last_day() -> None:
    world = VenueWorld(config=REAL, now=datetime(2026, 12, 17, 15, 0, tzinfo=UTC))
    future = world.venue.instrument(MNQ)
    assert future is not None
    assert future.trading_hours is not None
    assert [item.start.date().isoformat() for item in future.trading_hours] == ["2026-12-16", "2026-12-17"]
