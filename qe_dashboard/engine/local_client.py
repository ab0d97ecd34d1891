"""`EngineClient` in process: commands for one front end, carried out by tasks the engine owns."""

from __future__ import annotations

from qe_dashboard.broker.port import BrokerError
from qe_dashboard.engine.bar_lines import BarLines
from qe_dashboard.engine.cancels import chosen_orders
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
from qe_dashboard.engine.facade import (
    CancelRequest,
    CloseRequest,
    CommandRefused,
    Feed,
    ModifyRequest,
    OrderRequest,
)
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.previews import Previews
from qe_dashboard.engine.sentences import number as in_words
from qe_dashboard.engine.sentences import terms
from qe_dashboard.engine.session import Session
from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.status import working_words
from qe_dashboard.engine.views import CommandResult, ConfirmTier, PreviewView, ResultKind, Topic
from qe_dashboard.engine.watchlist import Watchlist
from qe_dashboard.execution.order_service import Denied, NeedsYes, Sent, SubmitResult, Unsent
from qe_dashboard.model.enums import AccountKind, Outcome, Severity
from qe_dashboard.risk.context import Proposal
from qe_dashboard.risk.trading_state import ResumeRefused


class LocalClient:
    """What a front end in this process talks to."""

    def __init__(self, parts: Parts, *, session: Session, watchlist: Watchlist, bars: BarLines) -> None:
        self._parts = parts
        self._session = session
        self._watchlist = watchlist
        self._bars = bars
        self._drafts = Drafts(parts.clock)
        self._previews = Previews(parts, self._drafts)

    def watch(self, topic: Topic, keys: tuple[str, ...] = ()) -> Feed:
        """Collect changes of a topic."""
        board = self._parts.boards.of(topic)
        if topic is not Topic.BARS:
            return board.open(keys)
        if not keys:
            raise CommandRefused("bars are watched by key: name the instrument and the interval")
        self._bars.open(keys)
        return board.open(keys, on_close=lambda: self._bars.close(keys))

    # previews

    async def preview_order(self, request: OrderRequest) -> PreviewView:
        """Run every gate for an order and hold it."""
        return await self._previews.order(request)

    async def preview_modify(self, request: ModifyRequest) -> PreviewView:
        """Run every gate for new terms and hold them."""
        return await self._previews.modify(request)

    async def preview_close(self, request: CloseRequest) -> PreviewView:
        """Say what closing or flattening one symbol would do, and hold it."""
        return await self._previews.close(request)

    async def preview_cancel(self, request: CancelRequest) -> PreviewView:
        """Say which rows a cancel touches and hold it."""
        orders, skipped, title = chosen_orders(self._parts, request)
        return self._previews.cancel(orders, title=title, skipped=skipped)

    async def drop(self, token: str) -> None:
        """Forget a held preview."""
        self._drafts.drop(token)

    # yes

    async def confirm(self, token: str, *, accepted: tuple[str, ...] = (), typed: str = "") -> CommandResult:
        """Carry out a held preview, unless the world has changed under it (D11, R58)."""
        return await self._parts.finish("confirmation", self._confirm(token, accepted=accepted, typed=typed))

    async def _confirm(self, token: str, *, accepted: tuple[str, ...], typed: str) -> CommandResult:
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

    # state

    async def halt(self, reason: str) -> CommandResult:
        """Latch HALTED at once; the journal row follows (D6)."""
        desk = self._parts.desk
        latch = desk.latch.halt(reason=reason or "halted by hand", at=self._parts.clock.now(), by="operator")
        self._session.latch.halts += 1
        if not self._session.latch.set(latch):
            return CommandResult(
                ResultKind.DONE, f"already HALTED: {desk.latch.reason}. {working_words(desk)}."
            )
        problem = await self._write_latch()
        words = f"HALTED: {desk.latch.reason}. {working_words(desk)}. Nothing was cancelled or closed."
        return CommandResult(ResultKind.DONE, words if problem is None else f"{words} {problem}")

    async def resume(self, *, typed: str) -> CommandResult:
        """Release HALTED with the typed word, unless the HALT file is there."""
        desk, halts = self._parts.desk, self._session.latch.halts
        if await self._session.latch.file_exists():
            return CommandResult(
                ResultKind.REFUSED,
                "the file HALT in the data directory holds every profile; remove it, then resume.",
            )
        if self._session.latch.halts != halts:
            return CommandResult(
                ResultKind.REFUSED, "HALT was pressed again meanwhile: trading stays HALTED."
            )
        try:
            latch = desk.latch.resume(typed, at=self._parts.clock.now(), by="operator")
        except ResumeRefused as refusal:
            return CommandResult(ResultKind.REFUSED, str(refusal))
        if not self._session.latch.set(latch):
            return CommandResult(ResultKind.DONE, "trading was not halted; nothing changed.")
        problem = await self._write_latch()
        return CommandResult(
            ResultKind.DONE, "trading state is ACTIVE again." + (f" {problem}" if problem else "")
        )

    async def _write_latch(self) -> str | None:
        return await self._parts.finish("write the trading state", self._session.latch.write())

    async def authorise_live(self, *, typed: str) -> CommandResult:
        """Open the order link when the full account id was typed (D19)."""
        identity = self._parts.desk.identity
        if identity is None:
            return CommandResult(ResultKind.REFUSED, "no account is connected yet.")
        if identity.kind is not AccountKind.LIVE:
            return CommandResult(
                ResultKind.REFUSED, f"{identity.account} is a {identity.kind} account: nothing to authorise."
            )
        if typed != identity.account:
            return CommandResult(
                ResultKind.REFUSED,
                "that is not the account id; the order link stays closed and the session read-only.",
            )
        self._parts.broker.authorise_orders(identity.account)
        self._parts.desk.live_authorised = True
        self._parts.boards.status.touch_all()
        return CommandResult(
            ResultKind.DONE, f"orders go to LIVE {identity.account}; the order link is opening."
        )

    async def reconnect(self) -> CommandResult:
        """Drop and redo both links now."""
        try:
            await self._parts.broker.reconnect()
        except BrokerError as error:
            return CommandResult(
                ResultKind.UNKNOWN, f"the reconnect failed: {error} The lamp shows the links."
            )
        return CommandResult(ResultKind.DONE, "reconnecting both links now; the lamp shows when they are up.")

    async def reconcile(self) -> CommandResult:
        """Read the three books now."""
        problem = await self._parts.books.refresh()
        self._session.note_reconcile(problem)
        if problem is not None:
            return CommandResult(
                ResultKind.UNKNOWN, f"not all books are known: {problem}. Adding orders wait."
            )
        return CommandResult(ResultKind.DONE, f"books read: {self._session.reconcile_words()}.")

    # watchlist and settings

    async def watch_symbol(self, symbol: str) -> CommandResult:
        """Add a symbol to the watchlist and keep it in the settings file."""
        instrument = await self._parts.symbols.for_entry(symbol)
        name = instrument.symbol if instrument.expiry is None else str(symbol.strip().lstrip("=").upper())
        if name in self._watchlist.symbols:
            return CommandResult(ResultKind.DONE, f"{name} is on the watchlist already.")
        return await self._set_watchlist((*self._watchlist.symbols, name), f"{name} added")

    async def unwatch_symbol(self, symbol: str) -> CommandResult:
        """Remove a symbol from the watchlist and from the settings file."""
        name = symbol.strip().lstrip("=").upper()
        rest = tuple(s for s in self._watchlist.symbols if s != name)
        if len(rest) == len(self._watchlist.symbols):
            raise CommandRefused(f"{name} is not on the watchlist: {', '.join(self._watchlist.symbols)}.")
        return await self._set_watchlist(rest, f"{name} removed")

    async def _set_watchlist(self, symbols: tuple[str, ...], words: str) -> CommandResult:
        self._watchlist.set(symbols)
        await self._watchlist.sync()
        result = await self._parts.settings.set_watchlist(symbols)
        if result.is_ok:
            return CommandResult(ResultKind.DONE, f"{words}.")
        return CommandResult(result.kind, f"{words} for this session, but not saved: {result.text}")

    async def settings(self) -> SettingsView:
        """Return all settings with their sources."""
        return await self._parts.settings.view()

    async def set_setting(self, key: str, value: str) -> CommandResult:
        """Write one setting; the watcher applies it."""
        return await self._parts.settings.write(key, value)


def _why_not(preview: PreviewView) -> str:
    """Say why a preview had no way to say yes."""
    denials = [f"{v.code} {v.text}" for v in preview.verdicts if v.outcome is Outcome.DENY]
    return "; ".join(denials) if denials else preview.sentence
