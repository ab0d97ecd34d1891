"""Minds the wanted lines while a session lives: gaps, silence, and data that another session of the login took."""

from __future__ import annotations

import math

from qe_dashboard.broker.ibkr.bars import BarFeed
from qe_dashboard.broker.ibkr.codes import COMPETING_SESSION, LOST, RESTORED, RESTORED_EMPTY
from qe_dashboard.broker.ibkr.farms import Farms
from qe_dashboard.broker.ibkr.line_words import silent_lines
from qe_dashboard.broker.ibkr.lines import Line, LineWatch
from qe_dashboard.broker.ibkr.market_data import MarketData
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.broker.ibkr.rounds import Chores
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.connection import FarmKind, LineKind, LineState

# One request a minute is enough to notice that the other session has gone, and too little to disturb it.
PROBE_S = 60.0
GATEWAY_DOWN = "the gateway has lost IBKR's servers"


class LineCare:
    """Carries out what the watch finds due."""

    def __init__(
        self,
        *,
        clock: Clock,
        outlet: Outlet,
        watch: LineWatch,
        quotes: MarketData,
        bars: BarFeed,
        farms: Farms,
        look_s: float,
    ) -> None:
        self.competing = ""
        """The gateway's words while another session of the login has the data (10197)."""
        self._clock = clock
        self._outlet = outlet
        self._watch = watch
        self._quotes = quotes
        self._bars = bars
        self._farms = farms
        self._look_s = look_s
        self._had_session = False
        self._probed_at = -math.inf
        self._competing_since = -math.inf
        self._chores = Chores()

    def attached(self, *, upstream_is_down: bool) -> None:
        """A session is there: count what comes back, and look after it."""
        self.competing = ""
        if upstream_is_down:
            self._watch.suspend(GATEWAY_DOWN)
        else:
            self._watch.resume()
        if self._had_session:
            self._watch.restore("the data link was down")
        self._had_session = True
        self._chores.spawn(self._mind())

    def detached(self, reason: str) -> None:
        """The session is gone, and no line is to blame."""
        self._chores.cancel()
        self._watch.suspend(f"the data link is down ({reason})")

    def on_code(self, code: int, text: str) -> None:
        """Take in what the gateway says about all lines."""
        if code in LOST:
            self._watch.suspend(GATEWAY_DOWN)
        elif code in (RESTORED, RESTORED_EMPTY):
            self._watch.resume()
            kept = "kept" if code == RESTORED else "lost"
            self._watch.restore(f"the gateway is back, data {kept} ({code})")
        elif code == COMPETING_SESSION:
            if not self.competing:
                self._probed_at = self._clock.monotonic()
            self.competing = text
            self._watch.taken("another session of the login had the data (10197)")
            self._competing_since = self._clock.monotonic()

    async def _mind(self) -> None:
        while True:
            await self._clock.sleep(self._look_s)
            due = self._watch.due()
            for line in due.renew:
                self._renew(line)
            if due.silent:
                message = silent_lines(
                    due.silent, broken_farms=self._farms.broken(FarmKind.QUOTES), now=self._clock.now()
                )
                self._outlet.on_message(message)
            if self.competing:
                self._watch_competitor()

    def _renew(self, line: Line) -> None:
        (self._bars if line.kind is LineKind.BARS else self._quotes).renew(line)

    def _watch_competitor(self) -> None:
        """Ask for one stolen line a minute; once a line ticks again, for all of them."""
        lines = [line for line in self._watch.all() if line.kind is LineKind.QUOTES]
        stolen = [line for line in lines if line.code == COMPETING_SESSION]
        if any(
            line.state is LineState.PROVEN and (line.ticked_at or -math.inf) > self._competing_since
            for line in lines
        ):
            self.competing = ""
            self._watch.given_back(stolen)
            for line in stolen:
                self._renew(line)
        elif stolen and self._clock.monotonic() - self._probed_at >= PROBE_S:
            self._probed_at = self._clock.monotonic()
            self._renew(max(stolen, key=lambda line: line.order))
