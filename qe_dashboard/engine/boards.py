"""The topic boards: which keys each has and how its rows are built."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from qe_dashboard.core.clock import Clock
from qe_dashboard.data.bar_line import BarLine
from qe_dashboard.engine.alarms import Alarms
from qe_dashboard.engine.builders import (
    account_view,
    fill_view,
    order_view,
    position_view,
    quote_view,
    unresolved_view,
)
from qe_dashboard.engine.feeds import Board
from qe_dashboard.engine.health_views import HealthView
from qe_dashboard.engine.log_book import LogBook
from qe_dashboard.engine.program_log import ProgramLog
from qe_dashboard.engine.views import BarsView, StatusView, Topic, View
from qe_dashboard.execution.desk import Desk
from qe_dashboard.execution.order_cache import OrderCache
from qe_dashboard.model.identifiers import AccountId, ExecId, InstrumentId, OrderNumber
from qe_dashboard.model.instrument import Instrument
from qe_dashboard.model.known import Known, Maybe, Unknown
from qe_dashboard.model.reports import Position

Named = Callable[[InstrumentId], Instrument | None]


class Boards:
    """Built views on demand; `touch` methods are what callbacks call."""

    def __init__(
        self,
        *,
        clock: Clock,
        desk: Desk,
        cache: OrderCache,
        named: Named,
        status: Callable[[], StatusView],
        health: Callable[[], HealthView],
        program_log: ProgramLog,
    ) -> None:
        self._desk = desk
        self._cache = cache
        self._named = named
        self.log_book = LogBook(clock=clock, on_line=lambda key: self.log.touch(key))
        self._last_orders: Known[None] | None = None
        self._last_executions: Known[None] | None = None
        """The last good reads: their age is shown while the books are unknown (D35)."""
        self._read_for: AccountId | None = None
        self.alarms = Alarms(desk)
        self.watchlist: dict[str, Instrument | None] = {}
        """Watchlist rows in order, by instrument id; by the symbol itself while it is not resolved."""
        self.problems: dict[str, str] = {}
        self.readings: dict[OrderNumber, tuple[str, str]] = {}
        """The venue's last words about an order in this session, and what they mean."""
        self.bar_lines: dict[str, BarLine] = {}
        self.bar_problems: dict[str, str] = {}
        self.status = Board(topic=Topic.STATUS, keys=lambda: [""], build=lambda _: status())
        self.quotes = Board(topic=Topic.QUOTES, keys=lambda: list(self.watchlist), build=self._quote)
        self.positions = Board(
            topic=Topic.POSITIONS,
            keys=self._position_keys,
            build=self._position,
            book_state=lambda: _state(desk.positions, desk.last_positions),
        )
        self.orders = Board(
            topic=Topic.ORDERS,
            keys=lambda: [str(n) for n in cache.orders],
            build=self._order,
            book_state=lambda: _state(desk.open_orders, self._last_orders),
        )
        self.tape = Board(
            topic=Topic.TAPE,
            keys=lambda: list(cache.fills),
            build=self._fill,
            book_state=lambda: _state(desk.executions, self._last_executions),
        )
        self.account = Board(
            topic=Topic.ACCOUNT,
            keys=lambda: [""],
            build=self._account,
            book_state=lambda: _state(desk.account, desk.last_account),
        )
        self.bars = Board(topic=Topic.BARS, keys=lambda: list(self.bar_lines), build=self._bars)
        self.log = Board(topic=Topic.LOG, keys=self.log_book.keys, build=self.log_book.line)
        self.health = Board(topic=Topic.HEALTH, keys=lambda: [""], build=lambda _: health())
        self.program_log = program_log.board

    def of(self, topic: Topic) -> Board:
        """Return the board of a topic."""
        boards = (
            self.status,
            self.quotes,
            self.positions,
            self.orders,
            self.tape,
            self.account,
            self.bars,
            self.log,
            self.health,
            self.program_log,
        )
        return next(board for board in boards if board.topic is topic)

    def touch_connection(self) -> None:
        """Something about the connection changed."""
        self.status.touch_all()
        self.health.touch_all()

    def touch_quote(self, instrument_id: InstrumentId) -> None:
        """A quote moved: its watchlist row and, when held, its position row."""
        self.quotes.touch(instrument_id)
        if any(position.instrument.id == instrument_id for position in self._held()):
            self.positions.touch(instrument_id)

    def touch_books(self) -> None:
        """Books were read, lost or changed hands."""
        self._note_reads()
        for board in (self.positions, self.orders, self.tape, self.account, self.status, self.health):
            board.touch_all()

    def _note_reads(self) -> None:
        desk = self._desk
        if desk.identity is not None and desk.identity.account != self._read_for:
            self._read_for = desk.identity.account
            self._last_orders = self._last_executions = None
        if not isinstance(desk.open_orders, Unknown):
            self._last_orders = desk.open_orders
        if not isinstance(desk.executions, Unknown):
            self._last_executions = desk.executions

    def _held(self) -> tuple[Position, ...]:
        """The account's positions, or the last known ones: `Delta.unknown` says which (D35)."""
        book, identity = self._desk.last_positions, self._desk.identity
        if book is None:
            return ()
        return tuple(
            p for p in book.value if p.quantity != 0 and (identity is None or p.account == identity.account)
        )

    def _position_keys(self) -> list[str]:
        return [position.instrument.id for position in self._held()]

    def _quote(self, key: str) -> View | None:
        if key not in self.watchlist:
            return None
        instrument = self.watchlist[key]
        problem = self.problems.get(key, "")
        if instrument is None:
            return unresolved_view(key, problem)
        return quote_view(instrument, self._desk.quotes.get(instrument.id), problem)

    def _position(self, key: str) -> View | None:
        for position in self._held():
            if position.instrument.id == key:
                return position_view(position, self._desk.quotes.get(position.instrument.id))
        return None

    def _order(self, key: str) -> View | None:
        order = self._cache.by_number(OrderNumber(int(key)))
        if order is None:
            return None
        words, reading = self.readings.get(order.number, ("", ""))
        # What stands there now may be newer words, of which this is no reading.
        return order_view(
            order,
            self._named(order.spec.instrument_id),
            reading=reading if words == order.why else "",
        )

    def _fill(self, key: str) -> View | None:
        fill = self._cache.fills.get(ExecId(key))
        if fill is None:
            return None
        return fill_view(fill, self._cache.owner_of(fill), self._named(fill.instrument_id))

    def _account(self, key: str) -> View | None:
        book = self._desk.last_account
        return None if book is None else account_view(book.value)

    def _bars(self, key: str) -> View | None:
        line = self.bar_lines.get(key)
        if line is None:
            return None
        instrument_id, _, seconds = key.rpartition("|")
        instrument = self._named(InstrumentId(instrument_id))
        if instrument is None:
            return None
        return BarsView(
            instrument_id=instrument.id,
            symbol=instrument.symbol,
            label=instrument.label,
            decimals=instrument.price_decimals,
            seconds=int(seconds),
            bars=line.bars,
            problem=self.bar_problems.get(key, ""),
        )


def _state(book: Maybe[object], last: Known[object] | None = None) -> tuple[str | None, datetime | None]:
    if isinstance(book, Unknown):
        return book.reason, None if last is None else last.as_of
    return None, book.as_of
