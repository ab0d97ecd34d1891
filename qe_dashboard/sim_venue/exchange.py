"""The venue's time line: commands on their way, price steps, days and expiries, each at its own moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from qe_dashboard.model.enums import SecType
from qe_dashboard.model.identifiers import AccountId, InstrumentId
from qe_dashboard.sim_venue import state as saved_state
from qe_dashboard.sim_venue.accounts import Accounts
from qe_dashboard.sim_venue.commands import (
    Cancel,
    CancelAll,
    Command,
    Modify,
    Place,
    read_command,
    write_command,
)
from qe_dashboard.sim_venue.days import (
    day_start,
    next_day_start,
    previous_day_start,
    quarterly_expiries,
    settlement,
)
from qe_dashboard.sim_venue.desk import EVERYTHING, OrderDesk
from qe_dashboard.sim_venue.events import AccountChanged, PositionChanged, VenueEvent
from qe_dashboard.sim_venue.floor import Floor
from qe_dashboard.sim_venue.hours import Calendar, Hours
from qe_dashboard.sim_venue.ids import IdBook
from qe_dashboard.sim_venue.ledger import Ledger
from qe_dashboard.sim_venue.market import Market
from qe_dashboard.sim_venue.old_state import FIRST_SCHEMA, from_first_schema
from qe_dashboard.sim_venue.regimes import Regime
from qe_dashboard.sim_venue.state import Json, Reader, VenueStateError
from qe_dashboard.sim_venue.tape import Tape, step_of, step_time
from qe_dashboard.sim_venue.tape_state import read_tape, write_tape
from qe_dashboard.sim_venue.universe import Listing, Universe
from qe_dashboard.sim_venue.waiting import Waiting


@dataclass(frozen=True, slots=True)
class VenueConfig:
    """How the venue behaves. `latency` is the time a command needs to reach it; zero answers within the call.

    `catch_up` is the longest silence it matches step by step; after a longer one (a suspended machine, a clock set
    anew, a restart) it goes on at the new time, and what would have filled in between fills at the prices of now.
    `permitted` kinds of contracts may be traded; `not_shortable` stocks cannot be borrowed; `regime` is the market's
    mood. These three are how the venue begins: a saved state has its own. `synthetic_stocks` made-up ones, QE0001
    and so on, are listed beside the real names.
    """

    latency: timedelta = timedelta(milliseconds=30)
    catch_up: timedelta = timedelta(seconds=10)
    hours: Hours = Hours.ALWAYS
    permitted: frozenset[SecType] = EVERYTHING
    not_shortable: frozenset[InstrumentId] = frozenset()
    regime: Regime | None = None
    synthetic_stocks: int = 0


class Exchange:
    """Everything of a venue that changes. Prices do not: they are asked from `market` by time."""

    def __init__(
        self,
        *,
        seed: int,
        account: AccountId,
        now: datetime,
        ledger: Ledger,
        ids: IdBook,
        config: VenueConfig,
    ) -> None:
        self.seed = seed
        self.account = account
        self.now = now
        self.config = config
        self.ids = ids
        self.calendar = Calendar(config.hours)
        self.universe = Universe(now, self.calendar, synthetic=config.synthetic_stocks)
        self.market = Market(Tape(seed, self.calendar))
        self.past = Market(self.market.tape)
        self.accounts = Accounts(account=account, ledger=ledger, market=self.market)
        self.waiting = Waiting(calendar=self.calendar, market=self.market, accounts=self.accounts)
        self.waiting.not_shortable.update(config.not_shortable)
        self.events: list[VenueEvent] = []
        self.floor = Floor(
            seed=seed,
            market=self.market,
            accounts=self.accounts,
            ids=ids,
            calendar=self.calendar,
            waiting=self.waiting,
            events=self.events,
        )
        self.desk = OrderDesk(
            account=account,
            universe=self.universe,
            market=self.market,
            accounts=self.accounts,
            ids=ids,
            floor=self.floor,
            events=self.events,
        )
        self.desk.permitted = config.permitted
        self._sent: deque[tuple[datetime, Command]] = deque()
        self._step = step_of(now)
        self._day = day_start(now)
        self._calendar_turns = _next_turn(now)

    # commands -------------------------------------------------------------------------------------------------------

    def send(self, command: Command) -> None:
        """Send a command; it arrives after the latency, in order."""
        if self.config.latency:
            self._sent.append((self.now + self.config.latency, command))
        else:
            self._deliver(command)

    def listing(self, instrument_id: InstrumentId) -> Listing:
        """Return one contract. Raises KeyError when there never was one."""
        found = self.universe.get(instrument_id)
        if found is None:
            raise KeyError(f"there is no contract {instrument_id} at this venue")
        return found

    def next_valid_id(self, client_id: int) -> int:
        """Return an order id above every one a client used, those on their way included."""
        on_the_way = (
            command.order.key.order_id + 1
            for _, command in self._sent
            if isinstance(command, Place) and command.order.key.client_id == client_id
        )
        return max((self.ids.next_valid_id(client_id), *on_the_way))

    # time -----------------------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Live through every moment up to now; after a gap longer than `catch_up` reopen at now instead."""
        if abs(now - self.now) > self.config.catch_up:
            self.reopen(now)
            return
        while (moment := self._next_moment()) <= now:
            self._live(moment)
        self.now = max(self.now, now)

    def reopen(self, now: datetime) -> None:
        """Go on at a time without the moments before it."""
        self.now = now
        self._turn_calendar()
        self.floor.unrest()
        while self._sent:
            self._deliver(self._sent.popleft()[1])
        self._step = step_of(now)
        self.floor.reschedule()
        self.floor.pass_time(now=now)
        self.floor.match(now=now)

    def _next_moment(self) -> datetime:
        moment = self._calendar_turns
        if self._sent:
            moment = min(moment, self._sent[0][0])
        if self.floor.book.has_open:
            moment = min(moment, step_time(self._step + 1))
        return moment

    def _live(self, moment: datetime) -> None:
        self.now = moment
        if moment >= self._calendar_turns:
            self._turn_calendar()
        if step_of(moment) > self._step:
            self._step = step_of(moment)
            self.floor.pass_time(now=moment)
            self.floor.match(now=moment)
        while self._sent and self._sent[0][0] <= moment:
            self._deliver(self._sent.popleft()[1])

    def _deliver(self, command: Command) -> None:
        match command:
            case Place(order):
                self.desk.accept(order, now=self.now)
            case Modify(order):
                self.desk.change(order, now=self.now)
            case Cancel(key, by):
                self.desk.cancel(key, by=by, now=self.now)
            case CancelAll():
                self.desk.cancel_all(now=self.now)

    def _turn_calendar(self) -> None:
        """Do what the end of a day or of a contract asks for; nothing when neither has come."""
        now, today = self.now, day_start(self.now)
        self.universe.roll(now)
        self.floor.pass_time(now=now)
        settled = self.accounts.settle(now=now)
        self.events.extend(PositionChanged(position) for position in settled)
        if today != self._day:
            self._day = today
            self.accounts.ledger.start_day()
            self.floor.forget_before(previous_day_start(now))
            if not self._sent:
                self.ids.raise_floors()
        if settled:
            self.events.append(AccountChanged(self.accounts.values(now=now)))
        self._calendar_turns = _next_turn(now)

    # state ----------------------------------------------------------------------------------------------------------

    def snapshot(self) -> Json:
        """Return everything that must survive, JSON-able."""
        orders = (*self.floor.book.closed(), *self.floor.book.open())
        return {
            "schema": saved_state.SCHEMA,
            "seed": self.seed,
            "account": self.account,
            "day": self._day.isoformat(),
            "ids": saved_state.write_ids(self.ids),
            "ledger": saved_state.write_ledger(self.accounts.ledger),
            "orders": [saved_state.write_order(order) for order in orders],
            "tape": write_tape(self.market.tape),
            "not_shortable": sorted(self.waiting.not_shortable),
            "permitted": sorted(self.desk.permitted),
            "drafts": [saved_state.write_order(order) for order in self.floor.book.drafts.values()],
            "fills": [saved_state.write_fill(fill) for fill in self.floor.fills],
            "sent": [write_command(command) for _, command in self._sent],
        }

    @classmethod
    def restore(
        cls, state: Mapping[str, object], *, now: datetime, config: VenueConfig, seed: int | None
    ) -> Exchange:
        """Rebuild from a snapshot and reopen at now. Raises VenueStateError."""
        saved = Reader(state, "the venue's state")
        schema = saved.number("schema")
        if schema == FIRST_SCHEMA:
            saved = Reader(from_first_schema(state, permitted=sorted(config.permitted)), "the venue's state")
        elif schema != saved_state.SCHEMA:
            raise VenueStateError(f"it has schema {schema}, this program writes {saved_state.SCHEMA}")
        exchange = cls(
            seed=saved.number("seed") if seed is None else seed,
            account=AccountId(saved.text("account")),
            now=now,
            ledger=Ledger(Decimal(0)),
            ids=saved_state.read_ids(saved.object("ids")),
            config=config,
        )
        read_tape(saved.object("tape"), exchange.market.tape)
        exchange.waiting.not_shortable = {InstrumentId(name) for name in saved.texts("not_shortable")}
        exchange.desk.permitted = frozenset(saved.words("permitted", SecType))
        exchange.accounts.ledger = saved_state.read_ledger(saved.object("ledger"), exchange.universe)
        exchange._day = saved.time("day")
        for row in saved.objects("orders"):
            exchange.floor.book.add(saved_state.read_order(row, exchange.universe))
        for row in saved.objects("drafts"):
            draft = saved_state.read_order(row, exchange.universe)
            exchange.floor.book.drafts[draft.key] = draft
        exchange.floor.fills.extend(saved_state.read_fill(row) for row in saved.objects("fills"))
        exchange._sent.extend((now, read_command(row)) for row in saved.objects("sent"))
        if schema == FIRST_SCHEMA:
            for order in exchange.floor.book.open():
                order.expires_at = exchange.waiting.expiry(order, order.placed_at)
        exchange.reopen(now)
        return exchange


def _next_turn(now: datetime) -> datetime:
    (expiry,) = quarterly_expiries(now, count=1)
    return min(next_day_start(now), settlement(expiry))
