"""An engine client that puts every message through the codec, as an engine in another process would (section 6).

What a front end does with it proves that it holds no engine object: all it ever gets was rebuilt from text.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import TypeVar

from qe_dashboard.engine.codec import decode, encode
from qe_dashboard.engine.facade import (
    CancelRequest,
    CloseRequest,
    CommandRefused,
    ConnectionRequest,
    DriftQuestion,
    EngineClient,
    EngineHost,
    Feed,
    ModifyRequest,
    OrderRequest,
    StartRefused,
)
from qe_dashboard.engine.health_views import ConnectionAdvice, ConnectionView
from qe_dashboard.engine.settings_views import SettingsView
from qe_dashboard.engine.views import CommandResult, Delta, PreviewView, Topic
from qe_dashboard.model.ladder import Ladder, PortScan

M = TypeVar("M")


def carried(message: M) -> M:
    """Return the message as the other side of a socket would have it: equal, and another object."""
    read = decode(encode(message))
    assert read == message, f"{message} came back as {read}"
    assert isinstance(read, type(message))
    return read


def carried_text(text: str) -> str:
    """Return a plain text as it would cross."""
    read = json.loads(json.dumps(text))
    assert isinstance(read, str)
    return read


async def answered(answer: Awaitable[M]) -> M:
    """Return the carried answer, or raise what was refused, rebuilt from its texts."""
    try:
        return carried(await answer)
    except CommandRefused as refusal:
        text, choices = json.loads(json.dumps([refusal.text, list(refusal.choices)]))
        raise CommandRefused(text, choices=tuple(choices)) from None


class RoundTripFeed:
    """A feed whose deltas cross the codec."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def drain(self) -> Delta | None:
        delta = self._feed.drain()
        return None if delta is None else carried(delta)

    def close(self) -> None:
        self._feed.close()


class RoundTripClient:
    """Implements `EngineClient` over another one."""

    def __init__(self, client: EngineClient) -> None:
        self._client = client

    def watch(self, topic: Topic, keys: tuple[str, ...] = ()) -> Feed:
        return RoundTripFeed(
            self._client.watch(Topic(carried_text(topic.value)), tuple(carried_text(key) for key in keys))
        )

    async def preview_order(self, request: OrderRequest) -> PreviewView:
        return await answered(self._client.preview_order(carried(request)))

    async def preview_modify(self, request: ModifyRequest) -> PreviewView:
        return await answered(self._client.preview_modify(carried(request)))

    async def preview_close(self, request: CloseRequest) -> PreviewView:
        return await answered(self._client.preview_close(carried(request)))

    async def preview_cancel(self, request: CancelRequest) -> PreviewView:
        return await answered(self._client.preview_cancel(carried(request)))

    async def confirm(self, token: str, *, accepted: tuple[str, ...] = (), typed: str = "") -> CommandResult:
        codes = tuple(carried_text(code) for code in accepted)
        return await answered(
            self._client.confirm(carried_text(token), accepted=codes, typed=carried_text(typed))
        )

    async def drop(self, token: str) -> None:
        await self._client.drop(carried_text(token))

    async def halt(self, reason: str) -> CommandResult:
        return await answered(self._client.halt(carried_text(reason)))

    async def resume(self, *, typed: str) -> CommandResult:
        return await answered(self._client.resume(typed=carried_text(typed)))

    async def ask_drift(self, symbol: str) -> DriftQuestion:
        return await answered(self._client.ask_drift(carried_text(symbol)))

    async def accept_position(self, symbol: str, *, typed: str) -> CommandResult:
        return await answered(self._client.accept_position(carried_text(symbol), typed=carried_text(typed)))

    async def reconnect(self) -> CommandResult:
        return await answered(self._client.reconnect())

    async def connection(self) -> ConnectionView:
        return await answered(self._client.connection())

    async def check_connection(self, request: ConnectionRequest | None = None) -> Ladder:
        wanted = None if request is None else carried(request)
        return await answered(self._client.check_connection(wanted))

    async def scan_ports(self, host: str) -> PortScan:
        return await answered(self._client.scan_ports(carried_text(host)))

    async def connection_advice(self, request: ConnectionRequest) -> ConnectionAdvice:
        return await answered(self._client.connection_advice(carried(request)))

    async def apply_connection(self, request: ConnectionRequest) -> CommandResult:
        return await answered(self._client.apply_connection(carried(request)))

    async def reconcile(self) -> CommandResult:
        return await answered(self._client.reconcile())

    async def authorise_live(self, *, typed: str) -> CommandResult:
        return await answered(self._client.authorise_live(typed=carried_text(typed)))

    async def watch_symbol(self, symbol: str) -> CommandResult:
        return await answered(self._client.watch_symbol(carried_text(symbol)))

    async def unwatch_symbol(self, symbol: str) -> CommandResult:
        return await answered(self._client.unwatch_symbol(carried_text(symbol)))

    async def settings(self) -> SettingsView:
        return await answered(self._client.settings())

    async def set_setting(self, key: str, value: str) -> CommandResult:
        return await answered(self._client.set_setting(carried_text(key), carried_text(value)))


class RoundTripHost:
    """An `EngineHost` whose client crosses the codec."""

    def __init__(self, host: EngineHost) -> None:
        self._host = host

    async def start(self) -> EngineClient:
        try:
            return RoundTripClient(await self._host.start())
        except StartRefused as refusal:
            raise StartRefused(carried_text(refusal.text), exit_code=refusal.exit_code) from None

    async def stop(self) -> str:
        return await self._host.stop()
