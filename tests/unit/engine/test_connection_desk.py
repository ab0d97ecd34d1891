"""Another connection: applied when a person said yes, held while orders work, and nothing of the old one counts on."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.broker.port import BrokerError
from qe_dashboard.core.clock import ManualClock
from qe_dashboard.engine.connection_desk import ConnectionSettings
from qe_dashboard.engine.facade import CloseRequest, CommandRefused, ConnectionRequest, OrderRequest
from qe_dashboard.engine.maintenance import Region, Schedule
from qe_dashboard.engine.views import CommandResult, ResultKind
from qe_dashboard.model.connection import ConnectionTarget
from qe_dashboard.model.enums import (
    AccountKind,
    LinkName,
    LinkState,
    OrderSide,
    OrderType,
    Profile,
    Severity,
    TradingState,
)
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.ladder import Ladder, PortScan
from qe_dashboard.model.reports import Identity, VenueStatus
from support.engine_world import EngineWorld, stop
from support.risk_world import ACCOUNT

OLD = ConnectionRequest("127.0.0.1", 4002, 1, None)
NEW = ConnectionRequest("127.0.0.1", 7497, 1, None)
OTHER_IDS = ConnectionRequest("127.0.0.1", 4002, 5, 9)
SETTINGS = ConnectionSettings(OLD, schedule=Schedule(Region.NORTH_AMERICA))


class Prober:
    """Notes what it was asked, and answers an empty ladder."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.asked: list[ConnectionTarget] = []

    async def check(self, target: ConnectionTarget) -> Ladder:
        self.asked.append(target)
        return Ladder(target.host, target.port, self._clock.now(), ())

    async def scan(self, host: str) -> PortScan:
        return PortScan(host, ())


@pytest.fixture
async def desk() -> AsyncIterator[EngineWorld]:
    """Return a connected paper session whose settings file is watched."""
    clock = ManualClock()
    built = EngineWorld(connection=SETTINGS, clock=clock, prober=Prober(clock))
    watched(built)
    await built.connect()
    yield built
    await stop(built)


def watched(world: EngineWorld) -> None:
    """Let the engine hear of each write as the watcher of the file would tell it."""
    world.settings.on_connection = lambda request: world.engine.spawn("watch", edited(world, request))


async def edited(world: EngineWorld, request: ConnectionRequest) -> tuple[Severity, str]:
    """Tell the engine what the file says now."""
    return await world.engine.connection.changed(replace(SETTINGS, request=request))


async def work(world: EngineWorld) -> None:
    """Let one own order work."""
    request = OrderRequest("AAPL", OrderSide.BUY, Decimal(1), OrderType.LIMIT, limit_price=Decimal(90))
    preview = await world.client.preview_order(request)
    assert (await world.client.confirm(preview.token)).is_ok
    world.broker.heard.on_order(world.broker.report(world.last, VenueStatus.WORKING))


def target(request: ConnectionRequest) -> ConnectionTarget:
    order_id = request.client_id + 1 if request.order_client_id is None else request.order_client_id
    return ConnectionTarget(request.host, request.port, request.client_id, order_id)


async def apply(world: EngineWorld, request: ConnectionRequest) -> CommandResult:
    return await world.client.apply_connection(request)


# the view and the probes


async def test_the_dialog_starts_from_the_connection_in_force(desk: EngineWorld) -> None:
    view = await desk.client.connection()
    assert (view.profile, view.host, view.port, view.client_id, view.order_client_id, view.refusal) == (
        Profile.IBKR_PAPER,
        "127.0.0.1",
        4002,
        1,
        None,
        "",
    )


async def test_a_test_asks_the_prober_and_moves_nothing(desk: EngineWorld) -> None:
    prober = desk.engine.connection._prober
    assert isinstance(prober, Prober)
    await desk.client.check_connection()
    await desk.client.check_connection(OTHER_IDS)
    assert prober.asked == [target(OLD), target(OTHER_IDS)]
    assert (await desk.client.scan_ports("tws.lan")).host == "tws.lan"
    assert desk.broker.targets == []
    with pytest.raises(CommandRefused, match="no host name"):
        await desk.client.scan_ports("not a host")


async def test_the_simulated_venue_has_nothing_to_set() -> None:
    world = EngineWorld(profile=Profile.SIM)
    await world.connect()
    assert "no connection to set" in (await world.client.connection()).refusal
    assert "no connection to set" in (await world.client.connection_advice(NEW)).refusal
    assert (await apply(world, NEW)).kind is ResultKind.REFUSED
    with pytest.raises(CommandRefused, match="no connection"):
        await world.client.scan_ports("127.0.0.1")
    await stop(world)


# advice

REFUSED = [
    (ConnectionRequest("127.0.0.1", 4002, 7, 7), "Both links would use client id 7"),
    (ConnectionRequest("127.0.0.1", 4002, 0, None), "Client id 0 is none: 1 to 999998"),
    (ConnectionRequest("127.0.0.1", 4002, 999_999, None), "Client id 999999 is none"),
    (ConnectionRequest("127.0.0.1", 4002, 1, 1_000_000), "Order client id 1000000 is none"),
    (ConnectionRequest("127.0.0.1", 0, 1, None), "Port 0 is none: 1 to 65535"),
    (ConnectionRequest("127.0.0.1", 65_536, 1, None), "Port 65536 is none"),
    (ConnectionRequest("my host", 4002, 1, None), "'my host' is no host name"),
    *(
        (ConnectionRequest(host, 4002, 1, None), "is no host name or IP address")
        for host in ("", "0", "-", "..", "127.0.0.1:4002", "300.1.1.1", "a" * 254, "a..b", "-nas", "[::1]")
    ),
]


@pytest.mark.parametrize(("request_", "words"), REFUSED)
async def test_what_cannot_be_a_connection_is_refused_and_not_written(
    desk: EngineWorld, request_: ConnectionRequest, words: str
) -> None:
    assert words in (await desk.client.connection_advice(request_)).refusal
    result = await apply(desk, request_)
    assert result.kind is ResultKind.REFUSED
    assert words in result.text
    assert (desk.settings.connections, desk.broker.targets) == ([], [])


async def test_with_nothing_at_stake_there_is_nothing_to_warn_of(desk: EngineWorld) -> None:
    assert await desk.client.connection_advice(NEW) == await desk.client.connection_advice(OLD)
    assert (await desk.client.connection_advice(NEW)).warnings == ()


async def test_working_orders_and_positions_are_named(desk: EngineWorld) -> None:
    await work(desk)
    desk.broker.hold(10)
    await desk.client.reconcile()
    [foreign, unwatched] = (await desk.client.connection_advice(OTHER_IDS)).warnings
    assert "1 own order works under client id 2; with another order client id they become FOREIGN" in foreign
    assert "1 position is open; nothing watches it while it reconnects" in unwatched
    [stay, _] = (await desk.client.connection_advice(NEW)).warnings
    assert "1 own order works at IBKR through 127.0.0.1:4002" in stay


async def test_a_live_port_and_the_ids_of_a_test_are_warned_of(desk: EngineWorld) -> None:
    [port] = (await desk.client.connection_advice(ConnectionRequest("127.0.0.1", 7496, 1, None))).warnings
    assert "usually TWS live, and this is ibkr-paper" in port
    [number] = (
        await desk.client.connection_advice(ConnectionRequest("127.0.0.1", 4002, 1, 900_000))
    ).warnings
    assert "900000" in number


async def test_a_live_authorisation_ends_with_the_connection() -> None:
    world = EngineWorld(profile=Profile.IBKR_LIVE, connection=SETTINGS)
    watched(world)
    await world.connect(AccountId("U7654321"))
    world.broker.set_link(LinkName.ORDER, LinkState.DISCONNECTED, "waits for the account id")
    assert (await world.client.authorise_live(typed="U7654321")).is_ok
    world.broker.set_link(LinkName.ORDER, LinkState.READY, "connected")
    other = ConnectionRequest("127.0.0.1", 7496, 1, None)
    assert any("typed again" in w for w in (await world.client.connection_advice(other)).warnings)
    assert (await apply(world, other)).is_ok
    for name in LinkName:
        world.broker.set_link(name, LinkState.DISCONNECTED, "another connection was set")
    assert not world.status().needs_account_typed, "no account is bound that could be typed"
    assert (await world.client.authorise_live(typed="U7654321")).kind is ResultKind.REFUSED, "no account yet"
    world.broker.heard.on_identity(Identity(AccountId("U7654321"), AccountKind.LIVE))
    world.broker.set_link(LinkName.DATA, LinkState.READY, "connected")
    assert world.status().needs_account_typed
    assert (await world.client.authorise_live(typed="U7654321")).is_ok
    await stop(world)


# applying


async def test_a_saved_connection_is_written_once_and_moves_the_session(desk: EngineWorld) -> None:
    result = await apply(desk, OTHER_IDS)
    assert result.is_ok
    assert "connecting to 127.0.0.1:4002, client ids 5 and 9" in result.text
    assert desk.settings.connections == [OTHER_IDS]
    assert desk.broker.targets == [target(OTHER_IDS)]
    assert (await desk.client.connection()).client_id == 5
    status = desk.status()
    assert not status.can_trade, "nothing that was read through the old connection counts on"
    assert [line.name for line in status.checklist] == ["positions", "open orders", "executions"]


async def test_a_yes_applies_although_orders_work(desk: EngineWorld) -> None:
    await work(desk)
    assert (await apply(desk, NEW)).is_ok
    assert desk.broker.targets == [target(NEW)]


async def test_the_order_id_mark_of_the_new_client_id_is_restored(desk: EngineWorld) -> None:
    await work(desk)
    await apply(desk, OTHER_IDS)
    asked: list[int] = []
    read = desk.journal.order_id_mark

    async def order_id_mark(client_id: int) -> int:
        asked.append(client_id)
        await read(client_id)
        return 500

    desk.journal.order_id_mark = order_id_mark  # type: ignore[method-assign]
    for name, client_id in ((LinkName.DATA, 5), (LinkName.ORDER, 9)):
        desk.broker._status[name] = replace(desk.broker._status[name], client_id=client_id)
        desk.broker.set_link(name, LinkState.WAITING, "moved")
        desk.broker.set_link(name, LinkState.READY, "connected")
    await desk.settle()
    assert asked == [9]
    assert desk.parts.orders._id_mark == 500


async def test_a_file_that_cannot_be_written_changes_nothing(desk: EngineWorld) -> None:
    desk.settings.refusal = "settings.toml could not be written: disk full."
    result = await apply(desk, NEW)
    assert (result.kind, result.text) == (
        ResultKind.REFUSED,
        "settings.toml could not be written: disk full.",
    )
    assert desk.broker.targets == []


async def test_a_write_that_nobody_takes_up_is_not_called_done(desk: EngineWorld) -> None:
    desk.settings.on_connection = lambda request: None
    task = asyncio.get_running_loop().create_task(apply(desk, NEW))
    await desk.clock.advance_async(5)
    result = await task
    assert result.kind is ResultKind.UNKNOWN
    assert "the session is as it was" in result.text
    assert desk.broker.targets == []


async def test_links_that_are_slow_to_end_are_not_called_unmoved(
    desk: EngineWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = asyncio.Event()

    async def end_slowly(target: ConnectionTarget) -> None:
        await ended.wait()

    monkeypatch.setattr(desk.broker, "reconfigure", end_slowly)
    task = asyncio.get_running_loop().create_task(apply(desk, NEW))
    await desk.clock.advance_async(5)
    result = await task
    assert result.kind is ResultKind.UNKNOWN
    assert "the old links did not end within 5 s" in result.text
    ended.set()


async def test_saving_what_is_in_force_moves_nothing(desk: EngineWorld) -> None:
    result = await apply(desk, OLD)
    assert result.is_ok
    assert "in force" in result.text
    assert desk.broker.targets == []


async def test_a_broker_that_refuses_is_said(desk: EngineWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(target: ConnectionTarget) -> None:
        raise BrokerError("the links hang")

    monkeypatch.setattr(desk.broker, "reconfigure", refuse)
    result = await apply(desk, NEW)
    assert result.kind is ResultKind.UNKNOWN
    assert "the session stays where it was: the links hang" in result.text
    assert (await desk.client.connection()).port == 4002
    await desk.clock.advance_async(31)
    assert desk.status().can_trade, "its books are read again"


# an edit of the file by hand


async def test_an_edit_applies_at_once_when_nothing_works(desk: EngineWorld) -> None:
    assert await edited(desk, NEW) == (Severity.INFO, "applied")
    assert desk.broker.targets == [target(NEW)]
    assert "connecting to 127.0.0.1:7497" in "".join(desk.words())


async def test_an_edit_waits_while_own_orders_work_and_reconnect_does_not_apply_it(desk: EngineWorld) -> None:
    """A `reconnect` out of habit made an own stop FOREIGN: nobody was asked."""
    await work(desk)
    severity, words = await edited(desk, NEW)
    assert (severity, words) == (
        Severity.WARNING,
        "held while 1 own order works, it applies with Save in `connection` or at the next launch",
    )
    assert desk.broker.targets == []
    assert (await desk.client.connection()).port == 4002
    held = "127.0.0.1:7497, client ids 1 and 2, held while own orders work"
    assert held in desk.status().banner[0].text
    again = await desk.client.reconnect()
    assert (
        again.text
        == "reconnecting both links now to 127.0.0.1:4002, as before; the edit of the file is held on."
    )
    assert (desk.broker.targets, desk.broker.reconnects) == ([], 1)
    assert held in desk.status().banner[0].text
    assert (await apply(desk, NEW)).is_ok
    assert desk.broker.targets == [target(NEW)]
    assert not any("held" in line.text for line in desk.status().banner)


async def test_a_halt_while_it_moves_meets_the_account_that_comes_up(desk: EngineWorld) -> None:
    other = AccountId("DU7654321")
    await edited(desk, NEW)
    pressed = await desk.client.halt("panic")
    assert "the one that comes up is HALTED too" in pressed.text
    await desk.connect(other)
    assert desk.status().account == other
    assert (desk.status().trading_state, desk.status().trading_reason) == (TradingState.HALTED, "panic")
    assert [row.account for row in desk.journal.states] == [ACCOUNT, other], (
        "also of the account that was left"
    )


async def test_what_is_still_heard_of_the_old_connection_is_of_no_account(desk: EngineWorld) -> None:
    await work(desk)
    wire = desk.last
    await apply(desk, NEW)
    desk.broker.heard.on_fill(desk.broker.execution(wire, 1))
    assert desk.orders()[0].filled == 0
    await desk.connect()
    desk.broker.heard.on_fill(desk.broker.execution(wire, 1))
    assert desk.orders()[0].filled == 1


async def test_a_resume_while_it_moves_is_kept_by_the_account_that_comes_back(desk: EngineWorld) -> None:
    await desk.client.halt("lunch")
    await edited(desk, NEW)
    await desk.client.resume(typed="resume")
    await desk.connect()
    assert desk.status().trading_state is TradingState.ACTIVE
    assert desk.journal.states[-1].state is TradingState.ACTIVE


async def test_a_held_edit_that_is_taken_back_leaves_nothing(desk: EngineWorld) -> None:
    await work(desk)
    await edited(desk, NEW)
    assert await edited(desk, OLD) == (Severity.INFO, "applied")
    assert desk.status().banner == ()
    await desk.client.reconnect()
    assert (desk.broker.targets, desk.broker.reconnects) == ([], 1)


async def test_saving_a_held_edit_in_the_dialog_applies_it(desk: EngineWorld) -> None:
    await work(desk)
    await edited(desk, NEW)
    desk.settings.on_connection = lambda request: None
    assert (await apply(desk, NEW)).is_ok
    assert desk.broker.targets == [target(NEW)]


async def test_an_unreadable_order_book_hides_no_order(desk: EngineWorld) -> None:
    await work(desk)
    for name in LinkName:
        desk.broker.set_link(name, LinkState.WAITING, "closed")
    severity, words = await edited(desk, NEW)
    assert severity is Severity.WARNING
    assert words.startswith("held")


async def test_a_new_schedule_counts_at_once_and_moves_nothing(desk: EngineWorld) -> None:
    became = await desk.engine.connection.changed(replace(SETTINGS, schedule=Schedule(Region.EUROPE)))
    assert became == (Severity.INFO, "applied")
    assert desk.parts.connectivity.schedule.region is Region.EUROPE
    assert desk.broker.targets == []


async def test_a_key_of_the_environment_stays_and_is_said() -> None:
    world = EngineWorld(connection=replace(SETTINGS, fixed_by=("port",)))
    await world.connect()
    [warning] = (await world.client.connection_advice(NEW)).warnings
    assert "`port` is set in the environment" in warning
    result = await apply(world, NEW)
    assert (result.is_ok, world.broker.targets) == (True, [])
    await stop(world)


async def test_what_a_flatten_left_open_is_named_before_a_move_and_holds_an_edit(desk: EngineWorld) -> None:
    desk.start_with(10)
    await desk.client.reconcile()
    preview = await desk.client.preview_close(CloseRequest("AAPL", flatten=True))
    assert (await desk.client.confirm(preview.token)).kind is ResultKind.SENT
    await desk.clock.advance_async(0.5)
    assert "The flatten of AAPL is not over" in " ".join((await desk.client.connection_advice(NEW)).warnings)
    severity, words = await edited(desk, NEW)
    assert severity is Severity.WARNING
    assert words.startswith("held while")
    assert desk.broker.targets == []
    result = await desk.client.reconnect()
    assert result.kind is ResultKind.REFUSED
    assert desk.broker.targets == []
