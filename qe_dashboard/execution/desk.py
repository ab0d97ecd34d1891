"""The desk: what is true of this session right now, and the frozen snapshot that gates judge (D4).

`epoch` grows with every change that could make an earlier check wrong: trading state, links, upstream, account,
limits. A check made under one epoch is void under the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from qe_dashboard.core.clock import Clock
from qe_dashboard.execution.first_book import FirstBook
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.execution.position_watch import PositionWatch
from qe_dashboard.model.enums import AccountKind, LinkName, Profile, TradingState
from qe_dashboard.model.identifiers import AccountId, InstrumentId
from qe_dashboard.model.known import Known, Maybe, Unknown, UnknownValueError, map_known
from qe_dashboard.model.market_data import Quote
from qe_dashboard.model.order import Fill, Order
from qe_dashboard.model.reports import AccountState, Identity, LinkStatus, Position, UpstreamStatus
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.limits import RiskLimits
from qe_dashboard.risk.reservations import Reservations
from qe_dashboard.risk.trading_state import TradingLatch

CLOCKS_APART = timedelta(seconds=10)
"""Executions carry the venue's clock; it is taken to be no further off ours than this."""

_MOVING = Unknown("a fill came after the positions were read; they are being read again")
LOCKED = "the session is LOCKED: Broker > Authorise live…, then type the account id"
# Named once: looking an enum's member up costs 70 ns, walking the enum 0.5 us, and every check of an order does both.
_LINKS = _DATA, _ORDER = tuple(LinkName)
_NOT_READ = Unknown("not read since the session began")


class Desk:
    """Session facts, written by the engine as the broker reports them and read by gates and views."""

    def __init__(
        self,
        *,
        clock: Clock,
        profile: Profile,
        limits: RiskLimits,
        cache: OrderCache,
        journal_error: Callable[[], str | None],
        feed_is_simulated: bool,
    ) -> None:
        self.clock = clock
        self.profile = profile
        self.cache = cache
        self.limits = limits
        self.feed_is_simulated = feed_is_simulated
        self.identity: Identity | None = None
        self.identity_problem: str | None = None
        self.live_authorised = False
        """Whether the live account id was typed in this process; once per process and account (D20)."""
        self.latch = TradingLatch.active(at=clock.now())
        self.latch_loaded = False
        self.links: dict[LinkName, LinkStatus] = {}
        self.upstream = UpstreamStatus(None, "not reported yet", clock.now())
        self.refused_accounts: tuple[AccountId, ...] = ()
        """Whose login was refused; empty once an account was accepted."""
        self.last_positions: Known[tuple[Position, ...]] | None = None
        """The newest position book that was known: shown with its age while there is none (D35), never judged by."""
        self.last_account: Known[AccountState] | None = None
        self._positions: Maybe[tuple[Position, ...]] = _NOT_READ
        self.watch = PositionWatch()
        self._first_book = FirstBook()
        self._moves: Counter[InstrumentId] = Counter()
        self._account: Maybe[AccountState] = _NOT_READ
        self.open_orders: Known[None] | Unknown = _NOT_READ
        """Whether the cache's open orders equal the venue's: Known since the last whole read."""
        self.executions: Known[None] | Unknown = _NOT_READ
        self.quotes: dict[InstrumentId, Quote] = {}
        self.epoch = 0
        self.session = 0
        """Grows whenever what is reached may be another account: one was found, or another connection was set."""
        self._journal_error = journal_error
        self.reservations = Reservations(limits)

    # changes

    def bump(self) -> None:
        """Void every check made so far."""
        self.epoch += 1

    def set_limits(self, limits: RiskLimits) -> None:
        """Put new limits in force at once; what the windows have counted stays counted."""
        self.limits = limits
        self.reservations.set_limits(limits)
        self.bump()

    def unbind(self, reason: str) -> None:
        """Let no account be bound until one is found: what is heard now is of none, a HALT meets the next (D6)."""
        self.identity = None
        self.latch_loaded = False
        self.live_authorised = False
        self.forget_books(reason)
        self.distrust_quotes()
        self.bump()

    def forget_books(self, reason: str, *, with_account: bool = True) -> None:
        """Mark the three books unknown: a failed or lost source never reads as flat (R16).

        Account values go with them, unless the link that brings them still stands.
        """
        unknown = Unknown(reason)
        self._first_book.clear()
        self.positions = unknown
        if with_account:
            self.account = unknown
        self.open_orders = unknown
        self.executions = unknown

    def forget_account(self, reason: str) -> None:
        """Drop all that is known of an account, what was last known too: another one was found (S03)."""
        self.session += 1
        self.forget_books(reason)
        self.watch.clear()
        self.last_positions = None
        self.last_account = None

    def distrust_quotes(self) -> None:
        """Mark every quote as history: until its line ticks again it is no market (D13, R39)."""
        self.quotes = {key: replace(quote, proven=False) for key, quote in self.quotes.items()}

    # reading

    @property
    def positions(self) -> Maybe[tuple[Position, ...]]:
        """The position book of the login, or why it is not known now."""
        return self._positions

    @positions.setter
    def positions(self, book: Maybe[tuple[Position, ...]]) -> None:
        before, after = _held(self._positions, self.identity), _held(book, self.identity)
        for key in {*before, *after}:
            if before.get(key) != after.get(key):
                self._moves[key] += 1
        self._positions = book
        if not isinstance(book, Unknown):
            self.last_positions = book

    def note_fill(self, fill: Fill) -> None:
        """Distrust the position in an instrument until it shows this fill, and void checks made on it."""
        now = self.clock.monotonic()
        self.watch.filled(fill, now=now, earliest=now - _age_at_most(self, fill))
        self._moves[fill.instrument_id] += 1

    def take_pushed(self, book: Maybe[tuple[Position, ...]]) -> Maybe[tuple[Position, ...]]:
        """Keep positions the broker sent by itself; return them as far as they are believed."""
        book = self.positions = self._believed(book, asked_at=None)
        if not isinstance(book, Unknown) and self.identity is not None:
            self.watch.pushed(_held(book, self.identity))
        return book

    def take_read(self, book: Maybe[tuple[Position, ...]], *, asked_at: float) -> Maybe[tuple[Position, ...]]:
        """Keep positions asked for at this time (monotonic seconds), after all executions had been read.

        Returns them as far as they are believed.
        """
        book = self.positions = self._believed(book, asked_at=asked_at)
        if not isinstance(book, Unknown) and self.identity is not None:
            self.watch.read(_held(book, self.identity), asked_at=asked_at)
        return book

    def _believed(
        self, book: Maybe[tuple[Position, ...]], *, asked_at: float | None
    ) -> Maybe[tuple[Position, ...]]:
        """Doubt an empty book while there is no start; later ones are held against the executions."""
        if isinstance(book, Unknown) or self.identity is None or self.watch.has_base:
            return book
        if _held(book, self.identity):
            return book
        doubt = self._first_book.doubt(self.account, of=self.identity.account, asked_at=asked_at)
        return Unknown(doubt) if doubt else book

    def epoch_of(self, instrument_id: InstrumentId) -> tuple[int, int]:
        """Return what a check of an order in this instrument rests on; a later, different value voids it (D4)."""
        return self.epoch, self._moves[instrument_id]

    @property
    def account(self) -> Maybe[AccountState]:
        """The account's values, or why they are not known now."""
        return self._account

    @account.setter
    def account(self, state: Maybe[AccountState]) -> None:
        self._account = state
        if not isinstance(state, Unknown):
            self.last_account = state

    def not_ready_because(self) -> str | None:
        """Say what is missing before anything that adds can be sent; None when nothing is."""
        if self.identity is None:
            return self.identity_problem or "no account is connected"
        if not self.latch_loaded:
            return "the journal's trading state is being read"
        for name, book in (
            ("positions", self.positions),
            ("open orders", self.open_orders),
            ("executions", self.executions),
        ):
            if isinstance(book, Unknown):
                return f"{name} are not known: {book.reason}"
        return None

    def account_id(self) -> AccountId:
        """The account orders go to. Raises UnknownValueError when none was found and accepted."""
        if self.identity is None:
            raise UnknownValueError(self.identity_problem or "no account is connected")
        return self.identity.account

    def link_words(self) -> str | None:
        """Say which link is down and why; None when data link, order link and upstream are all up (R41)."""
        for name in _LINKS:
            status = self.links.get(name)
            if name is _ORDER and self.is_locked:
                return LOCKED
            if status is None or not status.is_up:
                reason = "not started" if status is None else f"{status.state}: {status.reason}"
                return f"{name} link {reason}".rstrip(": ")
        if self.upstream.up is False:
            return f"the gateway lost IBKR: {self.upstream.reason}"
        if self.upstream.up is None:
            return f"whether the gateway reaches IBKR is not known: {self.upstream.reason}"
        return None

    @property
    def is_locked(self) -> bool:
        """Whether a live session only looks: its order link waits for the typed account id (D19)."""
        live = self.identity is not None and self.identity.kind is AccountKind.LIVE
        return live and not self.live_authorised and not self.is_up(LinkName.ORDER)

    def is_up(self, name: LinkName) -> bool:
        status = self.links.get(name)
        return status is not None and status.is_up

    def position_of(self, instrument_id: InstrumentId) -> Maybe[Decimal]:
        """Signed quantity held; a known book without the row is a known zero."""
        if self.identity is None:
            return Unknown(self.identity_problem or "no account is connected")
        book, apart = self.positions, self.watch.apart(instrument_id)
        if isinstance(book, Unknown):
            return book
        if apart is not None:
            return Unknown(f"{apart.words}; they are being read again")
        if self.watch.is_moving(instrument_id):
            return _MOVING
        return Known(_held(book, self.identity).get(instrument_id, Decimal(0)), book.as_of)

    def reducible(self, instrument_id: InstrumentId) -> Maybe[Decimal]:
        """Signed quantity an exit may be sized from: in drift what both readings hold, so that neither crosses zero."""
        apart = self.watch.apart(instrument_id)
        if apart is None or not apart.is_drift or apart.common == 0:
            return self.position_of(instrument_id)
        return map_known(self.positions, lambda _: apart.common)

    def all_open_orders(self) -> Maybe[tuple[Order, ...]]:
        """Open orders of the account, or why they are not known."""
        if isinstance(self.open_orders, Unknown):
            return self.open_orders
        return Known(self.cache.open_orders(), self.open_orders.as_of)

    def context(self, proposal: Proposal) -> RiskContext:
        """Freeze the world for one proposal."""
        monotonic = self.clock.monotonic()
        not_ready = self.not_ready_because()
        trading_state = self.latch.state if self.latch_loaded else TradingState.HALTED
        trading_reason = self.latch.reason if self.latch_loaded else (not_ready or "starting")
        return RiskContext(
            now=self.clock.now(),
            monotonic=monotonic,
            profile=self.profile,
            identity=self.identity,
            trading_state=trading_state,
            trading_reason=trading_reason,
            order_link_up=self.is_up(_ORDER),
            data_link_up=self.is_up(_DATA),
            upstream_up=self.upstream.up,
            link_words=self.link_words() or "",
            journal_error=self._journal_error(),
            limits=self.limits,
            quote=self.quotes.get(proposal.instrument.id),
            position=self.reducible(proposal.instrument.id),
            drift=self.watch.drift_words(proposal.instrument.id),
            open_orders=_projected(self),
            recent=self.reservations.recent(monotonic),
            minute_rate=self.reservations.minute_use(proposal, monotonic),
            symbol_rate=self.reservations.symbol_use(proposal.instrument.id, monotonic),
            account_currency=None if isinstance(self.account, Unknown) else self.account.value.currency,
            net_liquidation=_net_liquidation(self.account),
            feed_is_simulated=self.feed_is_simulated,
            is_locked=self.is_locked,
        )


def _age_at_most(desk: Desk, fill: Fill) -> float:
    """Return how long ago an execution can have happened (seconds)."""
    owner, earliest = desk.cache.owner_of(fill), fill.at - CLOCKS_APART
    if owner is not None and owner.is_own:
        # Our own clock says when our orders were made: none of them filled before, whatever the venue's says.
        earliest = max(earliest, owner.created_at)
    return (desk.clock.now() - earliest).total_seconds()


def _projected(desk: Desk) -> Maybe[tuple[Order, ...]]:
    """The order book as gates judge it: unknown executions leave it unknown too, reservations are in it."""
    if isinstance(desk.executions, Unknown):
        return Unknown(f"executions: {desk.executions.reason}")
    return desk.reservations.project(desk.all_open_orders())


def _net_liquidation(account: Maybe[AccountState]) -> Maybe[Decimal]:
    if isinstance(account, Unknown):
        return account
    value = account.value.net_liquidation
    if value is None:
        return Unknown("the account has not sent its net liquidation value")
    return Known(value, account.as_of)


def _held(book: Maybe[tuple[Position, ...]], identity: Identity | None) -> dict[InstrumentId, Decimal]:
    """Return what the account holds by a book; of an unknown one, or without an account, nothing."""
    held: dict[InstrumentId, Decimal] = {}
    if isinstance(book, Unknown) or identity is None:
        return held
    for row in book.value:
        if row.account == identity.account:
            held[row.instrument.id] = held.get(row.instrument.id, Decimal(0)) + row.quantity
    return held
