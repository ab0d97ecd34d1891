"""Verdict: one gate's answer with its numbers (D3)."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.model.enums import OrderClass, Outcome


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate says. `code` is stable (`Q-...`); the numbers are texts with their unit beside them."""

    gate: str
    code: str
    outcome: Outcome
    text: str
    measured: str = ""
    limit: str = ""
    unit: str = ""
    scope: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """All verdicts of one proposal, in gate order, and the worst outcome among them."""

    order_class: OrderClass
    verdicts: tuple[Verdict, ...]
    outcome: Outcome
    class_words: str = ""
    """Why the order has its class."""

    @property
    def denials(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.outcome is Outcome.DENY)

    @property
    def asks(self) -> tuple[str, ...]:
        """Codes a confirm step must name (D3)."""
        return tuple(v.code for v in self.verdicts if v.outcome is Outcome.ASK)
