"""What must be told whatever screen is seen: how own orders end, and the log's errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qe_dashboard.engine.facade import EngineClient
from qe_dashboard.engine.views import LogLine, OrderView, Topic
from qe_dashboard.model.enums import LinkState, Severity
from qe_dashboard.model.order_status import OrderStatus
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.orders import price_words

_TOLD = frozenset(
    {
        OrderStatus.FILLED,
        OrderStatus.REJECTED,
        OrderStatus.CANCELLED,
        OrderStatus.EXPIRED,
        OrderStatus.UNCERTAIN,
        OrderStatus.CONFLICT,
        OrderStatus.NOT_SENT,
        OrderStatus.GONE,
    }
)
_BAD = _TOLD - {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED}
# The engine's answer to a flatten comes as a line of the log once the position was observed.
_TOLD_SOURCES = frozenset({"flatten", "upstream"})
# That something is back must take the place of the words that it is gone; what a link does on its way is no news.
_ALL_CLEAR_SOURCES = frozenset({"link", "farm", "data"})
_PASSING_SOURCES = _ALL_CLEAR_SOURCES | {"upstream", "connection", "books", "CONN", "FARM", "DATA"}
_ON_THE_WAY = tuple(
    f"link {state.value}" for state in LinkState if state not in (LinkState.READY, LinkState.DISCONNECTED)
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell; `number` of the order it is about, `is_loud`: also as a toast, `passes`: it is over when the
    connection is well again."""

    text: str
    is_error: bool
    is_loud: bool = False
    number: str = ""
    passes: bool = False


class News:
    """Compares the order book and the log with what was seen before. What was there at the start is not new,
    but for the last error of the log: it was written while nobody could look. `since`: an order of before then that
    is seen for the first time comes from a book that was read late, and its end is old."""

    def __init__(self, client: EngineClient, *, since: datetime) -> None:
        self._since = since
        self._orders = client.watch(Topic.ORDERS)
        self._log = client.watch(Topic.LOG)
        self._status: dict[str, OrderStatus] | None = None
        self._last_line: int | None = None

    def read(self) -> tuple[Item, ...]:
        """Return what is new, the most telling last: an order's own end after the log's lines."""
        return (*self._read_log(), *self._read_orders())

    def close(self) -> None:
        self._orders.close()
        self._log.close()

    def _read_log(self) -> tuple[Item, ...]:
        delta = self._log.drain()
        if delta is None:
            return ()
        seen, is_first = self._last_line or 0, self._last_line is None
        lines = {int(row.key): row.view for row in delta.rows if isinstance(row.view, LogLine)}
        self._last_line = max(seen, *lines) if lines else seen
        new = [lines[number] for number in sorted(lines) if number > seen]
        items = tuple(_log_item(view, is_loud=not is_first) for view in new if _is_told(view))
        return tuple(item for item in items if item.is_error)[-1:] if is_first else items

    def _read_orders(self) -> tuple[Item, ...]:
        delta = self._orders.drain()
        if delta is None:
            return ()
        before, is_first = self._status or {}, self._status is None
        views = [row.view for row in delta.rows if isinstance(row.view, OrderView)]
        self._status = before | {str(view.number): view.status for view in views}
        if is_first:
            return ()
        return tuple(
            _order_item(view)
            for view in views
            if view.is_own and view.status in _TOLD and self._is_changed(view, before)
        )

    def _is_changed(self, view: OrderView, before: dict[str, OrderStatus]) -> bool:
        seen = before.get(str(view.number))
        return view.created_at >= self._since if seen is None else seen is not view.status


def _is_told(view: LogLine) -> bool:
    if _is_error(view) or view.source in _TOLD_SOURCES:
        return True
    is_clear = view.severity is Severity.INFO and view.source in _ALL_CLEAR_SOURCES
    return is_clear and not any(words in view.text for words in _ON_THE_WAY)


def _is_error(view: LogLine) -> bool:
    return view.severity in (Severity.ERROR, Severity.CRITICAL)


def _log_item(view: LogLine, *, is_loud: bool) -> Item:
    return Item(
        fmt.plain(view.text),
        _is_error(view),
        is_loud=is_loud and view.severity is Severity.CRITICAL,
        passes=view.source in _PASSING_SOURCES,
    )


def _order_item(view: OrderView) -> Item:
    words = f"{view.side.value} {fmt.quantity(view.quantity)} {fmt.plain(view.label)} {price_words(view)}"
    text = f"{words} (order {view.number}) {view.status.value}"
    if view.status is OrderStatus.FILLED and view.avg_fill_price is not None:
        text += f" at {fmt.average(view.avg_fill_price, view.decimals)}"
    elif view.filled:
        text += f" after {fmt.quantity(view.filled)} filled"
    if view.why and view.status is not OrderStatus.FILLED:
        text += f": {fmt.plain(view.why)}"
    is_error = view.status in _BAD
    return Item(text, is_error, is_loud=is_error, number=str(view.number))
