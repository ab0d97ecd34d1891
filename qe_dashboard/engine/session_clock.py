"""Session state and its end, from the hours the venue sent for one contract. Pure; unknown hours say so (D25)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from qe_dashboard.model.instrument import ZONE_LABELS, Instrument, Session

EXCHANGE_ZONE = "America/New_York"
OPEN, HOURS_UNKNOWN = "OPEN", "HOURS ?"


@dataclass(frozen=True, slots=True)
class SessionWord:
    """`OPEN`, `PRE`, `POST`, `CLOSED`, `24h` or `HOURS ?`, and when that ends (aware UTC)."""

    word: str
    ends_at: datetime | None
    time_zone: str = EXCHANGE_ZONE


def session_word(instrument: Instrument | None, *, now: datetime, always_open: bool) -> SessionWord:
    """Say the session state of a contract; `always_open` is what the simulated venue declares."""
    if always_open:
        return SessionWord("24h", None)
    if instrument is None:
        return SessionWord(HOURS_UNKNOWN, None)
    zone = instrument.time_zone or EXCHANGE_ZONE
    liquid, trading = instrument.liquid_hours, instrument.trading_hours
    if liquid is None or trading is None or not trading or now >= trading[-1].end:
        return SessionWord(HOURS_UNKNOWN, None, zone)
    regular = _inside(liquid, now)
    if regular is not None:
        return SessionWord(OPEN, regular.end, zone)
    extended = _inside(trading, now)
    if extended is None:
        return SessionWord("CLOSED", _next_start(trading, now), zone)
    opens_at = _next_start(liquid, now)
    if opens_at is not None and opens_at < extended.end:
        return SessionWord("PRE", opens_at, zone)
    return SessionWord("POST", extended.end, zone)


def clock_words(at: datetime, zone: str, form: str = "%H:%M:%S") -> str:
    """Write a time of day in an exchange's zone, with its label, as the clock on screen shows it."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:{form}} {ZONE_LABELS.get(zone) or local.tzname() or zone}"


def _inside(sessions: tuple[Session, ...], now: datetime) -> Session | None:
    return next((s for s in sessions if s.start <= now < s.end), None)


def _next_start(sessions: tuple[Session, ...], now: datetime) -> datetime | None:
    return min((s.start for s in sessions if s.start > now), default=None)
