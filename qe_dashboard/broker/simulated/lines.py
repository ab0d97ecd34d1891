"""Quote and bar lines that somebody wants, and what of them is new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from qe_dashboard.model.connection import LineKind, LineState, LineStatus
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.sim_venue.venue import Venue

BarLine = tuple[InstrumentId, int]
# The running bar and the one before it, whose last trade may have come since the last look.
_BARS_PER_LOOK = 2


class MarketLines:
    """Wanted lines, across reconnects, with what each last showed."""

    def __init__(self) -> None:
        self._quotes: dict[InstrumentId, datetime | None] = {}
        self._bars: dict[BarLine, _ShownBar | None] = {}

    def want_quotes(self, instrument_id: InstrumentId) -> None:
        self._quotes.setdefault(instrument_id, None)

    def release_quotes(self, instrument_id: InstrumentId) -> None:
        self._quotes.pop(instrument_id, None)

    def want_bars(self, line: BarLine) -> None:
        self._bars.setdefault(line, None)

    def release_bars(self, line: BarLine) -> None:
        self._bars.pop(line, None)

    def forget_shown(self) -> None:
        """After a gap every line shows itself anew."""
        self._quotes = dict.fromkeys(self._quotes)
        self._bars = dict.fromkeys(self._bars)

    def health(self, venue: Venue, *, now: datetime) -> tuple[LineStatus, ...]:
        """Return every wanted line; one is proven once it showed something since the last gap."""
        quotes = [(name, LineKind.QUOTES, 0, shown) for name, shown in self._quotes.items()]
        bars = [
            (name, LineKind.BARS, seconds, None if shown is None else shown.as_of)
            for (name, seconds), shown in self._bars.items()
        ]
        lines = []
        for name, kind, seconds, shown_at in (*quotes, *bars):
            instrument = venue.instrument(name)
            state = LineState.WAITING if shown_at is None else LineState.PROVEN
            why = "" if instrument is not None else "the venue has no such contract"
            lines.append(
                LineStatus(
                    instrument_id=name,
                    label=name if instrument is None else instrument.label,
                    kind=kind,
                    seconds=seconds,
                    state=LineState.REFUSED if instrument is None else state,
                    since=shown_at or now,
                    last_tick_at=shown_at,
                    why=why,
                )
            )
        return tuple(lines)

    def new_quotes(self, venue: Venue) -> Iterator[Quote]:
        """Yield the quotes that changed since the last call."""
        for instrument_id, shown in tuple(self._quotes.items()):
            if instrument_id not in self._quotes or venue.instrument(instrument_id) is None:
                continue
            quote = venue.quote(instrument_id)
            if shown != quote.as_of:
                self._quotes[instrument_id] = quote.as_of
                yield quote

    def new_bars(self, venue: Venue) -> Iterator[Bar]:
        """Yield running bars that changed, each after the final form of the bar it follows."""
        for line, shown in tuple(self._bars.items()):
            instrument_id, seconds = line
            if line not in self._bars or venue.instrument(instrument_id) is None:
                continue
            as_of = venue.quote(instrument_id).as_of
            if shown is not None and shown.as_of == as_of:
                continue
            before, running = venue.bars(instrument_id, seconds=seconds, count=_BARS_PER_LOOK)
            self._bars[line] = _ShownBar(as_of, running)
            if shown is not None and before.start == shown.bar.start and before != shown.bar:
                yield before
            if shown is None or running != shown.bar:
                yield running


@dataclass(frozen=True, slots=True)
class _ShownBar:
    """The running bar as last shown, and the time of the prices it was made from."""

    as_of: datetime
    bar: Bar
