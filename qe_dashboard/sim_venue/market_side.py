"""The venue as its data clients see it: contracts, hours, quotes, books, trades and bars."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.market_data import Bar, Quote
from qe_dashboard.sim_venue import depth as books
from qe_dashboard.sim_venue.bar_kinds import BarKind
from qe_dashboard.sim_venue.depth import LEVELS, Depth, TradeTick
from qe_dashboard.sim_venue.exchange import Exchange

# Shares there are to borrow of a stock that can be sold short.
_TO_BORROW = Decimal(1_000_000)


class MarketSide:
    """What can be asked about contracts and prices, at the venue's time. KeyError = no such contract."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        """All contracts listed now: stocks, currency pairs, and two quarterly months of each future."""
        return self._exchange.universe.instruments

    def instrument(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return one contract, expired futures included; None when there never was one."""
        listing = self._exchange.universe.get(instrument_id)
        return None if listing is None else listing.instrument

    def find(self, symbol: str, sec_type: SecType, *, expiry: str = "") -> tuple[Instrument, ...]:
        """Look up listed contracts; `expiry` is YYYYMM, YYYYMMDD or empty for all, nearest first."""
        return self._exchange.universe.find(symbol, sec_type, expiry=expiry)

    def is_open(self, instrument_id: InstrumentId, *, extended: bool = True) -> bool:
        """Tell whether a contract's market is open; `extended` counts the hours outside the regular ones in."""
        sec_type = self._exchange.listing(instrument_id).instrument.sec_type
        return self._exchange.calendar.is_open(sec_type, self._exchange.now, extended=extended)

    def is_halted(self, instrument_id: InstrumentId) -> bool:
        """Tell whether trading in a contract is halted."""
        return self._exchange.market.tape.is_halted(self._exchange.listing(instrument_id).instrument.id)

    def shortable(self, instrument_id: InstrumentId) -> Decimal:
        """Return how many units there are to borrow."""
        self._exchange.listing(instrument_id)
        return Decimal(0) if instrument_id in self._exchange.waiting.not_shortable else _TO_BORROW

    def quote(self, instrument_id: InstrumentId, *, at: datetime | None = None) -> Quote:
        """Return the quote of now, or of a moment not later; it changes four times a second while its market trades."""
        listing, now = self._exchange.listing(instrument_id), self._exchange.now
        if at is None or at >= now:
            return self._exchange.market.quote(listing, now)
        return self._exchange.past.quote(listing, at)

    def quotes_changed(self, instrument_ids: Iterable[InstrumentId], *, since: datetime) -> tuple[Quote, ...]:
        """Return the quotes whose `as_of` lies after a time."""
        quotes = (self.quote(instrument_id) for instrument_id in instrument_ids)
        return tuple(quote for quote in quotes if quote.as_of > since)

    def depth(self, instrument_id: InstrumentId, *, levels: int = LEVELS) -> Depth:
        """Return the book of now; its first level is the quote's bid and ask."""
        listing = self._exchange.listing(instrument_id)
        return books.depth(self._exchange.market, listing, self._exchange.now, levels=levels)

    def trades(self, instrument_id: InstrumentId, *, since: datetime) -> tuple[TradeTick, ...]:
        """Return the trades with since < at <= now, oldest first; of a longer time only the last minute's."""
        listing, now = self._exchange.listing(instrument_id), self._exchange.now
        return books.trades(self._exchange.market, listing, since=since, now=now)

    def bars(
        self,
        instrument_id: InstrumentId,
        *,
        seconds: int,
        count: int,
        end: datetime | None = None,
        kind: BarKind = BarKind.TRADES,
    ) -> tuple[Bar, ...]:
        """Return the last `count` bars that start before `end` (default: up to the one that runs), oldest first.

        The newest may still run: it holds what happened until now. Bars begin at whole multiples of `seconds` UTC;
        those of 86400 begin with the venue day, 17:00 New York. Under real hours a stretch in which the market was
        shut has no bar. Those of quotes open and close with the quotes of their first and last step; their extremes
        reach as far as the widest spread allows. The volume is what traded, of any kind. Raises ValueError for
        seconds < 1.
        """
        return self._exchange.market.bars(
            self._exchange.listing(instrument_id),
            seconds=seconds,
            count=count,
            now=self._exchange.now,
            end=end,
            kind=kind,
        )
