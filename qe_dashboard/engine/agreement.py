"""Positions and executions that do not agree: read again until they do, said in words when they stay apart (D24)."""

from __future__ import annotations

from collections.abc import Mapping

from qe_dashboard.engine.parts import Parts
from qe_dashboard.execution.position_watch import Apart
from qe_dashboard.journal.records import EventKind, JournalEvent
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
        identity = self._parts.desk.identity
        self._parts.log.say(severity, "drift", words)
        if identity is not None:
            now = self._parts.clock.now()
            self._parts.journal.append(
                JournalEvent(EventKind.RECONCILE, identity.account, now, {"drift": words})
            )
        self._parts.boards.status.touch_all()

    def _words_of(self, key: InstrumentId, apart: Apart) -> str:
        passes = (
            f"exits pass up to {number(abs(apart.common))}, which both show"
            if apart.common != 0
            else "exits wait too, because the two agree on nothing held"
        )
        return (
            f"{self._parts.symbols.label_of(key)} DRIFT: {apart.words}. Orders that add are blocked in it; {passes}."
            " Look at the position in TWS. This ends when the two agree; after an assignment or a transfer, which have"
            " no execution, a restart takes the broker's number."
        )

    def _drift(self) -> Mapping[InstrumentId, Apart]:
        return self._parts.desk.watch.drift

    def _links_up(self) -> bool:
        return all(self._parts.desk.is_up(name) for name in LinkName)
