"""IBKR's limits on price history (D23): how many requests, how many alike, how many open at once."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from qe_dashboard.core.clock import Clock
from qe_dashboard.core.throttle import SlidingWindow
from qe_dashboard.model.connection import Meter

# IBKR lifted the counts for bars of a minute and more; 60 requests for those would make two restored gaps of 30
# charts hold every chart for ten minutes, for nothing.
COUNTED_UP_TO_S = 30
COUNTED, COUNTED_S = 60, 600.0
IDENTICAL_S = 15.0
# "Six or more for the same contract within two seconds" are too many.
SAME_CONTRACT, SAME_CONTRACT_S = 5, 2.0
OPEN = 50
OPEN_LINES = 45
"""Running lines leave five places to charts that are read once."""
PENALTY_S = 60.0
"""After IBKR complained; it forgets a violation within a minute or so when nothing is asked."""


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """What makes two requests the same to IBKR. `con_id` names the contract."""

    con_id: int
    bar_seconds: int
    duration: str
    shown: str
    keep: bool

    @property
    def is_counted(self) -> bool:
        return self.bar_seconds <= COUNTED_UP_TO_S


@dataclass(eq=False, slots=True)
class Place:
    """One open request; hand it back when the request has ended."""

    request: HistoryRequest


@dataclass(frozen=True, slots=True)
class _Obstacle:
    words: str
    until: float | None
    """Monotonic time when it is over; None = when something happens."""


class HistoryBudget:
    """Gives requests their turn, in order within each kind: counted or not, running line or read once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all = SlidingWindow(COUNTED, COUNTED_S)
        self._contracts: defaultdict[int, SlidingWindow] = defaultdict(
            lambda: SlidingWindow(SAME_CONTRACT, SAME_CONTRACT_S)
        )
        self._sent: dict[HistoryRequest, float] = {}
        self._open: set[Place] = set()
        self._turns: defaultdict[tuple[bool, bool], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._moved = asyncio.Event()
        self._held = ""
        self._penalty_until = -math.inf
        self._waiting = 0

    async def turn(self, request: HistoryRequest) -> Place:
        """Wait until a request may be sent, and count it."""
        self._waiting += 1
        try:
            async with self._turns[request.is_counted, request.keep]:
                while (obstacle := self._obstacle(request)) is not None:
                    await self._pass(obstacle)
                return self._take(request)
        finally:
            self._waiting -= 1

    def ended(self, place: Place) -> None:
        """Give a place back."""
        self._open.discard(place)
        self._moved.set()

    def earliest(self, request: HistoryRequest) -> float:
        """Return the seconds until its turn at the earliest; 0 when it is its turn or nobody can tell."""
        obstacle = self._obstacle(request)
        if obstacle is None or obstacle.until is None:
            return 0.0
        return obstacle.until - self._clock.monotonic()

    def why(self, request: HistoryRequest) -> str:
        """Say what a request waits for."""
        obstacle = self._obstacle(request)
        if obstacle is None:
            return "others are before it in the queue"
        if obstacle.until is None:
            return obstacle.words
        return f"{obstacle.words}, next in {max(1, math.ceil(obstacle.until - self._clock.monotonic()))} s"

    def hold(self, why: str) -> None:
        """Let nothing go while there is a reason; an empty one ends it."""
        self._held = why
        self._moved.set()

    def complained(self) -> None:
        """IBKR found that we ask too much (162 pacing): nothing goes for a minute."""
        self._penalty_until = self._clock.monotonic() + PENALTY_S

    def forget_open(self) -> None:
        """The session ended, and its requests with it; what was asked still counts."""
        self._open.clear()
        self._moved.set()

    def meters(self) -> tuple[Meter, ...]:
        """Return the use of both budgets."""
        now = self._clock.monotonic()
        free_at = max(self._all.next_free_at(now), self._penalty_until)
        return (
            Meter(
                name="history",
                used=self._all.used(now),
                limit=COUNTED,
                unit="requests",
                seconds=int(COUNTED_S),
                next_free_at=self._clock.now() + timedelta(seconds=free_at - now) if free_at > now else None,
                waiting=self._waiting,
            ),
            Meter(name="history open", used=len(self._open), limit=OPEN, unit="requests", seconds=0),
        )

    def _take(self, request: HistoryRequest) -> Place:
        now = self._clock.monotonic()
        if request.is_counted:
            self._all.record(now)
        self._contracts[request.con_id].record(now)
        self._sent[request] = now
        for old in [one for one, at in self._sent.items() if now - at >= IDENTICAL_S]:
            del self._sent[old]
        for con_id in [one for one, window in self._contracts.items() if not window.used(now)]:
            del self._contracts[con_id]
        place = Place(request)
        self._open.add(place)
        return place

    def _obstacle(self, request: HistoryRequest) -> _Obstacle | None:
        now = self._clock.monotonic()
        if self._held:
            return _Obstacle(self._held, None)
        if now < self._penalty_until:
            return _Obstacle("IBKR refused history for asking too often", self._penalty_until)
        if len(self._open) >= (OPEN_LINES if request.keep else OPEN):
            return _Obstacle(f"{len(self._open)} history requests are open, as many as IBKR allows", None)
        if request.con_id in self._contracts and not self._contracts[request.con_id].allows(now):
            until = self._contracts[request.con_id].next_free_at(now)
            return _Obstacle("too many charts of one contract at once", until)
        if not request.is_counted:
            return None
        sent = self._sent.get(request)
        if sent is not None and now - sent < IDENTICAL_S:
            return _Obstacle("the same history was asked for a moment ago", sent + IDENTICAL_S)
        if not self._all.allows(now):
            return _Obstacle("the history budget is used up", self._all.next_free_at(now))
        return None

    async def _pass(self, obstacle: _Obstacle) -> None:
        if obstacle.until is not None:
            await self._clock.sleep(obstacle.until - self._clock.monotonic())
            return
        self._moved.clear()
        await self._moved.wait()
