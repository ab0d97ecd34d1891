"""What answers on a port instead of the API, told from its first bytes."""

from __future__ import annotations

import asyncio

from qe_dashboard.broker.ibkr.diagnosis import ConnectFailed, stranger_found
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired

ANSWER_S = 1.5
# Answered by web servers with or without TLS, and by nothing of IBKR's; it asks for nothing and changes nothing.
_QUESTION = b"HEAD / HTTP/1.0\r\n\r\n"
_FIRST_BYTES = 64
# TLS record types are 20 to 23, then the version's 3.
_TLS = tuple(bytes((kind, 3)) for kind in range(20, 24))
_GREETINGS = (
    (b"HTTP/", "an HTTP server"),
    (b"SSH-", "an SSH server"),
    (b"RFB ", "a VNC server"),
    (b"220", "a mail or FTP server"),
    (b"+OK", "a mail server"),
    (b"* OK", "a mail server"),
    (b"-ERR", "a Redis server"),
)


def nature_of(first: bytes) -> str:
    """Return what speaks like this, as `an HTTP server`; empty when it cannot be told."""
    if first[:2] in _TLS:
        return "a TLS server"
    return next((name for greeting, name in _GREETINGS if first.startswith(greeting)), "")


async def look_at(clock: Clock, host: str, port: int) -> str:
    """Connect once more, ask as a web browser would, and return what answered; empty when it cannot be told."""
    try:
        return nature_of(await deadline(clock, _first_bytes(host, port), ANSWER_S))
    except (OSError, DeadlineExpired):
        return ""


async def _first_bytes(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(_QUESTION)
        return await reader.read(_FIRST_BYTES)
    finally:
        writer.close()


class StrangerWatch:
    """Looks once at an address that stays silent; never at one that spoke the API, and not again on each retry."""

    def __init__(self, clock: Clock) -> None:
        self.nature = ""
        """What was found there last; forgotten once the port does anything but keep silent."""
        self._clock = clock
        self._may_look = True
        self._spoke_api = False

    def spoke_api(self) -> None:
        """Take note that TWS or Gateway answered there: its silence later is its own."""
        self._spoke_api, self.nature = True, ""

    async def told(self, failed: ConnectFailed, *, may_look: bool) -> ConnectFailed:
        """Return why a try failed: as it was told, or who has the silent port."""
        if failed.mute_at is None or self._spoke_api:
            self.nature, self._may_look = "", True
            return failed
        if self._may_look and may_look:
            self._may_look = False
            self.nature = await look_at(self._clock, *failed.mute_at)
        return stranger_found(self.nature, *failed.mute_at) if self.nature else failed
