"""The running venue: opened from its file, moved on in real time, heard, and saved at each event (D28)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from qe_dashboard.broker.port import BrokerEvents
from qe_dashboard.broker.simulated import reports
from qe_dashboard.broker.simulated.checkpoint import Checkpointer
from qe_dashboard.broker.simulated.lines import MarketLines
from qe_dashboard.broker.simulated.links import BOTH, VirtualLinks
from qe_dashboard.broker.simulated.store import FIRST_ACCOUNT, SavedVenue, VenueStore, VenueStoreError
from qe_dashboard.core.backoff import Backoff
from qe_dashboard.core.clock import Clock, deadline
from qe_dashboard.core.errors import DeadlineExpired
from qe_dashboard.core.supervisor import Supervisor
from qe_dashboard.model.enums import AccountKind, LinkName, LinkState, MessageClass, Severity
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.reports import (
    AccountState,
    Identity,
    LinkStatus,
    Position,
    UpstreamStatus,
    VenueMessage,
)
from qe_dashboard.sim_venue.events import (
    AccountChanged,
    CancelRefused,
    CommissionCharged,
    Executed,
    HaltChanged,
    OrderChanged,
    OrderNoticed,
    OrderRefused,
    PositionChanged,
    RefusalReason,
    VenueEvent,
)
from qe_dashboard.sim_venue.venue import Venue, VenueConfig, VenueStateError

log = logging.getLogger(__name__)

_PUMP = "simulated venue"
# Prices step every 250 ms; looking five times as often keeps a quote's age under 50 ms for next to no work.
_LOOK_EVERY = 0.05
# An answer is fetched when it is due, not at the next look. The millisecond covers timers that fire early.
_ANSWER_AFTER_LATENCY = 0.001
_ACCOUNT_EVERY = 1.0
_REPLY_EVERY = 1.0
_STOP_WITHIN = 2.0
_SAVE_WITHIN = 5.0


class VenueSession:
    """Owns the venue and delivers what it does. Nothing is delivered over a link that is down, nor after `close`."""

    def __init__(
        self, *, clock: Clock, seed: int, store: VenueStore, starting_cash: Decimal, config: VenueConfig
    ) -> None:
        self.venue: Venue | None = None
        self.lines = MarketLines()
        self.links = VirtualLinks(clock, self._link_changed)
        self._clock = clock
        self._seed = seed
        self._store = store
        self._starting_cash = starting_cash
        self._config = config
        self._events: BrokerEvents | None = None
        self._outbox: deque[VenueEvent] = deque()
        self._account: AccountState | None = None
        self._account_due = 0.0
        self._reply_due = 0.0
        self._connecting = False
        self._wake = asyncio.Event()
        self._checkpoints = Checkpointer(store, self._saved, self._save_failed)
        self._supervisor = Supervisor(clock, lambda: Backoff(first=0.1, cap=5.0, rng=random.Random(seed)))

    def start(self, events: BrokerEvents) -> None:
        """Begin in the background."""
        self._events = events
        self._supervisor.start(_PUMP, self._run)

    async def close(self) -> None:
        """Stop, save, and deliver nothing from here on."""
        self._events = None
        self.links.lose(BOTH, "closed")
        await self._supervisor.stop_all(_STOP_WITHIN)
        if self.venue is not None:
            self.venue.advance(self._clock.now())
            try:
                await deadline(self._clock, self._checkpoints.flush(), _SAVE_WITHIN, awaited="The last save")
            except DeadlineExpired as error:
                log.error("%s The simulated venue restarts from the save before.", error)
            # Saved once: closing again must not write over what came after, such as a reset.
            self.venue = None

    def lose(self, names: Iterable[LinkName], reason: str) -> None:
        """Drop links; what came over them is not known any more."""
        if LinkName.DATA in self.links.lose(names, reason) and self._events is not None:
            self._events.on_positions(Unknown(reason))
            self._events.on_account(Unknown(reason))

    async def connect(self, names: tuple[LinkName, ...] = BOTH) -> None:
        """Bring links up; the first time this opens the venue. A venue that cannot be opened says so in words."""
        names = tuple(name for name in names if not self.links.is_up(name))
        if self._connecting or self._events is None or not names:
            return
        self._connecting = True
        try:
            self.links.move(names, LinkState.CONNECTING, "opening the simulated venue")
            await self._open()
        except VenueStoreError as error:
            self.links.lose(names, str(error))
            self._say(str(error), Severity.CRITICAL)
            return
        finally:
            self._connecting = False
        self._sync(names)

    def tick(self) -> None:
        """Move the venue to now, deliver what happened and what is new on wanted lines."""
        venue, events = self.venue, self._events
        if venue is None or events is None:
            return
        venue.advance(self._clock.now())
        self._collect()
        # One by one: should a handler raise, the rest waits for the next look instead of being lost.
        while self._outbox:
            self._deliver(self._outbox.popleft(), venue, events)
        if self.links.is_up(LinkName.DATA):
            self._deliver_lines(venue, events)
        if self._clock.monotonic() >= self._reply_due:
            self._reply_due = self._clock.monotonic() + _REPLY_EVERY
            self.links.answered()

    def command_sent(self) -> None:
        """Fetch the answer to a command when it is due, and have the command itself saved."""
        self._checkpoints.request()
        self._clock.call_later(self._config.latency.total_seconds() + _ANSWER_AFTER_LATENCY, self._wake.set)

    def positions(self) -> Maybe[tuple[Position, ...]]:
        """Return the position book of now."""
        if self.venue is None or not self.links.is_up(LinkName.DATA):
            return Unknown(self.links.reason(LinkName.DATA))
        return _position_book(self.venue)

    # opening --------------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        if self.venue is None:
            await self.connect()
        while True:
            self.tick()
            timer = self._clock.call_later(_LOOK_EVERY, self._wake.set)
            try:
                await self._wake.wait()
            finally:
                timer.cancel()
            self._wake.clear()

    async def _open(self) -> None:
        if self.venue is not None:
            return
        saved = await self._checkpoints.load()
        venue = self._opened(saved)
        # The new epoch must be on disk before an id of it is given away (D28).
        await self._checkpoints.save(SavedVenue(venue.account, venue.snapshot()))
        self.venue = venue

    def _opened(self, saved: SavedVenue) -> Venue:
        now = self._clock.now()
        if saved.state is None:
            return Venue.create(
                seed=self._seed,
                account=saved.account,
                now=now,
                starting_cash=self._starting_cash,
                config=self._config,
            )
        try:
            return Venue.restore(saved.state, now=now, config=self._config, seed=self._seed)
        except VenueStateError as error:
            raise self._store.unusable(str(error)) from error

    def _sync(self, names: tuple[LinkName, ...]) -> None:
        """Report who we are, then the books, then that the links are ready."""
        if self.venue is None or self._events is None:
            return
        self.links.move(names, LinkState.SYNCING, "reading the books")
        now = self._clock.now()
        self._events.on_identity(Identity(self.venue.account, AccountKind.SIM))
        self._events.on_upstream(UpstreamStatus(True, "the simulated venue runs", now))
        self.venue.advance(now)
        self._collect()
        if LinkName.DATA in names:
            self.lines.forget_shown()
            self._events.on_positions(_position_book(self.venue))
            self._account = None
            self._report_account(reports.account_state(self.venue.account_values()), self._events)
        self.links.move(names, LinkState.READY, "the simulated venue answers")
        self.tick()

    # delivering -----------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        if self.venue is None:
            return
        happened = self.venue.take_events()
        if happened:
            self._outbox.extend(happened)
            self._checkpoints.request()

    def _deliver(self, event: VenueEvent, venue: Venue, events: BrokerEvents) -> None:
        if isinstance(event, PositionChanged | AccountChanged):
            if not self.links.is_up(LinkName.DATA):
                return
            if isinstance(event, PositionChanged):
                events.on_positions(_position_book(venue))
            else:
                self._report_account(reports.account_state(event.values), events)
        elif not isinstance(event, HaltChanged) and self.links.is_up(LinkName.ORDER):
            self._deliver_order_event(event, venue, events)

    def _deliver_order_event(
        self,
        event: OrderChanged | OrderRefused | OrderNoticed | CancelRefused | Executed | CommissionCharged,
        venue: Venue,
        events: BrokerEvents,
    ) -> None:
        match event:
            case OrderChanged(order):
                events.on_order(reports.order_report(order))
                ending = reports.ending_message(order)
                if ending is not None:
                    events.on_message(ending)
            case Executed(fill):
                events.on_fill(fill)
            case CommissionCharged(report):
                events.on_commission(report)
            case OrderRefused():
                events.on_message(reports.refusal_message(event))
                self._report_after_refusal(event, venue, events)
            case OrderNoticed():
                events.on_message(reports.notice_message(event))
            case CancelRefused():
                events.on_message(reports.cancel_refusal_message(event))
                if event.order is not None:
                    events.on_order(reports.order_report(event.order))

    def _report_after_refusal(self, refused: OrderRefused, venue: Venue, events: BrokerEvents) -> None:
        """A refused new order is REJECTED; refused terms, or an id used twice, leave what stands as it is."""
        standing = venue.order(refused.order.key)
        if standing is not None:
            events.on_order(reports.order_report(standing))
        elif not refused.is_modify and refused.reason is not RefusalReason.DUPLICATE_ID:
            events.on_order(reports.rejected_report(refused.order, at=refused.at))

    def _deliver_lines(self, venue: Venue, events: BrokerEvents) -> None:
        for quote in self.lines.new_quotes(venue):
            events.on_quote(quote)
        for bar in self.lines.new_bars(venue):
            events.on_bar(bar)
        if self._clock.monotonic() >= self._account_due:
            self._account_due = self._clock.monotonic() + _ACCOUNT_EVERY
            self._report_account(reports.account_state(venue.account_values()), events)

    def _report_account(self, state: AccountState, events: BrokerEvents) -> None:
        """Report account values unless only their time is new."""
        if self._account is None or replace(self._account, as_of=state.as_of) != state:
            self._account = state
            events.on_account(Known(state, state.as_of))

    def _link_changed(self, status: LinkStatus) -> None:
        if self._events is not None:
            self._events.on_link(status)

    # saving ---------------------------------------------------------------------------------------------------------

    def _saved(self) -> SavedVenue:
        if self.venue is None:
            return SavedVenue(FIRST_ACCOUNT, None)
        return SavedVenue(self.venue.account, self.venue.snapshot())

    def _save_failed(self, text: str) -> None:
        self._say(text, Severity.ERROR)

    def _say(self, text: str, severity: Severity) -> None:
        if self._events is not None:
            self._events.on_message(
                VenueMessage(
                    code=reports.STATE_NOT_SAVED,
                    text=text,
                    message_class=MessageClass.CONFIGURATION,
                    severity=severity,
                    at=self._clock.now(),
                )
            )


def _position_book(venue: Venue) -> Known[tuple[Position, ...]]:
    return Known(tuple(row.position for row in venue.positions()), venue.now)
