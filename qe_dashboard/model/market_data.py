"""Quote and Bar. A field never received is None and is drawn as a dash, never as zero (R50)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import DataTier
from qe_dashboard.model.identifiers import InstrumentId


@dataclass(frozen=True, slots=True)
class Quote:
    """Top of book and day values of one line, as last received.

    `as_of` is our receive time of the last change (aware UTC). `proven` says that a tick came since the last
    gap (new socket, 1101, farm loss): until then the numbers are history, not a market (D13, R39).
    """

    instrument_id: InstrumentId
    as_of: datetime
    tier: DataTier
    bid: Decimal | None = None
    ask: Decimal | None = None
    bid_size: Decimal | None = None
    ask_size: Decimal | None = None
    last: Decimal | None = None
    last_size: Decimal | None = None
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    prev_close: Decimal | None = None
    volume: Decimal | None = None
    proven: bool = True

    @property
    def mid(self) -> Decimal | None:
        """Middle of a two-sided quote, else None."""
        if self.bid is None or self.ask is None:
            return None
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One candle; `start` aware UTC, `seconds` its length; prices in the instrument's currency."""

    instrument_id: InstrumentId
    start: datetime
    seconds: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
