"""The two links of the port (D21) without sockets: states, reasons and epochs as a real venue would show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from qe_dashboard.core.clock import Clock
from qe_dashboard.model.enums import LinkName, LinkState
from qe_dashboard.model.reports import LinkStatus

DATA_CLIENT_ID = 1
ORDER_CLIENT_ID = 2
BOTH = (LinkName.DATA, LinkName.ORDER)
_CLIENT_IDS = {LinkName.DATA: DATA_CLIENT_ID, LinkName.ORDER: ORDER_CLIENT_ID}


class VirtualLinks:
    """State of both links; `changed` hears every move."""

    def __init__(self, clock: Clock, changed: Callable[[LinkStatus], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._status = {
            name: LinkStatus(
                name=name,
                state=LinkState.DISCONNECTED,
                reason="not started",
                since=clock.now(),
                epoch=0,
                client_id=_CLIENT_IDS[name],
            )
            for name in BOTH
        }

    def all(self) -> tuple[LinkStatus, ...]:
        return tuple(self._status.values())

    def is_up(self, name: LinkName) -> bool:
        return self._status[name].is_up

    def reason(self, name: LinkName) -> str:
        return self._status[name].reason

    def move(self, names: Iterable[LinkName], state: LinkState, reason: str) -> None:
        """Put links into a state."""
        now = self._clock.now()
        for name in names:
            reply = now if state is LinkState.READY else self._status[name].last_reply_at
            self._set(replace(self._status[name], state=state, reason=reason, since=now, last_reply_at=reply))

    def answered(self) -> None:
        """Note that the venue answers over each link that is up, as a keepalive does."""
        for status in self.all():
            if status.is_up:
                self._set(replace(status, last_reply_at=self._clock.now()))

    def lose(self, names: Iterable[LinkName], reason: str) -> tuple[LinkName, ...]:
        """Drop links and raise their epochs, which voids every check made before (D4); return those that were up."""
        lost = tuple(name for name in names if self._status[name].state is not LinkState.DISCONNECTED)
        for name in lost:
            status = self._status[name]
            self._set(
                replace(
                    status,
                    state=LinkState.DISCONNECTED,
                    reason=reason,
                    since=self._clock.now(),
                    epoch=status.epoch + 1,
                )
            )
        return lost

    def _set(self, status: LinkStatus) -> None:
        self._status[status.name] = status
        self._changed(status)
