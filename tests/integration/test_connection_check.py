"""Test connection against gateways and strangers over TCP: what it finds, what it leaves alone, and that it ends."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qe_dashboard.broker.ibkr import probe_questions
from qe_dashboard.broker.ibkr.ib_lib import IbSession, load
from qe_dashboard.broker.ibkr.ladder import Dashboard, Held, Holder, IbkrProber
from qe_dashboard.broker.ibkr.this_machine import Machine
from qe_dashboard.broker.port import ConnectionProber
from qe_dashboard.core.clock import Clock, ManualClock, SystemClock
from qe_dashboard.model.connection import ConnectionTarget
from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.ladder import Ladder, Rung, RungName, RungState
from support.gateway_process import running_gateway

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def nobody(_host: str, _port: int, _client_id: int) -> None:
    return None


def prober(
    *,
    profile: Profile = Profile.IBKR_PAPER,
    clock: Clock | None = None,
    held: Held = nobody,
    ports: str = "",
    dashboard: Dashboard | None = None,
    machine: Machine | None = None,
) -> IbkrProber:
    standard = tuple((int(port), f"usual {port}") for port in ports.split())
    return IbkrProber(
        profile=profile,
        clock=clock if clock is not None else SystemClock(),
        rng=random.Random(7),
        held=held,
        dashboard=dashboard,
        machine=machine,
        standard_ports=standard,
    )


def at(port: int, **changes: object) -> ConnectionTarget:
    target = ConnectionTarget("127.0.0.1", port, client_id=1, order_client_id=2)
    return replace(target, **changes)  # type: ignore[arg-type]


def rung(ladder: Ladder, name: RungName) -> Rung:
    return next(one for one in ladder.rungs if one.name is name)


def failed(ladder: Ladder) -> Rung:
    assert ladder.first_failure is not None, ladder
    return ladder.first_failure


@asynccontextmanager
async def stranger(talk: Talk) -> AsyncIterator[int]:
    """Listen for a block and talk to whoever connects; gives the port."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def session(port: int, client_id: int) -> AsyncIterator[IbSession]:
    """Hold a client id for a block, as another API program would."""
    held = IbSession(load(), SystemClock())
    await held.open(host="127.0.0.1", port=port, client_id=client_id, seconds=10)
    try:
        yield held
    finally:
        await held.close("the test is done")


async def test_a_good_gateway_passes_every_rung_and_is_left_as_it_was(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    with running_gateway("--log", str(log)) as gateway:
        looks: ConnectionProber = prober()
        ladder = await looks.check(at(gateway.port))
    assert {one.state for one in ladder.rungs} == {RungState.PASS}, ladder
    assert (ladder.account, ladder.account_kind) == ("DU1234567", AccountKind.PAPER)
    assert rung(ladder, RungName.CLIENT_ID).detail == "client ids 1 and 2 are free"
    assert rung(ladder, RungName.QUOTE).detail == "AAPL LIVE"
    assert rung(ladder, RungName.VALUES).detail == "in USD"
    # 3 places, 4 cancels, 58 cancels all, 15 binds: none may ever be sent; 71 starts each of the three sessions.
    asked = _requests(log)
    assert not {"3", "4", "58", "15"} & set(asked)
    assert asked.count("71") == 3
    # 2 and 63 end what 1 and 62 began.
    assert (asked.count("1"), asked.count("2"), asked.count("62"), asked.count("63")) == (1, 1, 1, 1)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def _requests(log: Path) -> list[str]:
    """Return the number of each request in a gateway's log, in order."""
    lines = [line.partition(" >> ")[2] for line in log.read_text(encoding="utf-8").splitlines()]
    return [part.partition(",")[0] for line in lines if line for part in line.split(" | ")]


async def test_it_connects_with_an_id_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    with running_gateway("--log", str(log)) as gateway:
        await prober(held=lambda host, port, client_id: Holder("this session")).check(at(gateway.port))
    text = log.read_text(encoding="utf-8")
    starts = [part for part in text.split() if part.startswith("71,2,")]
    assert len(starts) == 1
    # D27: from 900,000 up, so that it never meets an id that somebody chose.
    assert 900_000 <= int(starts[0].split(",")[2]) <= 999_999


@pytest.mark.parametrize(
    ("arguments", "commands", "name", "detail", "fix"),
    [
        (("--scenario", "client-id-taken"), (), RungName.CLIENT_ID, "every client id", "stay as they are"),
        (
            ("--scenario", "accept-then-close"),
            (),
            RungName.HANDSHAKE,
            "accepts the connection and closes it",
            "Trusted IPs",
        ),
        (("--scenario", "read-only"), (), RungName.WRITABLE, "read-only", 'untick "Read-Only API"'),
        (
            ("--scenario", "wrong-account"),
            (),
            RungName.ACCOUNT_KIND,
            "U7654321 is a LIVE account",
            "4002 or 7497",
        ),
        (("--scenario", "delayed-data"), (), RungName.QUOTE, "AAPL is delayed", "Market Data Subscriptions"),
        ((), ("market-data none",), RungName.QUOTE, "not subscribed. (354)", "Market Data Subscriptions"),
        ((), ("competing on",), RungName.QUOTE, "(10197)", "Log out where the same username"),
        (("--scenario", "clock-skew"), (), RungName.CLOCK, "ahead of this machine's", "timedatectl"),
        ((), ("accounts DU1,DU2",), RungName.ACCOUNT_KIND, "several accounts (DU1 and DU2)", "account DU1"),
    ],
)
async def test_each_fault_of_a_gateway_is_named(
    arguments: tuple[str, ...], commands: tuple[str, ...], name: RungName, detail: str, fix: str
) -> None:
    with running_gateway(*arguments) as gateway:
        for command in commands:
            gateway.control(command)
        found = failed(await prober().check(at(gateway.port)))
    assert found.name is name
    assert detail in found.detail
    assert fix in found.fix


async def test_data_that_stays_silent_in_an_open_market_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_questions, "QUOTE_S", 1.0)
    with running_gateway("--scenario", "silent-data") as gateway:
        found = failed(await prober().check(at(gateway.port)))
    assert found.name is RungName.QUOTE
    assert found.detail == "no price of AAPL within 1 s although its market is open"


async def test_an_outage_during_the_check_is_the_account_values_rung(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_questions, "QUOTE_S", 1.0)
    scenario = tmp_path / "outage.toml"
    scenario.write_text(
        'description = "x"\n[[step]]\non = "reqAccountSummary"\ndo = "1100"\n', encoding="utf-8"
    )
    with running_gateway("--scenario", str(scenario)) as gateway:
        found = failed(await prober().check(at(gateway.port)))
    assert found.name is RungName.VALUES
    assert "(1100)" in found.detail
    assert "Orders at IBKR still work" in found.fix


async def test_a_session_that_is_cut_during_the_check_says_so(tmp_path: Path) -> None:
    scenario = tmp_path / "cut.toml"
    scenario.write_text(
        'description = "x"\n[[step]]\non = "reqAccountSummary"\ndo = "drop"\n', encoding="utf-8"
    )
    with running_gateway("--scenario", str(scenario)) as gateway:
        found = failed(await prober().check(at(gateway.port)))
    assert found.name is RungName.HANDSHAKE
    assert "ended the session during the check" in found.detail


async def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = failed(await prober().check(at(port)))
    assert (found.name, found.detail) == (RungName.PORT, f"nothing listens on 127.0.0.1:{port}")


async def test_a_port_that_windows_reserves_is_named_with_its_range_and_one_to_take_instead() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ranges = ((port, port), (7671, 7680))
    found = failed(await prober(machine=Machine(reserved_ranges=lambda: ranges)).check(at(port)))
    assert found.name is RungName.PORT
    assert f"Windows reserves ports {port}-{port}" in found.fix
    assert "choose e.g. port 7681" in found.fix


async def test_the_program_that_listens_is_named() -> None:
    async def slam(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with stranger(slam) as port:
        machine = Machine(listener=lambda number: f"java on {number}")
        ladder = await prober(machine=machine).check(at(port))
    assert rung(ladder, RungName.PORT).detail == f"127.0.0.1:{port}, java on {port}"


@pytest.mark.skipif(os.name == "nt", reason="0.0.0.0 is no address to connect to there")
async def test_this_machines_address_is_what_trusted_ips_must_hold_on_another_one() -> None:
    asked = []

    def own_address(address: str, port: int) -> str:
        asked.append((address, port))
        return "10.0.0.5"

    async def slam(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    # It leads here and is no loopback: another machine without a packet that leaves this one.
    async with stranger(slam) as port:
        found = failed(await prober(machine=Machine(own_address=own_address)).check(at(port, host="0.0.0.0")))
    assert asked == [("0.0.0.0", port)]
    assert "put 10.0.0.5 into Trusted IPs" in found.fix


async def test_a_name_that_does_not_exist() -> None:
    found = failed(await prober().check(at(4002, host="no-such-host.invalid")))
    assert (found.name, found.detail) == (RungName.NAME, "no-such-host.invalid is not known here")


class TestStrangers:
    async def test_a_web_server_that_answers_nonsense_with_an_error(self) -> None:
        async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        async with stranger(http) as port:
            found = failed(await prober().check(at(port)))
        assert found.name is RungName.HANDSHAKE
        assert found.detail.startswith(f"an HTTP server answers on 127.0.0.1:{port}")
        assert "connection.ibkr-paper.port" in found.fix

    async def test_a_web_server_that_waits_for_the_end_of_the_line(self) -> None:
        clock = ManualClock()
        greeted = asyncio.Event()

        async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            first = await reader.read(4)
            greeted.set()
            if first == b"HEAD":
                writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
            await reader.read()
            writer.close()

        async with stranger(http) as port:
            checking = asyncio.ensure_future(prober(clock=clock).check(at(port)))
            await greeted.wait()
            await clock.advance_async(6)
            found = failed(await checking)
        assert found.detail.startswith("an HTTP server answers")

    async def test_a_tls_server(self) -> None:
        async def tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(4)
            writer.write(b"\x15\x03\x01\x00\x02\x02F")
            writer.close()

        async with stranger(tls) as port:
            assert failed(await prober().check(at(port))).detail.startswith("a TLS server answers")

    async def test_one_that_accepts_and_is_silent_is_left_after_six_seconds(self) -> None:
        clock = ManualClock()
        greeted = asyncio.Queue[None]()
        hung_up = asyncio.Event()

        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(4)
            greeted.put_nowait(None)
            await reader.read()
            hung_up.set()
            writer.close()

        async with stranger(mute) as port:
            checking = asyncio.ensure_future(prober(clock=clock).check(at(port)))
            await greeted.get()
            await clock.advance_async(6)
            await greeted.get()
            await clock.advance_async(1.5)
            found = failed(await checking)
            await hung_up.wait()
        assert found.name is RungName.HANDSHAKE
        assert "says nothing" in found.detail
        assert "accept the incoming connection" in found.fix

    @pytest.mark.skipif(
        not Path("/proc/net/tcp").exists(), reason="a full backlog drops packets on Linux only"
    )
    async def test_a_black_hole_ends_at_its_deadline(self) -> None:
        clock = ManualClock()
        with socket.socket() as hole, socket.socket() as first, socket.socket() as second:
            hole.bind(("127.0.0.1", 0))
            hole.listen(0)
            for filler in (first, second):
                filler.setblocking(False)
                filler.connect_ex(hole.getsockname())
            checking = asyncio.ensure_future(prober(clock=clock).check(at(hole.getsockname()[1])))
            await clock.advance_async(6)
            found = failed(await checking)
        assert found.name is RungName.PORT
        assert found.detail.endswith("does not answer")


class TestClientIds:
    async def test_one_that_another_program_holds_fails_and_a_free_pair_is_named(self) -> None:
        with running_gateway() as gateway:
            async with session(gateway.port, 2) as other:
                found = failed(await prober().check(at(gateway.port)))
                assert other.is_open
        assert (found.name, found.detail) == (
            RungName.CLIENT_ID,
            "client id 2 is in use by another program (326)",
        )
        assert "3 and 4 were found free" in found.fix
        assert "choose ids 3 and 4 in the connection dialog: working orders of the old ids" in found.fix

    async def test_ours_are_left_alone_and_no_fault(self) -> None:
        def held(host: str, port: int, client_id: int) -> Holder | None:
            return Holder("this session") if (host, client_id) == ("127.0.0.1", 1) and port else None

        with running_gateway() as gateway:
            async with session(gateway.port, 1) as ours:
                ladder = await prober(held=held).check(at(gateway.port))
                assert ours.is_open
        assert rung(ladder, RungName.CLIENT_ID).detail == "client id 1 is in use by this session, 2 is free"
        assert ladder.is_ok

    async def test_ids_this_session_is_only_trying_to_get_are_not_known_to_be_ours(self) -> None:
        with running_gateway() as gateway:
            trying = prober(held=lambda host, port, client_id: Holder("this session", has_it=False))
            ladder = await trying.check(at(gateway.port))
        assert rung(ladder, RungName.CLIENT_ID) == Rung(
            RungName.CLIENT_ID,
            RungState.UNKNOWN,
            "this session runs with these ids; whether it holds them could not be seen",
        )

    @pytest.mark.parametrize(
        ("connections", "state", "detail"),
        [
            (2, RungState.PASS, "client ids 1 and 2 are in use by your dashboard (process 4711)"),
            (
                1,
                RungState.FAIL,
                "client ids 1 and 2 are in use not all by your dashboard (process 4711) (326)",
            ),
            (0, RungState.FAIL, "client ids 1 and 2 are in use by another program (326)"),
            (
                None,
                RungState.UNKNOWN,
                "your dashboard (process 4711) runs with these ids; whether it holds them could not be seen",
            ),
        ],
    )
    async def test_a_running_dashboards_ids_are_its_own_as_far_as_its_connections_prove_it(
        self, connections: int | None, state: RungState, detail: str
    ) -> None:
        asked = []

        def connections_of(pid: int, addresses: Collection[str], port: int) -> int | None:
            asked.append((pid, tuple(addresses), port))
            return connections

        with running_gateway() as gateway:
            async with session(gateway.port, 1) as one, session(gateway.port, 2) as two:
                ladder = await prober(
                    dashboard=Dashboard("your dashboard (process 4711)", 4711),
                    machine=Machine(connections_of=connections_of),
                ).check(at(gateway.port))
                assert one.is_open
                assert two.is_open
        assert asked == [(4711, ("127.0.0.1",), gateway.port)]
        found = rung(ladder, RungName.CLIENT_ID)
        assert (found.state, found.detail) == (state, detail)

    async def test_a_dashboard_with_one_connection_and_one_id_in_use_has_that_one(self) -> None:
        with running_gateway() as gateway:
            async with session(gateway.port, 1):
                ladder = await prober(
                    dashboard=Dashboard("your dashboard (process 4711)", 4711),
                    machine=Machine(connections_of=lambda pid, addresses, port: 1),
                ).check(at(gateway.port))
        assert rung(ladder, RungName.CLIENT_ID).detail == (
            "client id 1 is in use by your dashboard (process 4711), 2 is free"
        )

    async def test_the_order_id_of_a_live_profile_is_never_used(self, tmp_path: Path) -> None:
        log = tmp_path / "gateway.log"
        with running_gateway("--log", str(log), account="U1234567") as gateway:
            ladder = await prober(profile=Profile.IBKR_LIVE).check(at(gateway.port))
        assert ladder.is_ok
        assert ladder.account_kind is AccountKind.LIVE
        assert rung(ladder, RungName.CLIENT_ID).detail == "client id 1 is free"
        assert "71,2,2," not in log.read_text(encoding="utf-8")


async def test_the_simulated_profile_opens_no_socket() -> None:
    ladder = await prober(profile=Profile.SIM).check(at(1))
    assert {one.state for one in ladder.rungs} == {RungState.NOT_APPLICABLE}


async def test_a_library_that_is_missing_is_unknown_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QE_IB_LIB", "no_such_library")
    ladder = await prober().check(at(4002))
    assert ladder.first_failure is None
    assert not ladder.is_ok
    assert "no_such_library" in rung(ladder, RungName.HANDSHAKE).detail


class TestScan:
    async def test_each_port_says_what_answers_and_whose_account_it_is(self) -> None:
        async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        with (
            running_gateway() as paper,
            running_gateway(account="U1234567") as live,
            socket.create_server(("127.0.0.1", 0)) as gone,
        ):
            closed = gone.getsockname()[1]
            gone.close()
            async with stranger(http) as web:
                ports = f"{paper.port} {live.port} {closed} {web}"
                scan = await prober(ports=ports).scan("127.0.0.1")
        one, two, three, four = scan.answers
        assert [answer.port for answer in scan.answers] == [paper.port, live.port, closed, web]
        assert (one.answers, one.kind, one.accounts) == (True, AccountKind.PAPER, ("DU1234567",))
        assert one.detail == "paper account DU1234567"
        assert (two.answers, two.kind, two.accounts) == (True, AccountKind.LIVE, ("U1234567",))
        assert (three.answers, three.detail) == (False, "nothing listens")
        assert (four.answers, four.detail) == (False, "something else listens")

    async def test_ports_that_keep_silent_are_asked_at_once_and_left_together(self) -> None:
        clock = ManualClock()
        greeted = asyncio.Queue[None]()

        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(4)
            greeted.put_nowait(None)
            await reader.read()
            writer.close()

        async with stranger(mute) as one, stranger(mute) as two:
            scanning = asyncio.ensure_future(prober(clock=clock, ports=f"{one} {two}").scan("127.0.0.1"))
            await greeted.get()
            await greeted.get()
            await clock.advance_async(3)
            scan = await scanning
        assert [(answer.answers, answer.detail) for answer in scan.answers] == [
            (None, "accepts and is silent"),
            (None, "accepts and is silent"),
        ]

    async def test_an_unknown_host_is_said_for_every_port(self) -> None:
        scan = await prober(ports="4001 4002").scan("no-such-host.invalid")
        assert [(answer.answers, answer.detail) for answer in scan.answers] == [
            (None, "the host is not known here")
        ] * 2


class TestPatience:
    async def test_late_account_values_are_waited_for_and_missing_ones_are_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(probe_questions, "VALUES_S", 2.0)
        with running_gateway() as gateway:
            gateway.control("account-delay 0.3")
            assert (await prober().check(at(gateway.port))).is_ok
            gateway.control("account-delay 3600")
            found = failed(await prober().check(at(gateway.port)))
        assert found.name is RungName.VALUES
        assert "did not come within 2 s" in found.detail

    async def test_a_gateway_that_falls_silent_after_the_handshake_holds_nobody_up(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("READ_ONLY_S", "CLOCK_S", "CONTRACT_S", "QUOTE_S", "VALUES_S"):
            monkeypatch.setattr(probe_questions, name, 0.5)
        asked = ("reqOpenOrders", "reqCurrentTime", "reqAccountSummary", "reqContractDetails")
        steps = "".join(f'[[step]]\non = "{name}"\ndo = "silence on"\n' for name in asked)
        scenario = tmp_path / "mute.toml"
        scenario.write_text(f'description = "x"\n{steps}', encoding="utf-8")
        clock = SystemClock()
        began = clock.monotonic()
        with running_gateway("--scenario", str(scenario)) as gateway:
            ladder = await prober(held=lambda host, port, client_id: Holder("this session")).check(
                at(gateway.port)
            )
        assert failed(ladder).name is RungName.VALUES
        unknown = (RungName.WRITABLE, RungName.CLOCK, RungName.QUOTE)
        assert {rung(ladder, name).state for name in unknown} == {RungState.UNKNOWN}
        # The deadlines ran side by side: one after another they would be 2.5 s, and the machine may be slow.
        assert clock.monotonic() - began < 15
