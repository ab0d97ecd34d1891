"""The trading state in force: set at once, written down until it is, compared with what the journal holds (D6, R60)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from qe_dashboard.engine.parts import Parts
from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.records import TradingStateRecord
from qe_dashboard.model.enums import Severity, TradingState
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.risk.trading_state import TradingLatch


class LatchKeeper:
    """Keeps the latch of the account that was taken up; `account` says which, None before.

    While the session moves to another connection that is still the account it left: a HALT is written down for it, and
    stays in force for the account that comes up.
    """

    def __init__(self, parts: Parts, *, account: Callable[[], AccountId | None]) -> None:
        self._parts = parts
        self._account = account
        self._unwritten = False
        self.halts = 0
        """How often HALT was pressed: a resume that was asked before loses to it (D6)."""

    def set(self, latch: TradingLatch) -> bool:
        """Put a trading state in force at once; True when it changed. Writing it down follows."""
        desk = self._parts.desk
        if latch == desk.latch:
            return False
        desk.latch = latch
        desk.bump()
        words = f"{latch.state}: {latch.reason} (by {latch.by})"
        self._parts.log.say(Severity.CRITICAL, "trading state", words)
        self._parts.boards.status.touch_all()
        return True

    async def write(self) -> str | None:
        """Commit the latch; returns the problem in words when it would not survive a restart yet."""
        account = self._account()
        if account is None:
            # Taking up the next account writes it; releasing nothing needs no row.
            self._unwritten = self._parts.desk.latch.state is not TradingState.ACTIVE
            return "It is written down once an account is taken up." if self._unwritten else None
        self._unwritten = True
        try:
            await self.commit(account)
        except JournalError as error:
            return f"in force now, but not written down yet, and tried again every second: {error}"
        self._unwritten = False
        return None

    async def commit(self, account: AccountId) -> None:
        """Commit the latch in force for an account. Raises JournalError."""
        latch = self._parts.desk.latch
        await self._parts.journal.commit_trading_state(
            TradingStateRecord(account, latch.state, latch.reason, latch.by, latch.since)
        )

    async def keep(self) -> None:
        """Write a trading state that could not be written, until it is."""
        if self._unwritten and self._account() is not None and await self.write() is None:
            words = f"{self._parts.desk.latch.state} is written down now"
            self._parts.log.say(Severity.INFO, "trading state", words)

    async def prove(self) -> None:
        """Compare the journal's trading state with the one in force: a journal that was replaced has lost it."""
        latch, account = self._parts.desk.latch, self._account()
        if account is None or latch.state is TradingState.ACTIVE:
            return
        try:
            record = await self._parts.reader.trading_state(account)
        except JournalError:
            # The status shows that the journal is in trouble; the next round looks again.
            return
        self._unwritten |= record is None or record.state is not latch.state

    async def file_exists(self) -> bool:
        """Look for the HALT file, off the loop."""
        return await asyncio.to_thread(self._parts.halt_file)

    async def heed_file(self) -> None:
        """Halt when a file HALT lies in the data directory (D6)."""
        if self._parts.desk.latch.state is TradingState.HALTED or not await self.file_exists():
            return
        latch = self._parts.desk.latch.halt(
            reason="a file HALT lies in the data directory", at=self._parts.clock.now(), by="HALT file"
        )
        if self.set(latch):
            await self.write()
