"""What is said about data lines that show nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qe_dashboard.broker.ibkr.codes import TOO_MANY_LINES
from qe_dashboard.broker.ibkr.lines import Line
from qe_dashboard.model.connection import LineKind
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.reports import VenueMessage

# More names do not help, and a screen's line has no room for them.
NAMED = 5


def released_words(limit: int) -> str:
    """Return why a line stands without a subscription."""
    return f"all {limit} data lines are in use; it comes back when it is looked at"


def over_budget(limit: int, instrument: Instrument, now: datetime) -> VenueMessage:
    """Say once that the gateway has no more lines than these (101)."""
    return VenueMessage(
        code=TOO_MANY_LINES,
        text=f"The gateway has no data line left for {instrument.label}: {limit} stand, TWS's own windows count too.",
        message_class=MessageClass.DATA,
        severity=Severity.ERROR,
        at=now,
        instrument_id=instrument.id,
        plain="Lines looked at least recently are released and come back when they are looked at. Held positions stay.",
        for_orders="Working orders are not touched. An instrument without a line has no fresh quote to order by.",
        press="Take symbols off the watchlist or close quote windows in TWS, or buy a quote booster.",
    )


def silent_lines(lines: Sequence[Line], *, broken_farms: str, now: datetime) -> VenueMessage:
    """Say once which lines were given up."""
    names = [_name(line) for line in lines]
    shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    cause = f" IBKR's farm {broken_farms} is broken." if broken_farms else ""
    return VenueMessage(
        code=0,
        text=f"No data on {shown}: {lines[0].why}.{cause}",
        message_class=MessageClass.DATA,
        severity=Severity.WARNING,
        at=now,
        instrument_id=lines[0].instrument.id if len(lines) == 1 else None,
        plain="What is shown of it is history. It counts again from its next tick on.",
        for_orders="Working orders are not touched. Orders that need a fresh quote are refused.",
        press="Wait for the farm."
        if broken_farms
        else "Check the subscription for its exchange, and whether it trades now; then reconnect.",
    )


def _name(line: Line) -> str:
    if line.kind is LineKind.BARS:
        return f"the {line.seconds} s chart of {line.instrument.label}"
    return line.instrument.label
