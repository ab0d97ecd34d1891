"""Flows that lead to an order, a change or a cancel: preview, confirm step, send, result. There is no shorter way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from qe_dashboard.engine.facade import (
    CancelRequest,
    CloseRequest,
    CommandRefused,
    ModifyRequest,
    OrderRequest,
)
from qe_dashboard.engine.views import ConfirmTier, PreviewView, ResultKind
from qe_dashboard.ui.format import sentence_case
from qe_dashboard.ui.front import Front
from qe_dashboard.ui.modals.confirm import ConfirmModal, Decision
from qe_dashboard.ui.modals.reading import ChoiceModal

R = TypeVar("R")
Named = TypeVar("Named", OrderRequest, CloseRequest, CancelRequest)


class OrderFlows:
    """From a request to its result. Every way ends in `confirm`."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def begin(self, line: str) -> None:
        """Put the start of a command into the command line, for a person to finish."""
        command_line = self._front.command_line()
        if command_line is not None:
            command_line.open(line)

    async def order(self, request: OrderRequest, *, explain: bool = False) -> None:
        """Preview an order and confirm it; `explain` shows the preview with no way to send."""
        preview = await self._named(self._front.client.preview_order, request)
        if preview is None:
            return
        if explain:
            await self._show_only(preview)
        else:
            await self.confirm(preview)

    async def close(self, request: CloseRequest) -> None:
        """Preview closing or flattening a symbol, and confirm it."""
        preview = await self._named(self._front.client.preview_close, request)
        if preview is None:
            return
        if preview.can_send or preview.verdicts:
            await self.confirm(preview)
        else:
            # No gate speaks against it, there is just nothing to do: a sentence says that without a question.
            await self._front.client.drop(preview.token)
            self._front.tell(preview.sentence, tone="warning")

    async def close_one(self) -> None:
        """Let a person pick a held position, and preview closing it."""
        desk = self._front.desk()
        held = () if desk is None else tuple(view.label for view in desk.positions.views)
        if not held:
            known = desk is not None and desk.positions.is_read and desk.positions.unknown is None
            self._front.tell(
                "There is no position to close."
                if known
                else "Positions are NOT KNOWN now, so none can be offered. `close SYM` still asks the engine.",
                tone="warning",
            )
            return
        picked = await self._front.ask(ChoiceModal("Close which position?", choices=held))
        if picked is not None:
            await self.close(CloseRequest(picked))

    async def cancel(self, request: CancelRequest) -> None:
        """Preview what a cancel touches, and confirm it."""
        preview = await self._named(self._front.client.preview_cancel, request)
        if preview is not None:
            await self.confirm(preview, is_cancel=True)

    async def modify(self, request: ModifyRequest) -> None:
        """Preview new terms for an order, and confirm them."""
        await self.confirm(await self._front.client.preview_modify(request))

    async def confirm(self, preview: PreviewView, *, is_cancel: bool = False) -> None:
        """Ask until the answer and the preview belong together, then report what the engine did (D11).

        Only a cancel may go without a question (T0), and only while nothing changed since its preview.
        """
        note = ""
        while True:
            needs_asking = not is_cancel or bool(note) or not _is_unquestioned(preview)
            decision = (
                await self._decide(preview, note) if needs_asking else Decision(preview.token, send=True)
            )
            if not decision.send:
                await self._front.client.drop(preview.token)
                self._front.note(f"Dropped, nothing was sent: {preview.sentence}")
                return
            result = await self._front.client.confirm(
                decision.token, accepted=decision.accepted, typed=decision.typed
            )
            if result.kind is not ResultKind.REDRAWN or result.preview is None:
                self._front.report(result)
                return
            preview, note = result.preview, sentence_case(result.text)

    async def _decide(self, preview: PreviewView, note: str) -> Decision:
        modal = ConfirmModal(preview, owner=self._owner(), note=note, timing=self._front.timing)
        return await self._front.ask(modal) or Decision(preview.token, send=False)

    async def _show_only(self, preview: PreviewView) -> None:
        await self._front.ask(
            ConfirmModal(preview, owner=self._owner(), explain=True, timing=self._front.timing)
        )
        await self._front.client.drop(preview.token)

    def _owner(self) -> str:
        """Say whose money this is: kind of account and its id."""
        status = self._front.status
        if status is None:
            return "account not known"
        kind = status.account_kind.value if status.account_kind is not None else status.profile.value
        return f"{kind} {status.account or 'account not known'}"

    async def _named(
        self, preview: Callable[[Named], Awaitable[PreviewView]], request: Named
    ) -> PreviewView | None:
        """Preview a request; when its symbol means several things, let a person pick (D25). None = left."""
        return await self.pick(lambda symbol: preview(replace(request, symbol=symbol)), symbol=request.symbol)

    async def pick(self, attempt: Callable[[str], Awaitable[R]], *, symbol: str) -> R | None:
        """Try with a symbol, and again with the one picked when it was ambiguous. Raises CommandRefused."""
        while True:
            try:
                return await attempt(symbol)
            except CommandRefused as refused:
                if not refused.choices:
                    raise
                picked = await self._front.ask(ChoiceModal(refused.text, choices=refused.choices))
                if picked is None:
                    self._front.note("Left without picking; nothing was sent.")
                    return None
                if picked == symbol:
                    raise
                symbol = picked


def _is_unquestioned(preview: PreviewView) -> bool:
    return preview.tier is ConfirmTier.NONE and preview.can_send and not preview.asks
