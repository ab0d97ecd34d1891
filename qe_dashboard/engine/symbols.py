"""From what a person typed to one contract, asking when it could be several (D25)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qe_dashboard.broker.port import Broker, InstrumentQuery, RequestFailed
from qe_dashboard.core.clock import Clock
from qe_dashboard.data.futures import ROOTS, lead_month
from qe_dashboard.engine.facade import CommandRefused
from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.model.instrument import Instrument

_MONTH = re.compile(r"^(?P<root>[A-Z0-9]{1,6})[ ]?(?P<month>[A-Z]{3})(?P<year>\d\d)$")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_ID_PARTS = 3


class Symbols:
    """Resolves and remembers contracts of this session."""

    def __init__(self, *, broker: Broker, clock: Clock) -> None:
        self._broker = broker
        self._clock = clock
        self._known: dict[str, Instrument] = {}

    def named(self, instrument_id: InstrumentId) -> Instrument | None:
        """Return a contract by id when this session has met it."""
        found = self._known.get(instrument_id)
        return found if found is not None else self._broker.instrument(instrument_id)

    def label_of(self, instrument_id: InstrumentId) -> str:
        """Name a contract for sentences; by its id when this session has not met it."""
        found = self.named(instrument_id)
        return str(instrument_id) if found is None else found.label

    async def for_entry(self, text: str) -> Instrument:
        """Resolve for a new order or the watchlist: a bare root means the lead month. Raises CommandRefused."""
        return await self._resolve(text)

    async def for_held(self, text: str, held: Iterable[Instrument]) -> Instrument:
        """Resolve for close and flatten: a bare symbol means what is held. Raises CommandRefused."""
        typed = _clean(text)
        matches = [i for i in held if typed in (i.symbol.upper(), i.id.upper(), i.label.upper())]
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = tuple(i.label for i in matches)
            raise CommandRefused(
                f"{typed} is held in several contracts: {', '.join(names)}. Name one.", choices=names
            )
        return await self._resolve(text)

    async def _resolve(self, text: str) -> Instrument:
        typed = _clean(text)
        if not typed:
            raise CommandRefused("no symbol was given. Type one, for example AAPL or MNQ.")
        if typed in self._known:
            return self._known[typed]
        instrument = await self._look_up(typed)
        self._known[typed] = instrument
        self._known[instrument.id] = instrument
        return instrument

    async def _look_up(self, typed: str) -> Instrument:
        parts = typed.split(".")
        if len(parts) >= _ID_PARTS:
            known = self._broker.instrument(InstrumentId(typed))
            if known is not None:
                return known
            return await self._by_id(typed, parts)
        month = _MONTH.match(typed)
        if month is not None and month["month"] in _MONTHS:
            expiry = f"20{month['year']}{_MONTHS.index(month['month']) + 1:02d}"
            return self._only(typed, await self._find(month["root"], SecType.FUTURE, expiry))
        if typed in ROOTS:
            return await self._bare_root(typed)
        return self._only(typed, await self._find(typed, SecType.STOCK))

    async def _by_id(self, typed: str, parts: list[str]) -> Instrument:
        try:
            sec_type = SecType(parts[1])
        except ValueError:
            raise CommandRefused(
                f"{parts[1]} is no kind of contract; use STK or FUT, as in AAPL.STK.USD."
            ) from None
        expiry = parts[2] if len(parts) > _ID_PARTS else ""
        return self._only(typed, await self._find(parts[0], sec_type, expiry, parts[-1]))

    async def _bare_root(self, root: str) -> Instrument:
        contracts = await self._find(root, SecType.FUTURE)
        lead = lead_month(contracts, today=self._clock.now().date())
        if lead is not None:
            return lead
        if contracts:
            names = tuple(c.label for c in contracts)
            raise CommandRefused(
                f"every {root} contract expires within 8 sessions: {', '.join(names)}. Name the month.",
                choices=names,
            )
        return self._only(root, await self._find(root, SecType.STOCK))

    async def _find(
        self, symbol: str, sec_type: SecType, expiry: str = "", currency: str = "USD"
    ) -> tuple[Instrument, ...]:
        query = InstrumentQuery(symbol=symbol, sec_type=sec_type, currency=currency, expiry=expiry)
        try:
            return await self._broker.find_instruments(query)
        except RequestFailed as error:
            raise CommandRefused(f"{symbol} could not be looked up: {error}") from error

    def _only(self, typed: str, found: tuple[Instrument, ...]) -> Instrument:
        if len(found) == 1:
            return found[0]
        if not found:
            raise CommandRefused(
                f"the venue knows no contract for {typed}. Check the spelling; nothing was sent."
            )
        names = tuple(i.id for i in found)
        raise CommandRefused(
            f"{typed} could be {len(found)} contracts: {', '.join(names)}. Name one.", choices=names
        )


def _clean(text: str) -> str:
    return text.strip().lstrip("=").upper()
