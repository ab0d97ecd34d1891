"""When IBKR and the gateway go down by plan: the calendar, and whether an outage of now is one of its dates. Pure.

Server resets and the weekend: IBKR's System Status page (interactivebrokers.co.uk/.../software/systemStatus.php, read
2026-11): Sunday to Friday 00:15-01:45 ET, 06:25-07:45 CET, 04:45-06:05 and 20:15-21:15 HKT; Friday 23:00 - Saturday
03:00 ET everywhere. QuantConnect's IBAutomater carries an older table: 23:45-00:45 ET, 05:45-06:45 CET, 16:30-17:00 ET
(04:30 HKT in summer). Users still meet both, so each window here spans the two.
Token: ibkrguides.com, "Auto Restart Considerations": every login is void from Sunday 01:00 ET; the gateway's next
restart then asks for a login by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from qe_dashboard.engine.health_views import ExpectedOutage
from qe_dashboard.engine.session_clock import EXCHANGE_ZONE, clock_words
from qe_dashboard.model.connection import LinkCause

RESTART_TAKES = timedelta(minutes=5)
"""A gateway that restarts by itself is back within 2-3 minutes; two more for its login."""

EARLY = timedelta(minutes=1)
"""How far an outage may begin before its window: the gateway's clock and ours need not agree."""

REMINDER = timedelta(hours=5)
"""How long before the token's end a banner line says so: from Saturday 20:00 ET, while somebody is still up."""

_ET, _CET, _HKT = ZoneInfo("America/New_York"), ZoneInfo("Europe/Zurich"), ZoneInfo("Asia/Hong_Kong")
_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6


class Region(StrEnum):
    """IBKR's server regions. The values are those of the setting `ibkr_region`."""

    NORTH_AMERICA = "north-america"
    EUROPE = "europe"
    ASIA = "asia"


class Part(StrEnum):
    """What can be down."""

    LINK = "link"
    UPSTREAM = "upstream"
    DATA = "market data"
    LOGIN = "login"
    """Another session of the same user took the data (10197): never planned."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is planned for one session. `region` None = nothing is (sim).

    `daily_restart` is the gateway's own auto-restart in `zone`, None = this machine's zone.
    """

    region: Region | None = None
    daily_restart: time | None = None
    zone: tzinfo | None = None


class _Kind(StrEnum):
    RESTART = "daily restart of the gateway"
    RESET = "nightly reset of IBKR's servers"
    WEEKEND = "weekend maintenance of IBKR's servers"
    TOKEN = "weekly login"


_WORDS = {
    _Kind.RESTART: "The gateway restarts by itself: both links drop and come back. Orders at IBKR go on working.",
    _Kind.RESET: "IBKR resets its servers: for some minutes no quotes, and no order can be sent or cancelled. Orders"
    " already there stay.",
    _Kind.WEEKEND: "IBKR maintains its servers in every region: the gateway may be logged out. Orders already there"
    " stay.",
    _Kind.TOKEN: "IBKR ends every gateway login: at its next restart the gateway waits for a login by hand (2FA). Be"
    " there, or it stays down. Orders at IBKR go on working.",
}

# The most likely one first, when several are due at the same time.
_LIKELY = {
    Part.LINK: (_Kind.RESTART, _Kind.TOKEN, _Kind.WEEKEND, _Kind.RESET),
    Part.UPSTREAM: (_Kind.RESET, _Kind.WEEKEND, _Kind.RESTART),
    Part.DATA: (_Kind.RESET, _Kind.WEEKEND, _Kind.RESTART),
    Part.LOGIN: (),
}

# A link that ends so is due to no plan of IBKR's: somebody has to act.
_NEVER_PLANNED = frozenset(
    {
        LinkCause.ASKED,
        LinkCause.NAME_UNKNOWN,
        LinkCause.UNREACHABLE,
        LinkCause.NOT_THE_API,
        LinkCause.CLIENT_ID_TAKEN,
        LinkCause.OLD_SERVER,
        LinkCause.WRONG_ACCOUNT,
        LinkCause.NO_LIBRARY,
        LinkCause.FAULT,
    }
)


@dataclass(frozen=True, slots=True)
class _Window:
    kind: _Kind
    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        return self.begins <= at < self.ends

    def back(self, zone: str) -> str:
        """Say when it is usually over, in the zone of the clock on screen: two zones in a line are misread."""
        if self.kind is _Kind.TOKEN:
            return f"void since {clock_words(self.begins, zone, '%H:%M')}: log in by hand (2FA)"
        return f"usually back by {clock_words(self.ends, zone, '%H:%M')}"


# Begin and end in local time of the zone, by region; an end before its begin is the next day's.
_RESETS: dict[Region, tuple[tuple[ZoneInfo, time, time], ...]] = {
    Region.NORTH_AMERICA: ((_ET, time(23, 45), time(1, 45)),),
    Region.EUROPE: ((_CET, time(5, 45), time(7, 45)),),
    Region.ASIA: ((_HKT, time(4, 30), time(6, 5)), (_HKT, time(20, 15), time(21, 15))),
}


def expected_outages(schedule: Schedule, now: datetime) -> tuple[ExpectedOutage, ...]:
    """Return what is on now or comes next of each kind, next first."""
    rows: dict[_Kind, _Window] = {}
    for window in _windows(schedule, now):
        if window.ends > now:
            rows.setdefault(window.kind, window)
    return tuple(
        ExpectedOutage(str(w.kind), w.begins, w.ends, w.holds(now), _WORDS[w.kind])
        for w in sorted(rows.values(), key=lambda window: window.begins)
    )


def excuse(
    schedule: Schedule,
    part: Part,
    *,
    began: datetime,
    now: datetime,
    cause: LinkCause = LinkCause.NONE,
    zone: str = EXCHANGE_ZONE,
) -> str:
    """Say which planned outage this one is; empty when it is none, began before one, or outlasts it."""
    if cause in _NEVER_PLANNED:
        return ""
    due = {
        window.kind: window
        for window in _windows(schedule, now)
        if window.begins - EARLY <= began < window.ends and now < window.ends
    }
    window = next((due[kind] for kind in _LIKELY[part] if kind in due), None)
    return "" if window is None else f"{window.kind}, {window.back(zone)}"


def token_ends_at(schedule: Schedule, now: datetime) -> datetime | None:
    """Return when the login's token ends, in the hours before it does; None at any other time."""
    tokens = [w.begins for w in _windows(schedule, now) if w.kind is _Kind.TOKEN]
    return next((at for at in tokens if at - REMINDER <= now < at), None)


def _windows(schedule: Schedule, now: datetime) -> list[_Window]:
    """Return every window from two days back to eight days on, in order."""
    if schedule.region is None:
        return []
    today = now.astimezone(UTC).date()
    days = [today + timedelta(days=offset) for offset in range(-2, 9)]
    found = [window for day in days for window in _of_day(schedule, schedule.region, day)]
    return sorted(found, key=lambda window: window.begins)


def _of_day(schedule: Schedule, region: Region, day: date) -> list[_Window]:
    """Return the windows whose local begin is on this day."""
    found: list[_Window] = []
    if schedule.daily_restart is not None:
        found.append(_restart(day, schedule.daily_restart, schedule.zone))
    for zone, begin, end in _RESETS[region]:
        last = day + timedelta(days=1) if end < begin else day
        # Sunday to Friday; the night to Saturday is the weekend's.
        if last.weekday() != _SATURDAY:
            # Where the clock is set back the end comes twice: the later one is meant.
            until = _at(last, end.replace(fold=1), zone)
            found.append(_Window(_Kind.RESET, _at(day, begin, zone), until))
    if day.weekday() == _FRIDAY:
        saturday = day + timedelta(days=1)
        found.append(_Window(_Kind.WEEKEND, _at(day, time(23), _ET), _at(saturday, time(3), _ET)))
    if day.weekday() == _SUNDAY:
        # Open-ended in truth: it lasts until somebody logs in. From 18:00 ET, when futures open, it is no calm matter.
        until = _at(day, time(18), _ET)
        found.append(_Window(_Kind.TOKEN, _at(day, time(1), _ET), until))
    return found


def _restart(day: date, at: time, zone: tzinfo | None) -> _Window:
    """Return one restart; on the night a clock changes its time may exist twice, or be skipped: both are meant."""
    instants = [datetime.combine(day, at.replace(fold=fold), tzinfo=zone).astimezone(UTC) for fold in (0, 1)]
    return _Window(_Kind.RESTART, min(instants), max(instants) + RESTART_TAKES)


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
