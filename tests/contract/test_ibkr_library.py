"""The hooks of D23 and the traps of the libraries, over real sockets; runs with ib_insync and with ib_async."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import itertools
import logging
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from qe_dashboard.broker.ibkr import ib_lib
from qe_dashboard.broker.ibkr.ib_lib import ConnectFailed, IbSession, LibraryMissing, listen, load
from qe_dashboard.core.clock import SystemClock, deadline
from support.scripted_gateway import Peer, ScriptedGateway, frame, scripted_gateway

CLIENT_ID = 5
TICK_TYPE_BID = 1


@pytest.fixture
async def gateway() -> AsyncIterator[ScriptedGateway]:
    async with scripted_gateway() as gateway:
        yield gateway


@pytest.fixture
async def session() -> AsyncIterator[IbSession]:
    session = IbSession(load(), SystemClock())
    yield session
    await session.close("the test is over")


async def connect(session: IbSession, gateway: ScriptedGateway, *, seconds: float = 20.0) -> Peer:
    await session.open(host="127.0.0.1", port=gateway.port, client_id=CLIENT_ID, seconds=seconds)
    return gateway.peer(CLIENT_ID)


async def patiently(waiting: Any) -> Any:
    return await deadline(SystemClock(), waiting, 10.0)


def order_status(order_id: int, word: str) -> bytes:
    return frame(3, order_id, word, 0, 100, 0, 900, 0, 0, CLIENT_ID, "", 0)


async def test_a_session_opens_names_its_accounts_and_closes(
    session: IbSession, gateway: ScriptedGateway
) -> None:
    gateway.accounts = "DU1,DU2"
    await connect(session, gateway)
    open_before = session.is_open
    assert session.accounts() == ("DU1", "DU2")
    await session.close("enough")
    assert (open_before, session.is_open) == (True, False)
    assert session.closed.result() == "enough"


async def test_nothing_is_asked_beyond_the_handshake(session: IbSession, gateway: ScriptedGateway) -> None:
    """D18: the account is judged before any order call, so opening a session must not make one."""
    peer = await connect(session, gateway)
    await patiently(session.ib.reqCurrentTimeAsync())
    assert peer.kinds() == ["71", "49"]


@pytest.mark.parametrize("moment", ["before the version", "after the version", "client id in use"])
async def test_a_connect_fails_as_soon_as_the_reason_is_known(
    session: IbSession, gateway: ScriptedGateway, moment: str
) -> None:
    """Both libraries would sit out the whole timeout (reference 3.2)."""

    def close_at_once(peer: Peer) -> bool:
        peer.writer.close()
        return False

    def version_then_close(peer: Peer) -> bool:
        peer.send(176, "20261120 11:00:00 UTC")
        peer.writer.close()
        return False

    if moment == "before the version":
        gateway.greet = close_at_once
    elif moment == "after the version":
        gateway.greet = version_then_close
    else:
        gateway.refusals = [CLIENT_ID]
    with pytest.raises(ConnectFailed) as failed:
        await patiently(connect(session, gateway, seconds=3600))
    assert failed.value.code == (326 if moment == "client id in use" else None)


async def test_an_old_gateway_is_named_at_once(session: IbSession, gateway: ScriptedGateway) -> None:
    def old(peer: Peer) -> bool:
        peer.send(100, "20261120 11:00:00 UTC")
        return False

    gateway.greet = old
    with pytest.raises(ConnectFailed, match="version"):
        await patiently(connect(session, gateway, seconds=3600))


async def test_a_closed_port_says_what_to_look_at(session: IbSession, gateway: ScriptedGateway) -> None:
    await gateway.stop()
    with pytest.raises(ConnectFailed, match="Nothing is listening"):
        await connect(session, gateway)


async def test_a_silent_gateway_ends_at_our_deadline(session: IbSession, gateway: ScriptedGateway) -> None:
    gateway.greet = lambda peer: False
    with pytest.raises(ConnectFailed, match="asking whether to allow it"):
        await connect(session, gateway, seconds=0.1)


async def test_garbage_ends_the_session(session: IbSession, gateway: ScriptedGateway) -> None:
    peer = await connect(session, gateway)
    peer.send_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert "not the API's protocol" in await patiently(asyncio.shield(session.closed))


async def test_raw_order_messages_are_heard_past_what_the_library_makes_of_them(
    session: IbSession, gateway: ScriptedGateway
) -> None:
    heard: list[tuple[int, str]] = []
    session.shadow_orders(
        on_open_order=lambda order_id, contract, order, state: heard.append((order_id, state.status)),
        on_status=lambda *fields: heard.append((fields[0], fields[1])),
    )
    peer = await connect(session, gateway)
    # Unknown to the library, which only logs it; then twice the same, of which it would tell the first.
    for _ in range(2):
        peer.send_bytes(order_status(7, "Submitted"))
    await patiently(session.ib.reqCurrentTimeAsync())
    module = session.library.module
    session.ib.wrapper.openOrder(
        8, module.Contract(conId=1), module.Order(orderId=8), module.OrderState(status="PreSubmitted")
    )
    assert heard == [(7, "Submitted"), (7, "Submitted"), (8, "PreSubmitted")]
    assert [trade.orderStatus.status for trade in session.ib.trades()] == ["PreSubmitted"]


async def test_our_pacer_owns_the_budget(session: IbSession, gateway: ScriptedGateway) -> None:
    """The libraries' queue is one FIFO at 45 a second, in which a cancel would wait for what came before (D23)."""
    peer = await connect(session, gateway)
    for _ in range(200):
        session.ib.client.reqCurrentTime()
    session.ib.client.cancelOrder(3, "")

    async def cancelled() -> None:
        while "4" not in peer.kinds():
            gateway.heard.clear()
            await gateway.heard.wait()

    await deadline(SystemClock(), cancelled(), 2.0)


class SteppingClock(SystemClock):
    """Each reading is later by a fixed step: decoding seems to take that long."""

    def __init__(self, step: float) -> None:
        self._step = step
        self._readings = itertools.count()

    def monotonic(self) -> float:
        return next(self._readings) * self._step


@pytest.mark.parametrize(
    ("seconds_a_chunk", "chunks_a_slice"),
    [(0.0, ib_lib.SLICE_MESSAGES // ib_lib.CHUNK_MESSAGES), (ib_lib.SLICE_SECONDS, 1)],
)
async def test_a_burst_is_decoded_in_slices_with_the_loop_running_between(
    gateway: ScriptedGateway, seconds_a_chunk: float, chunks_a_slice: int
) -> None:
    """A slice ends after 2,500 messages or 5 ms, whichever comes first (D23)."""
    session = IbSession(load(), SteppingClock(seconds_a_chunk))
    peer = await connect(session, gateway)
    contract = session.library.contract(conId=1, secType="STK")
    ticker = session.ib.reqMktData(contract)
    chunks: Counter[int] = Counter()
    turn = 0
    listen(session.ib.updateEvent, lambda: chunks.update([turn]))
    await patiently(session.ib.reqCurrentTimeAsync())
    request_id = int(peer.received[1][2])
    burst = b"".join(
        frame(1, 6, request_id, TICK_TYPE_BID, 100 + number / 100, 5, 0) for number in range(20_000)
    )
    chunks.clear()
    peer.send_bytes(burst)

    async def all_decoded() -> None:
        nonlocal turn
        while ticker.bid != 100 + 19_999 / 100:
            turn += 1
            await asyncio.sleep(0)

    await patiently(all_decoded())
    assert sum(chunks.values()) >= 20_000 / ib_lib.CHUNK_MESSAGES
    # A read that comes in with the last slice still to do may add its own.
    assert max(chunks.values()) <= chunks_a_slice + 1
    await session.close("the test is over")


async def test_a_flood_is_left_in_the_kernel_until_it_can_be_decoded(
    session: IbSession, gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ib_lib, "BACKLOG_BYTES", 50_000)
    statuses: list[str] = []
    session.shadow_orders(on_open_order=lambda *_: None, on_status=lambda *fields: statuses.append(fields[1]))
    peer = await connect(session, gateway)
    transport = session.ib.client.conn.transport
    paused = 0
    peer.send_bytes(order_status(7, "Submitted") * 20_000 + order_status(7, "Filled"))

    async def all_decoded() -> None:
        nonlocal paused
        while not statuses or statuses[-1] != "Filled":
            paused += not transport.is_reading()
            await asyncio.sleep(0)

    await patiently(all_decoded())
    assert paused > 0
    assert transport.is_reading()
    assert len(statuses) == 20_001


async def test_what_came_before_the_end_of_the_socket_is_still_decoded(
    session: IbSession, gateway: ScriptedGateway
) -> None:
    heard: list[str] = []
    session.shadow_orders(on_open_order=lambda *_: None, on_status=lambda *fields: heard.append(fields[1]))
    peer = await connect(session, gateway)
    peer.send_bytes(order_status(7, "Submitted") * 5_000 + order_status(7, "Filled"))
    peer.writer.close()
    await patiently(asyncio.shield(session.closed))
    assert heard[-1] == "Filled"
    assert len(heard) == 5_001


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        (frame(61, 3, "DU1234567", 265598, "AAPL"), {"61"}),
        (frame(3, 7, "Submitted", "many", 1, 1, 1, 1, 1, 1, "", 0), {"orderStatus", "3"}),
        (frame(11, -1, 5, 1, "AAPL"), {"11"}),
    ],
)
async def test_a_message_the_library_cannot_decode_is_heard_of(
    session: IbSession, gateway: ScriptedGateway, message: bytes, kinds: set[str]
) -> None:
    """R01: both libraries log it and go on, so a row would simply be missing."""
    failures: list[str] = []
    session.decode_listeners.append(failures.append)
    peer = await connect(session, gateway)
    peer.send_bytes(message)
    await patiently(session.ib.reqCurrentTimeAsync())
    assert len(failures) == 1
    assert failures[0] in kinds


async def test_a_handler_is_kept_although_nobody_else_does(session: IbSession) -> None:
    heard: list[int] = []

    class Listener:
        def on_error(self, req_id: int, code: int, text: str, contract: object) -> None:
            heard.append(code)

    listen(session.ib.errorEvent, Listener().on_error)
    gc.collect()
    session.ib.errorEvent.emit(-1, 2104, "OK", None)
    assert heard == [2104]


async def test_the_library_writes_no_line_to_the_terminal(
    session: IbSession,
    gateway: ScriptedGateway,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    peer = await connect(session, gateway)
    peer.send(4, 2, 99, 300, "Can't find EId with tickerId:99", "")
    await patiently(session.ib.reqCurrentTimeAsync())
    assert capfd.readouterr() == ("", "")


async def test_leaving_with_an_open_session_is_silent(gateway: ScriptedGateway, project_root: Path) -> None:
    script = f"""
import asyncio
from qe_dashboard.broker.ibkr.ib_lib import IbSession, load
from qe_dashboard.core.clock import SystemClock

async def main():
    global session
    session = IbSession(load(), SystemClock())
    await session.open(host="127.0.0.1", port={gateway.port}, client_id=9, seconds=20)

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-c", script, cwd=project_root, stderr=subprocess.PIPE
    )
    _, errors = await patiently(process.communicate())
    assert (process.returncode, errors.decode()) == (0, "")


def test_the_library_is_chosen_by_what_is_installed_or_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ib_lib.FORCE_VARIABLE, raising=False)
    installed = {"ib_insync"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in installed else None)
    assert ib_lib.library_name() == "ib_insync"
    installed.add("ib_async")
    assert ib_lib.library_name() == "ib_async"
    monkeypatch.setenv(ib_lib.FORCE_VARIABLE, "ib_insync")
    assert ib_lib.library_name() == "ib_insync"
    monkeypatch.setenv(ib_lib.FORCE_VARIABLE, "tws")
    with pytest.raises(LibraryMissing, match="QE_IB_LIB"):
        ib_lib.library_name()
    monkeypatch.delenv(ib_lib.FORCE_VARIABLE)
    installed.clear()
    with pytest.raises(LibraryMissing, match="Install ib_insync"):
        ib_lib.library_name()
