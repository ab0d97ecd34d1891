"""F9's view and the program's log, as a front end gets them."""

import logging
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from qe_dashboard.core.log_ring import KEPT
from qe_dashboard.engine.codec import decode, encode
from qe_dashboard.engine.connection_desk import ConnectionSettings
from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.engine.health_views import ProgramLine
from qe_dashboard.engine.maintenance import Region, Schedule
from qe_dashboard.engine.views import Topic
from qe_dashboard.model.connection import BrokerHealth, LinkCause, Meter
from qe_dashboard.model.enums import LinkName, LinkState, Profile
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.ladder import RungName, RungState
from support.engine_world import EngineWorld, stop

PAPER = ConnectionSettings(
    ConnectionRequest("127.0.0.1", 4002, 1, None), schedule=Schedule(Region.NORTH_AMERICA)
)


def rungs(world: EngineWorld) -> dict[RungName, RungState]:
    return {rung.name: rung.state for rung in world.health().ladder.rungs}


async def test_a_session_that_works_is_a_ladder_that_passes() -> None:
    world = EngineWorld(connection=PAPER, watchlist=("AAPL",))
    await world.connect()
    world.broker.healthy = BrokerHealth(
        read_only=False, next_order_id=7, meters=(Meter("wire", 1, 45, "messages", 1),)
    )
    for name in LinkName:
        status = replace(
            world.parts.desk.links[name], skew=timedelta(milliseconds=400), server_version=178, tries=0
        )
        world.broker.heard.on_link(status)
    view = world.health()
    assert set(rungs(world).values()) == {RungState.PASS}
    assert (view.ladder.host, view.ladder.port, view.ladder.account) == ("127.0.0.1", 4002, "DU1234567")
    assert [(link.name, link.skew_s, link.server_version, link.client_id) for link in view.links] == [
        (LinkName.DATA, 0.4, 178, 1),
        (LinkName.ORDER, 0.4, 178, 2),
    ]
    assert view.meters == world.broker.healthy.meters
    assert [line.word for line in view.states] == ["connected", "bound"]
    assert view.expected[0].begins_at > world.clock.now()
    assert decode(encode(view)) == view
    await stop(world)


async def test_what_an_earlier_connection_brought_says_nothing_about_this_one() -> None:
    world = EngineWorld(connection=PAPER)
    await world.connect()
    world.broker.healthy = BrokerHealth(read_only=False, next_order_id=7)
    for name in LinkName:
        world.broker.set_link(name, LinkState.WAITING, "nothing listens on 127.0.0.1:4002")
        world.broker.heard.on_link(replace(world.parts.desk.links[name], cause=LinkCause.NOTHING_LISTENS))
    found = rungs(world)
    assert found[RungName.PORT] is RungState.FAIL
    above = list(RungName)[list(RungName).index(RungName.PORT) + 1 :]
    assert {found[name] for name in above} == {RungState.UNKNOWN}
    assert world.health().ladder.account is None
    await stop(world)


async def test_a_connect_under_way_fails_nothing() -> None:
    world = EngineWorld(connection=PAPER)
    await world.connect()
    world.broker.healthy = BrokerHealth(read_only=False, next_order_id=7)
    for name in LinkName:
        world.broker.set_link(name, LinkState.CONNECTING, "connecting")
    assert set(rungs(world).values()) == {RungState.UNKNOWN}
    await stop(world)


async def test_account_values_that_stay_away_fail_after_ten_seconds() -> None:
    world = EngineWorld(connection=PAPER)
    world.broker.connect()
    await world.settle()
    assert rungs(world)[RungName.VALUES] is RungState.UNKNOWN
    await world.clock.advance_async(10)
    assert rungs(world)[RungName.VALUES] is RungState.FAIL
    await stop(world)


async def test_the_order_links_taken_id_is_the_rung_that_fails() -> None:
    world = EngineWorld(connection=PAPER)
    await world.connect()
    world.broker.set_link(LinkName.ORDER, LinkState.WAITING, "client id 2 is in use")
    world.broker.heard.on_link(
        replace(world.parts.desk.links[LinkName.ORDER], cause=LinkCause.CLIENT_ID_TAKEN)
    )
    assert rungs(world)[RungName.CLIENT_ID] is RungState.FAIL
    await stop(world)


async def test_a_refused_account_was_measured_up_to_its_kind() -> None:
    world = EngineWorld(connection=PAPER)
    reason = "Profile ibkr-paper is for PAPER accounts, and U7654321 is a LIVE account."
    world.broker.heard.on_identity_refused(reason, (AccountId("U7654321"),))
    status = world.broker.links()[0]
    world.broker.heard.on_link(
        replace(status, state=LinkState.DISCONNECTED, reason=reason, cause=LinkCause.WRONG_ACCOUNT)
    )
    told = {rung.name: (rung.state, rung.detail) for rung in world.health().ladder.rungs}
    assert told[RungName.CLIENT_ID] == (RungState.PASS, "client id 1 is free")
    assert told[RungName.ACCOUNTS] == (RungState.PASS, "U7654321")
    assert told[RungName.ACCOUNT_KIND][0] is RungState.FAIL
    await stop(world)


async def test_a_stranger_on_the_port_is_named_as_doctor_names_it() -> None:
    world = EngineWorld(connection=PAPER)
    status = replace(world.broker.links()[0], state=LinkState.WAITING, cause=LinkCause.NOT_THE_API)
    world.broker.heard.on_link(replace(status, nature="an HTTP server"))
    told = {rung.name: rung.detail for rung in world.health().ladder.rungs}
    assert told[RungName.HANDSHAKE] == "an HTTP server answers on 127.0.0.1:4002"
    await stop(world)


async def test_only_links_that_stand_hold_their_ids() -> None:
    world = EngineWorld(connection=PAPER)
    await world.connect()
    world.broker.set_link(LinkName.ORDER, LinkState.CONNECTING, "connecting")
    told = {rung.name: rung.detail for rung in world.health().ladder.rungs}
    assert told[RungName.CLIENT_ID] == "client id 1 is in use by this session"
    await stop(world)


async def test_a_price_that_stopped_is_told_with_its_time() -> None:
    world = EngineWorld(connection=PAPER, watchlist=("AAPL",))
    await world.connect()
    world.tick()
    at = world.clock.now().astimezone(ZoneInfo("America/New_York"))
    world.parts.desk.distrust_quotes()
    told = {rung.name: rung.detail for rung in world.health().ladder.rungs}
    assert f"no price of AAPL since {at:%H:%M:%S} ET" in told[RungName.QUOTE]
    await stop(world)


async def test_the_simulated_venue_has_no_ladder_to_climb() -> None:
    world = EngineWorld(profile=Profile.SIM)
    await world.connect()
    assert set(rungs(world).values()) == {RungState.NOT_APPLICABLE}
    assert (await world.client.check_connection()).is_ok
    assert world.health().expected == ()
    await stop(world)


async def test_it_is_new_once_a_second_and_when_a_link_moves(world: EngineWorld) -> None:
    feed = world.client.watch(Topic.HEALTH)
    feed.drain()
    assert feed.drain() is None
    await world.clock.advance_async(1)
    assert feed.drain() is not None
    world.broker.set_link(LinkName.DATA, LinkState.SUSPECT, "no answer for 5 s")
    delta = feed.drain()
    assert delta is not None
    assert [row.key for row in delta.rows] == [""]
    feed.close()


async def test_a_loop_that_stood_still_shows(world: EngineWorld) -> None:
    await world.clock.advance_async(1)
    assert (world.health().lag.stalls, world.health().lag.limit_ms) == (0, 250.0)
    world.clock.advance(2)
    await world.settle()
    lag = world.health().lag
    assert (lag.stalls, lag.worst_ms) == (1, 1750.0)


# the program's log


def record(text: str, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("qe_dashboard.x", level, __file__, 1, text, None, None)


async def test_the_programs_log_comes_line_by_line_and_scrolls_out(world: EngineWorld) -> None:
    feed = world.client.watch(Topic.PROGRAM_LOG)
    feed.drain()
    world.program_log.handle(record("order for DU1234567", logging.ERROR))
    delta = feed.drain()
    assert delta is not None
    [row] = delta.rows
    assert isinstance(row.view, ProgramLine)
    assert (row.key, row.view.level, row.view.source, row.view.text) == (
        "1",
        "ERROR",
        "qe_dashboard.x",
        "order for DU***567",
    )
    assert feed.drain() is None
    for number in range(KEPT):
        world.program_log.handle(record(str(number)))
    delta = feed.drain()
    assert delta is not None
    assert (len(delta.rows), delta.removed) == (KEPT, ("1",))
    whole = world.drain(Topic.PROGRAM_LOG)
    assert (whole.full, len(whole.rows), whole.rows[0].key) == (True, KEPT, "2")
    feed.close()
