"""Who answers instead of the API, by the first bytes."""

import asyncio

import pytest

from qe_dashboard.broker.ibkr.stranger import look_at, nature_of
from qe_dashboard.core.clock import ManualClock


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
