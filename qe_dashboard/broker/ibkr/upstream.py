"""The gateway's own connection to IBKR's servers, from codes 1100, 1101, 1102 and 2110 (design section 8).

Nothing that a gateway can answer from memory proves it: positions and account values come while IBKR is away, too.
"""

from __future__ import annotations

from qe_dashboard.broker.ibkr.codes import FARM_IDLE, FARM_OK, LOST, RESTORED, RESTORED_EMPTY
from qe_dashboard.broker.ibkr.outlet import Outlet
from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import LinkName
from qe_dashboard.model.reports import UpstreamStatus


class Upstream:
    """One state over both links, which share the gateway. Repeats (1100 every few seconds) say nothing new (C3).

    A loss counts from either link, since the other's socket may hang. It is taken back by the link that speaks for the
    gateway, or, once that one has heard 1101 or 1102, by the link that told it.
    """

    def __init__(self, *, clock: Clock, outlet: Outlet) -> None:
        self._clock = clock
        self._outlet = outlet
        self.status = UpstreamStatus(None, "not connected to a gateway", clock.now())
        self._sessions = 0
        self._lost: dict[LinkName, int] = {}
        """Which links told of a loss, and how many sessions there had been: farms of a later one disprove it."""
        self._speaker = 0
        """The session that spoke for the gateway last."""
        self._restored = 0
        """The session that heard 1101 or 1102 last, of those that spoke."""

    def session_opened(self) -> int:
        """Number a new session of either link; `on_code` wants the number."""
        self._sessions += 1
        return self._sessions

    def on_code(self, name: LinkName, session: int, code: int, text: str, *, speaks: bool) -> bool:
        """Take a system notice in; True when it changed what is known."""
        if speaks:
            self._speaker = session
        if code in LOST:
            self._lost[name] = self._sessions
            return self._set(up=False, reason=text or "the gateway lost its connection to IBKR")
        is_back = code in (RESTORED_EMPTY, RESTORED)
        # There is no "connected" notice at the start of a session: a farm that can be reached is the sign.
        if not is_back and code not in FARM_OK | FARM_IDLE:
            return False
        if is_back and speaks:
            self._restored = session
        if not speaks and self._speaker != self._restored:
            return False
        # Where the speaking link heard it before, this socket only brings the same words later.
        self._lost = {
            link: before
            for link, before in self._lost.items()
            if not (speaks or link is name) or not (is_back or session > before)
        }
        if self._lost or not (speaks or self.status.up is False):
            return False
        again = " again" if is_back else ""
        return self._set(up=True, reason=f"the gateway is connected to IBKR{again}")

    def on_no_link(self) -> None:
        """Take note that no link is left over which the gateway could tell; a loss it told of stands."""
        if not self._lost:
            self._set(up=None, reason="no link to the gateway, so its own connection is not known")

    def forget(self) -> None:
        """Another gateway is called from now: what the last one told is not about it."""
        self._lost.clear()
        self._set(up=None, reason="not connected to a gateway")

    def _set(self, *, up: bool | None, reason: str) -> bool:
        if up is self.status.up:
            return False
        self.status = UpstreamStatus(up, reason, self._clock.now())
        self._outlet.on_upstream(self.status)
        return True
