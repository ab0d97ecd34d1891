"""Assessment of a proposal: every gate, in fixed order, worst verdict wins, fail closed (D2, D3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qe_dashboard.model.enums import OrderClass, Origin, Outcome
from qe_dashboard.risk.classify import Classification, explain_class
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import BUILT_IN, Gate
from qe_dashboard.risk.numbers import UNKNOWN
from qe_dashboard.risk.table import GATES
from qe_dashboard.risk.verdict import Assessment, Verdict

GATE_ERROR = "Q-GATE-ERROR"


def assess(proposal: Proposal, ctx: RiskContext, *, gates: Sequence[Gate] = GATES) -> Assessment:
    """Run all gates, whatever the first ones say, and return what they say. Never raises for a gate's fault."""
    verdicts: list[Verdict] = []
    try:
        classification = explain_class(proposal, ctx)
    except Exception as error:  # an order that cannot be classed is treated as adding, and refused
        classification = Classification(OrderClass.ADD, "its class could not be determined")
        verdicts.append(_broken("classify", error))
    order_class = classification.order_class
    verdicts.extend(verdict_of(gate, proposal, ctx, order_class=order_class) for gate in gates)
    worst = max(
        (verdict.outcome for verdict in verdicts), key=lambda outcome: outcome.rank, default=Outcome.DENY
    )
    return Assessment(order_class, tuple(verdicts), worst, classification.words)


def verdict_of(gate: Gate, proposal: Proposal, ctx: RiskContext, *, order_class: OrderClass) -> Verdict:
    """Run one gate and apply to its answer what the order's class and origin make of it."""
    try:
        verdict = gate.check(proposal, ctx, order_class)
    except Exception as error:  # fail closed: a check that cannot be made is a refusal, not a pass
        verdict = _broken(gate.name, error)
    if order_class not in gate.binds:
        return _soften(verdict)
    if verdict.outcome is Outcome.ASK and proposal.origin is not Origin.MANUAL:
        return replace(
            verdict, outcome=Outcome.DENY, text=f"{verdict.text} Nobody can answer for {proposal.origin}."
        )
    return verdict


def _soften(verdict: Verdict) -> Verdict:
    """Turn a refusal that is about adding risk into a warning (D2)."""
    if verdict.outcome.rank <= Outcome.WARN.rank:
        return verdict
    return replace(verdict, outcome=Outcome.WARN, text=f"{verdict.text} It may pass: it lowers risk.")


def _broken(name: str, error: Exception) -> Verdict:
    return Verdict(
        gate=name,
        code=GATE_ERROR,
        outcome=Outcome.DENY,
        text=f"The check `{name}` failed ({type(error).__name__}: {error}). An order that cannot be checked is"
        " not sent. Please report this with the log.",
        measured=UNKNOWN,
        limit="checked",
        unit="check",
        scope="this order",
        source=BUILT_IN,
    )
