"""The words of the notice that there is no connection."""

from __future__ import annotations

from datetime import datetime

from qe_dashboard.engine.health_views import ConnectNotice
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Line, Tone


def notice_title(notice: ConnectNotice) -> str:
    return fmt.plain(notice.title)


def notice_lines(notice: ConnectNotice, *, now: datetime, most: int | None = None) -> tuple[Line, ...]:
    """Say what was tried for how long, what came back, and what is most likely the cause, in order.

    `most` causes are said where not all fit; the rest are counted.
    """
    address, reason = f"{fmt.plain(notice.host)}:{notice.port}", fmt.plain(notice.reason)
    tried = f" for {fmt.age_since(notice.since, now)} without success."
    lines: list[Line] = [(("Tried ", Tone.PLAIN), (address, Tone.STRONG), (tried, Tone.PLAIN))]
    if reason:
        lines.append(((reason, Tone.WARN),))
    if notice.causes:
        lines.append((("Likely causes, most likely first:", Tone.DIM),))
    said = notice.causes if most is None else notice.causes[:most]
    for number, cause in enumerate(said, start=1):
        lines.append(((f"{number}. ", Tone.KEY), (fmt.plain(cause), Tone.PLAIN)))
    if len(said) < len(notice.causes):
        lines.append(((f"… {len(notice.causes) - len(said)} more", Tone.DIM),))
    again = (
        "It keeps trying."
        if notice.is_retried
        else "It is not tried again: put it right, then Retry now (`reconnect`)."
    )
    lines.append(((f"No order can be sent until it is connected. {again}", Tone.DIM),))
    return tuple(lines)
