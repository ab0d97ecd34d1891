"""One connection that a probe makes: how far it came, what the gateway said, and the session while it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from qe_dashboard.broker.ibkr.codes import (
    CLIENT_ID_IN_USE,
    FARM_BROKEN,
    FARM_IDLE,
    FARM_OK,
    LOST,
    READ_ONLY,
    RESTORED,
    RESTORED_EMPTY,
)
from qe_dashboard.broker.ibkr.diagnosis import ConnectFailed
from qe_dashboard.broker.ibkr.ib_lib import IbLibrary, IbSession, listen
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import LinkCause


class Call:
    """What one connection told so far."""

    def __init__(self, session: IbSession) -> None:
        self.session = session
        self.cause = LinkCause.NONE
        self.words = ""
        self.port_open = False
        self.server_version: int | None = None
        self.accounts: tuple[str, ...] | None = None
        self.upstream_up: bool | None = None
        self.upstream_words = ""
        self._by_farms = False
        self.said_read_only: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.line_errors: dict[int, tuple[int, str]] = {}
        """The last error about each contract, by conId: code and words."""
        session.tcp_opened = self._on_tcp
        session.slice_listeners.append(self._on_slice)
        listen(session.ib.errorEvent, self._on_error)

    @property
    def is_up(self) -> bool:
        """Whether the handshake is done and the session stands."""
        return self.cause is LinkCause.NONE and self.session.is_open

    def ended(self, failed: ConnectFailed) -> None:
        """Take note of why there is no session."""
        self.cause = failed.cause
        if failed.cause is LinkCause.CLIENT_ID_TAKEN and failed.code != CLIENT_ID_IN_USE:
            # Nobody named the id: the socket was just closed, which a locked or starting TWS does too.
            self.cause = LinkCause.DROPPED
        self.words = str(failed)

    def _on_tcp(self) -> None:
        self.port_open = True

    def _on_slice(self) -> None:
        # A handshake that stays half-done is forgotten by the library when it gives up, so it is read as it comes.
        self.server_version = self.session.ib.client.serverVersion() or self.server_version
        named = tuple(self.session.ib.managedAccounts())
        if named:
            self.accounts = named

    def _on_error(self, _req_id: int, code: int, text: str, contract: Any) -> None:
        if code in LOST:
            self.upstream_up, self.upstream_words = False, f"{text} ({code})"
            self._by_farms = False
        elif code in FARM_BROKEN and self.upstream_up is None:
            # 1100 is told when it happens; a session that begins later sees its farms, and none of them works.
            self.upstream_up, self.upstream_words = False, f"{text} ({code})"
            self._by_farms = True
        elif code in (RESTORED, RESTORED_EMPTY) or (
            code in FARM_OK | FARM_IDLE and (self.upstream_up is None or self._by_farms)
        ):
            self.upstream_up = True
        elif code == READ_ONLY and "read-only" in text.casefold() and not self.said_read_only.done():
            self.said_read_only.set_result(None)
        con_id = getattr(contract, "conId", 0)
        if con_id:
            self.line_errors[con_id] = (code, text)


@asynccontextmanager
async def calling(
    library: IbLibrary, clock: Clock, *, host: str, port: int, client_id: int, seconds: float
) -> AsyncIterator[Call]:
    """Connect for a block, read-only, and always disconnect; a failure to connect is in the call's `cause`."""
    session = IbSession(library, clock)
    call = Call(session)
    try:
        try:
            await session.open(host=host, port=port, client_id=client_id, seconds=seconds)
        except ConnectFailed as failed:
            call.ended(failed)
        yield call
    finally:
        await session.close("the check is done")
