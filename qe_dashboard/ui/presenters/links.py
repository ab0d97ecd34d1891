"""F9's LINKS pane: both sockets in full, what stands behind them, the checklist, clock and loop, and the farms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qe_dashboard.engine.health_views import CheckLine, CheckState, HealthView, LinkHealth, LoopLag, StateLine
from qe_dashboard.model.connection import FarmState, FarmStatus, LinkCause
from qe_dashboard.model.enums import LinkName, LinkState
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone
from qe_dashboard.ui.presenters.columns import table
from qe_dashboard.ui.presenters.told import SAME, Told

FARMS = table(("STATE", 1), ("FARM", 1), ("SERVES", 2), ("AGE", 1))

NAME_WIDTH = 16
"""Values start here; what is broken into further lines is indented as far."""

_LINK_LAMPS: dict[LinkState, tuple[str, Tone]] = {
    LinkState.READY: ("●", Tone.GOOD),
    LinkState.SUSPECT: ("◐", Tone.WARN),
    LinkState.SYNCING: ("◐", Tone.WARN),
    LinkState.HANDSHAKE: ("◐", Tone.WARN),
    LinkState.CONNECTING: ("◐", Tone.WARN),
    LinkState.WAITING: ("○", Tone.WARN),
    LinkState.DISCONNECTED: ("○", Tone.BAD),
}
_FARMS: dict[FarmState, Cell] = {
    FarmState.OK: ("● ok", Tone.GOOD),
    FarmState.BROKEN: ("○ BROKEN", Tone.BAD),
    FarmState.IDLE: ("◌ idle", Tone.DIM),
    FarmState.CONNECTING: ("◐ connects", Tone.WARN),
}
_CHECKS: dict[CheckState, Cell] = {
    CheckState.KNOWN: ("✓ known", Tone.GOOD),
    CheckState.READING: ("… reading", Tone.WARN),
    CheckState.UNKNOWN: ("? UNKNOWN", Tone.UNKNOWN),
}


def links_lines(view: HealthView, *, now: datetime | None, zone: str) -> tuple[Line, ...]:
    """Build the pane's text, worst first within what a session is made of: sockets, upstream, books, clocks."""
    told = Told()
    return (
        *_links(view.links, now, told),
        *(line for state in view.states for line in _state_lines(state, now, told)),
        *checklist_lines(view.checklist, title="AFTER GAP", told=told),
        _skew_line(view.links),
        _lag_line(view.lag, now, zone),
    )


def checklist_lines(
    checks: Sequence[CheckLine], *, title: str, told: Told, width: int = NAME_WIDTH
) -> tuple[Line, ...]:
    """Return one line per book that must be Known again before new orders pass."""
    longest = max((len(check.name) for check in checks), default=0)
    return tuple(
        (
            ((title if index == 0 else "").ljust(width), Tone.DIM),
            (f"{fmt.plain(check.name).ljust(longest)}  ", Tone.PLAIN),
            _CHECKS[check.state],
            (f"  {_detail(check, told)}" if check.detail else "", Tone.DIM),
        )
        for index, check in enumerate(checks)
    )


def _detail(check: CheckLine, told: Told) -> str:
    """Say why a book is not known, once; numbers of a known one are no reason."""
    return told.say(check.detail) if check.state is CheckState.UNKNOWN else fmt.plain(check.detail)


def missing_link_words(has_data: bool) -> str:
    """Say of a link that never was started what it waits for."""
    return "not started" if has_data else "not started: waits for the data link"


def farm_rows(farms: Sequence[FarmStatus], *, now: datetime | None) -> list[tuple[str, Line]]:
    """Return one row per farm; the broken ones first."""
    order = [FarmState.BROKEN, FarmState.CONNECTING, FarmState.OK, FarmState.IDLE]
    ranked = sorted(farms, key=lambda farm: (order.index(farm.state), farm.kind.value, farm.name))
    return [
        (
            f"{farm.name}|{farm.kind.value}",
            (
                _FARMS[farm.state],
                (fmt.plain(farm.name), Tone.PLAIN),
                (farm.kind.value, Tone.DIM),
                (fmt.age_since(farm.since, now), Tone.DIM),
            ),
        )
        for farm in ranked
    ]


def _named(name: str, *cells: Cell) -> Line:
    return ((name.ljust(NAME_WIDTH), Tone.DIM), *cells)


def _links(links: Sequence[LinkHealth], now: datetime | None, told: Told) -> tuple[Line, ...]:
    """Both links fail alike most of the time: what was said of the first is not said again (R59)."""
    found = {link.name: link for link in links}
    data = found.get(LinkName.DATA)
    lines: list[Line] = []
    for name in LinkName:
        link = found.get(name)
        if link is not None:
            lines += _link_lines(link, now, told, as_data=data if link is not data else None)
            # As the books quote it, without the cause.
            told.note(link.reason)
        else:
            words = missing_link_words(data is not None and data.state is LinkState.READY)
            lamp, tone = _LINK_LAMPS[LinkState.DISCONNECTED]
            head = f"{lamp} {LinkState.DISCONNECTED.value}", tone
            lines.append(_named(f"{name.value.upper()} LINK", head, (f"  {words}", Tone.PLAIN)))
    return tuple(lines)


def _link_lines(
    link: LinkHealth, now: datetime | None, told: Told, *, as_data: LinkHealth | None
) -> tuple[Line, ...]:
    lamp, tone = _LINK_LAMPS[link.state]
    client = "no client id" if link.client_id is None else f"client {link.client_id}"
    server = "" if link.server_version is None else f"  server {link.server_version}"
    reply = (
        "no reply yet"
        if link.last_reply_at is None
        else f"reply {fmt.age_since(link.last_reply_at, now)} ago"
    )
    lines = [
        _named(
            f"{link.name.value.upper()} LINK",
            (f"{lamp} {link.state.value}", tone),
            (f"  for {fmt.age_since(link.since, now)}", Tone.PLAIN),
            (f"  {client}  {reply}{server}", Tone.DIM),
        )
    ]
    # A link that is up needs no explanation (R59).
    if link.state is LinkState.READY:
        return tuple(lines)
    why = _why(link)
    is_same = as_data is not None and told.knows(why)
    if is_same:
        lines[0] = (*lines[0], ("  as the data link", Tone.WARN))
    elif why:
        lines.append(_named("", (told.say(why), Tone.WARN)))
    if as_data is not None and is_same and link.retry_at == as_data.retry_at:
        return tuple(lines)
    if link.retry_at is not None and now is not None:
        tries = (
            "" if link.tries < 1 else f", after {link.tries} failed {'try' if link.tries == 1 else 'tries'}"
        )
        lines.append(_named("", (f"next try in {fmt.countdown(link.retry_at - now)}{tries}", Tone.STRONG)))
    return tuple(lines)


def _why(link: LinkHealth) -> str:
    """Say the cause and the words of it, each once."""
    cause = "" if link.cause is LinkCause.NONE else link.cause.value
    reason = fmt.plain(link.reason)
    if cause.lower() in reason.lower() or cause.split()[:1] == reason.lower().split()[:1]:
        return reason
    return f"{cause}: {reason}" if reason else cause


def _state_lines(state: StateLine, now: datetime | None, told: Told) -> tuple[Line, ...]:
    mark, tone = {True: ("●", Tone.GOOD), False: ("○", Tone.BAD), None: ("?", Tone.UNKNOWN)}[state.good]
    word = fmt.plain(state.word) or "not known"
    since = "" if state.since is None else f"  for {fmt.age_since(state.since, now)}"
    name = fmt.plain(state.name).upper()
    head: Line = ((f"{name} ".ljust(NAME_WIDTH), Tone.DIM), (f"{mark} {word}", tone), (since, Tone.PLAIN))
    if not state.reason:
        return (head,)
    if state.good:
        return ((*head, (f"  {fmt.plain(state.reason)}", Tone.DIM)),)
    if told.knows(state.reason):
        return ((*head, (f"  {SAME}", Tone.WARN)),)
    return (head, _named("", (told.say(state.reason), Tone.WARN)))


def _skew_line(links: Sequence[LinkHealth]) -> Line:
    measured = ", ".join(f"{link.name.value} link {fmt.skew(link.skew_s)}" for link in links)
    return _named("CLOCK SKEW", (measured or fmt.DASH, Tone.PLAIN), ("  gateway minus ours", Tone.DIM))


def _lag_line(lag: LoopLag, now: datetime | None, zone: str) -> Line:
    at = "" if lag.worst_at is None else f" at {fmt.moment(lag.worst_at, zone, now)}"
    stalls = f"{lag.stalls} stall{'' if lag.stalls == 1 else 's'} over {fmt.milliseconds(lag.limit_ms)}"
    return _named(
        "LOOP LAG",
        (f"last {fmt.milliseconds(lag.last_ms)}", Tone.PLAIN),
        (f", worst {fmt.milliseconds(lag.worst_ms)}{at}, ", Tone.DIM),
        (stalls, Tone.WARN if lag.stalls else Tone.DIM),
    )
