"""The two links together: whose account it is, when orders may flow, what happens when a session comes and goes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

from qe_dashboard.broker.ibkr.asking import Asker
from qe_dashboard.broker.ibkr.codes import TOO_FAST
from qe_dashboard.broker.ibkr.config import IbkrConfig
from qe_dashboard.broker.ibkr.ib_lib import IbSession
from qe_dashboard.broker.ibkr.link import Link, SessionRefused
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.rounds import Chores
from qe_dashboard.broker.ibkr.skew import SkewWatch
from qe_dashboard.broker.port import BrokerError
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import LinkCause
from qe_dashboard.model.enums import LinkName, MessageClass, Profile, Severity
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.reports import Identity, LinkStatus, VenueMessage
from qe_dashboard.risk.identity import IdentityRefused, check_identity

WAITS_FOR_ID = "waits for the typed account id"


class Side(Protocol):
    """What one link serves."""

    async def sync(self, asker: Asker, identity: Identity) -> None:
        """Attach to a new session and read its books; ends soon when the session does."""

    def lost(self, reason: str) -> None:
        """Forget the session: everything it told is unknown from now."""


class Sessions:
    """Owner of both links (D21). The order link opens only for an accepted account, on live only when typed (D19)."""

    def __init__(self, *, clock: Clock, config: IbkrConfig, rng: random.Random, outlet: Outlet) -> None:
        self.identity: Identity | None = None
        self.askers: dict[LinkName, Asker] = {}
        self.data_link = Link(name=LinkName.DATA, config=config, clock=clock, rng=rng, owner=self)
        self.order_link = Link(name=LinkName.ORDER, config=config, clock=clock, rng=rng, owner=self)
        self.sides: Mapping[LinkName, Side] = {}
        self.hear: Callable[[LinkName, IbSession], None] = _ignore
        """Called with each new session, to listen to what its gateway says."""
        self.none_left: Callable[[], None] = _nothing
        """Called when the last link is gone."""
        self.aim: Callable[[IbkrConfig], None] = _ignore_config
        """Called between the old address and the new one."""
        self._started = False
        self._one_change = asyncio.Lock()
        self._config = config
        self._clock = clock
        self._outlet = outlet
        self._skew = SkewWatch()
        self._authorised: AccountId | None = None
        if config.profile is Profile.IBKR_LIVE:
            self.order_link.wait_for(WAITS_FOR_ID)
        self._chores = Chores()

    def start(self) -> None:
        """Begin connecting the data link; the order link follows once the account is known and orders are allowed."""
        self._started = True
        self.data_link.start()

    async def close(self) -> None:
        """Disconnect both links."""
        self._started = False
        self._chores.cancel()
        await asyncio.gather(self.data_link.stop("closed"), self.order_link.stop("closed"))

    async def reconnect(self) -> None:
        """Drop both links and try again now; an order link that was never opened stays closed."""
        async with self._one_change:
            restarts = [self.data_link.restart("reconnecting")]
            if self.order_link.is_running:
                restarts.append(self.order_link.restart("reconnecting"))
            await asyncio.gather(*restarts)

    async def reconfigure(self, config: IbkrConfig) -> None:
        """End both links, forget whose account it was and what was typed for it (D19), and connect as told now."""
        async with self._one_change:
            self._chores.cancel()
            reason = f"connecting to {config.host}:{config.port} instead"
            await asyncio.gather(self.data_link.stop(reason), self.order_link.stop(reason))
            self._config, self.identity, self._authorised = config, None, None
            self.data_link.aim(config)
            self.order_link.aim(config)
            self.aim(config)
            self.order_link.wait_for(
                WAITS_FOR_ID
                if config.profile is Profile.IBKR_LIVE
                else f"waits for the data link to {config.host}:{config.port}"
            )
            for link in (self.data_link, self.order_link):
                self._outlet.on_link(link.status)
            if self._started:
                self.data_link.start()

    def slow_down(self, name: LinkName) -> None:
        """The gateway found a link too fast (100): halve its rate for a minute, and say so."""
        link = self.data_link if name is LinkName.DATA else self.order_link
        rate = link.pacer.slow_down()
        self._outlet.on_message(
            VenueMessage(
                code=TOO_FAST,
                text=f"The gateway found the {name} link too fast (limit 50 messages a second). It sends at most"
                f" {rate:g} a second for a minute.",
                message_class=MessageClass.REQUEST,
                severity=Severity.CRITICAL,
                at=self._clock.now(),
                plain="IBKR may disconnect a program that goes on sending too fast.",
                for_orders="Working orders are not touched. New orders may be refused while the budget is used up;"
                " cancels have a reserve.",
                press="Nothing; look at the meters on HEALTH if it comes again.",
            )
        )

    def authorise(self, account: AccountId) -> None:
        """Open the order link of a live session. Raises BrokerError when the id is not the connected account's."""
        if self.identity is None or account != self.identity.account:
            found = "none yet" if self.identity is None else self.identity.account
            raise BrokerError(
                f"Orders stay off: {account!r} was typed, the connected account is {found}. Type its full id."
            )
        self._authorised = account
        self._open_order_link()

    # LinkOwner ------------------------------------------------------------------------------------------------------

    def link_changed(self, status: LinkStatus) -> None:
        """Pass a link's change on."""
        self._outlet.on_link(status)

    def session_opening(self, name: LinkName, session: IbSession) -> None:
        """Hear a new session from its first message on."""
        self.hear(name, session)

    def check_session(self, name: LinkName, session: IbSession) -> None:
        """Judge the account before anything about orders is asked (D18). Raises SessionRefused."""
        known = AccountId("") if self.identity is None else self.identity.account
        verdict = check_identity(
            profile=self._config.profile,
            # The first account found binds the rest of this process: a gateway must not swap it under open orders.
            bound_account=AccountId(self._config.account) or known,
            found=tuple(AccountId(account) for account in session.accounts()),
        )
        if isinstance(verdict, IdentityRefused):
            other = self.order_link if name is LinkName.DATA else self.data_link
            self._chores.spawn(other.stop(verdict.reason, LinkCause.WRONG_ACCOUNT))
            self._outlet.on_identity_refused(verdict.reason, verdict.accounts)
            if not self.askers:
                # What this session said of farms and upstream in its first segment ends with it.
                self.none_left()
            raise SessionRefused(verdict.reason)
        self.identity = verdict
        if name is LinkName.DATA:
            self._outlet.on_identity(verdict)
            self._open_order_link()

    async def sync_session(self, name: LinkName, asker: Asker) -> None:
        """Have the link's side attach itself and read its books."""
        assert self.identity is not None  # check_session ran first
        self.askers[name] = asker
        await self.sides[name].sync(asker, self.identity)

    def session_lost(self, name: LinkName, reason: str) -> None:
        """Everything that link told is unknown from now."""
        self.askers.pop(name, None)
        self.sides[name].lost(reason)

    def session_ended(self, name: LinkName) -> None:
        """What a session told of the gateway before its account was checked is void with it, too."""
        if not self.askers:
            self.none_left()

    def skew_measured(self, skew: timedelta) -> None:
        """Tell once how far this machine's clock is off."""
        message = self._skew.measured(skew, self._clock.now())
        if message is not None:
            self._outlet.on_message(message)

    def _open_order_link(self) -> None:
        live = self._config.profile is Profile.IBKR_LIVE
        account = None if self.identity is None else self.identity.account
        if account is not None and (not live or self._authorised == account):
            self.order_link.start()
        elif account is not None:
            # Never started, it has told nothing yet: screens shall say what it waits for.
            self._outlet.on_link(self.order_link.status)


def _nothing() -> None:
    """Do nothing."""


def _ignore_config(_config: IbkrConfig) -> None:
    """Do nothing."""


def _ignore(_name: LinkName, _session: IbSession) -> None:
    """Do nothing."""
