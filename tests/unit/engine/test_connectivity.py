"""What the session says of its connection: outages, calm for planned ones, checklist, notice, account session (L5)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.engine.connection_desk import ConnectionSettings
from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.engine.health_views import CheckState, StateLine
from qe_dashboard.engine.maintenance import Region, Schedule
from qe_dashboard.engine.views import LogLine, StatusView, Topic
from qe_dashboard.journal.records import EventKind
from qe_dashboard.model.connection import (
    BrokerHealth,
    FarmKind,
    FarmState,
    FarmStatus,
    LineKind,
    LineState,
    LineStatus,
    LinkCause,
)
from qe_dashboard.model.enums import DataTier, LinkName, LinkState, Profile, Severity
from qe_dashboard.model.identifiers import AccountId, InstrumentId
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.reports import UpstreamStatus
from support.engine_world import EngineWorld, stop
from support.risk_world import proposal

NIGHT = datetime(2026, 1, 6, 5, 30, tzinfo=UTC)  # 00:30 ET, inside the nightly reset
PAPER = ConnectionSettings(
    ConnectionRequest("127.0.0.1", 4002, 1, None), schedule=Schedule(Region.NORTH_AMERICA)
)
DUE = "nightly reset of IBKR's servers, usually back by 01:45 ET"


@pytest.fixture
async def night() -> AsyncIterator[EngineWorld]:
    """Return a connected paper session in the hour of IBKR's reset."""
    built = EngineWorld(connection=PAPER, clock=ManualClock(NIGHT))
    await built.connect()
    yield built
    await stop(built)


def lose(world: EngineWorld, cause: LinkCause = LinkCause.CLOSED) -> None:
    for name in LinkName:
        world.broker.set_link(name, LinkState.WAITING, "closed by the gateway")
        status = replace(world.parts.desk.links[name], cause=cause)
        world.broker.heard.on_link(status)


def upstream(world: EngineWorld, up: bool) -> None:
    world.broker.heard.on_upstream(UpstreamStatus(up, "1100" if not up else "1102", world.clock.now()))


def banner(status: StatusView) -> list[tuple[Severity, str]]:
    return [(line.severity, line.text) for line in status.banner]


# planned outages


async def test_links_lost_in_a_planned_window_are_calm_and_block_all_the_same(night: EngineWorld) -> None:
    lose(night)
    status = night.status()
    [(severity, text)] = banner(status)
    assert severity is Severity.WARNING
    assert f"expected: {DUE}. Working orders stay at IBKR" in text
    assert status.expected_outage == DUE
    assert not status.can_trade
    assert status.cannot_trade_because.endswith(f"Expected: {DUE}")
    assert night.parts.orders.assess(proposal()).outcome.value == "DENY"


async def test_a_lost_gateway_in_the_window_is_calm_and_becomes_an_alarm_when_it_is_over(
    night: EngineWorld,
) -> None:
    upstream(night, False)
    assert [severity for severity, _ in banner(night.status())] == [Severity.WARNING]
    await night.clock.advance_async(75 * 60)
    status = night.status()
    assert [severity for severity, _ in banner(status)] == [Severity.CRITICAL]
    assert (status.expected_outage, status.can_trade) == ("", False)


async def test_an_id_that_is_taken_is_an_alarm_at_any_hour(night: EngineWorld) -> None:
    lose(night, LinkCause.CLIENT_ID_TAKEN)
    assert [severity for severity, _ in banner(night.status())] == [Severity.CRITICAL]
    assert night.status().expected_outage == ""


async def test_the_weekly_login_is_announced_hours_before_and_only_there() -> None:
    saturday = datetime(2026, 1, 11, 0, 59, tzinfo=UTC)  # 19:59 ET
    world = EngineWorld(connection=PAPER, clock=ManualClock(saturday))
    await world.connect()
    assert world.status().banner == ()
    await world.clock.advance_async(61)
    [(severity, text)] = banner(world.status())
    assert severity is Severity.INFO
    assert "ends the gateway's login at Sunday 01:00 ET" in text
    await stop(world)


# the timeline


async def test_outages_are_listed_and_journalled_with_begin_and_end(night: EngineWorld) -> None:
    began = night.clock.now()
    lose(night)
    await night.clock.advance_async(7)
    for name in LinkName:
        night.broker.set_link(name, LinkState.READY, "connected")
    assert {line.what: (line.began_at, line.ended_at, line.expected) for line in night.health().outages} == {
        f"{name} link": (began, began + timedelta(seconds=7), DUE) for name in LinkName
    }
    rows = [
        (e.payload["outage"], e.payload["ended_at"] is not None)
        for e in night.journal.events
        if e.kind is EventKind.CONNECTION and "outage" in e.payload
    ]
    assert rows == [("data link", False), ("order link", False), ("data link", True), ("order link", True)]


async def test_a_broken_farm_and_a_login_elsewhere_are_outages_of_data(world: EngineWorld) -> None:
    farm = FarmStatus("usfarm", FarmKind.QUOTES, FarmState.BROKEN, world.clock.now())
    world.broker.healthy = BrokerHealth(farms=(farm,), competing_session="logged in elsewhere [10197]")
    await world.clock.advance_async(1)
    assert {line.what: line.ended_at for line in world.health().outages} == {
        "quotes farm usfarm": None,
        "market data": None,
    }
    assert world.status().can_trade, "a farm never changes a link's state (R39)"
    world.broker.healthy = BrokerHealth(farms=(replace(farm, state=FarmState.OK),))
    await world.clock.advance_async(1)
    assert all(line.ended_at is not None for line in world.health().outages)


# what is over is said once


def said(world: EngineWorld, source: str) -> list[tuple[Severity, str]]:
    rows = [row.view for row in world.drain(Topic.LOG).rows]
    return [(row.severity, row.text) for row in rows if isinstance(row, LogLine) and row.source == source]


async def test_a_farm_that_comes_back_is_said_and_one_whose_gateway_went_is_not(world: EngineWorld) -> None:
    farm = FarmStatus("usfarm", FarmKind.QUOTES, FarmState.BROKEN, world.clock.now())
    world.broker.healthy = BrokerHealth(farms=(farm,))
    await world.clock.advance_async(1)
    world.broker.healthy = BrokerHealth()
    await world.clock.advance_async(1)
    assert said(world, "farm") == []
    for state in (FarmState.BROKEN, FarmState.OK, FarmState.OK):
        world.broker.healthy = BrokerHealth(farms=(replace(farm, state=state),))
        await world.clock.advance_async(1)
    assert said(world, "farm") == [(Severity.INFO, "quotes farm usfarm is back.")]


async def test_prices_are_back_once_a_line_ticks_again_and_no_tier_is_claimed_before(
    world: EngineWorld,
) -> None:
    world.tick()
    assert world.status().data_tier is DataTier.LIVE
    taken = LineStatus(
        InstrumentId("AAPL"), "AAPL", LineKind.QUOTES, 0, LineState.REFUSED, world.clock.now(), None
    )
    world.broker.healthy = BrokerHealth(competing_session="logged in elsewhere", lines=(taken,))
    await world.clock.advance_async(1)
    assert world.status().data_tier is DataTier.UNKNOWN
    world.broker.healthy = BrokerHealth(lines=(replace(taken, state=LineState.WAITING),))
    await world.clock.advance_async(1)
    assert said(world, "data") == []
    world.broker.healthy = BrokerHealth(lines=(replace(taken, state=LineState.PROVEN),))
    await world.clock.advance_async(2)
    assert said(world, "data") == [(Severity.INFO, "Market data comes here again: 1 of 1 line live.")]


async def test_a_refusal_that_is_over_is_said() -> None:
    world = EngineWorld()
    world.broker.heard.on_identity_refused("U1 is a LIVE account", ())
    status = world.broker.links()[0]
    world.broker.heard.on_link(replace(status, state=LinkState.DISCONNECTED, cause=LinkCause.WRONG_ACCOUNT))
    await world.connect()
    over = "Connected with the right account, DU1234567: the refusal is over."
    assert said(world, "link").count((Severity.INFO, over)) == 1
    await stop(world)


async def test_a_live_session_that_only_looks_has_no_outage_of_its_order_link() -> None:
    world = EngineWorld(profile=Profile.IBKR_LIVE)
    await world.connect(AccountId("U7654321"))
    world.broker.set_link(LinkName.ORDER, LinkState.DISCONNECTED, "waits for the account id")
    assert world.health().outages == ()
    await stop(world)


# the account session


def session(world: EngineWorld) -> StateLine:
    return world.health().states[1]


async def test_the_account_session_says_whose_it_is_and_since_when(world: EngineWorld) -> None:
    line = session(world)
    assert (line.name, line.good, line.word) == ("account session", True, "bound")
    assert line.reason == "DU1234567, PAPER"
    since = line.since
    await world.clock.advance_async(5)
    assert session(world).since == since
    world.broker.healthy = BrokerHealth(competing_session="another login took the data")
    await world.clock.advance_async(1)
    line = session(world)
    assert (line.good, line.word, line.reason) == (
        False,
        "taken over elsewhere",
        "another login took the data",
    )
    assert line.since == world.clock.now()


async def test_an_account_without_a_link_is_bound_and_nothing_more(world: EngineWorld) -> None:
    world.broker.set_link(LinkName.DATA, LinkState.WAITING, "closed")
    await world.clock.advance_async(1)
    assert session(world).word == "bound"
    world.broker.set_link(LinkName.ORDER, LinkState.WAITING, "closed")
    await world.clock.advance_async(1)
    line = session(world)
    assert (line.good, line.word, line.reason) == (None, "bound, but no link is up", "DU1234567, PAPER")


async def test_before_any_account_it_is_none_and_after_a_refusal_it_says_why() -> None:
    world = EngineWorld()
    assert (session(world).good, session(world).word) == (None, "none")
    world.broker.heard.on_identity_refused("U1 is a LIVE account", ())
    await world.clock.advance_async(1)
    assert (session(world).good, session(world).word, session(world).reason) == (
        False,
        "refused",
        "U1 is a LIVE account",
    )
    await stop(world)


async def test_a_live_account_that_is_not_typed_is_locked() -> None:
    world = EngineWorld(profile=Profile.IBKR_LIVE)
    await world.connect(AccountId("U7654321"))
    world.broker.set_link(LinkName.ORDER, LinkState.DISCONNECTED, "waits for the account id")
    await world.clock.advance_async(1)
    assert (session(world).word, session(world).good) == ("locked", None)
    await stop(world)


# the checklist


async def test_a_healthy_session_has_no_checklist(world: EngineWorld) -> None:
    assert world.status().checklist == ()


async def test_after_a_gap_each_book_is_read_before_new_orders_pass(world: EngineWorld) -> None:
    lose(world)
    lines = world.status().checklist
    assert [line.name for line in lines] == ["positions", "open orders", "executions"]
    assert {line.state for line in lines} == {CheckState.UNKNOWN}
    assert "closed by the gateway" in lines[0].detail
    seen: list[list[CheckState]] = []
    world.broker.on_read = lambda book: seen.append([line.state for line in world.status().checklist])
    for name in LinkName:
        world.broker.set_link(name, LinkState.READY, "connected")
    assert not world.status().can_trade
    await world.settle()
    reading, known = CheckState.READING, CheckState.KNOWN
    assert seen == [[reading] * 3, [reading] * 3, [reading, known, known]]
    assert world.status().checklist == ()
    assert world.status().can_trade


async def test_a_book_that_cannot_be_read_says_why_and_keeps_orders_back(world: EngineWorld) -> None:
    lose(world)
    world.broker.execution_book = Unknown("time-out")
    for name in LinkName:
        world.broker.set_link(name, LinkState.READY, "connected")
    await world.settle()
    lines = {line.name: (line.state, line.detail) for line in world.status().checklist}
    assert lines["executions"] == (CheckState.UNKNOWN, "time-out")
    assert lines["positions"] == (CheckState.KNOWN, "0 positions")
    assert lines["open orders"] == (CheckState.KNOWN, "0 orders")
    denial = next(v for v in world.parts.orders.assess(proposal()).denials if v.gate == "order_book")
    assert "executions: time-out" in denial.text


async def test_the_gateways_memory_is_no_book_after_it_lost_ibkr(world: EngineWorld) -> None:
    upstream(world, False)
    assert {line.state for line in world.status().checklist} == {CheckState.UNKNOWN}
    world.broker.reads.clear()
    await world.clock.advance_async(60)
    assert world.broker.reads == [], "nothing is asked while the gateway could only answer from memory"
    world.broker.order_book = Unknown("time-out")
    upstream(world, True)
    assert not world.status().can_trade
    await world.settle()
    assert not world.status().can_trade
    assert sorted(set(world.broker.reads)) == ["executions", "open orders", "positions"]


async def test_books_read_while_ibkr_was_away_count_no_more_when_it_is_back(world: EngineWorld) -> None:
    upstream(world, False)
    await world.client.reconcile()
    assert world.status().checklist == (), "a person may ask; the gateway answers from memory"
    upstream(world, True)
    assert not world.status().can_trade
    await world.settle()
    assert world.status().can_trade


# the notice at launch


async def test_ten_seconds_without_a_connection_are_a_notice_with_address_and_causes() -> None:
    world = EngineWorld(connection=PAPER)
    began = world.clock.now()
    status = replace(
        world.broker.links()[0], state=LinkState.WAITING, reason="nothing listens on 127.0.0.1:4002"
    )
    world.broker.heard.on_link(replace(status, cause=LinkCause.NOTHING_LISTENS))
    await world.clock.advance_async(9.9)
    assert world.status().notice is None
    await world.clock.advance_async(0.1)
    notice = world.status().notice
    assert notice is not None
    assert (notice.title, notice.host, notice.port, notice.since, notice.reason) == (
        "Interactive Brokers Not Connected",
        "127.0.0.1",
        4002,
        began,
        "nothing listens on 127.0.0.1:4002",
    )
    assert notice.causes[0].startswith("TWS or IB Gateway is not running")
    assert notice.is_retried
    refused = replace(status, state=LinkState.DISCONNECTED, cause=LinkCause.WRONG_ACCOUNT)
    world.broker.heard.on_link(refused)
    notice = world.status().notice
    assert notice is not None
    assert not notice.is_retried
    await world.connect()
    assert world.status().notice is None
    lose(world)
    await world.clock.advance_async(60)
    assert world.status().notice is None, "a later outage has the banner"
    await stop(world)


async def test_the_simulated_venue_has_no_notice() -> None:
    world = EngineWorld(profile=Profile.SIM)
    await world.clock.advance_async(60)
    assert world.status().notice is None
    await stop(world)


# one unanswered ping


async def test_a_suspect_link_is_said_at_once(world: EngineWorld) -> None:
    world.broker.set_link(LinkName.DATA, LinkState.SUSPECT, "no answer for 5 s")
    assert banner(world.status()) == [
        (Severity.WARNING, "data link: no answer for 5 s, asking again. New orders wait.")
    ]
    assert not world.status().can_trade
    world.broker.set_link(LinkName.DATA, LinkState.READY, "connected")
    assert world.status().banner == ()
