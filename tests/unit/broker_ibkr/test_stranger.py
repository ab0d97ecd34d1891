"""Who answers instead of the API, by the first bytes."""

from __future__ import annotations

import asyncio

import pytest

from qe_dashboard.broker.ibkr.diagnosis import ConnectFailed
from qe_dashboard.broker.ibkr.stranger import StrangerWatch, look_at, nature_of
from qe_dashboard.core.clock import ManualClock, SystemClock
from qe_dashboard.model.connection import LinkCause


@pytest.mark.parametrize(
    ("first", "nature"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "an HTTP server"),
        (b"\x15\x03\x01\x00\x02\x02F", "a TLS server"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "an SSH server"),
        (b"220 mail.example.org ESMTP", "a mail or FTP server"),
        (b"-ERR wrong number of arguments\r\n", "a Redis server"),
        (b"\x00\x00\x00\x04176\x00", ""),
        (b"", ""),
    ],
)
def test_first_bytes_tell(first: bytes, nature: str) -> None:
    assert nature_of(first) == nature


async def test_who_says_nothing_is_left_after_its_deadline() -> None:
    clock = ManualClock()
    asked = asyncio.Event()
    hung_up = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        asked.set()
        await reader.read()
        hung_up.set()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    async with server:
        looking = asyncio.ensure_future(look_at(clock, *server.sockets[0].getsockname()[:2]))
        await asked.wait()
        assert not looking.done()
        await clock.advance_async(1.5)
        assert await looking == ""
        await hung_up.wait()


async def test_nobody_there_is_no_answer() -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    server.close()
    await server.wait_closed()
    assert await look_at(ManualClock(), host, port) == ""


class WebServer:
    """A program that answers a web browser; counts who called."""

    def __init__(self) -> None:
        self.calls = 0
        self.port = 0

    async def __aenter__(self) -> WebServer:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        await reader.read(4)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        writer.close()

    def mute(self) -> ConnectFailed:
        return ConnectFailed("silent", cause=LinkCause.SILENT, mute_at=("127.0.0.1", self.port))


async def test_a_silent_port_is_looked_at_once_and_not_on_each_retry() -> None:
    async with WebServer() as web:
        watch = StrangerWatch(SystemClock())
        for _ in range(3):
            told = await watch.told(web.mute(), may_look=True)
            assert told.cause is LinkCause.NOT_THE_API
            assert str(told).startswith(
                f"An HTTP server answers on 127.0.0.1:{web.port}, not TWS or Gateway."
            )
        assert (web.calls, watch.nature) == (1, "an HTTP server")
        gone = ConnectFailed("nothing listens", cause=LinkCause.NOTHING_LISTENS)
        assert await watch.told(gone, may_look=True) is gone
        assert watch.nature == ""
        await watch.told(web.mute(), may_look=True)
        assert web.calls == 2, "something else may have the port by now"


async def test_what_spoke_the_api_before_is_never_looked_at() -> None:
    async with WebServer() as web:
        watch = StrangerWatch(SystemClock())
        watch.spoke_api()
        mute = web.mute()
        assert await watch.told(mute, may_look=True) is mute
        assert web.calls == 0


async def test_a_link_that_may_not_look_does_not() -> None:
    async with WebServer() as web:
        mute = web.mute()
        assert await StrangerWatch(SystemClock()).told(mute, may_look=False) is mute
        assert web.calls == 0
