"""Where a list's cursor stands while rows come, go and change places."""

from __future__ import annotations

from collections.abc import Sequence


class RowCursor:
    """Row keys in drawing order and the key the cursor is on.

    `lists_orders`: rows can be cancelled by a key, so when the row under the cursor vanishes while somebody looks,
    there is no cursor until they move: a key meant for the order that is gone must not hit its neighbour.
    """

    def __init__(self, *, lists_orders: bool = False) -> None:
        self.order: tuple[str, ...] = ()
        self.places: dict[str, int] = {}
        self.key: str | None = None
        self._lists_orders = lists_orders
        self._rested_at: int | None = None

    @property
    def index(self) -> int | None:
        return None if self.key is None else self.places[self.key]

    @property
    def position(self) -> str:
        """Cursor position as `12/100`; `0/100` without a cursor."""
        index = self.index
        return f"{0 if index is None else index + 1}/{len(self.order)}"

    def replace(self, order: Sequence[str], *, is_watched: bool) -> None:
        """Take a new order of rows; the cursor stays on its row. `is_watched`: the list has the focus."""
        if self.key is not None:
            self._rested_at = self.places[self.key]
        self.order, self.places = tuple(order), {key: index for index, key in enumerate(order)}
        if self.key in self.places:
            return
        leaves_none = self._lists_orders and is_watched and self._rested_at is not None
        self.key = None if leaves_none else self._key_at(min(self._rested_at or 0, len(order) - 1))

    def move(self, step: int) -> None:
        """Move by rows; from nowhere, the first step goes to where the vanished row was, or just above it."""
        index = self.index
        self.go((self._rested_at or 0) + min(step, 0) if index is None else index + step)

    def go(self, index: int) -> None:
        """Go to a row by place, as near as there is one."""
        self.key = self._key_at(max(0, min(index, len(self.order) - 1)))

    def _key_at(self, index: int) -> str | None:
        return self.order[index] if 0 <= index < len(self.order) else None
