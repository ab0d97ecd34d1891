"""`EngineClient` in process: commands for one front end, carried out by tasks the engine owns."""

from __future__ import annotations

from qe_dashboard.engine.agreement import Agreement
from qe_dashboard.engine.bar_lines import BarLines
from qe_dashboard.engine.cancels import chosen_orders
from qe_dashboard.engine.confirmations import Confirmations
from qe_dashboard.engine.connection_desk import ConnectionDesk
from qe_dashboard.engine.drafts import Drafts
from qe_dashboard.engine.facade import (
    CancelRequest,
    CloseRequest,
    CommandRefused,
    ConnectionRequest,
    DriftQuestion,
    Feed,
    ModifyRequest,
    OrderRequest,
)
from qe_dashboard.engine.health_views import ConnectionAdvice, ConnectionView
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.previews import Previews
from qe_dashboard.engine.session import Session
from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.status import working_words
from qe_dashboard.engine.views import CommandResult, PreviewView, ResultKind, Topic
from qe_dashboard.engine.watchlist import Watchlist
from qe_dashboard.model.enums import AccountKind, LinkName
from qe_dashboard.model.ladder import Ladder, PortScan
from qe_dashboard.risk.trading_state import ResumeRefused


class LocalClient:
    """What a front end in this process talks to."""

    def __init__(
        self,
        parts: Parts,
        *,
        session: Session,
        connection: ConnectionDesk,
        agreement: Agreement,
        watchlist: Watchlist,
        bars: BarLines,
    ) -> None:
        self._parts = parts
        self._session = session
        self._connection = connection
        self._agreement = agreement
        self._watchlist = watchlist
        self._bars = bars
        self._drafts = Drafts(parts.clock)
        self._previews = Previews(parts, self._drafts)
        self._confirmations = Confirmations(parts, self._drafts, self._previews)

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
        return await self._parts.finish(
            "confirmation", self._confirmations.carry_out(token, accepted=accepted, typed=typed)
        )

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
        problem = await self._parts.finish("write the trading state", self._session.latch.write())
        words = f"HALTED: {desk.latch.reason}. {working_words(desk)}. Nothing was cancelled or closed."
        if desk.identity is None:
            words += " No account is bound now: the one that comes up is HALTED too."
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
        problem = await self._parts.finish("write the trading state", self._session.latch.write())
        return CommandResult(
            ResultKind.DONE, "trading state is ACTIVE again." + (f" {problem}" if problem else "")
        )

    async def authorise_live(self, *, typed: str) -> CommandResult:
        """Open the order link when the full account id was typed (D19)."""
        identity = self._parts.desk.identity
        # Without the data link the account is that of an earlier connection.
        if identity is None or not self._parts.desk.is_up(LinkName.DATA):
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

    async def ask_drift(self, symbol: str) -> DriftQuestion:
        """Say what taking the broker's number for a symbol means."""
        return self._agreement.question(symbol)

    async def accept_position(self, symbol: str, *, typed: str) -> CommandResult:
        """End the drift of a symbol by the broker's number."""
        return await self._parts.finish("accept a position", self._agreement.accept(symbol, typed=typed))

    async def reconnect(self) -> CommandResult:
        """Drop and redo both links now."""
        return await self._connection.reconnect()

    async def connection(self) -> ConnectionView:
        """Return the connection in force."""
        return self._connection.view()

    async def check_connection(self, request: ConnectionRequest | None = None) -> Ladder:
        """Climb the ladder with client ids of its own (D27)."""
        return await self._connection.check(request)

    async def scan_ports(self, host: str) -> PortScan:
        """Ask the four standard ports of a host."""
        return await self._connection.scan(host)

    async def connection_advice(self, request: ConnectionRequest) -> ConnectionAdvice:
        """Say what saving this connection would do."""
        return self._connection.advice(request)

    async def apply_connection(self, request: ConnectionRequest) -> CommandResult:
        """Write the connection and reconnect with it."""
        return await self._connection.apply(request)

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
