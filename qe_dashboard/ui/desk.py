"""What the front end knows: one book per topic, filled by draining the engine's feeds.

Screens share the books, so a screen that was hidden finds the present when it comes back; nothing is drained for it
meanwhile. A book that was never read, one that is unknown and one that is empty are three different things (R16).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from qe_dashboard.engine.health_views import HealthView, ProgramLine
from qe_dashboard.engine.views import (
    AccountView,
    BarsView,
    Delta,
    FillView,
    LogLine,
    OrderView,
    PositionView,
    QuoteView,
    StatusView,
    Topic,
    View,
    bars_key,
)
from qe_dashboard.model.identifiers import InstrumentId

if TYPE_CHECKING:
    from qe_dashboard.engine.facade import EngineClient, Feed

V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True)
class Change:
    """What one drain did to a book: `full` = anything may differ; `keys` were set, `removed` went."""

    topic: Topic
    full: bool
    keys: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Book(Generic[V]):
    """Rows of one topic by key, in the order the engine gave them. `unknown` says why they are not the present ones."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.rows: dict[str, V] = {}
        self.is_read = False
        self.unknown: str | None = None
        self.as_of: datetime | None = None

    @property
    def views(self) -> tuple[V, ...]:
        return tuple(self.rows.values())

    def apply(self, delta: Delta) -> Change:
        """Take a delta in and say what it changed; a turn from known to unknown and back is a full change."""
        turned = not self.is_read or (self.unknown != delta.unknown)
        self.is_read, self.unknown, self.as_of = True, delta.unknown, delta.as_of
        if delta.full:
            self.rows = {}
        for row in delta.rows:
            # The engine's contract: a topic carries its own kind of view and no other.
            self.rows[row.key] = cast(V, row.view)
        for key in delta.removed:
            self.rows.pop(key, None)
        return Change(
            delta.topic,
            full=delta.full or turned,
            keys=tuple(row.key for row in delta.rows),
            removed=delta.removed,
        )


class Desk:
    """All books of one session, and the feeds that fill them."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client
        self._feeds: dict[Topic, Feed] = {}
        self._bars_key: str | None = None
        self._status: Book[StatusView] = Book(Topic.STATUS)
        self._account: Book[AccountView] = Book(Topic.ACCOUNT)
        self.quotes: Book[QuoteView] = Book(Topic.QUOTES)
        self.positions: Book[PositionView] = Book(Topic.POSITIONS)
        self.orders: Book[OrderView] = Book(Topic.ORDERS)
        self.tape: Book[FillView] = Book(Topic.TAPE)
        self.log: Book[LogLine] = Book(Topic.LOG)
        self.program_log: Book[ProgramLine] = Book(Topic.PROGRAM_LOG)
        self._health: Book[HealthView] = Book(Topic.HEALTH)
        self._bars: Book[BarsView] = Book(Topic.BARS)

    @property
    def status(self) -> StatusView | None:
        """The session's status, None until the engine gave one."""
        return self._status.rows.get("")

    @property
    def account(self) -> AccountView | None:
        return self._account.rows.get("")

    @property
    def account_unknown(self) -> str | None:
        return self._account.unknown

    @property
    def health(self) -> HealthView | None:
        """Everything known about the connection, None until the engine gave it."""
        return self._health.rows.get("")

    @property
    def bars(self) -> BarsView | None:
        """Candles of the line asked for last, None until they came."""
        return None if self._bars_key is None else self._bars.rows.get(self._bars_key)

    @property
    def bars_unknown(self) -> str | None:
        return self._bars.unknown

    def show_bars(self, instrument_id: InstrumentId, seconds: int) -> None:
        """Ask for the candles of one instrument instead of those asked for before; its line is released."""
        key = bars_key(instrument_id, seconds)
        if key == self._bars_key:
            return
        self._close(Topic.BARS)
        self._bars_key = key
        self._bars = Book(Topic.BARS)
        self._feeds[Topic.BARS] = self._client.watch(Topic.BARS, (key,))

    def drain(self, topic: Topic) -> Change | None:
        """Take what changed on a topic, None when nothing did; the first drain of a topic opens its feed."""
        feed = self._feeds.get(topic)
        if feed is None:
            if topic is Topic.BARS:
                return None
            feed = self._feeds[topic] = self._client.watch(topic)
        delta = feed.drain()
        return None if delta is None else self._book(topic).apply(delta)

    def find_instrument(self, words: str) -> InstrumentId | None:
        """Return the instrument a person means among those on the desk: by id, label or symbol, in that order."""
        wanted = words.strip().upper()
        names = [(view.instrument_id, view.label, view.symbol) for view in self._instrument_views()]
        return next((item[0] for kind in range(3) for item in names if item[kind].upper() == wanted), None)

    def knows(self, instrument_id: InstrumentId) -> bool:
        """Whether a row of the desk is about it."""
        return any(view.instrument_id == instrument_id for view in self._instrument_views())

    def label_of(self, instrument_id: InstrumentId) -> str:
        """Return an instrument's name for people; its id when no row of the desk is about it."""
        views = self._instrument_views()
        return next((view.label for view in views if view.instrument_id == instrument_id), instrument_id)

    def _instrument_views(self) -> tuple[QuoteView | PositionView | OrderView, ...]:
        return (*self.quotes.views, *self.positions.views, *self.orders.views)

    def close(self) -> None:
        """Release every feed."""
        for topic in list(self._feeds):
            self._close(topic)

    def _close(self, topic: Topic) -> None:
        feed = self._feeds.pop(topic, None)
        if feed is not None:
            feed.close()

    def _book(self, topic: Topic) -> Book[StatusView] | Book[View]:
        books: dict[Topic, object] = {
            Topic.STATUS: self._status,
            Topic.ACCOUNT: self._account,
            Topic.QUOTES: self.quotes,
            Topic.POSITIONS: self.positions,
            Topic.ORDERS: self.orders,
            Topic.TAPE: self.tape,
            Topic.LOG: self.log,
            Topic.PROGRAM_LOG: self.program_log,
            Topic.HEALTH: self._health,
            Topic.BARS: self._bars,
        }
        return cast("Book[View]", books[topic])
