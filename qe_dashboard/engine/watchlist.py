"""The watchlist: symbols from settings, resolved to contracts, each with a quote line."""

from __future__ import annotations

from qe_dashboard.engine.facade import CommandRefused
from qe_dashboard.engine.parts import Parts
from qe_dashboard.model.enums import Severity


class Watchlist:
    """Keeps quote lines equal to the watched symbols; a symbol that cannot be resolved stays, with its reason."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._symbols: tuple[str, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        return self._symbols

    def set(self, symbols: tuple[str, ...]) -> None:
        """Show these symbols, in this order; resolving follows with `sync`."""
        boards = self._parts.boards
        resolved = {i.symbol: i for i in boards.watchlist.values() if i is not None}
        kept = {key: i for key, i in boards.watchlist.items() if i is not None}
        self._symbols = tuple(dict.fromkeys(symbol.upper() for symbol in symbols))
        rows = {}
        for symbol in self._symbols:
            instrument = kept.get(symbol) or resolved.get(symbol)
            rows[symbol if instrument is None else instrument.id] = instrument
        for key, instrument in kept.items():
            if key not in rows:
                self._parts.broker.release_quotes(instrument)
        boards.watchlist = rows
        boards.quotes.touch_all()

    async def sync(self) -> None:
        """Resolve what is not resolved and open its quote line."""
        boards = self._parts.boards
        for key, instrument in tuple(boards.watchlist.items()):
            if instrument is not None:
                self._parts.broker.want_quotes(instrument)
                continue
            try:
                found = await self._parts.symbols.for_entry(key)
            except CommandRefused as refusal:
                boards.problems[key] = refusal.text
                self._parts.log.say(Severity.WARNING, "watchlist", refusal.text)
                continue
            boards.watchlist = {
                (found.id if k == key else k): (found if k == key else i) for k, i in boards.watchlist.items()
            }
            boards.problems.pop(key, None)
            self._parts.broker.want_quotes(found)
        boards.quotes.touch_all()
