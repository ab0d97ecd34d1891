"""What a session remembers of its connection: outages, the account session, if it ever was up (design section 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from qe_dashboard.core.clock import Clock
from qe_dashboard.core.words import count
from qe_dashboard.engine.alarms import FAILED, wanted_links
from qe_dashboard.engine.connect_notice import AFTER_S, TITLE, likely_causes
from qe_dashboard.engine.health_views import CheckLine, ConnectNotice, OutageLine, StateLine
from qe_dashboard.engine.maintenance import Part, Schedule, token_ends_at
from qe_dashboard.engine.outages import Outages
from qe_dashboard.engine.views import BannerLine
from qe_dashboard.execution.desk import Desk
from qe_dashboard.model.connection import (
    BrokerHealth,
    ConnectionTarget,
    FarmState,
    FarmStatus,
    LineState,
    LinkCause,
)
from qe_dashboard.model.enums import LinkName, LinkState, Severity
from qe_dashboard.model.reports import LinkStatus, UpstreamStatus

UPSTREAM = "upstream"
MARKET_DATA = "market data"
ACCOUNT_SESSION = "account session"
_ET = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class ConnectionWords:
    """What the status view says of the connection beside its links."""

    expected: str = ""
    checklist: tuple[CheckLine, ...] = ()
    notice: ConnectNotice | None = None
    lines: tuple[BannerLine, ...] = ()
    is_data_taken: bool = False
    """Another session of the login has the prices (10197)."""


class Connectivity:
    """Follows links, upstream and market data. `target` returns where the session connects; None = nowhere (sim)."""

    def __init__(
        self,
        *,
        clock: Clock,
        desk: Desk,
        health: Callable[[], BrokerHealth],
        target: Callable[[], ConnectionTarget | None],
        on_outage: Callable[[OutageLine], None],
        say: Callable[[Severity, str, str], object],
    ) -> None:
        self.outages = Outages(clock, on_edge=on_outage)
        self.health = BrokerHealth()
        """As of the last look."""
        self._clock = clock
        self._desk = desk
        self._look = health
        self._say = say
        self._data_was_taken = False
        self._was_refused = False
        self._target = target
        self._launched_at, self._launched = clock.now(), clock.monotonic()
        self._was_up = False
        self._last_failure = ("connecting", LinkCause.NONE)
        self._session: StateLine | None = None
        self._token_ends_at: datetime | None = None

    @property
    def schedule(self) -> Schedule:
        """What is planned for this session."""
        return self.outages.schedule

    @schedule.setter
    def schedule(self, schedule: Schedule) -> None:
        self.outages.schedule = schedule

    # what happens

    def link_changed(self, status: LinkStatus) -> None:
        """Take a link's new state in, after the desk has."""
        what = f"{status.name} link"
        self._tell_of_account(status)
        if status.is_up:
            self.outages.up(what)
            self._was_up |= status.name is LinkName.DATA
        elif status.state in FAILED and status.name in wanted_links(self._desk):
            self.outages.down(what, Part.LINK, status.reason, cause=status.cause)
            if status.name is LinkName.DATA:
                self._last_failure = (status.reason, status.cause)
        elif status.state in FAILED:
            # It is down because it shall be: the order link of a live session whose account is not typed (D19).
            self.outages.up(what)
        self.look()

    def upstream_changed(self, status: UpstreamStatus) -> None:
        """Take the gateway's own link in."""
        if status.up is False:
            self.outages.down(UPSTREAM, Part.UPSTREAM, status.reason)
        elif status.up:
            self.outages.up(UPSTREAM)
        self.look()

    def look(self) -> None:
        """Take in what only the adapter knows: farms, and a login elsewhere; called once a second and on news."""
        self.health = self._look()
        broken = {_farm(farm): farm for farm in self.health.farms if farm.state is FarmState.BROKEN}
        known = {_farm(farm) for farm in self.health.farms}
        for mended in sorted(set(self.outages.open_in(Part.DATA)) - set(broken)):
            self.outages.up(mended)
            # A farm that nobody tells of any more is not back: its gateway went.
            if mended in known:
                self._say(Severity.INFO, "farm", f"{mended} is back.")
        for what, farm in broken.items():
            self.outages.down(what, Part.DATA, f"the gateway lost {farm.name}")
        if self.health.competing_session:
            self.outages.down(MARKET_DATA, Part.LOGIN, self.health.competing_session)
        else:
            self.outages.up(MARKET_DATA)
        self._tell_of_data()
        session = self._account_session()
        if self._session is None or (session.word, session.reason) != (
            self._session.word,
            self._session.reason,
        ):
            self._session = session
        self._token_ends_at = token_ends_at(self.schedule, self._clock.now())

    def _tell_of_data(self) -> None:
        """Say once that prices come again after another login had them: only a line that ticks proves it."""
        lines = self.health.lines
        live = sum(line.state is LineState.PROVEN for line in lines)
        if self.health.competing_session:
            self._data_was_taken = True
        elif self._data_was_taken and live and self._desk.is_up(LinkName.DATA):
            self._data_was_taken = False
            words = f"Market data comes here again: {live} of {count(len(lines), 'line')} live."
            self._say(Severity.INFO, "data", words)

    def _tell_of_account(self, status: LinkStatus) -> None:
        if status.name is not LinkName.DATA:
            return
        if status.cause is LinkCause.WRONG_ACCOUNT:
            self._was_refused = True
        elif status.is_up and self._was_refused and self._desk.identity is not None:
            self._was_refused = False
            account = self._desk.identity.account
            self._say(
                Severity.INFO, "link", f"Connected with the right account, {account}: the refusal is over."
            )

    # what it comes to

    def states(self) -> tuple[StateLine, ...]:
        """Return upstream and account session, each with word, reason and since when."""
        upstream = self._desk.upstream
        word = {True: "connected", False: "down", None: "unknown"}[upstream.up]
        session = self._session or self._account_session()
        return (StateLine(UPSTREAM, upstream.up, word, upstream.reason, upstream.since), session)

    def words(
        self, checklist: tuple[CheckLine, ...], *, notes: tuple[BannerLine, ...], zone: str
    ) -> ConnectionWords:
        """Return what the status view says beside the links, times in the zone of the clock on screen."""
        return ConnectionWords(
            expected=self.outages.expected_now(zone),
            checklist=checklist,
            notice=self._notice(),
            lines=(*notes, *self._reminder()),
            is_data_taken=bool(self.health.competing_session),
        )

    def _account_session(self) -> StateLine:
        desk, now = self._desk, self._clock.now()
        if desk.identity is None:
            refused = desk.identity_problem
            if refused is not None:
                return StateLine(ACCOUNT_SESSION, False, "refused", refused, now)
            return StateLine(ACCOUNT_SESSION, None, "none", "no account was named yet", now)
        bound = f"{desk.identity.account}, {desk.identity.kind}"
        if not any(desk.is_up(name) for name in LinkName):
            return StateLine(ACCOUNT_SESSION, None, "bound, but no link is up", bound, now)
        if self.health.competing_session:
            return StateLine(
                ACCOUNT_SESSION, False, "taken over elsewhere", self.health.competing_session, now
            )
        if desk.is_locked:
            return StateLine(
                ACCOUNT_SESSION, None, "locked", f"{bound}: the account id is not typed yet", now
            )
        return StateLine(ACCOUNT_SESSION, True, "bound", bound, now)

    def _notice(self) -> ConnectNotice | None:
        desk = self._desk
        late = self._clock.monotonic() - self._launched >= AFTER_S
        target = self._target()
        if self._was_up or not late or target is None:
            return None
        reason, cause = self._last_failure
        link = desk.links.get(LinkName.DATA)
        return ConnectNotice(
            TITLE,
            target.host,
            target.port,
            self._launched_at,
            reason,
            likely_causes(desk.profile, target, cause=cause),
            is_retried=link is None or link.state is not LinkState.DISCONNECTED,
        )

    def _reminder(self) -> tuple[BannerLine, ...]:
        if self._token_ends_at is None:
            return ()
        at = self._token_ends_at.astimezone(_ET)
        text = (
            f"IBKR ends the gateway's login at {at:%A %H:%M} ET: its next restart after that waits for a login by hand"
            " (2FA). Working orders stay at IBKR."
        )
        return (BannerLine(Severity.INFO, text),)


def _farm(farm: FarmStatus) -> str:
    return f"{farm.kind} farm {farm.name}"
