"""Draws what changed, at a fixed rate, on the screen that is visible (D33).

Orders, fills and the session's state go out with every frame; prices at the quote rate, profit and loss ten times a
second. Both are halved while a frame takes over 50 ms, because a key waits behind it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.timer import Timer

from qe_dashboard.engine.views import Topic

if TYPE_CHECKING:
    from qe_dashboard.ui.app import DashboardApp

PNL_FPS = 10
"""Of profit and loss, and of what else nobody reads faster: health and the program's log."""
SLOW_FRAME_MS = 50.0
# Long enough that one quick frame between two slow ones does not bring the full rate back.
CALM_FRAMES = 15
_LAG_SAMPLES = 30

PROMPT_TOPICS = frozenset({Topic.STATUS, Topic.ORDERS, Topic.TAPE, Topic.LOG})
QUOTE_TOPICS = frozenset({Topic.QUOTES, Topic.BARS})
PNL_TOPICS = frozenset({Topic.POSITIONS, Topic.ACCOUNT, Topic.HEALTH, Topic.PROGRAM_LOG})


class FrameSchedule:
    """Which topics are due in which frame. Pure: frames are counted, not timed."""

    def __init__(self, fps: int) -> None:
        self.fps = fps
        self.is_halved = False
        self._frame = 0
        self._calm = 0

    def next_due(self) -> frozenset[Topic]:
        """Return the topics of the next frame."""
        halver = 2 if self.is_halved else 1
        pnl_every = max(round(self.fps / PNL_FPS), 1) * halver
        frame, self._frame = self._frame, self._frame + 1
        due = PROMPT_TOPICS
        if frame % halver == 0:
            due |= QUOTE_TOPICS
        if frame % pnl_every == 0:
            due |= PNL_TOPICS
        return due

    def took(self, milliseconds: float) -> None:
        """Learn what a frame took."""
        if milliseconds > SLOW_FRAME_MS:
            self.is_halved, self._calm = True, 0
        elif self.is_halved:
            self._calm += 1
            if self._calm >= CALM_FRAMES:
                self.is_halved, self._calm = False, 0


class FramePump:
    """Drains the books of the visible screen and hands it the changes; measures what that costs."""

    def __init__(
        self, app: DashboardApp, *, fps: int, now_s: Callable[[], float] = time.perf_counter
    ) -> None:
        self.schedule = FrameSchedule(fps)
        self.frame_ms = 0.0
        """What the last frame took, from draining to painted."""
        self._app = app
        self._now_s = now_s
        self._lags: deque[float] = deque(maxlen=_LAG_SAMPLES)
        self._expected_s: float | None = None
        self._timer: Timer | None = None

    @property
    def lag_ms(self) -> float:
        """The latest the loop came to a frame, within the last second or so."""
        return max(self._lags, default=0.0)

    def start(self) -> None:
        if self._timer is None:
            self._timer = self._app.set_interval(1 / self.schedule.fps, self._on_timer, name="frame pump")

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def change_rate(self, fps: int) -> None:
        """Draw at another rate from now on."""
        self.schedule = FrameSchedule(fps)
        self._expected_s = None
        if self._timer is not None:
            self.stop()
            self.start()

    def flush(self) -> None:
        """Draw what changed now, without waiting for the next frame: after a key that sent something."""
        self._app.call_next(self.frame, frozenset(Topic))

    def frame(self, due: frozenset[Topic]) -> None:
        """Drain what is due and is shown, and hand it to the visible screen."""
        screen, desk = self._app.visible_screen, self._app.desk
        if screen is None or desk is None:
            return
        started = self._now_s()
        drained = [desk.drain(topic) for topic in screen.TOPICS if topic in due]
        changes = [change for change in drained if change is not None]
        if changes:
            screen.apply_changes(changes)
            self._app.call_after_refresh(self._painted, started)

    def _on_timer(self) -> None:
        now, interval = self._now_s(), 1 / self.schedule.fps
        if self._expected_s is not None:
            self._lags.append(max((now - self._expected_s) * 1000, 0.0))
        self._expected_s = now + interval
        self.frame(self.schedule.next_due())

    def _painted(self, started: float) -> None:
        self.frame_ms = (self._now_s() - started) * 1000
        self.schedule.took(self.frame_ms)
