"""The real app over the real adapter and the gateway simulator, hours in seconds: what a person sees in an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from textual import _time
from textual.pilot import Pilot

from qe_dashboard.engine.facade import CommandRefused
from qe_dashboard.model.enums import Profile
from qe_dashboard.ui.app import DashboardApp
from support.dashboard import shown
from support.virtual_loop import START, LoopClock, run_virtually
from support.virtual_world import VirtualWorld, WorldHost


class Stage:
    """One app on one world. Times are virtual seconds."""

    def __init__(self, world: VirtualWorld, app: DashboardApp, pilot: Pilot[int]) -> None:
        self.world = world
        self.app = app
        self.pilot = pilot
        self.clock = world.clock

    def text(self) -> str:
        """What is on the screen, as plain text with single spaces, so that a wrapped sentence is found whole."""
        return " ".join(shown(self.app.screen).split())

    def banner(self) -> str:
        """What stands above everything until it is over."""
        return " ".join(banner_text(self.app).split())

    def shows(self, *texts: str) -> bool:
        seen = self.text()
        return all(text in seen for text in texts)

    async def until_shown(self, *texts: str, seconds: float) -> float:
        """Wait until all texts are on the screen at once; return the seconds it took."""
        return await self._until(lambda: self.shows(*texts), f"shown {texts}", seconds)

    async def until_gone(self, text: str, *, seconds: float) -> float:
        """Wait until a text is not on the screen any more; return the seconds it took."""
        return await self._until(lambda: not self.shows(text), f"gone {text!r}", seconds)

    async def until_off_banner(self, text: str, *, seconds: float) -> float:
        """Wait until the banner does not say it any more; the message line may still, as the last thing told."""
        return await self._until(lambda: text not in self.banner(), f"off the banner: {text!r}", seconds)

    async def until_ready(self, *, seconds: float = 60.0) -> float:
        """Wait until the screen says that orders can be sent."""
        return await self._until(
            lambda: self.shows("Connected", "ACTIVE") and not self.shows("blocked"), "ready", seconds
        )

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.clock.sleep(0.6)

    async def wait(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    async def refuses_orders(self) -> str:
        """Try to place a resting order; return why not. Fails when anything reached the gateway or the venue."""
        before, committed = self.world.venue_orders(), len(self.world.journal.committed)
        try:
            result = await self.world.bid_for_one()
            assert not result.is_ok, result.text
            why = result.text
        except CommandRefused as refused:
            why = refused.text
        await self.clock.sleep(1.0)
        assert self.world.venue_orders() == before
        # Not even an intent: whatever was sent into a silent gateway would be UNCERTAIN.
        assert len(self.world.journal.committed) == committed
        return why

    async def takes_orders(self) -> None:
        """Place a resting order and see it reach the venue."""
        before = sum(self.world.venue_orders().values())
        result = await self.world.bid_for_one()
        await self.clock.sleep(1.0)
        assert result.is_ok, result.text
        assert sum(self.world.venue_orders().values()) == before + 1

    async def _until(self, holds: Callable[[], bool], what: str, seconds: float) -> float:
        began = self.clock.monotonic()
        while not holds():
            took = self.clock.monotonic() - began
            assert took < seconds, f"not {what} within {seconds:g} s:\n{shown(self.app.screen)}"
            await self.clock.sleep(0.25)
        return self.clock.monotonic() - began


def banner_text(app: DashboardApp) -> str:
    widget = app.screen.query_one("#banner")
    strips = app.screen._compositor.render_strips()
    region = widget.region
    return " ".join(strip.text for strip in strips[region.y : region.bottom]) if region.height else ""


def play(
    scene: Callable[[Stage], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
    *,
    world: Callable[[LoopClock], VirtualWorld] = VirtualWorld,
    size: tuple[int, int] = (120, 36),
    start: datetime = START,
) -> None:
    """Run a scene on a virtual loop that begins at a time; Textual's timers follow its time."""

    async def main(clock: LoopClock) -> None:
        monkeypatch.setattr(_time, "get_time", clock.monotonic)
        made = world(clock)
        app = DashboardApp(host=WorldHost(made), profile=Profile.IBKR_PAPER, quotes_fps=2)
        async with app.run_test(size=size) as pilot:
            await scene(Stage(made, app, pilot))
            await asyncio.sleep(0)

    run_virtually(main, start=start)
