"""The session's own work: take up an account, read its books, keep them fresh, keep the latch (D6, D24, R60)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from qe_dashboard.core.words import count
from qe_dashboard.engine.bar_lines import BarLines
from qe_dashboard.engine.latch import LatchKeeper
from qe_dashboard.engine.parts import Parts
from qe_dashboard.engine.restored import restored_orders
from qe_dashboard.engine.watchlist import Watchlist
from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.records import (
    EventKind,
    JournalEvent,
    Json,
    TradingStateRecord,
)
from qe_dashboard.model.enums import LinkName, Severity, TradingState
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.model.known import Unknown
from qe_dashboard.model.order import Fill, Order
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.model.reports import Identity, Position
from qe_dashboard.risk.trading_state import TradingLatch

RECONCILE_S = 30.0
"""Seconds between whole reads of the three books (D24)."""

RETRY_S = 2.0
PERIODIC = "periodic"
REMEMBERED = timedelta(days=1)
"""Closed orders and fills of the last day are shown again after a restart; open ones always."""

CLOCKS_APART = timedelta(days=1)
"""Fills carry the venue's time and orders ours: a venue whose clock or zone is wrong is less than a day off."""


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the journal knows of one account."""

    latch: TradingStateRecord | None
    last_number: int
    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]
    shown_since: datetime

    @property
    def is_halted(self) -> bool:
        """Whether it was left HALTED: then the first reason is the one to keep (D6)."""
        return self.latch is not None and self.latch.state is TradingState.HALTED


class Session:
    """Takes up the account that was found and keeps what is known about it fresh."""

    def __init__(self, parts: Parts, *, watchlist: Watchlist, bars: BarLines) -> None:
        self._parts = parts
        self._watchlist = watchlist
        self._bars = bars
        self._read_problem: str | None = "not read yet"
        """Why the last read of the books brought none; None after a good one."""
        self.latch = LatchKeeper(parts, account=lambda: self._taken_up)
        self._restored_ids_for: set[int] = set()
        self._taken_up: AccountId | None = None
        """The account whose latch and orders the cache holds."""
        self._taking_up: AccountId | None = None

    # taking up an account

    def found(self, identity: Identity) -> None:
        """Bind the session to an account; nothing of another account stays (S03)."""
        desk, account = self._parts.desk, identity.account
        last = self._last_account()
        if last is not None and last != account:
            self._forget_account(last, account)
        desk.identity = identity
        desk.identity_problem, desk.refused_accounts = None, ()
        desk.latch_loaded = self._taken_up == account
        desk.bump()
        self._parts.log.say(Severity.INFO, "identity", f"account {account} is {identity.kind}")
        if not desk.latch_loaded and self._taking_up != account:
            self._taking_up = account
            self._parts.spawn("take up the account", self._take_up(account))
        self._parts.boards.touch_books()

    def _last_account(self) -> AccountId | None:
        """The account this process dealt with last, also when its session was dropped since."""
        return self._taking_up if self._taking_up is not None else self._taken_up

    def _forget_account(self, last: AccountId, account: AccountId) -> None:
        latch = self._parts.desk.latch
        if latch.state is TradingState.ACTIVE:
            self._parts.desk.latch = TradingLatch.active(at=self._parts.clock.now())
        else:
            # The journal keeps it for the account that is left (D27); who halted meant the session (D6).
            words = f"{latch.state} goes on in {account}, as it was in {last}: {latch.reason}. `resume` releases it"
            self._parts.log.say(Severity.CRITICAL, "halt", words)
        self._taken_up = None
        self._parts.desk.live_authorised = False
        self._parts.cache.clear()
        self._parts.desk.forget_account("another account was found; its books are being read")

    async def _take_up(self, account: AccountId) -> None:
        desk = self._parts.desk
        try:
            memory = await self._remember(account)
            if self._taking_up != account:
                return
            if desk.latch.state is not TradingState.ACTIVE and not memory.is_halted:
                # A halt from before the account was known is not undone by what the journal remembers.
                await self.latch.commit(account)
        except JournalError as error:
            if self._taking_up == account:
                self._taking_up = None
                desk.identity_problem = f"the journal could not be read: {error}"
                self._parts.log.say(Severity.CRITICAL, "journal", str(error))
                self._parts.boards.touch_books()
            return
        if self._taking_up != account:
            return
        self._taking_up, self._taken_up = None, account
        self._restore(memory)
        desk.latch_loaded = desk.identity is not None and desk.identity.account == account
        desk.bump()
        if desk.latch.state is not TradingState.ACTIVE:
            words = f"still {desk.latch.state} from before: {desk.latch.reason}"
            self._parts.log.say(Severity.CRITICAL, "halt", words)
        await self.resync("account taken up")

    async def _remember(self, account: AccountId) -> _Memory:
        """Read what the journal knows of an account; applied in one step, so that no other account gets it."""
        reader = self._parts.reader
        await self._restore_order_ids()
        since = self._parts.clock.now() - REMEMBERED
        intents = await reader.intents(account)
        records = [
            record
            for record in await reader.latest_orders(account)
            if not record.status.is_closed or record.at >= since
        ]
        orders = restored_orders(intents, records)
        oldest = min((order.created_at for order in orders), default=since)
        return _Memory(
            latch=await reader.trading_state(account),
            last_number=await reader.last_order_number(),
            fills=tuple(await reader.fills(account, since=min(oldest, since) - CLOCKS_APART)),
            orders=orders,
            shown_since=since,
        )

    def _restore(self, memory: _Memory) -> None:
        desk, cache = self._parts.desk, self._parts.cache
        latch = memory.latch
        if latch is not None and (desk.latch.state is TradingState.ACTIVE or memory.is_halted):
            desk.latch = TradingLatch(latch.state, latch.reason, latch.at, latch.by)
        cache.start_numbers_above(memory.last_number)
        cache.restore(memory.orders, memory.fills, shown_since=memory.shown_since)
        desk.watch.remember(memory.fills)
        for order in memory.orders:
            # One whose intent is still being written here, while the account went and came back, was never sent.
            if order.status.is_in_flight and not self._parts.orders.is_unsent(order.number):
                why = "the program stopped before the venue answered; asking, not sending again"
                self._parts.in_flight.doubt(order, why)
        self._parts.boards.touch_books()

    async def _restore_order_ids(self) -> None:
        link = self._parts.desk.links.get(LinkName.ORDER)
        if link is None or link.client_id is None or link.client_id in self._restored_ids_for:
            return
        mark = await self._parts.reader.order_id_mark(link.client_id)
        self._parts.orders.start_ids_above(mark)
        self._restored_ids_for.add(link.client_id)

    # books

    def ask_resync(self, why: str) -> None:
        """Read the books soon, as an engine task."""
        self._parts.spawn("read the books", self.resync(why))

    async def open_lines(self) -> None:
        """Open quotes and bars: the data link is enough for them, the books follow when the order link is up too."""
        await self._watchlist.sync()
        self._bars.reload()

    async def resync(self, why: str) -> None:
        """Read the books until they are known or a link is gone again."""
        await self._restore_order_ids()
        # Before the account is taken up its orders are not back yet; taking it up ends with a read of its own.
        while self._parts.desk.latch_loaded and self._parts.desk.identity is not None and self._links_up():
            problem = await self._parts.books.refresh()
            if problem is None:
                self._reconciled(why)
                self._want_positions()
                if why != PERIODIC:
                    await self.open_lines()
                    self._ask_about_uncertain()
                return
            self._read_problem = problem
            self._parts.log.say(Severity.WARNING, "books", problem)
            self._parts.boards.status.touch_all()
            await self._parts.clock.sleep(RETRY_S)

    async def keep_fresh(self) -> None:
        """Read the books every 30 s while the links are up (D24)."""
        while True:
            await self._parts.clock.sleep(RECONCILE_S)
            await self.latch.prove()
            if self._parts.desk.identity is not None and self._links_up():
                await self.resync(PERIODIC)

    def note_reconcile(self, problem: str | None) -> None:
        """Keep the outcome of a read that a person asked for."""
        if problem is None:
            self._reconciled("asked for")
        else:
            self._read_problem = problem
            self._parts.boards.status.touch_all()

    def _reconciled(self, why: str) -> None:
        self._read_problem = None
        if why != PERIODIC:
            self._parts.log.say(Severity.INFO, "books", f"{why}: {self.reconcile_words()}")
        self._parts.boards.touch_books()

    def reconcile_words(self) -> str:
        """Say what the books hold now, fills since the last read included, or why they are not known."""
        if self._read_problem is not None:
            return self._read_problem
        desk = self._parts.desk
        for name, book in (("positions", desk.positions), ("open orders", desk.open_orders)):
            if isinstance(book, Unknown):
                return f"{name}: {book.reason}"
        working = len(self._parts.cache.open_orders())
        return f"{count(len(self._held()), 'position')}, {count(working, 'working order')}"

    def _want_positions(self) -> None:
        """Keep a quote line for everything held, so that it can be valued and closed."""
        for position in self._held():
            self._parts.broker.want_quotes(position.instrument)

    def _held(self) -> tuple[Position, ...]:
        book = self._parts.desk.positions
        return () if isinstance(book, Unknown) else tuple(p for p in book.value if p.quantity != 0)

    def _ask_about_uncertain(self) -> None:
        for order in self._parts.cache.orders.values():
            if order.status is OrderStatus.UNCERTAIN:
                self._parts.spawn(f"ask about order {order.number}", self._parts.in_flight.ask(order.number))

    def _links_up(self) -> bool:
        """Whether a read would come from IBKR: without it the gateway answers from memory (1100)."""
        desk = self._parts.desk
        return all(desk.is_up(name) for name in LinkName) and desk.upstream.up is not False

    # the latch

    def journal_settings(self, text: str) -> None:
        """Note a change of settings (S39)."""
        identity = self._parts.desk.identity
        account = AccountId("") if identity is None else identity.account
        self._parts.journal.append(
            JournalEvent(EventKind.SETTINGS, account, self._parts.clock.now(), {"text": text})
        )

    def journal_start(self, version: str) -> None:
        """Note that a session began."""
        now = self._parts.clock.now()
        payload: dict[str, Json] = {
            "started": True,
            "version": version,
            "profile": self._parts.desk.profile.value,
        }
        self._parts.journal.append(JournalEvent(EventKind.SESSION, AccountId(""), now, payload))
