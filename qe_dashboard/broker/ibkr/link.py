"""One API socket and its life: connect, be checked, sync, stay alive, come back (design section 8, D21, D22)."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

from qe_dashboard.broker.ibkr.asking import Asker
from qe_dashboard.broker.ibkr.codes import CLIENT_ID_IN_USE
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.broker.ibkr.ib_lib import ConnectFailed, IbSession, LibraryMissing, load
from qe_dashboard.broker.ibkr.keepalive import Keepalive
from qe_dashboard.broker.ibkr.pacing import Pacer
from qe_dashboard.broker.port import BrokerError
from qe_dashboard.core.backoff import Backoff
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import LinkName, LinkState
from qe_dashboard.model.reports import LinkStatus

log = logging.getLogger(__name__)

_USABLE = (LinkState.READY, LinkState.SUSPECT)


class SessionRefused(BrokerError):
    """The session is not one to work with (wrong account); it is dropped and not tried again by itself (D18)."""


class LinkOwner(Protocol):
    """What a link asks and tells whoever composes the links."""

    def link_changed(self, status: LinkStatus) -> None:
        """Hear of every change, and of every keepalive answer."""

    def session_opening(self, name: LinkName, session: IbSession) -> None:
        """Begin to listen: the gateway's first notices come in one segment with the handshake."""

    def check_session(self, name: LinkName, session: IbSession) -> None:
        """Judge the session right after the handshake. Raises SessionRefused."""

    async def sync_session(self, name: LinkName, asker: Asker) -> None:
        """Subscribe and read what the link serves; ends soon when the session does."""

    def session_lost(self, name: LinkName, reason: str) -> None:
        """Hear that everything this link told is no longer known."""


class Link:
    """Keeps one socket up: one try at a time, the previous session closed first, the same client id always (D21)."""

    def __init__(
        self, *, name: LinkName, config: IbkrConfig, clock: Clock, rng: random.Random, owner: LinkOwner
    ) -> None:
        self.name = name
        self.pacer = Pacer(clock, messages_per_second=config.max_messages_per_second)
        self._config = config
        self._clock = clock
        self._owner = owner
        self._client_id = config.client_id_of(name)
        self._backoff = Backoff(first=config.retry_min_s, cap=config.retry_max_s, rng=rng)
        self._session: IbSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self.status = LinkStatus(
            name=name,
            state=LinkState.DISCONNECTED,
            reason="not started",
            since=clock.now(),
            epoch=0,
            host=config.host,
            port=config.port,
            client_id=self._client_id,
        )

    @property
    def is_running(self) -> bool:
        """Tell whether the link is connected or keeps trying."""
        return self._task is not None and not self._task.done()

    @property
    def is_ready(self) -> bool:
        """Tell whether what is sent now arrives, as far as the last keepalive and the socket can tell."""
        return self.status.state is LinkState.READY and self._session is not None and self._session.is_open

    @property
    def session(self) -> IbSession | None:
        """Return the session while bytes can be written to it, suspect or not."""
        if self.status.state not in _USABLE or self._session is None or not self._session.is_open:
            return None
        return self._session

    def wait_for(self, reason: str) -> None:
        """Say why a link that is not started stays so."""
        self.status = replace(self.status, reason=reason)

    def start(self) -> None:
        """Begin connecting and keep at it; without effect while running."""
        if not self.is_running:
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"ibkr {self.name} link")

    async def restart(self, reason: str) -> None:
        """Drop the socket and try again now, without waiting for the back-off."""
        async with self._one_at_a_time:
            await self._end(reason)
            self._backoff.reset()
            self.start()

    async def stop(self, reason: str) -> None:
        """Drop the socket and stop trying."""
        async with self._one_at_a_time:
            await self._end(reason)

    async def _end(self, reason: str) -> None:
        if self._session is not None:
            self._session.fail(reason)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        self._set(LinkState.DISCONNECTED, reason)

    async def _run(self) -> None:
        while True:
            try:
                reason = await self._one_session()
            except SessionRefused as refused:
                self._set(LinkState.DISCONNECTED, str(refused))
                return
            except LibraryMissing as missing:
                self._set(LinkState.DISCONNECTED, str(missing))
                return
            except ConnectFailed as failed:
                reason = self._words(failed)
            # A fault of ours must end as a retry with words, not as a link dead in silence.
            except Exception as fault:
                log.exception("%s link failed", self.name)
                reason = f"internal fault while connecting: {fault}"
            delay = self._backoff.next_delay()
            self._set(LinkState.WAITING, reason, retry_in=delay)
            await self._clock.sleep(delay)

    async def _one_session(self) -> str:
        """Live through one session from connect to loss; return why it ended."""
        self._set(LinkState.CONNECTING, f"connecting to {self._config.host}:{self._config.port}")
        session = self._session = IbSession(load(), self._clock)
        session.tcp_opened = lambda: self._set(LinkState.HANDSHAKE, "waiting for the API's handshake")
        self._owner.session_opening(self.name, session)
        attached = False
        try:
            await session.open(
                host=self._config.host,
                port=self._config.port,
                client_id=self._client_id,
                seconds=self._config.connect_timeout_s,
            )
            self._owner.check_session(self.name, session)
            attached = True
            self._set(LinkState.SYNCING, "reading the books")
            asker = Asker(
                session=session,
                clock=self._clock,
                pacer=self.pacer,
                seconds=self._config.request_timeout_s,
            )
            await self._owner.sync_session(self.name, asker)
            return await self._stay(session)
        finally:
            # First everything of this session becomes unknown, then the socket may take its time to close.
            session.fail("disconnected by this program")
            if attached:
                self._lost(session.closed.result())
            await session.close("disconnected by this program")
            self._session = None

    async def _stay(self, session: IbSession) -> str:
        ready_at = self._clock.monotonic()
        if not session.closed.done():
            self._set(LinkState.READY, "connected", answered=True)
        alive = asyncio.ensure_future(self._keepalive(session).run())
        try:
            await asyncio.wait({alive, session.closed}, return_when=asyncio.FIRST_COMPLETED)
            if not session.closed.done():
                session.fail(alive.result())
            return session.closed.result()
        finally:
            alive.cancel()
            # A gateway that accepts and drops at once must not be called at the shortest interval for ever.
            if self._clock.monotonic() - ready_at >= self._config.keepalive_s:
                self._backoff.reset()

    def _keepalive(self, session: IbSession) -> Keepalive:
        def ping() -> Any:
            self.pacer.ping()
            return session.ib.reqCurrentTimeAsync()

        return Keepalive(
            clock=self._clock,
            ping=ping,
            interval_s=self._config.keepalive_s,
            deadline_s=self._config.keepalive_deadline_s,
            on_suspect=lambda words: self._set(LinkState.SUSPECT, words),
            on_alive=lambda: self._set(LinkState.READY, "connected", answered=True),
        )

    def _lost(self, reason: str) -> None:
        self.status = replace(self.status, epoch=self.status.epoch + 1)
        self._set(LinkState.DISCONNECTED, reason)
        self._owner.session_lost(self.name, reason)

    def _words(self, failed: ConnectFailed) -> str:
        if failed.code == CLIENT_ID_IN_USE:
            return (
                f"Client id {self._client_id} is in use on {self._config.host}:{self._config.port}, by another program"
                " or by our own last session. Trying again with the same id, so that our orders stay ours; close the"
                " other program, or give this one another id in settings."
            )
        return str(failed)

    def _set(
        self, state: LinkState, reason: str, *, retry_in: float | None = None, answered: bool = False
    ) -> None:
        now = self._clock.now()
        same = state is self.status.state and reason == self.status.reason
        if same and not answered and retry_in is None:
            return
        self.status = replace(
            self.status,
            state=state,
            reason=reason,
            since=self.status.since if state is self.status.state else now,
            retry_at=None if retry_in is None else now + timedelta(seconds=retry_in),
            last_reply_at=now if answered else self.status.last_reply_at,
        )
        self._owner.link_changed(self.status)
