"""The watchlist: symbols from settings, resolved to contracts, each with a quote line."""

from __future__ import annotations

from qe_dashboard.engine.facade import CommandRefused
from qe_dashboard.engine.parts import Parts
from qe_dashboard.model.enums import Severity
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Unknown


class Watchlist:
    """Keeps quote lines equal to the watched symbols; a symbol that cannot be resolved stays, with its reason."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._symbols: tuple[str, ...] = ()
        self._found: dict[str, Instrument] = {}
        """What each watched symbol was resolved to: two months of one root are two symbols."""

    @property
    def symbols(self) -> tuple[str, ...]:
        return self._symbols

    def set(self, symbols: tuple[str, ...]) -> None:
        """Show these symbols, in this order; resolving follows with `sync`."""
        before = set(self._found.values())
        self._symbols = tuple(dict.fromkeys(symbol.upper() for symbol in symbols))
        self._found = {name: found for name, found in self._found.items() if name in self._symbols}
        for instrument in before - set(self._found.values()):
            self._release(instrument)
        self._show()

    async def sync(self) -> None:
        """Resolve what is not resolved and open its quote line."""
        problems = self._parts.boards.problems
        for name in self._symbols:
            if name not in self._found:
                try:
                    found = await self._parts.symbols.for_entry(name)
                except CommandRefused as refusal:
                    problems[name] = refusal.text
                    self._parts.log.say(Severity.WARNING, "watchlist", refusal.text)
                    continue
                if name not in self._symbols:
                    # Taken off the list while it was looked up.
                    continue
                self._found[name] = found
                problems.pop(name, None)
            self._parts.broker.want_quotes(self._found[name])
        self._show()

    def _show(self) -> None:
        rows = ((name, self._found.get(name)) for name in self._symbols)
        self._parts.boards.watchlist = {
            name if instrument is None else instrument.id: instrument for name, instrument in rows
        }
        self._parts.boards.quotes.touch_all()

    def _release(self, instrument: Instrument) -> None:
        """Close a line that nobody needs: what is held or has working orders is still valued and priced."""
        held = self._parts.desk.position_of(instrument.id)
        if isinstance(held, Unknown) or held.value != 0 or self._parts.cache.open_in(instrument.id):
            return
        self._parts.broker.release_quotes(instrument)
        # Without a line its last quote would never grow old by itself.
        self._parts.desk.quotes.pop(instrument.id, None)
