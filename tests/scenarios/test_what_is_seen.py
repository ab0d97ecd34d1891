"""Each connection fault as a person sees it: what the screen says, how soon, and that no order slips through.

The real app over the real adapter, over TCP to the gateway simulator, on virtual time (issue 4, Proof).
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from qe_dashboard.engine.maintenance import Region, Schedule
from support.virtual_app import Stage, play
from support.virtual_world import VirtualWorld

Patch = pytest.MonkeyPatch


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port whose queue of connections is full: the kernel answers no more of them, as a firewall that drops."""
    with socket.socket() as listener, contextlib.ExitStack() as callers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_nightly_restart_is_seen_at_once_and_is_over_by_itself(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        await stage.wait(2)
        # A first connection ends no trouble, so it is no news.
        assert stage.shows("/ or : command")
        stage.world.fault("restart 300")
        # The socket tells, and not the keepalive.
        assert await stage.until_shown("BROKER OFFLINE", "Nothing is listening on 127.0.0.1", seconds=10) < 6
        assert "Disconnected" in stage.text() or "Connecting" in stage.text()
        assert "link is down" in await stage.refuses_orders()
        await stage.wait(280)
        # The longest pause between tries is 30 s.
        assert await stage.until_ready(seconds=60) < 45
        assert "OFFLINE" not in stage.text()

    play(scene, monkeypatch)


def test_a_refused_port_names_host_port_and_cure(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        assert await stage.until_shown("Nothing is listening on 127.0.0.1:", seconds=10) < 3
        assert stage.shows("paper: Gateway 4002, TWS 7497; live: Gateway 4001, TWS 7496")
        await stage.refuses_orders()
        stage.world.open_doors()
        await stage.until_ready(seconds=60)

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, is_shut=True))


def test_a_host_that_swallows_everything_leaves_the_screen_alone(monkeypatch: Patch) -> None:
    with black_hole() as port:

        async def scene(stage: Stage) -> None:
            # Painted before anything was awaited of the network, and alive while it hangs (R44).
            assert stage.shows("MAIN", "Connecting")
            await stage.press("f6")
            assert stage.shows("SAFETY")
            assert stage.clock.monotonic() < 2
            assert await stage.until_shown("BROKER OFFLINE", "did not answer within 10 s", seconds=20) < 15
            await stage.refuses_orders()
            await stage.press("f1")
            assert stage.shows("WATCHLIST")

        play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, port=port))


def test_a_gateway_that_says_nothing_is_told_apart_from_one_that_is_not_there(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        stage.world.fault("handshake-silence on")
        stage.world.fault("drop")
        took = await stage.until_shown(
            "BROKER OFFLINE", "accepted the connection and said nothing", seconds=30
        )
        assert took < 20
        await stage.refuses_orders()
        stage.world.fault("handshake-silence off")
        await stage.until_ready(seconds=60)

    play(scene, monkeypatch)


def test_a_login_that_expires_is_found_by_the_keepalive_within_30_s(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        stage.world.fault("silence on")
        assert await stage.until_shown("BROKER OFFLINE", seconds=31) <= 30
        await stage.refuses_orders()
        stage.world.fault("silence off")
        await stage.until_ready(seconds=90)

    play(scene, monkeypatch)


def test_a_half_closed_socket_is_found_within_30_s(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        began = stage.clock.monotonic()
        stage.world.fault("half-close")
        await stage.until_gone("● Connected", seconds=31)
        # The gateway's end of the socket says goodbye, so it is known at once; one that says nothing is the test above.
        assert stage.clock.monotonic() - began <= 2
        await stage.refuses_orders()
        await stage.until_ready(seconds=60)

    play(scene, monkeypatch)


def test_a_taken_client_id_is_kept_and_named_until_it_is_free(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        stage.world.fault("client-ids-taken on")
        stage.world.fault("drop")
        assert await stage.until_shown("BROKER OFFLINE", "lient id", "in use", seconds=15) < 5
        await stage.refuses_orders()
        tried = len(stage.world.ids_called)
        await stage.wait(120)
        # On the wire, too: another id would make our working orders somebody else's (D21).
        assert len(stage.world.ids_called) - tried >= 3
        assert set(stage.world.ids_called) == {1, 2}
        stage.world.fault("client-ids-taken off")
        await stage.until_ready(seconds=60)

    play(scene, monkeypatch)


def test_ten_minutes_without_ibkr_keep_the_socket_and_refuse_orders(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        epochs = [link.epoch for link in stage.world.broker.links()]
        stage.world.fault("1100")
        assert await stage.until_shown("lost IBKR", seconds=5) < 2
        for _ in range(10):
            await stage.wait(60)
            assert stage.shows("lost IBKR", "● Connected", "blocked")
            assert "servers" in await stage.refuses_orders()
        stage.world.fault("1102")
        assert await stage.until_ready(seconds=30) < 15
        # The last thing told is not that it is gone.
        assert stage.shows("connected to IBKR again")
        assert not stage.shows("fill unseen")
        assert [link.epoch for link in stage.world.broker.links()] == epochs

    play(scene, monkeypatch)


@pytest.mark.parametrize("loss", ["drop", "half-close", "restart 20"])
def test_a_loss_of_ibkr_outlives_the_sockets(monkeypatch: Patch, loss: str) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        stage.world.fault("1100")
        await stage.until_shown("lost IBKR", seconds=5)
        stage.world.fault(loss)
        # The gateway answers positions and account values from its memory: no proof of anything.
        await stage.until_shown("● Connected", "lost IBKR", seconds=60)
        await stage.wait(30)
        assert stage.shows("blocked", "lost IBKR")
        await stage.refuses_orders()
        stage.world.fault("1102")
        await stage.until_ready(seconds=30)
        await stage.takes_orders()

    play(scene, monkeypatch)


def test_a_launch_while_ibkr_is_away_is_no_connection_to_ibkr(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_shown("● Connected", "lost IBKR", seconds=30)
        await stage.wait(30)
        assert stage.shows("blocked", "lost IBKR")
        stage.world.fault("1102")
        await stage.until_ready(seconds=30)

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, begin=("1100",)))


def test_a_farm_that_flaps_does_not_drop_the_socket(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        epochs = [link.epoch for link in stage.world.broker.links()]
        for _ in range(10):
            stage.world.fault("farm usfarm down")
            await stage.wait(3)
            stage.world.fault("farm usfarm up")
            await stage.wait(3)
        assert stage.shows("● Connected")
        assert "OFFLINE" not in stage.text()
        await stage.until_ready(seconds=30)
        assert [link.epoch for link in stage.world.broker.links()] == epochs
        assert set(stage.world.lines_served().values()) == {1}
        await stage.takes_orders()

    play(scene, monkeypatch)


def test_a_competing_session_says_where_the_data_went_and_how_to_have_it_back(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        stage.world.fault("competing on")
        assert await stage.until_shown("logged in elsewhere", seconds=10) < 3
        await stage.wait(60)
        assert stage.shows("logged in elsewhere", "● Connected")
        stage.world.fault("competing off")
        await stage.until_off_banner("logged in elsewhere", seconds=90)

    play(scene, monkeypatch)


def test_a_gateway_that_accepts_and_closes_is_told_apart(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        assert await stage.until_shown("accepted the connection and closed it", seconds=15) < 5
        await stage.refuses_orders()
        tried = len(stage.world.ids_called)
        await stage.wait(120)
        # Not connected, dropped, connected ...: the pauses grow, and nothing was ever called Connected.
        assert len(stage.world.ids_called) == tried
        assert "● Connected" not in stage.text()
        stage.world.fault("close-at-once off")
        await stage.until_ready(seconds=60)

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, begin=("close-at-once on",)))


def test_a_second_factor_is_waited_for(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        assert await stage.until_shown("said nothing for 10 s", "login", seconds=20) < 12
        await stage.refuses_orders()
        stage.world.fault("handshake-silence off")
        stage.world.fault("drop")
        assert await stage.until_ready(seconds=60) < 45

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, begin=("handshake-silence on",)))


def test_a_clock_that_is_wrong_is_said_and_changes_nothing_else(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        assert await stage.until_shown("90", "s behind the gateway's", seconds=30) < 5
        await stage.press("f9")
        await stage.until_shown("FAIL clock skew", seconds=10)

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, begin=("clock +90",)), size=(200, 60))


def test_too_many_lines_for_the_login_are_released_and_said(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        await stage.press("f9", "d")
        await stage.until_shown("released", "[101]", seconds=30)
        await stage.wait(60)
        # One refusal teaches the budget: it is not asked for again and again.
        assert sum(stage.world.lines_served().values()) == 2

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, begin=("data-lines 2",)), size=(200, 60))


def test_late_account_values_are_no_lost_connection(monkeypatch: Patch) -> None:
    async def scene(stage: Stage) -> None:
        assert await stage.until_ready(seconds=40) < 20
        await stage.until_shown("NET LIQ 1,000,000.00", seconds=20)

    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, begin=("account-delay 6",)))


def test_the_weekly_login_is_announced_and_its_outage_expected(monkeypatch: Patch) -> None:
    sunday = datetime(2026, 1, 11, 0, 50, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)

    async def scene(stage: Stage) -> None:
        await stage.until_ready()
        assert "01:00" in stage.banner()
        await stage.wait(650)
        stage.world.fault("silence on")
        assert await stage.until_shown("BROKER OFFLINE", "expected", "login", seconds=31) <= 30
        await stage.refuses_orders()
        stage.world.fault("silence off")
        await stage.until_ready(seconds=90)

    schedule = Schedule(Region.NORTH_AMERICA, None)
    play(scene, monkeypatch, world=lambda clock: VirtualWorld(clock, schedule=schedule), start=sunday)
