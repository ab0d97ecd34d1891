"""The journal row of a judged proposal: every verdict with its numbers, allowed or denied (S40)."""

from __future__ import annotations

from datetime import datetime

from qe_dashboard.journal.records import EventKind, JournalEvent, Json
from qe_dashboard.model.identifiers import IntentId
from qe_dashboard.risk.context import Proposal
from qe_dashboard.risk.verdict import Assessment, Verdict


def verdict_event(
    proposal: Proposal, assessment: Assessment, intent_id: IntentId | None, *, at: datetime
) -> JournalEvent:
    """Build the row; `intent_id` is None for a denial that was only shown, in a preview."""
    spec = proposal.spec
    payload: dict[str, Json] = {
        "instrument": spec.instrument_id,
        "side": spec.side.value,
        "quantity": str(spec.quantity),
        "terms": spec.price_words,
        "origin": proposal.origin.value,
        "class": assessment.order_class.value,
        "outcome": assessment.outcome.value,
        "verdicts": [_row(verdict) for verdict in assessment.verdicts],
    }
    return JournalEvent(EventKind.VERDICTS, proposal.account, at, payload, intent_id)


def _row(verdict: Verdict) -> Json:
    return {
        "gate": verdict.gate,
        "code": verdict.code,
        "outcome": verdict.outcome.value,
        "text": verdict.text,
        "measured": verdict.measured,
        "limit": verdict.limit,
        "unit": verdict.unit,
        "scope": verdict.scope,
        "source": verdict.source,
    }
