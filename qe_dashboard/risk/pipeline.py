"""Assessment of a proposal: every gate, in fixed order, worst verdict wins, fail closed (D2, D3)."""

from __future__ import annotations

from collections.abc import Sequence

from qe_dashboard.model.enums import OrderClass, Origin
from qe_dashboard.risk.classify import Classification, explain_class
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Gate
from qe_dashboard.risk.table import GATES
from qe_dashboard.risk.verdict import ALLOW, ASK, DENY, WARN, Assessment, Rule, Verdict

GATE_ERROR = "Q-GATE-ERROR"


def assess(proposal: Proposal, ctx: RiskContext, *, gates: Sequence[Gate] = GATES) -> Assessment:
    """Run all gates, whatever the first ones say, and return what they say. Never raises for a gate's fault."""
    verdicts: list[Verdict] = []
    try:
        classification = explain_class(proposal, ctx)
    except Exception as error:  # an order that cannot be classed is treated as adding, and refused
        classification = Classification(OrderClass.ADD, "its class could not be determined")
        verdicts.append(_broken("classify", proposal, ctx, error))
    order_class = classification.order_class
    verdicts += [verdict_of(gate, proposal, ctx, order_class=order_class) for gate in gates]
    # Without gates nothing was checked, so nothing passes.
    worst = ALLOW if len(verdicts) > 0 else DENY
    for verdict in verdicts:
        if verdict.outcome is not ALLOW and verdict.outcome.rank > worst.rank:
            worst = verdict.outcome
    return Assessment(order_class, tuple(verdicts), worst, classification.reason)


def verdict_of(gate: Gate, proposal: Proposal, ctx: RiskContext, *, order_class: OrderClass) -> Verdict:
    """Run one gate and apply to its answer what the order's class and origin make of it."""
    try:
        verdict = gate.check(proposal, ctx, order_class)
    except Exception as error:  # fail closed: a check that cannot be made is a refusal, not a pass
        verdict = _broken(gate.name, proposal, ctx, error)
    outcome = verdict.outcome
    if outcome is ALLOW or outcome is WARN:
        return verdict
    if order_class not in gate.binds:
        # A refusal that is about adding risk (D2).
        return verdict.but(WARN, "It may pass: it lowers risk.")
    if outcome is ASK and proposal.origin is not Origin.MANUAL:
        return verdict.but(DENY, "Nobody can answer for {origin}.")
    return verdict


def _broken(name: str, proposal: Proposal, ctx: RiskContext, error: Exception) -> Verdict:
    rule = Rule(name, GATE_ERROR, unit="check", scope="this order")
    return rule.deny(
        proposal,
        ctx,
        "The check `{gate}` failed ({error}). An order that cannot be checked is not sent. Please report this"
        " with the log.",
        measured=None,
        limit="checked",
        args={"gate": name, "error": f"{type(error).__name__}: {error}"},
    )
