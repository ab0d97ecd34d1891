"""The real app over a scripted engine, and what a person would read on its screen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from qe_dashboard.engine.views import Topic, bars_key
from qe_dashboard.model.enums import Profile
from qe_dashboard.ui.app import DashboardApp
from qe_dashboard.ui.modals.key_guard import KeyGuard
from support.facade_wire import FacadeWire
from support.flow_host import FakeTiming
from support.scripted_client import ScriptedClient, ScriptedHost
from support.view_builders import (
    make_bars,
    make_fill,
    make_log,
    make_order,
    make_position,
    make_quote,
    stock_id,
)

SIZES = ((80, 24), (120, 36), (200, 60))


def busy_client() -> ScriptedClient:
    """Return an engine with something in every book."""
    client = ScriptedClient()
    for symbol in ("AAPL", "MSFT", "NVDA"):
        client.put_quotes(make_quote(symbol))
        client.put(Topic.BARS, bars_key(stock_id(symbol), 60), make_bars(symbol))
    client.put_positions(make_position("AAPL"))
    client.put_orders(make_order(17), make_order(18, symbol="MSFT"))
    client.put_fills(make_fill("E1"))
    client.put_log(make_log("data link READY"))
    return client


@asynccontextmanager
async def running(
    client: ScriptedClient | None = None,
    *,
    host: ScriptedHost | None = None,
    size: tuple[int, int] = (120, 36),
    **options: Any,
) -> AsyncIterator[tuple[DashboardApp, Pilot[int]]]:
    """Run the app without a terminal until the engine's data is on screen, or until a held start is painted."""
    chosen = host or ScriptedHost(client or busy_client())
    app = DashboardApp(host=FacadeWire.host(chosen), profile=Profile.SIM, timing=FakeTiming(), **options)
    async with app.run_test(size=size) as pilot:
        if chosen.hold is None and chosen.refuse is None:
            await until(pilot, lambda: app.desk is not None and app.desk.status is not None)
        await pilot.pause()
        yield app, pilot


async def until(pilot: Pilot[int], holds: Callable[[], bool]) -> None:
    """Let the app work until something holds; fails after many turns."""
    for _ in range(400):
        if holds():
            return
        await pilot.pause()
        await asyncio.sleep(0)
    raise AssertionError("it never came to hold")


async def settled(app: DashboardApp, pilot: Pilot[int], guard: KeyGuard) -> None:
    """Let so much time pass after the painting that a press is meant for what is on the screen."""
    timing = app.flows.timing
    assert isinstance(timing, FakeTiming)

    def is_settled() -> bool:
        timing.advance(1)
        return guard.is_settled

    await until(pilot, is_settled)


def shown(screen: Screen[Any]) -> str:
    """Return what the screen shows, row by row, as plain text."""
    return "\n".join(strip.text for strip in screen._compositor.render_strips())


def redraws(app: DashboardApp, topics: frozenset[Topic] = frozenset(Topic)) -> None:
    """Draw one frame by hand."""
    app.pump.frame(topics)
