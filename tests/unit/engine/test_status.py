"""The chrome: healthy is an empty banner, can_trade is the AND of everything a submit needs (R16, R41, R59)."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from qe_dashboard.engine.facade import OrderRequest
from qe_dashboard.engine.status import working_words
from qe_dashboard.engine.views import Lamp
from qe_dashboard.model.enums import (
    DataTier,
    LinkName,
    LinkState,
    MessageClass,
    OrderSide,
    OrderType,
    Profile,
    Severity,
)
from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.model.known import Known, Unknown
from qe_dashboard.model.reports import UpstreamStatus, VenueMessage
from support.engine_world import EngineWorld, stop
from support.risk_world import proposal, spec
from support.scripted_broker import foreign_report

Break = Callable[[EngineWorld], None]


def upstream(up: bool | None) -> Break:
    return lambda world: world.broker.heard.on_upstream(UpstreamStatus(up, "1100", world.clock.now()))


def link(name: LinkName) -> Break:
    return lambda world: world.broker.set_link(name, LinkState.WAITING, "closed")


def book(name: str) -> Break:
    return lambda world: setattr(world.parts.desk, name, Unknown("time-out"))


def journal(world: EngineWorld) -> None:
    world.journal.broken = "disk full"


def latch(world: EngineWorld) -> None:
    world.parts.desk.latch = world.parts.desk.latch.halt(reason="x", at=world.clock.now(), by="t")


PIECES: dict[str, Break] = {
    "data link": link(LinkName.DATA),
    "order link": link(LinkName.ORDER),
    "upstream down": upstream(False),
    "upstream unknown": upstream(None),
    "account": lambda world: world.broker.heard.on_identity_refused("a live account", ()),
    "latch not read": lambda world: setattr(world.parts.desk, "latch_loaded", False),
    "halted": latch,
    "journal": journal,
    "positions": book("positions"),
    "open orders": book("open_orders"),
    "executions": book("executions"),
}


async def test_healthy_is_an_empty_banner_and_a_yes(world: EngineWorld) -> None:
    status = world.status()
    assert (status.can_trade, status.cannot_trade_because, status.banner) == (True, "", ())
    assert (status.lamp, status.offline_since, status.uncertain) == (Lamp.CONNECTED, None, 0)
    assert (status.working_entries, status.working_protective) == (0, 0)


@pytest.mark.parametrize("name", PIECES)
async def test_each_missing_piece_is_a_no_and_the_gates_agree(world: EngineWorld, name: str) -> None:
    PIECES[name](world)
    status = world.status()
    assert not status.can_trade
    assert status.cannot_trade_because != ""
    assert not _would_pass(world)


def _would_pass(world: EngineWorld) -> bool:
    return world.parts.orders.assess(proposal()).outcome.value != "DENY"


async def test_a_lost_gateway_is_a_line_that_says_what_it_means(world: EngineWorld) -> None:
    upstream(False)(world)
    assert [(line.severity, "still work" in line.text) for line in world.status().banner] == [
        (Severity.CRITICAL, True)
    ]
    assert [quote.proven for quote in world.parts.desk.quotes.values()] == [False]
    assert world.status().data_tier is DataTier.UNKNOWN


async def test_its_return_reads_the_books(world: EngineWorld) -> None:
    upstream(False)(world)
    world.broker.reads.clear()
    upstream(True)(world)
    await world.settle()
    assert world.broker.reads == ["open orders", "executions", "positions"]


async def test_uncertain_orders_are_counted_and_named(world: EngineWorld) -> None:
    request = OrderRequest("AAPL", OrderSide.BUY, Decimal(1), OrderType.LIMIT, limit_price=Decimal(100))
    preview = await world.client.preview_order(request)
    await world.client.confirm(preview.token)
    await world.clock.advance_async(11)
    status = world.status()
    assert status.uncertain == 1
    assert [line.text for line in status.banner] == [
        "1 order UNCERTAIN: not resent, being asked about. See F10 ORDERS."
    ]


async def test_working_orders_are_split_by_what_they_can_do(world: EngineWorld) -> None:
    world.start_with(10)
    rows = (
        foreign_report(spec(limit="90"), world.clock, key=OrderKey(7, 1), perm_id=1),
        foreign_report(spec(OrderSide.SELL, 10, stop="95"), world.clock, key=OrderKey(7, 2), perm_id=2),
        foreign_report(spec(OrderSide.SELL, 10, limit="120"), world.clock, key=OrderKey(7, 3), perm_id=3),
    )
    world.broker.order_book = Known(rows, world.clock.now())
    await world.client.reconcile()
    status = world.status()
    assert (status.working_entries, status.working_exits, status.working_protective) == (1, 1, 1)
    assert working_words(world.parts.desk) == "3 orders still working: 1 entry, 1 exit, 1 protective"
    world.broker.order_book = Known(rows[:1], world.clock.now())
    await world.clock.advance_async(5)
    await world.client.reconcile()
    assert working_words(world.parts.desk) == "1 order still working: 1 entry, 0 protective"
    world.parts.desk.positions = Unknown("time-out")
    status = world.status()
    assert (status.working_entries, status.working_exits, status.working_protective) == (None, None, None)


@pytest.mark.parametrize(
    ("data", "order", "lamp"),
    [
        (LinkState.READY, LinkState.READY, Lamp.CONNECTED),
        (LinkState.READY, LinkState.SYNCING, Lamp.CONNECTING),
        (LinkState.CONNECTING, LinkState.WAITING, Lamp.CONNECTING),
        (LinkState.READY, LinkState.WAITING, Lamp.DISCONNECTED),
        (LinkState.SUSPECT, LinkState.READY, Lamp.DISCONNECTED),
        (LinkState.DISCONNECTED, LinkState.DISCONNECTED, Lamp.DISCONNECTED),
    ],
)
async def test_one_lamp_for_both_links(
    world: EngineWorld, data: LinkState, order: LinkState, lamp: Lamp
) -> None:
    world.broker.set_link(LinkName.DATA, data)
    world.broker.set_link(LinkName.ORDER, order)
    assert world.status().lamp is lamp


async def test_a_live_session_that_only_looks_is_connected_and_not_offline() -> None:
    world = EngineWorld(profile=Profile.IBKR_LIVE)
    await world.connect(AccountId("U7654321"))
    world.broker.set_link(LinkName.ORDER, LinkState.DISCONNECTED, "waits for the account id")
    status = world.status()
    assert status.needs_account_typed
    assert (status.lamp, status.offline_since) == (Lamp.CONNECTED, None)
    assert not status.can_trade
    locked = "the session is LOCKED: Broker > Authorise live…, then type the account id"
    assert status.cannot_trade_because == locked
    [denial] = [v for v in world.parts.orders.assess(proposal()).denials if v.gate == "order_link"]
    assert denial.code == "Q-ORDER-LINK-LOCKED"
    assert "LOCKED" in denial.text
    assert "reconnect" not in denial.text
    assert "order link disconnected: waits for the account id" in "".join(world.words()).casefold()
    await stop(world)


async def test_offline_counts_from_the_first_link_that_went(world: EngineWorld) -> None:
    since = world.clock.now()
    link(LinkName.DATA)(world)
    await world.clock.advance_async(5)
    link(LinkName.ORDER)(world)
    assert world.status().offline_since == since


async def test_the_worst_tier_of_any_line_is_shown(world: EngineWorld) -> None:
    assert world.status().data_tier is DataTier.LIVE
    assert world.status().newest_quote_at == world.clock.now()


async def test_a_line_that_is_refused_claims_no_live_data(world: EngineWorld) -> None:
    (instrument_id,) = world.parts.desk.quotes
    words = VenueMessage(
        10197, "competing", MessageClass.DATA, Severity.ERROR, world.clock.now(), instrument_id=instrument_id
    )
    world.broker.heard.on_message(words)
    assert world.status().data_tier is DataTier.UNKNOWN


async def test_the_use_of_the_minute_is_shown_with_its_limit(world: EngineWorld) -> None:
    rate = world.status().rates[0]
    assert (rate.name, rate.used, rate.limit, rate.seconds, rate.next_free_at) == (
        "orders per minute",
        0,
        60,
        60,
        None,
    )
