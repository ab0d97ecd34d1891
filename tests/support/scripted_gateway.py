"""A gateway of a few lines for the adapter's own tests: it says exactly what a test tells it to, down to the bytes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

SERVER_VERSION = 176


def frame(*fields: object) -> bytes:
    """Return one message as it goes over the wire."""
    payload = b"".join(f"{value}\0".encode() for value in fields)
    return struct.pack(">I", len(payload)) + payload


def open_order(
    *,
    order_id: int,
    client_id: int,
    perm_id: int,
    status: str,
    order_type: str = "LMT",
    quantity: object = 100,
    limit: object = 233.33,
    tif: str = "DAY",
    account: str = "DU1234567",
    order_ref: str = "",
) -> bytes:
    """Return an openOrder message of a BUY in AAPL with the odd values a real TWS puts in (reference 4.5)."""
    java_unset, integer_unset = "1.7976931348623157E308", 2147483647
    contract = (265598, "AAPL", "STK", "", 0, "?", "", "SMART", "USD", "AAPL", "NMS")
    head = (
        "BUY",
        quantity,
        order_type,
        limit,
        0.0,
        tif,
        "",
        account,
        "",
        0,
        order_ref,
        client_id,
        perm_id,
        0,
        0,
        0,
        "",
    )
    advisor = (
        f"{perm_id}.0/{account}/{quantity}",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        0,
        "",
        -1,
        0,
        "",
        "",
        "",
        "",
        "",
    )
    sizes = (integer_unset, 0, 0, 0, integer_unset, 3, 0, 0, "", 0, 0, "", 0)
    neutral = ("None", "", 0, "", "", "", "?", 0, 0, "")
    tail = (
        0,
        "",
        "",
        "",
        "",
        "",
        "",
        0,
        0,
        0,
        integer_unset,
        integer_unset,
        "",
        "",
        0,
        "",
        "IB",
        0,
        0,
        "",
        0,
        0,
    )
    money = (status, *(java_unset,) * 9, "", "", "", "", "", 0, 0, 0)
    adjusted = (
        "None",
        java_unset,
        java_unset,
        java_unset,
        java_unset,
        java_unset,
        java_unset,
        0,
        "",
        "",
        "",
        0,
        1,
        0,
        0,
        0,
    )
    late = ("", "", 0, "", "", "", "", "")
    return frame(5, order_id, *contract, *head, *advisor, *sizes, *neutral, *tail, *money, *adjusted, *late)


@dataclass(slots=True)
class Peer:
    """One connected client. `received` holds the fields of each message it sent after the version."""

    writer: asyncio.StreamWriter
    client_id: int = -1
    received: list[list[str]] = field(default_factory=list)

    def send(self, *fields: object) -> None:
        """Send one message."""
        self.writer.write(frame(*fields))

    def send_bytes(self, data: bytes) -> None:
        """Send anything at all."""
        self.writer.write(data)

    def kinds(self) -> list[str]:
        """Return the message numbers received."""
        return [message[0] for message in self.received]


class ScriptedGateway:
    """Answers the adapter's questions with empty books, until a test says otherwise."""

    def __init__(self) -> None:
        self.port = 0
        self.accounts = "DU1234567"
        self.next_id = 1
        self.peers: list[Peer] = []
        self.positions: list[tuple[object, ...]] = []
        self.open_orders: list[bytes] = []
        """What reqAllOpenOrders is answered with before its end."""
        self.first_words: list[bytes] = [
            frame(4, 2, -1, 2108, "Market data farm connection is inactive:usfarm", "")
        ]
        """Sent in one segment with the handshake: the farms, as every gateway does."""
        self.silent_to: set[str] = set()
        """Message numbers that get no answer."""
        self.refused_with_321: set[str] = set()
        """Message numbers that are answered with 321 and no request id, in these words."""
        self.refusal_text = ""
        self.refusals: list[int] = []
        """Client ids to refuse with 326, one connection each."""
        self.greet: Callable[[Peer], bool] = lambda peer: True
        """Called before the version is sent; False closes or leaves the connection as the test arranged it."""
        self.clock_off_s = 0.0
        """How wrong its clock is."""
        self.heard = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def peer(self, client_id: int) -> Peer:
        """Return the latest connection of a client id."""
        return [peer for peer in self.peers if peer.client_id == client_id][-1]

    async def start(self) -> None:
        """Listen on a free port, or again on the one before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close every socket and stop listening."""
        if self._server is not None:
            self._server.close()
        for peer in self.peers:
            peer.writer.transport.abort()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        peer = Peer(writer)
        self.peers.append(peer)
        try:
            if not self.greet(peer):
                return
            await reader.readexactly(4)
            await self._read(reader)
            peer.send(SERVER_VERSION, "20261120 11:00:00 UTC")
            while True:
                message = await self._read(reader)
                peer.received.append(message)
                self._answer(peer, message)
                self.heard.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> list[str]:
        length = struct.unpack(">I", await reader.readexactly(4))[0]
        return (await reader.readexactly(length)).decode().split("\0")[:-1]

    def _answer(self, peer: Peer, message: list[str]) -> None:
        kind = message[0]
        if kind in self.silent_to:
            return
        if kind in self.refused_with_321:
            peer.send(4, 2, -1, 321, self.refusal_text, "")
            return
        if kind == "71":
            peer.client_id = int(message[2])
            self._welcome(peer)
        elif kind == "61":
            for row in self.positions:
                peer.send(61, 3, *row)
            peer.send(62, 1)
        elif kind == "6":
            for tag, value in (("NetLiquidation", "100000"), ("TotalCashValue", "50000")):
                peer.send(6, 2, tag, value, "USD", message[3])
            peer.send(54, 1, message[3])
        elif kind in ("5", "16"):
            for message_bytes in self.open_orders if kind == "16" else ():
                peer.send_bytes(message_bytes)
            peer.send(53, 1)
        elif kind == "7":
            peer.send(55, 1, message[2])
        elif kind == "49":
            peer.send(49, 1, int(datetime.now(UTC).timestamp() + self.clock_off_s))

    def _welcome(self, peer: Peer) -> None:
        if peer.client_id in self.refusals:
            self.refusals.remove(peer.client_id)
            peer.send(4, 2, -1, 326, "Unable to connect as the client id is already in use.", "")
            peer.writer.close()
            return
        peer.send_bytes(b"".join((frame(15, 1, self.accounts), frame(9, 1, self.next_id), *self.first_words)))


@asynccontextmanager
async def scripted_gateway() -> AsyncIterator[ScriptedGateway]:
    """Run a scripted gateway for a block."""
    gateway = ScriptedGateway()
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()
