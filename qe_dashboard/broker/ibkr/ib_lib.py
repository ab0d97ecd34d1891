"""The one shim over ib_insync and ib_async: choice, loading, silence, and the hooks D23 permits.

Hooks, all on instances: `wrapper.orderStatus` and `wrapper.openOrder` (both libraries invent states, reference 3.4),
`client.MaxRequests = 0` (our pacer owns the budget), sliced `hasData`, and a connect that fails as soon as the reason
is known (both would sit out the whole timeout, reference 3.2).
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from qe_dashboard.broker.ibkr.codes import CONNECT_FAILURES
from qe_dashboard.broker.ibkr.diagnosis import ConnectFailed, Trace, diagnose, diagnose_silence
from qe_dashboard.broker.ibkr.dialling import Resolver, dial, system_resolver
from qe_dashboard.broker.ibkr.frames import PREFIX, OutOfStep, whole_messages
from qe_dashboard.broker.port import BrokerError
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.model.connection import LinkCause

__all__ = [
    "ConnectFailed",
    "IbLibrary",
    "IbSession",
    "LibraryMissing",
    "library_name",
    "listen",
    "load",
    "silence",
]

log = logging.getLogger(__name__)

# The maintained continuation first: whoever installed the extra wants it (D30).
LIBRARIES = ("ib_async", "ib_insync")
FORCE_VARIABLE = "QE_IB_LIB"
LOGGERS = ("ib_insync", "ib_async", "eventkit")

# Performance 2.6 and 4: ~2,500 messages take 5 ms; a burst of 20,000 in one go froze the loop for 65 to 90 ms.
SLICE_MESSAGES = 2_500
SLICE_SECONDS = 0.005
# Errors cost 80 us each (ticks 2): a chunk of 250 new ones alone held the loop for 25 ms.
CHUNK_MESSAGES = 50
# Stop reading while this much waits to be decoded, so that a flood stays in the kernel's buffers and not in ours.
BACKLOG_BYTES = 1_000_000
# A gateway that stopped reading never lets a polite close finish.
CLOSE_SECONDS = 1.0


class LibraryMissing(BrokerError):
    """Neither library can be used; the text says what to install."""


@dataclass(frozen=True, slots=True)
class IbLibrary:
    """The library in use. `module` is untyped: neither library has types, and nothing of it leaves broker.ibkr."""

    name: str
    module: Any
    ib_class: Any

    def contract(self, **fields: object) -> Any:
        """Return a contract object."""
        return self.module.Contract(**fields)

    def order(self, **fields: object) -> Any:
        """Return an order object."""
        return self.module.Order(**fields)

    def execution_filter(self, **fields: object) -> Any:
        """Return a filter for reqExecutions."""
        return self.module.ExecutionFilter(**fields)

    def bar_list(self) -> Any:
        """Return an empty bar list, the container of a history request."""
        return self.module.BarDataList()

    @property
    def request_error(self) -> type[Exception]:
        """The exception that carries an error answer to a request."""
        error: type[Exception] = self.module.RequestError
        return error


def library_name() -> str:
    """Return which library to use: the one forced by QE_IB_LIB, else the one installed. Raises LibraryMissing."""
    forced = os.environ.get(FORCE_VARIABLE, "")
    candidates = (forced,) if forced else LIBRARIES
    if forced and forced not in LIBRARIES:
        raise LibraryMissing(
            f"{FORCE_VARIABLE}={forced!r} is neither ib_insync nor ib_async. Unset it or name one."
        )
    for name in candidates:
        if importlib.util.find_spec(name) is not None:
            return name
    raise LibraryMissing(
        f"{' and '.join(candidates)} cannot be imported, so Interactive Brokers cannot be reached and nothing was sent."
        " Install ib_insync into this environment."
    )


def load() -> IbLibrary:
    """Import the library. Call it inside the running loop: ib_insync binds to the loop it is imported in."""
    name = library_name()
    silence()
    # ib_insync asks the policy for its loop, which is not the running one under Runner(loop_factory=...).
    asyncio.set_event_loop(asyncio.get_running_loop())
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        raise LibraryMissing(f"{name} cannot be imported: {error}. Reinstall this environment.") from error
    # Its own __del__ disconnects and prints "Exception ignored" over the screen when the interpreter ends.
    ib_class = type("QuietIB", (module.IB,), {"__del__": lambda self: None})
    return IbLibrary(name, module, ib_class)


def silence() -> None:
    """Keep the libraries' log lines off the terminal; what handlers the program has (a file) still get them."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
            # At INFO they format every position and order they see.
            logger.setLevel(logging.WARNING)
    for name in ("ib_insync.Decoder", "ib_async.Decoder"):
        logger = logging.getLogger(name)
        if not any(isinstance(handler, _DecodeWatch) for handler in logger.handlers):
            logger.addHandler(_DecodeWatch())


def listen(event: Any, callback: Callable[..., object]) -> None:
    """Connect a handler for good: `+=` keeps a weak reference, and a dropped object goes silently deaf."""
    event.connect(callback, keep_ref=True)


class _DecodeWatch(logging.Handler):
    """Hears of every message a library failed to decode: both log it and go on, so rows would just vanish (R01)."""

    current: ClassVar[IbSession | None] = None
    _PATTERN = re.compile(r"Error handling fields: \['(\d+)'|Error for (\w+)")

    def emit(self, record: logging.LogRecord) -> None:
        session = _DecodeWatch.current
        match = self._PATTERN.match(record.getMessage())
        if session is not None and match is not None:
            session.decode_failed(match[1] or match[2])


class IbSession:
    """One socket to TWS or Gateway: opened once, closed once, never reused (objects of a dead session are dead).

    `closed` ends with the reason, whoever ended it, and `cause` says which kind it is. All callbacks run on the loop.
    """

    def __init__(self, library: IbLibrary, clock: Clock, *, resolver: Resolver = system_resolver) -> None:
        self.library = library
        self.ib = library.ib_class()
        self.ib.RaiseRequestErrors = True
        self.ib.client.MaxRequests = 0
        self.closed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.cause = LinkCause.NONE
        self.first_order_id = 0
        """The venue's next valid id at the handshake. The library's counter grows from there with requests too."""
        self.tcp_opened: Callable[[], object] = bool
        self.decode_listeners: list[Callable[[str], None]] = []
        self.slice_listeners: list[Callable[[], None]] = []
        """Called after each slice of messages, which is where what they changed is worth telling."""
        self._clock = clock
        self._resolver = resolver
        self._trace = Trace("", 0, 0, 0.0)
        self._failure: asyncio.Future[ConnectFailed] = asyncio.get_running_loop().create_future()
        self._socket_gone = asyncio.Event()
        self._backlog = bytearray()
        self._draining = False
        self._paused = False
        self._hook()

    @property
    def is_open(self) -> bool:
        """Tell whether bytes handed over now reach the socket."""
        transport = self.ib.client.conn.transport
        return not self.closed.done() and transport is not None and not transport.is_closing()

    @property
    def server_version(self) -> int:
        """The API version the gateway speaks; 0 before it said so."""
        return self._trace.server_version

    @property
    def next_id(self) -> int | None:
        """The id that the next request would get; None before the handshake is done."""
        return int(self.ib.client._reqIdSeq) if self.is_open and self.ib.client.isReady() else None

    def accounts(self) -> tuple[str, ...]:
        """Return the accounts the gateway named in the handshake."""
        return tuple(self.ib.client.getAccounts())

    def shadow_orders(self, *, on_open_order: Callable[..., None], on_status: Callable[..., None]) -> None:
        """Report raw openOrder and orderStatus messages, before and beside what the library makes of them."""
        wrapper = self.ib.wrapper
        library_open_order, library_status = wrapper.openOrder, wrapper.orderStatus

        def open_order(order_id: int, contract: Any, order: Any, state: Any) -> None:
            on_open_order(order_id, contract, order, state)
            library_open_order(order_id, contract, order, state)

        def order_status(*fields: Any) -> None:
            on_status(*fields)
            library_status(*fields)

        wrapper.openOrder, wrapper.orderStatus = open_order, order_status

    async def open(self, *, host: str, port: int, client_id: int, seconds: float) -> None:
        """Connect and wait for the handshake. Raises ConnectFailed with its cause as soon as that is known."""
        asyncio.set_event_loop(asyncio.get_running_loop())
        self._trace = Trace(host, port, client_id, seconds, oldest_version=self.ib.client.MinClientVersion)
        self.ib.wrapper.clientId = client_id
        connect = asyncio.ensure_future(self.ib.client.connectAsync(host, port, client_id, 0))
        try:
            await deadline(
                self._clock,
                asyncio.wait({connect, self._failure}, return_when=asyncio.FIRST_COMPLETED),
                seconds,
            )
        except DeadlineExpired:
            raise diagnose_silence(self._trace) from None
        finally:
            if not connect.done():
                connect.cancel()
            await asyncio.wait({connect})
        if self._failure.done():
            raise self._failure.result()
        error = None if connect.cancelled() else connect.exception()
        if error is not None:
            raise diagnose(self._trace, error) from error
        self.first_order_id = int(self.ib.client._reqIdSeq)

    async def close(self, reason: str) -> None:
        """Disconnect, and return when the socket is gone: at once, or within a second by force."""
        self.fail(reason)
        if self.ib.client.conn.transport is None:
            return
        try:
            await deadline(self._clock, self._socket_gone.wait(), CLOSE_SECONDS)
        except DeadlineExpired:
            if self.ib.client.conn.transport is not None:
                self.ib.client.conn.transport.abort()

    def fail(self, reason: str, cause: LinkCause = LinkCause.ASKED) -> None:
        """End the session at once; what waits on it learns the reason."""
        if self.closed.done():
            return
        self.cause = cause
        self.closed.set_result(reason)
        self._backlog.clear()
        transport = self.ib.client.conn.transport
        try:
            # Not ib.disconnect(): that one raises when the handshake did not finish.
            self.ib.client.disconnect()
        except OSError:
            # Saying goodbye to a peer that reset the connection: there is nobody to be polite to.
            transport.abort()

    def decode_failed(self, kind: str) -> None:
        """Tell whoever keeps a book that a message of a kind (number or name) could not be read (R01)."""
        log.error("a message of kind %s could not be decoded", kind)
        for listener in list(self.decode_listeners):
            listener(kind)

    def _hook(self) -> None:
        client, conn = self.ib.client, self.ib.client.conn
        conn.hasData.disconnect(client._onSocketHasData)
        listen(conn.hasData, self._on_data)
        conn.disconnected.disconnect(client._onSocketDisconnected)
        listen(conn.disconnected, self._on_disconnected)
        conn.connection_made = self._on_accepted
        conn.connectAsync = self._dial
        listen(self.ib.errorEvent, self._on_error)

    async def _dial(self, host: str, port: int) -> None:
        conn = self.ib.client.conn
        conn.reset()
        conn.transport = await dial(conn, host, port, resolver=self._resolver)

    def _on_accepted(self, _transport: object) -> None:
        self._trace.accepted = True
        self.tcp_opened()

    def _on_error(self, _req_id: int, code: int, text: str, _contract: object) -> None:
        if code in CONNECT_FAILURES and not self._failure.done():
            self._trace.code, self._trace.words = code, text
            self._try_failed()

    def _try_failed(self) -> None:
        if not self._failure.done():
            self._failure.set_result(diagnose(self._trace, None))

    def _on_disconnected(self, message: str) -> None:
        """The socket is gone. What was received before is still decoded: it may hold the last word on an order."""
        self._decode_all()
        self.ib.client._onSocketDisconnected(message)
        self._socket_gone.set()
        self._try_failed()
        if not self.closed.done():
            self.cause = LinkCause.CLOSED
            self.closed.set_result(message or "the gateway closed the connection")

    def _on_data(self, data: bytes) -> None:
        self._trace.heard = True
        self._backlog += data
        if not self._draining:
            self._drain()

    def _drain(self) -> None:
        """Decode one slice, and let the loop run before the next."""
        self._draining = False
        started = self._clock.monotonic()
        for _ in range(SLICE_MESSAGES // CHUNK_MESSAGES):
            if not self._decode_chunk():
                break
            if self._clock.monotonic() - started >= SLICE_SECONDS:
                break
        for listener in self.slice_listeners:
            listener()
        if self._has_whole_message():
            self._draining = True
            asyncio.get_running_loop().call_soon(self._drain)
        self._throttle_reading()

    def _decode_all(self) -> None:
        while self._decode_chunk():
            pass

    def _decode_chunk(self) -> bool:
        """Hand the next messages to the library; False when none is whole."""
        try:
            end = whole_messages(self._backlog, limit=CHUNK_MESSAGES)
        except OutOfStep as error:
            self._broken(f"what it sent is not the API's protocol: {error}")
            return False
        if end == 0:
            return False
        chunk = bytes(self._backlog[:end])
        if not self._trace.server_version and not self._read_version(chunk):
            return False
        del self._backlog[:end]
        _DecodeWatch.current = self
        try:
            self.ib.client._onSocketHasData(chunk)
        except Exception as error:  # a malformed handshake raises out of the library's socket callback
            log.exception("the library failed on received data")
            self._broken(f"its handshake could not be read ({error})")
        finally:
            _DecodeWatch.current = None
        return True

    def _read_version(self, chunk: bytes) -> bool:
        """Read the first message, `version\\0time\\0`, ahead of the library, which takes anything for it."""
        version, _, rest = chunk[PREFIX : PREFIX + int.from_bytes(chunk[:PREFIX], "big")].partition(b"\0")
        if not version.isdigit() or len(version) > 9 or rest.count(b"\0") != 1:
            self._broken("its first message is not the API's")
            return False
        self._trace.server_version = int(version)
        if self._trace.server_version < self._trace.oldest_version:
            self._broken("it is too old")
            return False
        return True

    def _has_whole_message(self) -> bool:
        try:
            return not self.closed.done() and whole_messages(self._backlog, limit=1) > 0
        except OutOfStep:
            return True

    def _throttle_reading(self) -> None:
        transport = self.ib.client.conn.transport
        crowded = len(self._backlog) > BACKLOG_BYTES
        if transport is None or transport.is_closing() or crowded == self._paused:
            return
        self._paused = crowded
        if crowded:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def _broken(self, text: str) -> None:
        self._trace.nonsense = text
        self._try_failed()
        self.fail(f"The gateway went out of step: {text}.", LinkCause.NOT_THE_API)
