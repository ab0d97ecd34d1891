"""A yes to a held preview: carried out once, unless the world has changed under it (D11, R58)."""

from __future__ import annotations

from qe_dashboard.engine.drafts import (
    CancelAct,
    Draft,
    Drafts,
    FlattenAct,
    ModifyAct,
    SubmitAct,
    fingerprint,
    what_changed,
)
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.previews import Previews
from qe_dashboard.engine.sentences import number as in_words
from qe_dashboard.engine.sentences import terms
from qe_dashboard.engine.views import CommandResult, ConfirmTier, PreviewView, ResultKind
from qe_dashboard.execution.order_service import Denied, NeedsYes, Sent, SubmitResult, Unsent
from qe_dashboard.model.enums import Outcome, Severity
from qe_dashboard.risk.context import Proposal


class Confirmations:
    """Takes drafts out and does what they say."""

    def __init__(self, parts: Parts, drafts: Drafts, previews: Previews) -> None:
        self._parts = parts
        self._drafts = drafts
        self._previews = previews

    async def carry_out(self, token: str, *, accepted: tuple[str, ...], typed: str) -> CommandResult:
        """Do what a preview held, unless it is over, needs more than was typed, or the world changed."""
        draft = self._drafts.take(token)
        if draft is None:
            return CommandResult(
                ResultKind.EXPIRED,
                "this confirmation is over (30 s) or was used; nothing was sent. Ask again.",
            )
        typed_tier = draft.preview.tier in (ConfirmTier.TYPE_WORD, ConfirmTier.TYPE_ACCOUNT)
        if typed_tier and typed != draft.preview.typed_word:
            return CommandResult(
                ResultKind.REFUSED, f"`{draft.preview.typed_word}` was not typed; nothing was sent."
            )
        if not draft.preview.can_send:
            return CommandResult(
                ResultKind.REFUSED,
                f"nothing was sent. {_why_not(draft.preview)}",
            )
        match draft.act:
            case SubmitAct(proposal):
                stale = await self._stale(draft, proposal)
                return stale or self._sent(
                    await self._parts.orders.submit(proposal, accepted=accepted), proposal
                )
            case ModifyAct(proposal):
                stale = await self._stale(draft, proposal)
                return stale or self._sent(
                    await self._parts.orders.modify(proposal, accepted=accepted), proposal
                )
            case CancelAct() as act:
                return self._cancel(act)
            case FlattenAct(instrument):
                self._parts.spawn(f"flatten {instrument.label}", self._flatten(draft))
                return CommandResult(
                    ResultKind.SENT, f"flattening {instrument.label}; ORDERS and the log show each step."
                )

    async def _stale(self, draft: Draft, proposal: Proposal) -> CommandResult | None:
        await self._previews.freshen(draft.act)
        why = what_changed(
            draft.fingerprint, fingerprint(self._parts.desk, proposal.instrument), proposal.spec
        )
        if why is None:
            denied_now = self._parts.orders.assess(proposal).outcome is Outcome.DENY
            if not denied_now:
                return None
            why = "a check now refuses it"
        preview = self._previews.hold(draft.act)
        return CommandResult(
            ResultKind.REDRAWN, f"{why}: nothing was sent, look again and press y again.", preview=preview
        )

    def _sent(self, result: SubmitResult, proposal: Proposal) -> CommandResult:
        match result:
            case Sent(number):
                verb = "sent" if proposal.replaces is None else "change sent for"
                spec, label = proposal.spec, proposal.instrument.label
                words = f"{spec.side} {in_words(spec.quantity)} {label} {terms(spec, proposal.instrument)}"
                return CommandResult(ResultKind.SENT, f"{verb} order {number}: {words}", order_number=number)
            case Denied(assessment):
                words = "; ".join(f"{v.code} {v.text}" for v in assessment.denials)
                self._parts.log.say(Severity.WARNING, "gate", words)
                return CommandResult(ResultKind.DENIED, f"denied, nothing was sent: {words}")
            case NeedsYes(assessment):
                asks = ", ".join(assessment.asks)
                return CommandResult(ResultKind.REFUSED, f"not sent: it needs a yes to {asks}. Ask again.")
            case Unsent(reason):
                return CommandResult(ResultKind.NOT_SENT, f"not sent: {reason}")

    def _cancel(self, act: CancelAct) -> CommandResult:
        """Ask for each cancel; the measured end of each shows in ORDERS (D7: never a count that was not read)."""
        asked: list[str] = []
        refused: list[str] = []
        for number in act.numbers:
            result = self._parts.orders.cancel(number)
            if isinstance(result, Sent):
                asked.append(str(number))
            else:
                refused.append(f"{number}: {result.reason}")
        words = f"asked the venue to cancel {', '.join(asked)}" if asked else "no cancel was sent"
        if refused:
            words += f"; not asked: {'; '.join(refused)}"
        kind = ResultKind.SENT if asked and not refused else ResultKind.NOT_SENT
        return CommandResult(kind, words)

    async def _flatten(self, draft: Draft) -> None:
        if not isinstance(draft.act, FlattenAct):
            return
        report = await self._parts.flatten.run(draft.act.instrument)
        self._parts.log.say(Severity.INFO if report.flat else Severity.CRITICAL, "flatten", report.text)


def _why_not(preview: PreviewView) -> str:
    """Say why a preview had no way to say yes."""
    denials = [f"{v.code} {v.text}" for v in preview.verdicts if v.outcome is Outcome.DENY]
    return "; ".join(denials) if denials else preview.sentence
