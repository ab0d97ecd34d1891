"""The venue's time line: commands on their way, price steps, days and expiries, each at its own moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from qe_dashboard.model.identifiers import AccountId, OrderKey
from qe_dashboard.sim_venue import state as saved_state
from qe_dashboard.sim_venue.accounts import Accounts
from qe_dashboard.sim_venue.days import (
    day_start,
    next_day_start,
    previous_day_start,
    quarterly_expiries,
    settlement,
)
from qe_dashboard.sim_venue.desk import OrderDesk
from qe_dashboard.sim_venue.events import AccountChanged, NewOrder, PositionChanged, VenueEvent
from qe_dashboard.sim_venue.ids import IdBook
from qe_dashboard.sim_venue.ledger import Ledger
from qe_dashboard.sim_venue.market import Market, step_of, step_time
from qe_dashboard.sim_venue.state import Json, Reader, VenueStateError
from qe_dashboard.sim_venue.universe import Universe


@dataclass(frozen=True, slots=True)
class VenueConfig:
    """How the venue behaves. `latency` is the time a command needs to reach it; zero answers within the call.

    `catch_up` is the longest silence it matches step by step; after a longer one (a suspended machine, a clock set
    anew, a restart) it goes on at the new time, and what would have filled in between fills at the prices of now.
    """

    latency: timedelta = timedelta(milliseconds=30)
    catch_up: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Place:
    order: NewOrder


@dataclass(frozen=True, slots=True)
class Modify:
    order: NewOrder


@dataclass(frozen=True, slots=True)
class Cancel:
    key: OrderKey
    by: int


@dataclass(frozen=True, slots=True)
class CancelAll:
    pass


Command: TypeAlias = Place | Modify | Cancel | CancelAll


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
        self.universe = Universe(now)
        self.market = Market(seed)
        self.accounts = Accounts(account=account, ledger=ledger, market=self.market)
        self.events: list[VenueEvent] = []
        self.desk = OrderDesk(
            account=account,
            seed=seed,
            universe=self.universe,
            market=self.market,
            accounts=self.accounts,
            ids=ids,
            events=self.events,
        )
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
        self.desk.unrest()
        while self._sent:
            self._deliver(self._sent.popleft()[1])
        self._step = step_of(now)
        self.desk.match(now=now)

    def _next_moment(self) -> datetime:
        moment = self._calendar_turns
        if self._sent:
            moment = min(moment, self._sent[0][0])
        if self.desk.book.has_open:
            moment = min(moment, step_time(self._step + 1))
        return moment

    def _live(self, moment: datetime) -> None:
        self.now = moment
        if moment >= self._calendar_turns:
            self._turn_calendar()
        if step_of(moment) > self._step:
            self._step = step_of(moment)
            self.desk.match(now=moment)
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
        self.desk.expire(now=now, day_ended=today != self._day)
        settled = self.accounts.settle(now=now)
        self.events.extend(PositionChanged(position) for position in settled)
        if today != self._day:
            self._day = today
            self.accounts.ledger.start_day()
            self.desk.forget_before(previous_day_start(now))
            if not self._sent:
                self.ids.raise_floors()
        if settled:
            self.events.append(AccountChanged(self.accounts.values(now=now)))
        self._calendar_turns = _next_turn(now)

    # state ----------------------------------------------------------------------------------------------------------

    def snapshot(self) -> Json:
        """Return everything that must survive, JSON-able."""
        orders = (*self.desk.book.closed(), *self.desk.book.open())
        return {
            "schema": saved_state.SCHEMA,
            "seed": self.seed,
            "account": self.account,
            "day": self._day.isoformat(),
            "ids": saved_state.write_ids(self.ids),
            "ledger": saved_state.write_ledger(self.accounts.ledger),
            "orders": [saved_state.write_order(order) for order in orders],
            "fills": [saved_state.write_fill(fill) for fill in self.desk.fills],
            "sent": [_write_command(command) for _, command in self._sent],
        }

    @classmethod
    def restore(
        cls, state: Mapping[str, object], *, now: datetime, config: VenueConfig, seed: int | None
    ) -> Exchange:
        """Rebuild from a snapshot and reopen at now. Raises VenueStateError."""
        saved = Reader(state, "the venue's state")
        schema = saved.number("schema")
        if schema != saved_state.SCHEMA:
            raise VenueStateError(f"it has schema {schema}, this program writes {saved_state.SCHEMA}")
        exchange = cls(
            seed=saved.number("seed") if seed is None else seed,
            account=AccountId(saved.text("account")),
            now=now,
            ledger=Ledger(Decimal(0)),
            ids=saved_state.read_ids(saved.object("ids")),
            config=config,
        )
        exchange.accounts.ledger = saved_state.read_ledger(saved.object("ledger"), exchange.universe)
        exchange._day = saved.time("day")
        for row in saved.objects("orders"):
            exchange.desk.book.add(saved_state.read_order(row, exchange.universe))
        exchange.desk.fills.extend(saved_state.read_fill(row) for row in saved.objects("fills"))
        exchange._sent.extend((now, _read_command(row)) for row in saved.objects("sent"))
        exchange.reopen(now)
        return exchange


def _next_turn(now: datetime) -> datetime:
    (expiry,) = quarterly_expiries(now, count=1)
    return min(next_day_start(now), settlement(expiry))


def _write_command(command: Command) -> Json:
    match command:
        case Place(order):
            return {"do": "place", **saved_state.write_new_order(order)}
        case Modify(order):
            return {"do": "modify", **saved_state.write_new_order(order)}
        case Cancel(key, by):
            return {"do": "cancel", "client": key.client_id, "id": key.order_id, "by": by}
        case CancelAll():
            return {"do": "cancel all"}


def _read_command(saved: Reader) -> Command:
    match saved.text("do"):
        case "place":
            return Place(saved_state.read_new_order(saved))
        case "modify":
            return Modify(saved_state.read_new_order(saved))
        case "cancel":
            return Cancel(saved_state.read_key(saved), saved.number("by"))
        case "cancel all":
            return CancelAll()
        case other:
            raise VenueStateError(f"{other!r} is no command")
