"""Errors sorted by what the operator does about them; each carries words for people."""

from __future__ import annotations


class DashboardError(Exception):
    """Say what happened, what it means for the orders and what to do, in that order."""

    def __init__(self, what: str, *, meaning: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.meaning = meaning
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.meaning, self.remedy) if part)


class Fatal(DashboardError):
    """The program cannot go on; the operator starts it again once the cause is gone."""


class ConfigurationError(DashboardError):
    """The settings or the machine must be changed first; trying again alone does not help."""


class DeadlineExpired(DashboardError):
    """An answer did not come in time. What that means is for the caller to say: only the waiting ended."""

    def __init__(self, awaited: str, seconds: float) -> None:
        super().__init__(f"{awaited} did not come within {seconds:g} s.")
        self.awaited = awaited
        self.seconds = seconds
