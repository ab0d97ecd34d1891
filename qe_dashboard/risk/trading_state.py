"""The trading state as a latched value: it tightens at once and is released only by a typed word (D6, R60)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qe_dashboard.model.enums import TradingState

RESUME_WORD = "resume"


class ResumeRefused(Exception):
    """The word typed does not release the state; the text says what does."""


@dataclass(frozen=True, slots=True)
class TradingLatch:
    """A trading state, why it is so, since when (aware UTC) and by whom. Each move returns the next value."""

    state: TradingState
    reason: str
    since: datetime
    by: str

    @classmethod
    def active(cls, *, at: datetime) -> TradingLatch:
        """Return the state of an account whose journal knows no other."""
        return cls(TradingState.ACTIVE, "", at, "")

    def halt(self, *, reason: str, at: datetime, by: str) -> TradingLatch:
        """Return HALTED; when it is so already nothing changes and the first reason stays."""
        if self.state is TradingState.HALTED:
            return self
        return TradingLatch(TradingState.HALTED, reason, at, by)

    def reduce_only(self, *, reason: str, at: datetime, by: str) -> TradingLatch:
        """Return REDUCING from ACTIVE; a state as tight or tighter stays."""
        if self.state is not TradingState.ACTIVE:
            return self
        return TradingLatch(TradingState.REDUCING, reason, at, by)

    def resume(self, typed: str, *, at: datetime, by: str) -> TradingLatch:
        """Return ACTIVE. Raises ResumeRefused unless exactly the word `resume` was typed."""
        if typed != RESUME_WORD:
            raise ResumeRefused(
                f"Trading stays {self.state}: type exactly `{RESUME_WORD}` to allow new orders again."
            )
        if self.state is TradingState.ACTIVE:
            return self
        return TradingLatch(TradingState.ACTIVE, f"resumed from {self.state}", at, by)
