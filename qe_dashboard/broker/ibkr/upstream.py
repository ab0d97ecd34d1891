"""The gateway's own connection to IBKR's servers, from codes 1100, 1101, 1102 and 2110 (design section 8).

Nothing that a gateway can answer from memory proves it: positions and account values come while IBKR is away, too.
"""

from __future__ import annotations

from qe_dashboard.broker.ibkr.codes import FARM_IDLE, FARM_OK, LOST, RESTORED, RESTORED_EMPTY
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.reports import UpstreamStatus


class Upstream:
    """One state over both links, which share the gateway. Repeats (1100 every few seconds) say nothing new (C3)."""

    def __init__(self, *, clock: Clock, outlet: Outlet) -> None:
        self._clock = clock
        self._outlet = outlet
        self.status = UpstreamStatus(None, "not connected to a gateway", clock.now())
        self._lost_before = False
        """A loss that no gateway took back before the last link went: another session's farms may."""

    def on_code(self, code: int, text: str) -> None:
        """Take a system notice in."""
        if code in LOST:
            self._lost_before = False
            self._set(up=False, reason=text or "the gateway lost its connection to IBKR")
        elif code in (RESTORED_EMPTY, RESTORED):
            self._set(up=True, reason="the gateway is connected to IBKR again")
        elif code in FARM_OK | FARM_IDLE and (self.status.up is None or self._lost_before):
            # There is no "connected" notice at the start of a session: a farm that can be reached is the sign.
            self._set(up=True, reason="the gateway is connected to IBKR")

    def on_no_link(self) -> None:
        """Take note that no link is left over which the gateway could tell; a loss it told of stands."""
        if self.status.up is False:
            self._lost_before = True
        else:
            self._set(up=None, reason="no link to the gateway, so its own connection is not known")

    def forget(self) -> None:
        """Another gateway is called from now: what the last one told is not about it."""
        self._lost_before = False
        self._set(up=None, reason="not connected to a gateway")

    def _set(self, *, up: bool | None, reason: str) -> None:
        if up:
            self._lost_before = False
        if up is self.status.up:
            return
        self.status = UpstreamStatus(up, reason, self._clock.now())
        self._outlet.on_upstream(self.status)
