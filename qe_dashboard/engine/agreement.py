"""Positions and executions that do not agree: read again until they do, said in words when they stay apart (D24)."""

from __future__ import annotations

from collections.abc import Mapping

from qe_dashboard.engine.facade import CommandRefused, DriftQuestion
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.views import CommandResult, ResultKind
from qe_dashboard.execution.position_watch import Apart
from qe_dashboard.journal.records import EventKind, JournalEvent, Json
from qe_dashboard.model.enums import LinkName, Severity
from qe_dashboard.model.identifiers import InstrumentId
from qe_dashboard.risk.numbers import number

SETTLE_S = 0.25
"""Seconds the broker is given to send the position of a fill by itself before it is asked."""

REREAD_S = 2.0
"""Then once in this time: five reads before a difference is drift, three messages each."""


class Agreement:
    """Follows the desk's position watch; one loop for all instruments, however many move."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._is_reading = False
        self._said: set[InstrumentId] = set()

    def look(self) -> None:
        """Take a change of positions or executions in: start to read again when they do not agree."""
        self._tell()
        if self._parts.desk.watch.is_unsettled and not self._is_reading:
            self._is_reading = True
            self._parts.spawn("read the books until they agree", self._read_again())

    def words(self) -> tuple[str, ...]:
        """Return the banner's line for each instrument that drifts."""
        return tuple(self._words_of(key, apart) for key, apart in self._drift().items())

    # the broker's number, taken by a person

    def question(self, symbol: str) -> DriftQuestion:
        """Return what to ask before the broker's number is taken. Raises CommandRefused when nothing drifts there."""
        key = self._drifting(symbol)
        apart, label = self._drift()[key], self._parts.symbols.label_of(key)
        lines = (
            f"{label}: {apart.words}.",
            "Look at the position in TWS first. What is typed here counts as held: exits are sized from it, and orders"
            " that add pass again.",
            f"Type {number(apart.shown)} if TWS shows that too. It is journalled.",
        )
        return DriftQuestion(key, number(apart.shown), lines)

    async def accept(self, symbol: str, *, typed: str) -> CommandResult:
        """Take the broker's number when a person typed what a fresh read shows (D24). Raises CommandRefused."""
        key = self._drifting(symbol)
        label = self._parts.symbols.label_of(key)
        problem = await self._parts.books.refresh()
        if problem is not None:
            return CommandResult(
                ResultKind.REFUSED, f"not all books are known: {problem}. {label} drifts as before."
            )
        apart = self._drift().get(key)
        if apart is None:
            return CommandResult(ResultKind.DONE, f"{label} does not drift any more; nothing was changed.")
        if typed != number(apart.shown):
            text = f"{typed} is not what the broker shows now: {apart.words}. {label} drifts as before."
            return CommandResult(ResultKind.REFUSED, text)
        self._parts.desk.watch.accept(key, now=self._parts.clock.monotonic())
        # Checks that were made on the old number are void (D4).
        self._parts.desk.bump()
        self._said.discard(key)
        words = f"{label}: taken as {typed} held, by the operator; {apart.words}"
        self._journal({"accepted": words, "instrument": key, "held": typed})
        self._parts.log.say(Severity.WARNING, "drift", words)
        self._parts.boards.touch_books()
        return CommandResult(ResultKind.DONE, f"{label} counts as {typed} held from now on.")

    def _drifting(self, symbol: str) -> InstrumentId:
        typed = symbol.strip().lstrip("=").upper()
        labels = {key: self._parts.symbols.label_of(key) for key in self._drift()}
        found = [
            key
            for key, label in labels.items()
            if typed in (label.upper(), label.upper().split()[0], key.upper())
        ]
        if len(found) == 1:
            return found[0]
        if found:
            names = tuple(labels[key] for key in found)
            raise CommandRefused(f"{typed} drifts in several contracts: {', '.join(names)}.", choices=names)
        drifts = f"Only {', '.join(labels.values())} does." if labels else "No symbol does."
        raise CommandRefused(f"{typed} does not drift, so there is nothing to accept. {drifts}")

    # reading until they agree

    async def _read_again(self) -> None:
        try:
            await self._parts.clock.sleep(SETTLE_S)
            while self._parts.desk.watch.is_unsettled and self._links_up():
                await self._parts.books.refresh()
                await self._parts.clock.sleep(REREAD_S)
        finally:
            self._is_reading = False

    def _tell(self) -> None:
        drift = self._drift()
        for key in drift.keys() - self._said:
            self._say(Severity.CRITICAL, self._words_of(key, drift[key]))
        for key in self._said - drift.keys():
            label = self._parts.symbols.label_of(key)
            self._say(Severity.INFO, f"{label}: positions and executions agree again")
        self._said = set(drift)

    def _say(self, severity: Severity, words: str) -> None:
        self._parts.log.say(severity, "drift", words)
        self._journal({"drift": words})
        self._parts.boards.status.touch_all()

    def _journal(self, payload: dict[str, Json]) -> None:
        identity = self._parts.desk.identity
        if identity is not None:
            event = JournalEvent(EventKind.RECONCILE, identity.account, self._parts.clock.now(), payload)
            self._parts.journal.append(event)

    def _words_of(self, key: InstrumentId, apart: Apart) -> str:
        passes = (
            f"exits pass up to {number(abs(apart.common))}, which both show"
            if apart.common != 0
            else "exits wait too, because the two agree on nothing held"
        )
        label = self._parts.symbols.label_of(key)
        return (
            f"{label} DRIFT: {apart.words}. Orders that add are blocked in it; {passes}. This ends when the two agree."
            " An assignment, a transfer, or a fill of yesterday is never listed: look at the position in TWS, and if it"
            f" is the broker's number, `accept {label}` takes that."
        )

    def _drift(self) -> Mapping[InstrumentId, Apart]:
        return self._parts.desk.watch.drift

    def _links_up(self) -> bool:
        return all(self._parts.desk.is_up(name) for name in LinkName)
