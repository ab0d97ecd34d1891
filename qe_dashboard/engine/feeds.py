"""Topic boards and feeds: callbacks mark keys dirty, the frame pump builds only what it draws (design section 13)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from qe_dashboard.engine.views import Delta, Row, Topic, View

Builder = Callable[[str], View | None]
"""Builds the view of one key now; None = the row is gone."""


class Board:
    """One topic: its keys, how a row is built, and who watches."""

    def __init__(
        self,
        *,
        topic: Topic,
        keys: Callable[[], Iterable[str]],
        build: Builder,
        book_state: Callable[[], tuple[str | None, datetime | None]] = lambda: (None, None),
        catch_up: Callable[[], None] = lambda: None,
    ) -> None:
        self.topic = topic
        self.all_keys = keys
        self.build = build
        self.book_state = book_state
        self.catch_up = catch_up
        """Called before a drain: marks what changed where nobody could touch the board, as in another thread."""
        self._feeds: list[BoardFeed] = []

    def open(self, keys: tuple[str, ...], *, on_close: Callable[[], None] = lambda: None) -> BoardFeed:
        """Start collecting for one front end; no keys = all."""
        feed = BoardFeed(board=self, wanted=frozenset(keys) or None, on_close=on_close)
        self._feeds.append(feed)
        return feed

    def drop(self, feed: BoardFeed) -> None:
        if feed in self._feeds:
            self._feeds.remove(feed)

    def touch(self, key: str) -> None:
        """Mark one row as changed; costs a dict write per watching feed."""
        for feed in self._feeds:
            if feed.wanted is None or key in feed.wanted:
                feed.dirty[key] = None

    def touch_all(self) -> None:
        """Mark everything, the book's own state included."""
        for feed in self._feeds:
            feed.stale = True


class BoardFeed:
    """What changed on one board since the last drain."""

    def __init__(self, *, board: Board, wanted: frozenset[str] | None, on_close: Callable[[], None]) -> None:
        self.wanted = wanted
        self.dirty: dict[str, None] = {}
        """A dict for its order: rows come as they were touched, log lines in time order."""
        self.stale = True
        self._board = board
        self._on_close = on_close
        self._closed = False

    def drain(self) -> Delta | None:
        """Return the changes since the last drain, None when there are none."""
        if self._closed:
            return None
        self._board.catch_up()
        if not (self.stale or self.dirty):
            return None
        full = self.stale
        keys = self._all_keys() if full else tuple(self.dirty)
        self.stale = False
        self.dirty.clear()
        rows: list[Row] = []
        removed: list[str] = []
        for key in keys:
            view = self._board.build(key)
            if view is None:
                removed.append(key)
            else:
                rows.append(Row(key, view))
        unknown, as_of = self._board.book_state()
        return Delta(
            topic=self._board.topic,
            full=full,
            rows=tuple(rows),
            removed=() if full else tuple(removed),
            unknown=unknown,
            as_of=as_of,
        )

    def close(self) -> None:
        """Stop collecting; safe to call twice."""
        if not self._closed:
            self._closed = True
            self._board.drop(self)
            self._on_close()

    def _all_keys(self) -> tuple[str, ...]:
        return tuple(key for key in self._board.all_keys() if self.wanted is None or key in self.wanted)
