"""Gate: one pre-trade check and its row in the table; Measure: how a gate writes its verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from qe_dashboard.model.enums import OrderClass, Outcome
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.verdict import Verdict

GateCheck: TypeAlias = Callable[[Proposal, RiskContext, OrderClass], Verdict]

BUILT_IN = "built in"
"""Source of a rule that no setting changes."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One check. It refuses orders of the classes it binds; for the others its refusals are warnings (D2)."""

    name: str
    check: GateCheck
    binds: frozenset[OrderClass]
    looks_at: str


@dataclass(frozen=True, slots=True)
class Measure:
    """What a gate measures and whose limit it holds it to. `because` splits a gate's code into its reasons."""

    gate: str
    code: str
    unit: str
    scope: str
    source: str = BUILT_IN

    def allow(self, text: str, *, measured: str, limit: str) -> Verdict:
        return self._verdict(Outcome.ALLOW, text, measured=measured, limit=limit)

    def warn(self, text: str, *, measured: str, limit: str, because: str = "") -> Verdict:
        return self._verdict(Outcome.WARN, text, measured=measured, limit=limit, because=because)

    def ask(self, text: str, *, measured: str, limit: str, because: str = "") -> Verdict:
        return self._verdict(Outcome.ASK, text, measured=measured, limit=limit, because=because)

    def deny(self, text: str, *, measured: str, limit: str, because: str = "") -> Verdict:
        return self._verdict(Outcome.DENY, text, measured=measured, limit=limit, because=because)

    def _verdict(
        self, outcome: Outcome, text: str, *, measured: str, limit: str, because: str = ""
    ) -> Verdict:
        return Verdict(
            gate=self.gate,
            code=f"{self.code}-{because}" if because != "" else self.code,
            outcome=outcome,
            text=text,
            measured=measured,
            limit=limit,
            unit=self.unit,
            scope=self.scope,
            source=self.source,
        )
