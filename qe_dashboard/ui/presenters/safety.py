"""The SAFETY panel: may I trade, over which links, how fresh are the books, how much of each limit is used."""

from __future__ import annotations

from datetime import datetime

from qe_dashboard.engine.views import LinkView, RateView, StatusView
from qe_dashboard.model.enums import LinkName, LinkState, TradingState
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone
from qe_dashboard.ui.presenters.links import checklist_lines, missing_link_words
from qe_dashboard.ui.presenters.told import SAME, Told

NAME_WIDTH = 11
"""Values start here; what is broken into further lines is indented as far."""
_LINK_TONES = {
    LinkState.READY: Tone.GOOD,
    LinkState.SUSPECT: Tone.WARN,
    LinkState.WAITING: Tone.WARN,
    LinkState.CONNECTING: Tone.WARN,
    LinkState.HANDSHAKE: Tone.WARN,
    LinkState.SYNCING: Tone.WARN,
    LinkState.DISCONNECTED: Tone.BAD,
}


def safety_panel(status: StatusView | None, *, zone: str, keys: str = "") -> tuple[Line, ...]:
    """Build the panel: what to press, then the most urgent line first. A reason is said once."""
    if status is None:
        return ((("starting: nothing can be sent yet", Tone.STALE),),)
    now = status.venue_time
    told = Told(status.trading_reason, status.cannot_trade_because)
    return (
        # First, where no lack of room can push it out: it is what to do about the rest.
        *((_named("PRESS", (keys, Tone.KEY)),) if keys else ()),
        *_trading_lines(status, zone),
        *_links_lines(status, now, told),
        _upstream_line(status, told),
        _reconcile_line(status, now, told),
        *checklist_lines(status.checklist, title="AFTER GAP", told=told, width=NAME_WIDTH),
        _working_line(status),
        *_trouble_lines(status),
        *(_rate_line(rate, now) for rate in status.rates),
    )


def _named(name: str, *cells: Cell) -> Line:
    return ((f"{name.ljust(NAME_WIDTH - 1)} ", Tone.DIM), *cells)


def _trading_lines(status: StatusView, zone: str) -> tuple[Line, ...]:
    since = "" if status.trading_since is None else f" since {fmt.clock(status.trading_since, zone)}"
    tone = {
        TradingState.ACTIVE: Tone.GOOD,
        TradingState.REDUCING: Tone.WARN,
        TradingState.HALTED: Tone.BADGE_BAD,
    }[status.trading_state]
    lines = [_named("TRADING", (status.trading_state.value, tone), (since, Tone.DIM))]
    if status.trading_reason:
        lines.append(_named("", (fmt.plain(status.trading_reason), Tone.PLAIN)))
    if status.can_trade:
        lines.append(_named("ORDERS", ("can be sent", Tone.GOOD)))
    else:
        lines.append(_named("ORDERS", ("blocked", Tone.BAD)))
        # A halt is its own reason, and stands one line above.
        if (
            status.trading_state is TradingState.ACTIVE
            or status.trading_reason not in status.cannot_trade_because
        ):
            lines.append(_named("", (fmt.plain(status.cannot_trade_because), Tone.WARN)))
    return tuple(lines)


def _links_lines(status: StatusView, now: datetime, told: Told) -> tuple[Line, ...]:
    found = {link.name: link for link in status.links}
    data = found.get(LinkName.DATA)
    lines: list[Line] = []
    for name in LinkName:
        link = found.get(name)
        if link is not None:
            lines += _link_lines(link, now, told)
        else:
            words = missing_link_words(data is not None and data.state is LinkState.READY)
            state = LinkState.DISCONNECTED
            head = state.value, _LINK_TONES[state]
            lines.append(_named(f"{name.value.upper()} LINK", head, (f" {words}", Tone.PLAIN)))
    return tuple(lines)


def _link_lines(link: LinkView, now: datetime, told: Told) -> tuple[Line, ...]:
    client = "" if link.client_id is None else f" client {link.client_id}"
    lines = [
        _named(
            f"{link.name.value.upper()} LINK",
            (link.state.value, _LINK_TONES[link.state]),
            (client, Tone.PLAIN),
            (f" {_reply_words(link, now)}", Tone.DIM),
        )
    ]
    if link.retry_at is not None:
        lines.append(_named("", (f"next try in {fmt.countdown(link.retry_at - now)}", Tone.WARN)))
    # A link that is up needs no explanation (R59).
    if link.reason and link.state is not LinkState.READY and not told.knows(link.reason):
        lines.append(_named("", (told.say(link.reason), Tone.WARN)))
    return tuple(lines)


def _reply_words(link: LinkView, now: datetime) -> str:
    if link.last_reply_at is None:
        return f"for {fmt.age_since(link.since, now)}"
    return f"reply {fmt.age_since(link.last_reply_at, now)} ago"


def _upstream_line(status: StatusView, told: Told) -> Line:
    # The words of F9, so that nobody looks for a difference.
    state: Cell = {
        True: ("connected", Tone.GOOD),
        False: ("down", Tone.BAD),
        None: ("unknown", Tone.STALE),
    }[status.upstream_up]
    words = "" if status.upstream_up or not status.upstream_reason else f" {told.say(status.upstream_reason)}"
    return _named("UPSTREAM", state, (words, Tone.PLAIN))


def _reconcile_line(status: StatusView, now: datetime, told: Told) -> Line:
    words = fmt.plain(status.reconcile_words)
    # Words that only repeat why nothing is known; a count of what was read is said as it is.
    if words and told.knows(words):
        words = SAME
    read = status.reconciled_at
    state: Cell = (
        ("never read", Tone.UNKNOWN) if read is None else (f"read {fmt.age_since(read, now)} ago", Tone.PLAIN)
    )
    return _named("BOOKS", state, (f" {words}" if words else "", Tone.PLAIN))


def working_counts(status: StatusView) -> tuple[int, int, int] | None:
    """Return working entries, exits and protective orders; None when they are not known."""
    if status.working_entries is None or status.working_protective is None:
        return None
    return status.working_entries, status.working_exits or 0, status.working_protective


def working_kinds(counts: tuple[int, int, int]) -> str:
    """Say what working orders can do; exits, which protect nothing, only where there are any."""
    entries, exits, protective = counts
    first = "1 entry" if entries == 1 else f"{entries} entries"
    middle = "" if exits == 0 else ", 1 exit" if exits == 1 else f", {exits} exits"
    return f"{first}{middle}, {protective} protective"


def _working_line(status: StatusView) -> Line:
    counts = working_counts(status)
    if counts is None:
        return _named("WORKING", ("UNKNOWN: the order book cannot be read", Tone.UNKNOWN))
    return _named("WORKING", (working_kinds(counts), Tone.PLAIN))


def _trouble_lines(status: StatusView) -> tuple[Line, ...]:
    lines: list[Line] = []
    if status.uncertain:
        lines.append(_named("UNCERTAIN", (f"{status.uncertain} orders: outcome not known", Tone.UNKNOWN)))
    if status.journal_error is not None:
        lines.append(_named("JOURNAL", (fmt.plain(status.journal_error), Tone.BAD)))
    return tuple(lines)


def _rate_line(rate: RateView, now: datetime) -> Line:
    name = fmt.plain(rate.name).upper()
    if rate.limit is None:
        return _named(name, (f"{rate.used} in {rate.seconds}s, limit off", Tone.WARN))
    full = rate.used >= rate.limit
    cells: list[Cell] = [(f"{rate.used}/{rate.limit} in {rate.seconds}s", Tone.BAD if full else Tone.PLAIN)]
    if full and rate.next_free_at is not None:
        cells.append((f" next in {fmt.countdown(rate.next_free_at - now)}", Tone.WARN))
    return _named(name, *cells)
