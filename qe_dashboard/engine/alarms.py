"""What stays on every screen until it is over: a broker that is away, and what it said about how it is set up."""

from __future__ import annotations

from datetime import datetime

from qe_dashboard.engine.message_words import banner_words
from qe_dashboard.engine.session_clock import clock_words
from qe_dashboard.engine.views import BannerLine
from qe_dashboard.execution.desk import Desk
from qe_dashboard.model.enums import LinkName, LinkState, MessageClass, Profile, Severity
from qe_dashboard.model.reports import LinkStatus, VenueMessage

FAILED = (LinkState.WAITING, LinkState.DISCONNECTED)


def wanted_links(desk: Desk) -> tuple[LinkName, ...]:
    """Return the links a session is to have: both, or the data link alone while the live account is not typed (D19)."""
    return (LinkName.DATA,) if desk.is_locked else tuple(LinkName)


class Alarms:
    """Follows links and messages; says the banner lines that come of them (R59)."""

    def __init__(self, desk: Desk) -> None:
        self.offline_since: datetime | None = None
        """The first loss, or begin of a try that failed, after which not all links were up again; None before any."""
        self._desk = desk
        self._reasons: dict[LinkName, str] = {}
        """The last failure of each link that is not back: while it tries again its own reason says only that."""
        self._trying_since: dict[LinkName, datetime] = {}
        """When the first try of each link that is not up began: a time-out shows only after its 10 s."""
        self._setup: str | None = None
        self._no_data: str | None = None

    def link_changed(self, status: LinkStatus, *, is_new_socket: bool) -> None:
        """Take a change of a link in, after the desk has."""
        # A try that fails before there is a session raises no epoch, the next one may find the settings mended.
        if is_new_socket or status.state is LinkState.CONNECTING:
            self._setup = None
        if status.is_up:
            self._reasons.pop(status.name, None)
            self._trying_since.pop(status.name, None)
        elif status.state is LinkState.CONNECTING:
            self._trying_since.setdefault(status.name, status.since)
        elif status.state in FAILED and status.name in wanted_links(self._desk):
            self._reasons[status.name] = status.reason
            if self.offline_since is None:
                self.offline_since = self._trying_since.get(status.name, status.since)
        if all(self._desk.is_up(name) for name in wanted_links(self._desk)):
            self.offline_since = None
            self._reasons.clear()

    def message(self, message: VenueMessage) -> None:
        """Keep a critical message about the gateway's settings or about market data as a whole."""
        if message.severity is not Severity.CRITICAL or message.order_key is not None:
            return
        if message.message_class is MessageClass.CONFIGURATION:
            self._setup = banner_words(message)
        elif message.message_class is MessageClass.DATA:
            self._no_data = banner_words(message)

    def ticked(self) -> None:
        """A line is proven by a tick: data comes again."""
        self._no_data = None

    def lines(self, zone: str, *, expected: str = "") -> list[BannerLine]:
        """Return the banner lines; a refused account says by itself why nothing is connected (D18).

        `expected` names the planned outage that explains what is down: then it is no alarm.
        """
        lines = []
        refused = self._desk.identity is None and self._desk.identity_problem is not None
        if self.offline_since is not None and not refused:
            lines.append(self._offline(clock_words(self.offline_since, zone), expected))
        lines += [
            BannerLine(Severity.CRITICAL, text)
            for text in (self._setup, self._no_data)
            if text is not None and text not in self._reasons.values()
        ]
        return lines + self._suspects()

    def _suspects(self) -> list[BannerLine]:
        """One unanswered ping blocks new orders at once, so it is said at once (D22)."""
        return [
            BannerLine(
                Severity.WARNING,
                f"{name} link: {status.reason or 'no answer'}, asking again. New orders wait.",
            )
            for name, status in self._desk.links.items()
            if status.state is LinkState.SUSPECT
        ]

    def _offline(self, since: str, expected: str) -> BannerLine:
        venue = "the simulated venue" if self._desk.profile is Profile.SIM else "IBKR"
        if expected:
            return BannerLine(
                Severity.WARNING,
                f"BROKER OFFLINE since {since}, expected: {expected}. Working orders stay at {venue}; what is"
                " shown is the last known. It is tried again by itself.",
            )
        reason = next((self._reasons[name] for name in LinkName if name in self._reasons), "connecting")
        return BannerLine(
            Severity.CRITICAL,
            f"BROKER OFFLINE since {since}: {reason.rstrip('. ')}. Working orders stay at {venue}; what is"
            " shown is the last known. `reconnect` tries now.",
        )
