"""What the broker says is taken in once, journalled and shown; words never move an order (R08, R09)."""

from dataclasses import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from qe_dashboard.broker.port import RequestFailed
from qe_dashboard.engine.facade import OrderRequest
from qe_dashboard.engine.views import BarsView, FillView, OrderView, PositionView, QuoteView, Topic, bars_key
from qe_dashboard.journal.records import EventKind
from qe_dashboard.model.enums import (
    AccountKind,
    LinkName,
    LinkState,
    MessageClass,
    OrderSide,
    OrderType,
    Profile,
    Severity,
)
from qe_dashboard.model.identifiers import AccountId, ExecId, OrderKey
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.market_data import Bar
from qe_dashboard.model.money import Money
from qe_dashboard.model.reports import CommissionReport, Identity, Position, VenueMessage, VenueStatus
from support.engine_world import EngineWorld, stop
from support.risk_world import AAPL, ACCOUNT, spec
from support.scripted_broker import Wire, foreign_report


async def working(world: EngineWorld) -> Wire:
    request = OrderRequest("AAPL", OrderSide.BUY, Decimal(10), OrderType.LIMIT, limit_price=Decimal(100))
    preview = await world.client.preview_order(request)
    await world.client.confirm(preview.token)
    wire = world.last
    world.broker.heard.on_order(world.broker.report(wire))
    return wire


def status(world: EngineWorld) -> str:
    return world.orders()[0].status.value


async def test_a_fill_is_counted_journalled_and_shown_once(world: EngineWorld) -> None:
    wire = await working(world)
    fill = world.broker.execution(wire, 4)
    for _ in range(3):
        world.broker.heard.on_fill(fill)
    assert world.orders()[0].filled == Decimal(4)
    assert list(world.journal.executions) == [fill.exec_id]
    assert [line for line in world.words() if line == "BUY 4 AAPL @ 100"] == ["BUY 4 AAPL @ 100"]
    tape = [row.view for row in world.drain(Topic.TAPE).rows]
    assert [(view.number, view.owner, view.notional) for view in tape if isinstance(view, FillView)] == [
        (1, "THIS", Money(Decimal(400), "USD"))
    ]


async def test_positions_are_read_after_a_fill_that_none_came_with(world: EngineWorld) -> None:
    wire = await working(world)
    world.broker.hold(4)
    world.broker.heard.on_fill(world.broker.execution(wire, 4))
    assert isinstance(world.parts.desk.position_of(AAPL.id), Unknown)
    await world.clock.advance_async(0.3)
    held = world.parts.desk.position_of(AAPL.id)
    assert isinstance(held, Known)
    assert held.value == Decimal(4)


async def test_quotes_are_wanted_as_soon_as_the_data_link_is_up() -> None:
    world = EngineWorld(profile=Profile.IBKR_LIVE, watchlist=("AAPL",))
    world.broker.set_link(LinkName.DATA, LinkState.READY)
    await world.clock.advance_async(0)
    assert AAPL.id in world.broker.wanted
    await stop(world)


async def test_a_commission_joins_its_fill_before_or_after_it(world: EngineWorld) -> None:
    wire = await working(world)
    for number, first in ((1, True), (2, False)):
        fill = world.broker.execution(wire, 1, exec_id=f"E{number}")
        report = CommissionReport(ExecId(f"E{number}"), Money(Decimal("1.05"), "USD"), None)
        if first:
            world.broker.heard.on_commission(report)
        world.broker.heard.on_fill(fill)
        if not first:
            world.broker.heard.on_commission(report)
    tape = [row.view for row in world.drain(Topic.TAPE).rows]
    assert [view.commission for view in tape if isinstance(view, FillView)] == [
        Money(Decimal("1.05"), "USD")
    ] * 2
    assert len(world.journal.commissions) == 2


async def test_a_notice_never_ends_an_order(world: EngineWorld) -> None:
    wire = await working(world)
    for message_class in MessageClass:
        world.broker.heard.on_message(world.broker.message(wire.key, message_class, "2161 price cap"))
    assert status(world) == "WORKING"
    assert world.orders()[0].why == "2161 price cap"
    assert len(world.journal.of(EventKind.MESSAGE)) == len(MessageClass)


async def test_repeated_words_about_orders_are_journalled_each_and_stay_apart_in_the_log(
    world: EngineWorld,
) -> None:
    mine = await working(world)
    report = foreign_report(spec(limit="90"), world.clock, key=OrderKey(7, 1), perm_id=4)
    world.broker.heard.on_order(report)
    for _ in range(3):
        for key in (mine.key, OrderKey(7, 1)):
            world.broker.heard.on_message(world.broker.message(key, MessageClass.ORDER_LIVE, "capped"))
    assert len(world.journal.of(EventKind.MESSAGE)) == 6
    said = [text for text in world.words() if "capped" in text]
    assert [text.partition(", last")[0] for text in said] == [
        f"order {order.number}: capped [201] (x3" for order in world.orders()
    ]


async def test_an_order_shows_the_venues_words_with_our_reading_while_they_stand(world: EngineWorld) -> None:
    wire = await working(world)
    words = replace(
        world.broker.message(wire.key, MessageClass.ORDER_LIVE, "2161 price cap"),
        plain="It was capped.",
        for_orders="It is alive.",
        press="Watch it.",
    )

    def shown() -> tuple[str, str]:
        [view] = [row.view for row in world.drain(Topic.ORDERS).rows]
        assert isinstance(view, OrderView)
        return view.why, view.reading

    world.broker.heard.on_message(words)
    assert shown() == ("2161 price cap", "[201] It was capped. It is alive. Watch it.")
    world.broker.heard.on_message(replace(words, text="raw", plain="", for_orders="", press=""))
    assert shown() == ("raw", "")
    world.broker.heard.on_message(words)
    world.parts.cache.note(world.orders()[0].number, "asked about", at=world.clock.now())
    assert shown() == ("asked about", "")


async def test_a_refused_cancel_is_asked_about_and_the_order_works_on(world: EngineWorld) -> None:
    wire = await working(world)
    world.broker.order_book = Known((world.broker.report(wire),), world.clock.now())
    world.parts.orders.cancel(world.orders()[0].number)
    assert status(world) == "CANCELLING"
    world.clock.advance(1)
    world.broker.heard.on_message(
        world.broker.message(wire.key, MessageClass.ORDER_LIVE, "cannot cancel now")
    )
    await world.clock.advance_async(8)
    assert status(world) == "WORKING"


async def test_status_beyond_the_executions_is_asked_about(world: EngineWorld) -> None:
    wire = await working(world)
    world.broker.heard.on_order(world.broker.report(wire, VenueStatus.FILLED, filled=10))
    assert status(world) == "WORKING"
    world.broker.order_book = Known(
        (world.broker.report(wire, VenueStatus.FILLED, filled=10),), world.clock.now()
    )
    await world.clock.advance_async(10)
    assert status(world) == "UNCERTAIN"
    world.broker.heard.on_fill(world.broker.execution(wire, 10))
    assert status(world) == "FILLED"


async def test_an_old_fill_of_somebody_else_is_no_shortfall(world: EngineWorld) -> None:
    report = foreign_report(spec(limit="90"), world.clock, key=OrderKey(7, 1), perm_id=4, filled=5)
    world.broker.order_book = Known((report,), world.clock.now())
    world.broker.heard.on_order(report)
    await world.clock.advance_async(15)
    assert status(world) == "WORKING"


async def test_rows_of_another_account_are_dropped(world: EngineWorld) -> None:
    wire = await working(world)
    other = AccountId("DU999")
    world.broker.heard.on_fill(replace(world.broker.execution(wire, 1), account=other))
    foreign = foreign_report(spec(limit="90"), world.clock, key=OrderKey(7, 1), perm_id=4)
    world.broker.heard.on_order(replace(foreign, account=other))
    assert [order.filled for order in world.orders()] == [Decimal(0)]


async def test_a_reject_counts_against_the_minute(world: EngineWorld) -> None:
    wire = await working(world)
    used = world.status().rates[0].used
    world.broker.heard.on_order(world.broker.report(wire, VenueStatus.REJECTED))
    assert world.status().rates[0].used == used + 1


async def test_positions_are_shown_with_value_or_without_and_why(world: EngineWorld) -> None:
    world.broker.heard.on_positions(
        Known((Position(ACCOUNT, AAPL, Decimal(-5), Decimal(99)),), world.clock.now())
    )
    [view] = [row.view for row in world.drain(Topic.POSITIONS).rows]
    assert isinstance(view, PositionView)
    assert (view.quantity, view.mark, view.open_pnl) == (
        Decimal(-5),
        Decimal(100),
        Money(Decimal(-5), "USD"),
    )
    world.broker.set_link(LinkName.DATA, LinkState.WAITING, "closed")
    delta = world.drain(Topic.POSITIONS)
    assert delta.unknown == "the data link is down: closed"
    assert delta.as_of is not None
    [view] = [row.view for row in delta.rows]
    assert isinstance(view, PositionView)
    assert (view.quantity, view.mark, view.market_value, view.open_pnl) == (Decimal(-5), None, None, None)
    assert view.problem != ""


async def test_a_quote_touches_its_position_only_when_held(world: EngineWorld) -> None:
    feed = world.client.watch(Topic.POSITIONS)
    feed.drain()
    world.tick()
    assert feed.drain() is None
    world.broker.heard.on_positions(
        Known((Position(ACCOUNT, AAPL, Decimal(5), Decimal(99)),), world.clock.now())
    )
    feed.drain()
    world.tick()
    delta = feed.drain()
    assert delta is not None
    assert [row.key for row in delta.rows] == [AAPL.id]


async def test_books_that_turn_unknown_are_told_to_screens(world: EngineWorld) -> None:
    world.broker.heard.on_positions(Unknown("a row could not be read"))
    world.broker.heard.on_account(Unknown("time-out"))
    assert world.drain(Topic.POSITIONS).unknown == "a row could not be read"
    account = world.drain(Topic.ACCOUNT)
    assert (account.unknown, len(account.rows)) == ("time-out", 1)


async def test_words_about_a_line_stand_in_its_row_until_it_ticks() -> None:
    world = EngineWorld(watchlist=("AAPL",))
    await world.connect()
    world.broker.heard.on_message(
        VenueMessage(
            354, "not subscribed", MessageClass.DATA, Severity.ERROR, world.clock.now(), None, AAPL.id
        )
    )
    [row] = world.drain(Topic.QUOTES).rows
    assert isinstance(row.view, QuoteView)
    assert row.view.problem == "not subscribed"
    world.tick()
    [row] = world.drain(Topic.QUOTES).rows
    assert isinstance(row.view, QuoteView)
    assert (row.view.problem, row.view.bid) == ("", Decimal("99.99"))
    await stop(world)


async def test_live_bars_are_laid_over_history_and_the_line_closes_with_its_last_watcher(
    world: EngineWorld,
) -> None:
    key = bars_key(AAPL.id, 60)
    price = Decimal(100)
    bar = Bar(AAPL.id, world.clock.now(), 60, price, price, price, price, Decimal(1))
    world.broker.history_answer = lambda instrument: (bar,)
    one, two = world.client.watch(Topic.BARS, (key,)), world.client.watch(Topic.BARS, (key,))
    await world.settle()
    assert world.broker.bars == [("want", AAPL.id)]
    world.broker.heard.on_bar(replace(bar, close=Decimal(101)))
    delta = one.drain()
    assert delta is not None
    assert [view.bars[-1].close for row in delta.rows if isinstance(view := row.view, BarsView)] == [
        Decimal(101)
    ]
    one.close()
    assert world.broker.bars == [("want", AAPL.id)]
    two.close()
    assert world.broker.bars[-1] == ("release", AAPL.id)


async def test_history_that_fails_says_why_in_its_chart(world: EngineWorld) -> None:
    def fail(instrument: Instrument) -> tuple[Bar, ...]:
        raise RequestFailed("pacing; wait a minute")

    world.broker.history_answer = fail
    feed = world.client.watch(Topic.BARS, (bars_key(AAPL.id, 60),))
    await world.settle()
    delta = feed.drain()
    assert delta is not None
    assert [view.problem for row in delta.rows if isinstance(view := row.view, BarsView)] == [
        "pacing; wait a minute"
    ]
    feed.close()


async def test_a_book_that_is_not_known_keeps_the_time_of_its_last_read(world: EngineWorld) -> None:
    await world.client.reconcile()
    read_at = world.clock.now()
    await world.clock.advance_async(5)
    world.broker.set_link(LinkName.ORDER, LinkState.WAITING, "closed")
    for topic in (Topic.ORDERS, Topic.TAPE, Topic.POSITIONS):
        delta = world.drain(topic)
        assert (delta.unknown is None, delta.as_of) == (False, read_at)
    world.broker.heard.on_identity(Identity(AccountId("DU7654321"), AccountKind.PAPER))
    assert world.drain(Topic.ORDERS).as_of is None


async def test_the_words_of_a_reconcile_are_of_now(world: EngineWorld) -> None:
    await world.client.reconcile()
    assert world.status().reconcile_words == "0 positions, 0 working orders"
    await working(world)
    assert world.status().reconcile_words == "0 positions, 1 working order"
    world.broker.heard.on_positions(Unknown("the data link is down"))
    assert world.status().reconcile_words == "positions: the data link is down"


async def test_a_mark_between_two_ticks_is_shown_with_the_digits_it_counts_with(world: EngineWorld) -> None:
    world.broker.heard.on_positions(
        Known((Position(ACCOUNT, AAPL, Decimal(10), Decimal(99)),), world.clock.now())
    )
    for ask, mark, decimals, pnl in (("100.02", "100.005", 3, "10.05"), ("100.01", "100.00", 2, "10")):
        world.tick("99.99", ask)
        [view] = [row.view for row in world.drain(Topic.POSITIONS).rows]
        assert isinstance(view, PositionView)
        assert (view.mark, view.decimals, view.open_pnl) == (
            Decimal(mark),
            decimals,
            Money(Decimal(pnl), "USD"),
        )


async def test_an_order_placed_elsewhere_says_when_it_was_first_seen(world: EngineWorld) -> None:
    first = world.clock.now().astimezone(ZoneInfo("America/New_York"))
    report = foreign_report(spec(limit="80"), world.clock, key=OrderKey(7, 1), perm_id=5)
    world.broker.heard.on_order(report)
    await world.clock.advance_async(30)
    world.broker.heard.on_order(replace(report, why_held="trigger", at=world.clock.now()))
    await working(world)
    whys = [getattr(row.view, "why", "") for row in world.drain(Topic.ORDERS).rows]
    assert whys == [f"trigger; first seen {first:%H:%M:%S}", ""]
