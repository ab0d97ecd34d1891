"""A yes to a held preview: carried out once, unless the world has changed under it (D11, R58)."""

from __future__ import annotations

from qe_dashboard.engine.drafts import (
    CancelAct,
    Draft,
    Drafts,
    FlattenAct,
    ModifyAct,
    SubmitAct,
    account_of,
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
        desk, asked_for = self._parts.desk, account_of(draft.act)
        if desk.identity is not None and desk.identity.account != asked_for:
            return CommandResult(
                ResultKind.EXPIRED,
                f"this was asked for {asked_for}, and {desk.identity.account} is connected by now: nothing was sent. "
                "Ask again.",
            )
        stale = await self._stale(draft)
        if stale is not None:
            return stale
        match draft.act:
            case SubmitAct(proposal):
                return self._sent(await self._parts.orders.submit(proposal, accepted=accepted), proposal)
            case ModifyAct(proposal):
                return self._sent(await self._parts.orders.modify(proposal, accepted=accepted), proposal)
            case CancelAct() as act:
                return self._cancel(act)
            case FlattenAct(instrument) as act:
                self._parts.spawn(f"flatten {instrument.label}", self._flatten(act))
                return CommandResult(
                    ResultKind.SENT, f"flattening {instrument.label}; ORDERS and the log show each step."
                )

    async def _stale(self, draft: Draft) -> CommandResult | None:
        """Draw a preview again that is not true any more (D11)."""
        await self._previews.freshen(draft.act)
        why = self._why_stale(draft)
        if why is None:
            return None
        preview = self._previews.hold(draft.act)
        return CommandResult(
            ResultKind.REDRAWN, f"{why}: nothing was sent, look again and press y again.", preview=preview
        )

    def _why_stale(self, draft: Draft) -> str | None:
        desk = self._parts.desk
        match draft.act:
            case SubmitAct(proposal) | ModifyAct(proposal):
                now = fingerprint(desk, proposal.instrument)
                why = what_changed(draft.fingerprint, now, proposal.spec)
                is_denied = why is None and self._parts.orders.assess(proposal).outcome is Outcome.DENY
                return "a check now refuses it" if is_denied else why
            case FlattenAct(instrument):
                return what_changed(draft.fingerprint, fingerprint(desk, instrument), None)
            case CancelAct() as act:
                return self._cancel_changed(draft, act)

    def _cancel_changed(self, draft: Draft, act: CancelAct) -> str | None:
        """Say why a cancel is not what was shown. A link or a halt is no reason: nothing stands in its way (S14)."""
        if draft.fingerprint.account != fingerprint(self._parts.desk, None).account:
            return "the account changed"
        for shown in act.orders:
            now = self._parts.cache.by_number(shown.number)
            if now is None or (now.account, now.intent_id) != (shown.account, shown.intent_id):
                return f"order {shown.number} is not the one that was shown"
            if now.is_open and shown.number not in act.protective and self._previews.protects(now):
                return f"order {shown.number} protects a position by now"
        return None

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
        for number in (order.number for order in act.orders):
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

    async def _flatten(self, act: FlattenAct) -> None:
        report = await self._parts.flatten.run(act.instrument, act.account)
        self._parts.log.say(Severity.INFO if report.flat else Severity.CRITICAL, "flatten", report.text)


def _why_not(preview: PreviewView) -> str:
    """Say why a preview had no way to say yes."""
    denials = [f"{v.code} {v.text}" for v in preview.verdicts if v.outcome is Outcome.DENY]
    return "; ".join(denials) if denials else preview.sentence
