"""One client's socket: handshake, client id, rate guard, strict reading, batched writing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from qe_dashboard.core.clock import Clock
from qe_dashboard.core.throttle import Lane, TokenBucket
from qe_dashboard.gateway_sim import encode_session, refusals
from qe_dashboard.gateway_sim import requests as rq
from qe_dashboard.gateway_sim.decoder import versioned
from qe_dashboard.gateway_sim.faults import Faults
from qe_dashboard.gateway_sim.framing import FrameReader, FramingError
from qe_dashboard.gateway_sim.handshake import PREFIX, HandshakeError, negotiate
from qe_dashboard.gateway_sim.hub import log
from qe_dashboard.gateway_sim.reader import DecodeError, FieldReader
from qe_dashboard.gateway_sim.routes import START_API, Route
from qe_dashboard.gateway_sim.tampering import tampered

# TWS tolerates 50 a second; a window rule would trip on the legal bursts of clients, so a bucket (reference 5).
MESSAGES_PER_SECOND = 50
MESSAGE_BURST = 100
# A client that has this much unread is not reading; its session ends before it costs the others memory.
MAX_UNREAD_BYTES = 64 << 20
UNNAMED = -1


class Session(asyncio.Protocol):
    """A connection. It becomes a client once startApi named a free client id."""

    def __init__(
        self,
        *,
        clock: Clock,
        faults: Faults,
        routes: Mapping[int, Route],
        on_start: Callable[[Session], bool],
        on_request: Callable[[int], None],
        on_end: Callable[[Session], None],
    ) -> None:
        self.client_id = UNNAMED
        self.version = 0
        self._clock = clock
        self._faults = faults
        self._routes = routes
        self._on_start = on_start
        self._on_request = on_request
        self._on_end = on_end
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._prefix = b""
        self._frames = FrameReader()
        self._rate = TokenBucket(rate=MESSAGES_PER_SECOND, burst=MESSAGE_BURST, reserved=0)
        self._started = False
        self._said_all = False
        self._outgoing: list[bytes] = []

    # socket ---------------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"a session needs a byte stream, got {transport!r}")
        self._transport = transport
        self._peer = str(transport.get_extra_info("peername"))
        log.info("%s connected", self)
        if self._faults.closes_at_once:
            self.close("closed at once")

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session, whoever ended it."""
        self._transport = None
        log.info("%s gone%s", self, f": {exc}" if exc else "")
        self._on_end(self)

    def data_received(self, data: bytes) -> None:
        """Read what arrived; bytes that are no frames end the session."""
        try:
            for payload in self._frames.feed(self._without_prefix(data)):
                if self._transport is None or self._transport.is_closing():
                    return
                self._receive(payload)
        except (FramingError, HandshakeError) as error:
            self.close(str(error))

    def send(self, data: bytes) -> None:
        """Queue a message; everything of one loop turn is written at once."""
        if self._transport is None or self._faults.silent or self._said_all:
            return
        if not self._faults.tampers:
            self._queue(data)
            return
        for delay, message in tampered(data, self._faults.tampers.values()):
            if delay:
                self._clock.call_later(delay, partial(self._queue, message))
            else:
                self._queue(message)

    def error(self, code: int, text: str, *, about: int = refusals.NO_REQUEST) -> None:
        """Queue an error or notice about a request or order id."""
        self.send(encode_session.error(self.version, about=about, code=code, text=text))

    def close(self, reason: str) -> None:
        """Write what is queued, then end the session."""
        log.info("%s closed: %s", self, reason)
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def half_close(self) -> None:
        """End this side of the socket alone: what the client says is still read, nothing is answered any more."""
        self._flush()
        self._said_all = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()

    def __str__(self) -> str:
        name = f"client {self.client_id}" if self._started else "connection"
        return f"{name} {self._peer}"

    # reading --------------------------------------------------------------------------------------------------------

    def _without_prefix(self, data: bytes) -> bytes:
        """Take `API\\0` off the very first bytes; they may arrive one by one."""
        missing = len(PREFIX) - len(self._prefix)
        if missing == 0:
            return data
        self._prefix += data[:missing]
        if not PREFIX.startswith(self._prefix):
            raise HandshakeError(f"expected {PREFIX!r}, got {self._prefix!r}")
        return data[missing:]

    def _receive(self, payload: bytes) -> None:
        if self._faults.silent:
            return
        if self.version == 0:
            if self._faults.silent_handshake:
                return
            self.version = negotiate(payload)
            # Nothing else may follow before startApi: ibapi throws the rest of the segment away (reference 4.1).
            self.send(encode_session.version_choice(self.version, self._clock.now()))
            return
        texts = payload.decode("utf-8", errors="backslashreplace").split("\0")
        if texts[-1] == "":
            texts.pop()
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s >> %s", self, ",".join(texts))
        if not self._rate.take(self._clock.monotonic(), Lane.NORMAL):
            text = f"Max rate of messages per second has been exceeded:max={MESSAGES_PER_SECOND}"
            self.error(refusals.MAX_RATE, text)
            return
        self._dispatch(texts)

    def _dispatch(self, texts: list[str]) -> None:
        reader = FieldReader(texts, version=self.version)
        try:
            number = reader.integer("message id")
            self._on_request(number)
            if self._transport is None or self._transport.is_closing():
                return
            if not self._started:
                self._start(number, reader)
            elif number in self._routes:
                self._routes[number](self, reader)
            else:
                raise DecodeError(f"message id {number} is not known")
        except DecodeError as error:
            log.warning("%s: %s in %r", self, error, texts[:60])
            self.error(refusals.READ_FAILED, f"Error reading request. {error}", about=_named_request(texts))
        except Exception:  # a fault in one request must not end this session, nor any other
            log.exception("%s: failed on %r", self, texts[:60])
            self.error(refusals.READ_FAILED, "Error processing request.", about=_named_request(texts))

    def _start(self, number: int, reader: FieldReader) -> None:
        """Handle startApi, the only request before which a client has no name."""
        if number != START_API:
            raise DecodeError(f"message id {number} before startApi")
        request = versioned(rq.StartApi)(reader)
        reader.finish()
        self.client_id = request.client_id
        self._started = self._on_start(self)
        if not self._started:
            self.error(
                refusals.CLIENT_ID_IN_USE,
                "Unable to connect as the client id is already in use. Retry with a unique client id.",
            )
            self.close(f"client id {request.client_id} is in use")

    # writing --------------------------------------------------------------------------------------------------------

    def _queue(self, data: bytes) -> None:
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(data)

    def _flush(self) -> None:
        data, self._outgoing = b"".join(self._outgoing), []
        if self._transport is None or self._transport.is_closing() or self._said_all or not data:
            return
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s << %s", self, _transcript(data))
        if self._faults.byte_writes:
            for place in range(len(data)):
                self._transport.write(data[place : place + 1])
        else:
            self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            log.warning("%s does not read; dropped", self)
            self._transport.abort()


def _named_request(texts: list[str]) -> int:
    """Guess which request a broken message is about, so that its sender learns of it; -1 when it is hopeless."""
    # placeOrder and the newer requests carry their id first, the others after a version number.
    place = 1 if texts and texts[0] in ("3", "20", "81", "87", "92", "94") else 2
    if len(texts) <= place or not texts[place].isascii() or not texts[place].isdigit():
        return refusals.NO_REQUEST
    return int(texts[place][:9])


def _transcript(data: bytes) -> str:
    frames = FrameReader(max_frame_bytes=len(data))
    return " | ".join(
        payload.decode("ascii", errors="replace").rstrip("\0").replace("\0", ",")
        for payload in frames.feed(data)
    )
