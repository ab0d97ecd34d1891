"""Flows about the session: halt, resume, links, live account, leaving."""

from __future__ import annotations

import asyncio

from textual.timer import Timer

from qe_dashboard.engine.facade import CancelRequest, CancelScope
from qe_dashboard.engine.views import StatusView, Topic
from qe_dashboard.model.enums import Profile, TradingState
from qe_dashboard.ui.format import money
from qe_dashboard.ui.front import Front
from qe_dashboard.ui.modals.asking import QuitModal, TypeModal
from qe_dashboard.ui.modals.halt_panel import HaltPanel, HaltStep, working_words
from qe_dashboard.ui.order_flows import OrderFlows
from qe_dashboard.ui.presenters.safety import working_counts

# A person notices nothing under a second; the status carries the need for the typed account for as long as it lasts.
_STATUS_S = 1.0
# An order's end is told within one glance.
_NEWS_S = 0.2
RESUME_WORD = "resume"


class SessionFlows:
    """Everything that is about the session and not about one order."""

    def __init__(self, front: Front, orders: OrderFlows) -> None:
        self._front = front
        self._orders = orders
        self._halt_wanted: str | None = None
        self._halt_answer = ""
        self._asked_for_account = False
        self._timers: list[Timer] = []

    def engine_ready(self) -> None:
        """Carry out a halt that was pressed during the start, and watch for what the session needs of a person."""
        if self._halt_wanted is not None:
            self._front.spawn(self._latch(self._halt_wanted))
            self._halt_wanted = None
        if not self._timers:
            repeat = self._front.app.set_interval
            self._timers = [repeat(_STATUS_S, self.check_account), repeat(_NEWS_S, self._front.read_news)]
        self.check_account()
        self._front.read_news()

    def close(self) -> None:
        for timer in self._timers:
            timer.stop()
        self._timers = []

    async def halt(self, reason: str) -> None:
        """Latch the halt before anything else happens (D6), then show the panel; pressing again changes nothing."""
        if self._front.host.client is None:
            self._halt_wanted = reason
            self._halt_answer = (
                "The engine is still starting: the halt is latched before it can send anything."
            )
        else:
            self._halt_answer = "Halting…"
            self._front.spawn(self._latch(reason))
            # One turn of the loop: the engine latches in the first step of the call, before any modal is built.
            await asyncio.sleep(0)
        if not self._front.is_open(HaltPanel):
            self._front.spawn(self._show_panel())

    async def _latch(self, reason: str) -> None:
        result = await self._front.client.halt(reason)
        # The status says it once it is latched; a failure has to be said by itself.
        self._halt_answer = "" if result.is_ok else result.text
        if not result.is_ok:
            self._front.report(result)

    async def _show_panel(self) -> None:
        panel = HaltPanel(read_status=lambda: self._front.status, outcome=lambda: self._halt_answer)
        step = await self._front.ask(panel)
        if step is HaltStep.CANCEL_ENTRIES:
            await self._orders.cancel(CancelRequest(CancelScope.ENTRIES))
        elif step is HaltStep.CANCEL_MINE:
            await self._orders.cancel(CancelRequest(CancelScope.MINE))
        elif step is HaltStep.CLOSE:
            await self._orders.close_one()
        elif step is HaltStep.RESUME:
            await self.resume()

    async def resume(self) -> None:
        """Ask for the typed word and release the halt."""
        status = self._front.status
        if status is not None and status.trading_state is not TradingState.HALTED:
            self._front.tell(
                f"Trading is {status.trading_state.value}, not HALTED. There is nothing to resume."
            )
            return
        reason = "not known" if status is None else status.trading_reason or "no reason given"
        typed = await self._front.ask(
            TypeModal(
                "Resume trading",
                lines=(
                    f"Halted because: {reason}",
                    f"Type {RESUME_WORD} to let orders that add risk pass again. It is journalled.",
                ),
                word=RESUME_WORD,
                leave="stays HALTED",
            )
        )
        if typed is None:
            self._front.tell("Still HALTED.", tone="warning")
            return
        self._front.report(await self._front.client.resume(typed=typed))

    async def accept(self, symbol: str) -> None:
        """Ask for the number that the broker shows, and take it as what is held (D11, D24)."""
        question = await self._orders.pick(self._front.client.ask_drift, symbol=symbol)
        if question is None:
            return
        modal = TypeModal(
            "Take the broker's number",
            lines=question.lines,
            word=question.word,
            leave="drifts as before",
        )
        typed = await self._front.ask(modal)
        if typed is None:
            self._front.tell("It drifts as before; nothing was changed.", tone="warning")
            return
        self._front.report(await self._front.client.accept_position(question.symbol, typed=typed))

    async def reconnect(self) -> None:
        """Redo both links now."""
        self._front.tell("Reconnecting both links to the broker…")
        self._front.report(await self._front.client.reconnect())

    async def reconcile(self) -> None:
        """Read the books now."""
        self._front.tell("Reading positions, orders and executions from the broker…")
        self._front.report(await self._front.client.reconcile())

    def check_account(self) -> None:
        """Open the typed-account step once each time a live session starts to need it (D19)."""
        status = self._front.status
        needed = status is not None and status.needs_account_typed
        if needed and not self._asked_for_account and not self._front.is_open(TypeModal):
            self._asked_for_account = True
            self._front.spawn(self.authorise_live())
        elif not needed:
            self._asked_for_account = False

    async def authorise_live(self) -> None:
        """Ask for the full account id; without it a live session stays read-only."""
        status = self._front.status
        if status is None or not status.needs_account_typed:
            self._front.tell("This session waits for no account id.")
            return
        typed = await self._front.ask(
            TypeModal(
                "LIVE: real money",
                lines=(
                    f"This session is connected to account {status.account or '(not known)'}.",
                    f"Net liquidation: {self._net_liquidation()}",
                    "Until its full id is typed, nothing can be sent. It is asked in every session.",
                ),
                word=status.account,
                leave="stays read-only; Broker > Authorise live… asks again",
            )
        )
        if typed is None:
            self._front.tell("The session stays read-only: no order can be sent.", tone="warning")
            return
        self._front.report(await self._front.client.authorise_live(typed=typed))

    def _net_liquidation(self) -> str:
        desk = self._front.desk()
        if desk is not None:
            desk.drain(Topic.ACCOUNT)
        account = desk.account if desk is not None else None
        if account is None or account.net_liquidation is None:
            return "not received yet"
        return f"{money(account.net_liquidation)} {account.currency}"

    async def quit(self) -> None:
        """Leave at once when it is known that no order works, else ask first."""
        status = self._front.status
        if self._front.is_open(QuitModal):
            return
        if status is not None and _nothing_works(status):
            self._front.host.leave()
            return
        if await self._front.ask(QuitModal(lines=_quit_lines(status), timing=self._front.timing)):
            self._front.host.leave()


def _nothing_works(status: StatusView) -> bool:
    counts = working_counts(status)
    return counts is not None and sum(counts) == 0 and status.uncertain == 0


def _quit_lines(status: StatusView | None) -> tuple[str, ...]:
    words = working_words(status)
    if status is not None and status.profile is Profile.SIM:
        return (
            words,
            "The simulated venue stops with this program and goes on where it was at the next start.",
        )
    return (
        words,
        "They stay working at the venue after you leave; nothing here watches them until the next start.",
        "To take them back first: stay, then `cancel entries` or `cancel mine`.",
    )
