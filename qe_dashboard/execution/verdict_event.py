"""The journal row of a judged proposal: every verdict with its numbers, allowed or denied (S40)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from qe_dashboard.journal.records import EventKind, JournalEvent, Json
from qe_dashboard.model.identifiers import IntentId
from qe_dashboard.risk.context import Proposal
from qe_dashboard.risk.verdict import Assessment, Verdict


def verdict_event(
    proposal: Proposal, assessment: Assessment, intent_id: IntentId | None, *, at: datetime
) -> JournalEvent:
    """Build the row; `intent_id` is None for a denial that was only shown, in a preview."""
    return JournalEvent(
        EventKind.VERDICTS, proposal.account, at, VerdictPayload(proposal, assessment), intent_id
    )


class VerdictPayload(Mapping[str, Json]):
    """A proposal and what the gates said, frozen; written out when the journal's thread reads it, not before (P16).

    Writing out 19 verdicts takes 94 us, reaching them 17.
    """

    __slots__ = ("_assessment", "_proposal", "_rows")

    def __init__(self, proposal: Proposal, assessment: Assessment) -> None:
        self._proposal = proposal
        self._assessment = assessment
        self._rows: dict[str, Json] | None = None

    def __getitem__(self, key: str) -> Json:
        return self._written()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._written())

    def __len__(self) -> int:
        return len(self._written())

    def _written(self) -> dict[str, Json]:
        # Two threads that read at once write the same twice; neither sees half of it.
        if self._rows is None:
            self._rows = _payload(self._proposal, self._assessment)
        return self._rows


def _payload(proposal: Proposal, assessment: Assessment) -> dict[str, Json]:
    spec = proposal.spec
    return {
        "instrument": spec.instrument_id,
        "side": spec.side.value,
        "quantity": str(spec.quantity),
        "terms": spec.price_words,
        "origin": proposal.origin.value,
        "class": assessment.order_class.value,
        "outcome": assessment.outcome.value,
        "verdicts": [_row(verdict) for verdict in assessment.verdicts],
    }


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
