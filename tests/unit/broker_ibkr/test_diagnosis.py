"""Why a try failed: each thing a socket can show has one cause, and words that name the place and the fix."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable

import pytest

from qe_dashboard.broker.ibkr.diagnosis import (
    ConnectFailed,
    Trace,
    after_handshake,
    diagnose,
    diagnose_silence,
    id_taken,
)
from qe_dashboard.broker.ibkr.dialling import addresses_of
from qe_dashboard.broker.ibkr.ib_lib import IbSession, load
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.model.connection import LinkCause
from support.ibkr_rig import DATA_CLIENT, rig
from support.scripted_gateway import Peer, frame


def trace(**seen: object) -> Trace:
    made = Trace("gw.example", 4002, 1, 10.0, oldest_version=157)
    for name, value in seen.items():
        setattr(made, name, value)
    return made


CUT = ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


@pytest.mark.parametrize(
    ("seen", "error", "cause", "words"),
    [
        ({}, socket.gaierror(-2, "Name or service not known"), LinkCause.NAME_UNKNOWN, "Correct `host`"),
        ({}, ConnectionRefusedError(111, "refused"), LinkCause.NOTHING_LISTENS, "Nothing is listening"),
        ({}, OSError(errno.EHOSTUNREACH, "No route to host"), LinkCause.UNREACHABLE, "No route to host"),
        ({}, OSError(errno.EACCES, "Permission denied"), LinkCause.UNREACHABLE, "firewall"),
        ({"accepted": True}, None, LinkCause.DROPPED, "Trusted IPs"),
        ({"accepted": True}, CUT, LinkCause.DROPPED, "accepted the connection and closed it"),
        ({"accepted": True, "server_version": 176}, None, LinkCause.CLIENT_ID_TAKEN, "heard client id 1"),
        ({"accepted": True, "server_version": 150}, None, LinkCause.OLD_SERVER, "version 150"),
        ({"accepted": True, "nonsense": "odd"}, None, LinkCause.NOT_THE_API, "Something other than TWS"),
        ({"code": 326, "words": "in use"}, None, LinkCause.CLIENT_ID_TAKEN, "our own last session"),
        ({"code": 507, "words": "bad length"}, None, LinkCause.CLIENT_ID_TAKEN, "locked"),
        ({"code": 503, "words": "out of date"}, None, LinkCause.OLD_SERVER, "Update it"),
        ({"code": 1300, "words": "port is now 4010"}, None, LinkCause.DROPPED, "port is now 4010"),
        ({"code": 502, "words": "no"}, None, LinkCause.DROPPED, "refused the connection"),
        ({}, RuntimeError("odd"), LinkCause.FAULT, "inside this program"),
    ],
)
def test_each_sign_has_its_cause(
    seen: dict[str, object], error: BaseException | None, cause: LinkCause, words: str
) -> None:
    failed = diagnose(trace(**seen), error)
    assert failed.cause is cause
    assert words in str(failed)
    assert "gw.example" in str(failed)
    assert "4002" in str(failed)


def test_a_deadline_tells_a_black_hole_from_a_dialog_and_from_a_stranger() -> None:
    causes = [
        diagnose_silence(trace(**seen)).cause
        for seen in ({}, {"accepted": True}, {"accepted": True, "heard": True})
    ]
    assert causes == [LinkCause.UNREACHABLE, LinkCause.SILENT, LinkCause.NOT_THE_API]
    assert diagnose_silence(trace(accepted=True, heard=True, server_version=176)).cause is LinkCause.SILENT


def test_an_id_in_use_is_kept_and_a_pair_is_offered() -> None:
    words = id_taken("Client id 1 is in use.", spare=(3, 4))
    assert words == (
        "Client id 1 is in use. The id stays, so that your orders stay yours: close the other program that uses it, or"
        " wait a minute if one just ended. If you must, choose ids 3 and 4 in the connection dialog: working orders of"
        " the old ids then become foreign."
    )


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (LinkCause.CLOSED, "restarts, was logged out"),
        (LinkCause.NO_ANSWER, "stopped answering"),
        (LinkCause.ASKED, "x"),
    ],
)
def test_an_end_after_the_handshake_names_the_place(cause: LinkCause, words: str) -> None:
    text = after_handshake(cause, "x", host="gw.example", port=4002)
    assert words in text
    assert cause is LinkCause.ASKED or "gw.example:4002" in text


# over real sockets ----------------------------------------------------------------------------------------------------


async def cause_of(greet: Callable[[Peer], bool], *, seconds: float = 5.0) -> LinkCause:
    """Let a gateway greet as told, and return the cause the link gives."""
    async with rig(connect_timeout_s=seconds, retry_min_s=3600.0, retry_max_s=3600.0) as one:
        one.gateway.greet = greet
        one.start()
        await one.until(lambda: one.broker.links()[0].retry_at is not None, "the data link waits")
        status = one.broker.links()[0]
        assert status.tries == 1
        assert f"127.0.0.1:{one.gateway.port}" in status.reason
        return status.cause


def closes(peer: Peer) -> bool:
    peer.writer.close()
    return False


def speaks_http(peer: Peer) -> bool:
    peer.send_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    return False


def mumbles(peer: Peer) -> bool:
    peer.send_bytes(b"\0\0")
    return False


def is_no_gateway(peer: Peer) -> bool:
    peer.send_bytes(frame("hello", "world", "!"))
    return False


def is_old(peer: Peer) -> bool:
    peer.send_bytes(frame(150, "20261120 11:00:00 UTC"))
    return False


def takes_the_id(peer: Peer) -> bool:
    peer.send_bytes(frame(176, "20261120 11:00:00 UTC"))
    peer.writer.close()
    return False


@pytest.mark.parametrize(
    ("greet", "seconds", "cause"),
    [
        (closes, 5.0, LinkCause.DROPPED),
        (speaks_http, 5.0, LinkCause.NOT_THE_API),
        (is_no_gateway, 5.0, LinkCause.NOT_THE_API),
        (mumbles, 0.2, LinkCause.NOT_THE_API),
        (is_old, 5.0, LinkCause.OLD_SERVER),
        (takes_the_id, 5.0, LinkCause.CLIENT_ID_TAKEN),
        (lambda peer: False, 0.2, LinkCause.SILENT),
    ],
)
async def test_what_answers_the_port_is_told_apart(
    greet: Callable[[Peer], bool], seconds: float, cause: LinkCause
) -> None:
    assert await cause_of(greet, seconds=seconds) is cause


async def test_a_web_server_that_waits_for_more_is_named_and_asked_once() -> None:
    calls = []

    def waits(peer: Peer) -> bool:
        # The second caller is the look, whose question ends its line.
        calls.append(peer)
        if len(calls) == 2:
            peer.send_bytes(b"HTTP/1.0 200 OK\r\n\r\n")
        return False

    async with rig(connect_timeout_s=0.2) as one:
        one.gateway.greet = waits
        one.start()
        await one.until(lambda: one.broker.links()[0].tries == 3, "three tries")
        status = one.broker.links()[0]
        assert (status.cause, status.nature) == (LinkCause.NOT_THE_API, "an HTTP server")
        assert status.reason.startswith(f"An HTTP server answers on 127.0.0.1:{one.gateway.port}")
        assert len(calls) == 4


async def test_326_keeps_the_id_counts_the_tries_and_offers_the_next_pair() -> None:
    async with rig() as one:
        one.gateway.refusals = [DATA_CLIENT] * 3
        one.start()
        await one.until(lambda: one.broker.links()[0].tries == 3, "three tries")
        status = one.broker.links()[0]
        assert (status.cause, status.client_id) == (LinkCause.CLIENT_ID_TAKEN, DATA_CLIENT)
        assert "choose ids 3 and 4 in the connection dialog" in status.reason
        await one.until(lambda: one.broker.links()[0].is_up, "the id is free again")
        assert (one.broker.links()[0].cause, one.broker.links()[0].tries) == (LinkCause.NONE, 0)


async def test_a_refusing_port_behind_a_name_with_two_addresses_is_told_as_refusing() -> None:
    """asyncio folds two refusals into one error without a number; so `localhost` once read as "cannot be reached"."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        session = IbSession(load(), SystemClock(), resolver=lambda host, port: ("127.0.0.1", "127.0.0.2"))
        with pytest.raises(ConnectFailed) as failed:
            await session.open(host="localhost", port=port, client_id=1, seconds=5)
    assert failed.value.cause is LinkCause.NOTHING_LISTENS


async def test_an_unknown_name_is_told() -> None:
    def nobody(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    session = IbSession(load(), SystemClock(), resolver=nobody)
    with pytest.raises(ConnectFailed, match="gatway") as failed:
        await session.open(host="gatway", port=4002, client_id=1, seconds=5)
    assert failed.value.cause is LinkCause.NAME_UNKNOWN


async def test_a_name_that_cannot_be_asked_for_is_unknown_too() -> None:
    with pytest.raises(socket.gaierror):
        await addresses_of("a" * 70 + ".example", 4002)


async def test_a_resolver_that_hangs_holds_nobody_up() -> None:
    """getaddrinfo can hang for minutes; the loop's own pool would be joined when the program ends."""
    asked, freed = threading.Event(), threading.Event()

    def hangs(host: str, port: int) -> tuple[str, ...]:
        asked.set()
        freed.wait()
        return ("127.0.0.1",)

    session = IbSession(load(), SystemClock(), resolver=hangs)
    clock = SystemClock()
    began = clock.monotonic()
    try:
        with pytest.raises(ConnectFailed) as failed:
            await session.open(host="gw.example", port=4002, client_id=1, seconds=0.2)
        assert failed.value.cause is LinkCause.UNREACHABLE
        await session.close("the test is over")
        await asyncio.get_running_loop().shutdown_default_executor()
        assert asked.is_set()
        assert clock.monotonic() - began < 5.0
    finally:
        freed.set()


async def test_a_lost_session_says_why() -> None:
    async with rig(retry_min_s=3600.0, retry_max_s=3600.0) as one:
        await one.ready()
        one.data.writer.close()
        await one.until(lambda: one.broker.links()[0].retry_at is not None, "the data link waits")
        status = one.broker.links()[0]
        assert (status.cause, status.tries, status.skew, status.server_version) == (
            LinkCause.CLOSED,
            0,
            None,
            None,
        )
        assert f"127.0.0.1:{one.gateway.port} closed the connection" in status.reason
