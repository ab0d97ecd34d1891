"""The `ConnectionProber` of a profile, and who of ours holds which client ids meanwhile (D27)."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from qe_dashboard.broker.ibkr.ladder import Held, IbkrProber
from qe_dashboard.core.clock import Clock
from qe_dashboard.core.lock import holder_of
from qe_dashboard.model.enums import LinkState, Profile
from qe_dashboard.model.reports import LinkStatus

THIS_SESSION = "this session"
# A link that waits for its next try holds nothing; one that was never started neither.
_HOLDS_NOTHING = (LinkState.DISCONNECTED, LinkState.WAITING)


def make_prober(profile: Profile, *, clock: Clock, held: Held) -> IbkrProber:
    """Return a prober. On live too it only looks: it is no adapter, and no order passes it (L0, D19)."""
    return IbkrProber(profile=profile, clock=clock, rng=random.Random(), held=held)


def held_by_links(links: Callable[[], tuple[LinkStatus, ...]]) -> Held:
    """Return who holds an id, for a check from within a running session."""

    def held(host: str, port: int, client_id: int) -> str:
        wanted = (host, port, client_id)
        holds = any(
            (link.host, link.port, link.client_id) == wanted and link.state not in _HOLDS_NOTHING
            for link in links()
        )
        return THIS_SESSION if holds else ""

    return held


def held_by_dashboard(lock_file: Path) -> Held:
    """Return who holds an id, for a check from another process: the dashboard that runs the profile, if one does."""
    holder = holder_of(lock_file)
    if holder is None:
        return lambda host, port, client_id: ""
    process = "" if holder.pid is None else f" (process {holder.pid})"
    return lambda host, port, client_id: f"your dashboard{process}"
