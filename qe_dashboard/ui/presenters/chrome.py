"""The top bar: what session this is, whether it can trade, and what time it is there."""

from __future__ import annotations

from datetime import datetime, timedelta

from qe_dashboard.engine.health_views import CheckLine, CheckState
from qe_dashboard.engine.views import Lamp, StatusView
from qe_dashboard.model.enums import AccountKind, DataTier, LinkName, LinkState, Profile, TradingState
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone, kind_tone, line_width, severity_tone

_LAMPS: dict[Lamp, Cell] = {
    Lamp.CONNECTING: (f"◐ {Lamp.CONNECTING.value}", Tone.WARN),
    Lamp.CONNECTED: (f"● {Lamp.CONNECTED.value}", Tone.GOOD),
    Lamp.DISCONNECTED: (f"○ {Lamp.DISCONNECTED.value}", Tone.BAD),
}
_STATES: dict[TradingState, Tone] = {
    TradingState.ACTIVE: Tone.GOOD,
    TradingState.REDUCING: Tone.WARN,
    TradingState.HALTED: Tone.BADGE_BAD,
}
_PROFILE_KINDS = {
    Profile.SIM: AccountKind.SIM,
    Profile.IBKR_PAPER: AccountKind.PAPER,
    Profile.IBKR_LIVE: AccountKind.LIVE,
}
# In a session some line of a watchlist ticks every second or so; ten without any is a feed that stopped.
SILENT_AFTER = timedelta(seconds=10)
GAP: Cell = ("  ", Tone.PLAIN)
_LAMP_WIDTH = max(line_width((cell,)) for cell in _LAMPS.values())
_UNDER_A_MINUTE = len("59s")
"""Tries come at most 30 s apart; the place for the countdown is kept while there is none."""


def is_offline(status: StatusView) -> bool:
    """Return whether the session has no broker: the badge then says so instead of a kind of account."""
    return status.lamp is Lamp.DISCONNECTED or status.offline_since is not None


def session_class(status: StatusView | None, profile: Profile) -> str:
    """Return the css class the whole screen wears: `-sim`, `-paper`, `-live`, `-offline`, or `-expected`: offline,
    and due."""
    if status is None:
        return f"-{_PROFILE_KINDS[profile].value.lower()}"
    if is_offline(status):
        return "-expected" if status.expected_outage else "-offline"
    kind = status.account_kind or _PROFILE_KINDS[status.profile]
    return f"-{kind.value.lower()}"


def badge(status: StatusView | None, profile: Profile) -> Cell:
    """Return the profile badge. Colour and word follow the account found; until then the profile, greyed (D18)."""
    if status is not None and is_offline(status):
        words = f" {_kind_word(status, profile)} BROKER OFFLINE "
        return (words, Tone.BADGE if status.expected_outage else Tone.BADGE_BAD)
    if status is None or status.account_kind is None:
        return (f" {_kind_word(status, profile)} ", Tone.BADGE)
    return (f" {status.account_kind.value} ", kind_tone(status.account_kind))


def _kind_word(status: StatusView | None, profile: Profile) -> str:
    """Name the kind of account found, else the kind the profile is for, with the doubt."""
    if status is None or status.account_kind is None:
        return f"{_PROFILE_KINDS[profile].value}?"
    return status.account_kind.value


def tier_word(status: StatusView) -> Cell:
    """Return the data tier, or how long all lines have been silent while there is a session.

    Without a working data link the tier is what it was, not what it is: the age of the last tick stands instead.
    Simulated prices are named, so that nobody takes them for a market (S43).
    """
    newest = status.newest_quote_at
    has_link = all(link.state is LinkState.READY for link in status.links if link.name is LinkName.DATA)
    if not has_link or status.data_tier is DataTier.UNKNOWN:
        if newest is None:
            return ("no data", Tone.STALE)
        return (f"STALE {fmt.age(status.venue_time - newest)}", Tone.STALE)
    if newest is not None and status.session_word != "CLOSED" and status.venue_time - newest > SILENT_AFTER:
        return (f"STALE {fmt.age(status.venue_time - newest)}", Tone.WARN)
    match status.data_tier:
        case DataTier.LIVE:
            return ("LIVE data", Tone.PLAIN)
        case DataTier.SIMULATED:
            return ("SIM data", Tone.PLAIN)
        case _:
            return (f"{status.data_tier.value} data", Tone.WARN)


def top_bar(status: StatusView | None, *, profile: Profile, screen: str, width: int, zone: str) -> Line:
    """Build the top bar for a width. What is least needed goes first; badge, lamp and trading state never go."""
    name: Cell = (f" {screen} ", Tone.TITLE)
    if status is None:
        return _spread((name, badge(None, profile), GAP, _LAMPS[Lamp.CONNECTING]), (), width)
    lamp = _LAMPS[status.lamp]
    if is_offline(status):
        # Tries come and go: what stands beside the lamp stays where it is.
        lamp = (lamp[0].ljust(_LAMP_WIDTH), lamp[1])
    must = (name, badge(status, profile), GAP, lamp, GAP, _trading(status))
    clock: Cell = (_clock(status, zone), Tone.STRONG)
    tier: Line = (GAP, tier_word(status))
    account: Line = (GAP, (fmt.plain(status.account), Tone.PLAIN)) if status.account else ()
    word: Line = (_session(status), GAP)
    counted: Line = (_session(status), (_countdown(status), Tone.DIM), GAP)
    if is_offline(status):
        return _offline_bar(must, account, clock, status, width)
    choices = (
        ((*must, *tier, *account), (*counted, clock)),
        ((*must, *tier, *account), (*word, clock)),
        ((*must, *tier, *account), (clock,)),
        ((*must, *account), (clock,)),
        (must, (clock,)),
    )
    for left, right in choices:
        if line_width(left) + line_width(right) + 2 <= width:
            return _spread(left, right, width)
    return must


def _offline_bar(must: Line, account: Line, clock: Cell, status: StatusView, width: int) -> Line:
    """When the next try comes outlasts the clock: it is what is waited for. Its place is kept while there is none,
    so that nothing moves."""
    due: Line = (GAP, ("expected", Tone.ACCENT)) if status.expected_outage else ()
    long, short = _next_try(status, "next try in "), _next_try(status, "try in ")
    choices: tuple[tuple[Line, Line], ...] = (
        ((*must, *due, GAP, long, *account), (clock,)),
        ((*must, *due, GAP, long), (clock,)),
        ((*must, GAP, long), ()),
        ((*must, GAP, short), ()),
    )
    for left, right in choices:
        if line_width(left) + line_width(right) + (2 if right else 0) <= width:
            return _spread(left, right, width)
    return must


def _next_try(status: StatusView, words: str) -> Cell:
    retries = [link.retry_at for link in status.links if link.retry_at is not None]
    left = f"{words}{fmt.countdown(min(retries) - status.venue_time)}" if retries else ""
    return (left.ljust(len(words) + _UNDER_A_MINUTE), Tone.ACCENT if status.expected_outage else Tone.WARN)


def banner_lines(status: StatusView | None, *, most: int) -> tuple[Line, ...]:
    """Return the banner: one line per thing to act on, the rest counted (R59)."""
    if status is None or most < 1:
        return ()
    lines: list[Line] = [
        *_expected_lines(status),
        *(((f" {fmt.plain(line.text)}", severity_tone(line.severity)),) for line in status.banner),
        *_book_lines(status),
    ]
    if len(lines) > most:
        left = len(lines) - most
        lines = [*lines[:most]]
        lines[-1] = (*lines[-1], (f"  +{left} more on TRADE", Tone.DIM))
    return tuple(lines)


def _expected_lines(status: StatusView) -> tuple[Line, ...]:
    """Say that what is down is due, where no other line does."""
    due = status.expected_outage
    if not due or any(due in line.text for line in status.banner):
        return ()
    return (((f" EXPECTED: {fmt.plain(due)}", Tone.ACCENT),),)


def _book_lines(status: StatusView) -> tuple[Line, ...]:
    """Say which books must be Known again before new orders pass; while a link is down that is the thing to say."""
    is_down = is_offline(status) or status.upstream_up is False or status.needs_account_typed
    if is_down or all(check.state is CheckState.KNOWN for check in status.checklist):
        return ()
    words = ", ".join(_check_words(check) for check in status.checklist)
    return (((f" books: {words} - new orders wait", Tone.WARN),),)


def _check_words(check: CheckLine) -> str:
    name = fmt.plain(check.name)
    match check.state:
        case CheckState.KNOWN:
            return f"{name} ✓ known"
        case CheckState.READING:
            return f"{name} reading…"
        case CheckState.UNKNOWN:
            return f"{name} UNKNOWN: {fmt.plain(check.detail)}" if check.detail else f"{name} UNKNOWN"


def _trading(status: StatusView) -> Cell:
    word = status.trading_state.value
    if status.trading_state is TradingState.HALTED:
        return (f" {word} ", Tone.BADGE_BAD)
    if status.needs_account_typed:
        return ("LOCKED", Tone.WARN)
    if not status.can_trade:
        return (f"{word}, blocked", Tone.WARN)
    return (word, _STATES[status.trading_state])


def _session(status: StatusView) -> Cell:
    return (fmt.plain(status.session_word), Tone.DIM)


def _countdown(status: StatusView) -> str:
    if status.session_ends_at is None:
        return ""
    return f" {fmt.countdown(status.session_ends_at - status.venue_time)}"


def _clock(status: StatusView, zone: str) -> str:
    return f"{fmt.clock(status.venue_time, zone)} {fmt.zone_label(status.venue_time, zone)} "


def _spread(left: Line, right: Line, width: int) -> Line:
    space = max(width - line_width(left) - line_width(right), 0)
    return (*left, (" " * space, Tone.PLAIN), *right)


def now_of(status: StatusView | None) -> datetime | None:
    """Return the engine's present; ages are measured against it, so a frozen engine looks frozen."""
    return None if status is None else status.venue_time
