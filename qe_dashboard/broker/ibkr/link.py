"""One API socket and its life: connect, be checked, sync, stay alive, come back (design section 8, D21, D22)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from qe_dashboard.broker.ibkr.asking import Asker
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.broker.ibkr.diagnosis import after_handshake, id_taken
from qe_dashboard.broker.ibkr.ib_lib import ConnectFailed, IbSession, LibraryMissing, load
from qe_dashboard.broker.ibkr.keepalive import Keepalive
from qe_dashboard.broker.ibkr.pacing import Pacer
from qe_dashboard.broker.ibkr.stranger import StrangerWatch
from qe_dashboard.broker.port import BrokerError
from qe_dashboard.core.backoff import Backoff
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import LinkCause
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

    def session_ended(self, name: LinkName) -> None:
        """Hear that a session is over, however far it came; after `session_lost` where that is called."""

    def skew_measured(self, skew: timedelta) -> None:
        """Hear the gateway's clock minus ours."""


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
        self._was_up = False
        self._stranger = StrangerWatch(clock)
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
        self.status = replace(self.status, reason=reason, cause=LinkCause.NONE)

    def start(self) -> None:
        """Begin connecting and keep at it; without effect while running."""
        if not self.is_running:
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"ibkr {self.name} link")

    def aim(self, config: IbkrConfig) -> None:
        """Use another address or client id from the next start on; the link must be stopped."""
        self._config, self._client_id = config, config.client_id_of(self.name)
        self._stranger = StrangerWatch(self._clock)
        self._backoff.reset()
        self.status = replace(
            self.status,
            host=config.host,
            port=config.port,
            client_id=self._client_id,
            tries=0,
            cause=LinkCause.ASKED,
            last_reply_at=None,
        )

    async def restart(self, reason: str) -> None:
        """Drop the socket and try again now, without waiting for the back-off."""
        async with self._one_at_a_time:
            await self._end(reason)
            self._backoff.reset()
            self.start()

    async def stop(self, reason: str, cause: LinkCause = LinkCause.ASKED) -> None:
        """Drop the socket and stop trying."""
        async with self._one_at_a_time:
            await self._end(reason, cause)

    async def _end(self, reason: str, cause: LinkCause = LinkCause.ASKED) -> None:
        if self._session is not None:
            self._session.fail(reason, cause)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None
        self._set(LinkState.DISCONNECTED, reason, cause=cause)

    async def _run(self) -> None:
        while True:
            self._was_up = False
            try:
                reason, cause = await self._one_session()
            except SessionRefused as refused:
                self._set(LinkState.DISCONNECTED, str(refused), cause=LinkCause.WRONG_ACCOUNT)
                return
            except LibraryMissing as missing:
                self._set(LinkState.DISCONNECTED, str(missing), cause=LinkCause.NO_LIBRARY)
                return
            except ConnectFailed as failed:
                reason, cause = await self._told(failed)
            # A fault of ours must end as a retry with words, not as a link dead in silence.
            except Exception as fault:
                log.exception("%s link failed", self.name)
                reason, cause = f"internal fault while connecting: {fault}", LinkCause.FAULT
            if not self._was_up:
                self.status = replace(self.status, tries=self.status.tries + 1)
            delay = self._backoff.next_delay()
            self._set(LinkState.WAITING, reason, cause=cause, retry_in=delay)
            await self._clock.sleep(delay)

    async def _told(self, failed: ConnectFailed) -> tuple[str, LinkCause]:
        """Say why a try failed. Not in the loop above: a name there would hold the dead session by its traceback."""
        told = await self._stranger.told(failed, may_look=self.name is LinkName.DATA)
        self.status = replace(self.status, nature=self._stranger.nature)
        return self._words(told), told.cause

    async def _one_session(self) -> tuple[str, LinkCause]:
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
            self._stranger.spoke_api()
            self._owner.check_session(self.name, session)
            attached = True
            self.status = replace(self.status, server_version=session.server_version)
            self._set(LinkState.SYNCING, "reading the books")
            asker = Asker(
                session=session,
                clock=self._clock,
                pacer=self.pacer,
                seconds=self._config.request_timeout_s,
            )
            await self._owner.sync_session(self.name, asker)
            await self._stay(session)
            words = after_handshake(
                session.cause, session.closed.result(), host=self._config.host, port=self._config.port
            )
            return words, session.cause
        finally:
            # First everything of this session becomes unknown, then the socket may take its time to close.
            session.fail("disconnected by this program")
            if attached:
                self._lost(session.closed.result(), session.cause)
            self._owner.session_ended(self.name)
            await session.close("disconnected by this program")
            self._session = None

    async def _stay(self, session: IbSession) -> None:
        ready_at = self._clock.monotonic()
        if not session.closed.done():
            self._was_up = True
            self._set(LinkState.READY, "connected", answered=True)
        alive = asyncio.ensure_future(self._keepalive(session).run())
        try:
            await asyncio.wait({alive, session.closed}, return_when=asyncio.FIRST_COMPLETED)
            if not session.closed.done():
                session.fail(alive.result(), LinkCause.NO_ANSWER)
        finally:
            alive.cancel()
            # A gateway that accepts and drops at once must not be called at the shortest interval for ever.
            if self._clock.monotonic() - ready_at >= self._config.keepalive_s:
                self._backoff.reset()

    def _keepalive(self, session: IbSession) -> Keepalive:
        def ping() -> Awaitable[datetime]:
            self.pacer.ping()
            answer: Awaitable[datetime] = session.ib.reqCurrentTimeAsync()
            return answer

        def alive() -> None:
            skew = keepalive.skew
            if skew is not None and skew != self.status.skew:
                self.status = replace(self.status, skew=skew)
                self._owner.skew_measured(skew)
            self._set(LinkState.READY, "connected", answered=True)

        keepalive = Keepalive(
            clock=self._clock,
            ping=ping,
            interval_s=self._config.keepalive_s,
            deadline_s=self._config.keepalive_deadline_s,
            on_suspect=lambda words: self._set(LinkState.SUSPECT, words, cause=LinkCause.NO_ANSWER),
            on_alive=alive,
        )
        return keepalive

    def _lost(self, reason: str, cause: LinkCause) -> None:
        self.status = replace(self.status, epoch=self.status.epoch + 1, skew=None, server_version=None)
        self._set(LinkState.DISCONNECTED, reason, cause=cause)
        self._owner.session_lost(self.name, reason)

    def _words(self, failed: ConnectFailed) -> str:
        if failed.cause is not LinkCause.CLIENT_ID_TAKEN:
            return str(failed)
        above = max(self._config.client_id, self._config.order_client_id)
        return id_taken(str(failed), spare=(above + 1, above + 2))

    def _set(
        self,
        state: LinkState,
        reason: str,
        *,
        cause: LinkCause | None = None,
        retry_in: float | None = None,
        answered: bool = False,
    ) -> None:
        """Enter a state and tell it. Without a cause the last one stands until the link is up."""
        now = self._clock.now()
        up = state is LinkState.READY
        cause = LinkCause.NONE if up else self.status.cause if cause is None else cause
        told = (self.status.state, self.status.reason, self.status.cause)
        if told == (state, reason, cause) and not answered and retry_in is None:
            return
        self.status = replace(
            self.status,
            state=state,
            reason=reason,
            cause=cause,
            tries=0 if up else self.status.tries,
            since=self.status.since if state is self.status.state else now,
            retry_at=None if retry_in is None else now + timedelta(seconds=retry_in),
            last_reply_at=now if answered else self.status.last_reply_at,
        )
        self._owner.link_changed(self.status)
