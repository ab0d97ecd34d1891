"""An engine in memory whose data and answers a test sets: for what the screens draw and what they ask for.

It decides nothing. Flows that need an engine that thinks run against `support.sim_host` instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from qe_dashboard.engine.facade import (
    CancelRequest,
    CloseRequest,
    ConnectionRequest,
    DriftQuestion,
    EngineClient,
    Feed,
    ModifyRequest,
    OrderRequest,
)
from qe_dashboard.engine.health_views import ConnectionAdvice, ConnectionView
from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.views import (
    CommandResult,
    Delta,
    FillView,
    LogLine,
    OrderView,
    PositionView,
    PreviewView,
    QuoteView,
    ResultKind,
    Row,
    StatusView,
    Topic,
    View,
)
from qe_dashboard.model.ladder import Ladder, PortScan
from support.view_builders import (
    make_account,
    make_connection,
    make_ladder,
    make_preview,
    make_settings,
    make_status,
)

Call = tuple[str, tuple[object, ...]]
"""Name of the method that was called, and its arguments in order."""


class ScriptedFeed:
    """One watcher: remembers which keys changed since its last drain."""

    def __init__(self, table: ScriptedTable, keys: tuple[str, ...]) -> None:
        self.closed = False
        self.drains = 0
        self._table = table
        self._keys = keys
        self._full = True
        self._changed: dict[str, None] = {}
        self._removed: dict[str, None] = {}
        self._touched = True

    def changed(self, key: str) -> None:
        if not self._keys or key in self._keys:
            self._removed.pop(key, None)
            self._changed[key] = None

    def removed(self, key: str) -> None:
        if not self._keys or key in self._keys:
            self._changed.pop(key, None)
            self._removed[key] = None

    def touched(self) -> None:
        self._touched = True

    def drain(self) -> Delta | None:
        self.drains += 1
        if not (self._full or self._touched or self._changed or self._removed):
            return None
        rows = self._table.rows
        keys = [key for key in rows if not self._keys or key in self._keys] if self._full else self._changed
        delta = Delta(
            topic=self._table.topic,
            full=self._full,
            rows=tuple(Row(key, rows[key]) for key in keys),
            removed=tuple(self._removed),
            unknown=self._table.unknown,
            as_of=self._table.as_of,
        )
        self._full = self._touched = False
        self._changed, self._removed = {}, {}
        return delta

    def close(self) -> None:
        self.closed = True
        if self in self._table.feeds:
            self._table.feeds.remove(self)


class ScriptedTable:
    """The rows of one topic and who watches them."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.rows: dict[str, View] = {}
        self.unknown: str | None = None
        self.as_of: datetime | None = None
        self.feeds: list[ScriptedFeed] = []

    def put(self, key: str, view: View) -> None:
        self.rows[key] = view
        for feed in self.feeds:
            feed.changed(key)

    def remove(self, key: str) -> None:
        self.rows.pop(key, None)
        for feed in self.feeds:
            feed.removed(key)

    def set_unknown(self, reason: str | None, *, as_of: datetime | None = None) -> None:
        self.unknown, self.as_of = reason, as_of
        for feed in self.feeds:
            feed.touched()


class ScriptedClient:
    """`EngineClient` in memory: fill it with `put_*`, set `previews` and `results`, read `calls`."""

    def __init__(self) -> None:
        self.tables = {topic: ScriptedTable(topic) for topic in Topic}
        self.calls: list[Call] = []
        self.previews: list[PreviewView | Exception] = []
        """Answers of the next previews, oldest first; an exception is raised. Empty = a plain preview."""
        self.results: list[CommandResult | Exception] = []
        """Answers of the next acting calls, oldest first; an exception is raised. Empty = DONE."""
        self.settings_view: SettingsView = make_settings()
        self.connection_view: ConnectionView = make_connection()
        self.ladder: Ladder = make_ladder()
        self.port_scan = PortScan("127.0.0.1", ())
        self.advice = ConnectionAdvice("", ())
        self.before_answer: Callable[[str], None] | None = None
        """Called with the method's name before it answers, for what the world does meanwhile."""
        self.set_status(make_status())
        self.put(Topic.ACCOUNT, "", make_account())

    def put(self, topic: Topic, key: str, view: View) -> None:
        self.tables[topic].put(key, view)

    def set_status(self, status: StatusView) -> None:
        self.put(Topic.STATUS, "", status)

    def put_quotes(self, *quotes: QuoteView) -> None:
        for quote in quotes:
            self.put(Topic.QUOTES, quote.instrument_id, quote)

    def put_positions(self, *positions: PositionView) -> None:
        for position in positions:
            self.put(Topic.POSITIONS, position.instrument_id, position)

    def put_orders(self, *orders: OrderView) -> None:
        for order in orders:
            self.put(Topic.ORDERS, str(order.number), order)

    def put_fills(self, *fills: FillView) -> None:
        for fill in fills:
            self.put(Topic.TAPE, fill.exec_id, fill)

    def put_log(self, *lines: LogLine) -> None:
        for line in lines:
            self.put(Topic.LOG, str(len(self.tables[Topic.LOG].rows) + 1), line)

    def set_unknown(self, topic: Topic, reason: str | None, *, as_of: datetime | None = None) -> None:
        """Say that a book cannot be read; None says it can be again."""
        self.tables[topic].set_unknown(reason, as_of=as_of)

    def names_called(self) -> list[str]:
        return [name for name, _ in self.calls]

    def watch(self, topic: Topic, keys: tuple[str, ...] = ()) -> Feed:
        if topic is Topic.BARS and not keys:
            raise ValueError("BARS needs keys")
        feed = ScriptedFeed(self.tables[topic], keys)
        self.tables[topic].feeds.append(feed)
        return feed

    async def preview_order(self, request: OrderRequest) -> PreviewView:
        return self._preview("preview_order", request)

    async def preview_modify(self, request: ModifyRequest) -> PreviewView:
        return self._preview("preview_modify", request)

    async def preview_close(self, request: CloseRequest) -> PreviewView:
        return self._preview("preview_close", request)

    async def preview_cancel(self, request: CancelRequest) -> PreviewView:
        return self._preview("preview_cancel", request)

    async def confirm(self, token: str, *, accepted: tuple[str, ...] = (), typed: str = "") -> CommandResult:
        return self._answer("confirm", token, accepted, typed)

    async def drop(self, token: str) -> None:
        self._record("drop", token)

    async def halt(self, reason: str) -> CommandResult:
        return self._answer("halt", reason)

    async def resume(self, *, typed: str) -> CommandResult:
        return self._answer("resume", typed)

    async def ask_drift(self, symbol: str) -> DriftQuestion:
        self._record("ask_drift", symbol)
        return DriftQuestion(f"{symbol}.STK.USD", "3", (f"{symbol}: the broker shows 3 held.",))

    async def accept_position(self, symbol: str, *, typed: str) -> CommandResult:
        return self._answer("accept_position", symbol, typed)

    async def reconnect(self) -> CommandResult:
        return self._answer("reconnect")

    async def connection(self) -> ConnectionView:
        self._record("connection")
        return self.connection_view

    async def check_connection(self, request: ConnectionRequest | None = None) -> Ladder:
        self._record("check_connection", request)
        return self.ladder

    async def scan_ports(self, host: str) -> PortScan:
        self._record("scan_ports", host)
        return self.port_scan

    async def connection_advice(self, request: ConnectionRequest) -> ConnectionAdvice:
        self._record("connection_advice", request)
        return self.advice

    async def apply_connection(self, request: ConnectionRequest) -> CommandResult:
        return self._answer("apply_connection", request)

    async def reconcile(self) -> CommandResult:
        return self._answer("reconcile")

    async def authorise_live(self, *, typed: str) -> CommandResult:
        return self._answer("authorise_live", typed)

    async def watch_symbol(self, symbol: str) -> CommandResult:
        return self._answer("watch_symbol", symbol)

    async def unwatch_symbol(self, symbol: str) -> CommandResult:
        return self._answer("unwatch_symbol", symbol)

    async def settings(self) -> SettingsView:
        self._record("settings")
        return self.settings_view

    async def set_setting(self, key: str, value: str) -> CommandResult:
        return self._answer("set_setting", key, value)

    def _record(self, name: str, *arguments: object) -> None:
        self.calls.append((name, arguments))
        if self.before_answer is not None:
            self.before_answer(name)

    def _preview(self, name: str, request: object) -> PreviewView:
        self._record(name, request)
        answer = self.previews.pop(0) if self.previews else make_preview(f"P{len(self.calls)}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answer(self, name: str, *arguments: object) -> CommandResult:
        self._record(name, *arguments)
        answer = self.results.pop(0) if self.results else CommandResult(ResultKind.DONE, f"{name}: done")
        if isinstance(answer, Exception):
            raise answer
        return answer


class ScriptedHost:
    """`EngineHost` that hands out a ready client, or refuses; `hold` keeps it starting until it is set."""

    def __init__(
        self,
        client: ScriptedClient | None = None,
        *,
        refuse: Exception | None = None,
        hold: asyncio.Event | None = None,
    ) -> None:
        self.client = client or ScriptedClient()
        self.refuse = refuse
        self.hold = hold
        self.started = 0
        self.stopped = 0
        self.last_words = ""

    async def start(self) -> EngineClient:
        self.started += 1
        if self.hold is not None:
            await self.hold.wait()
        if self.refuse is not None:
            raise self.refuse
        return self.client

    async def stop(self) -> str:
        self.stopped += 1
        return self.last_words


def calls_of(client: ScriptedClient, name: str) -> Sequence[tuple[object, ...]]:
    """Return the arguments of every call of one method, oldest first."""
    return [arguments for called, arguments in client.calls if called == name]
