"""Time the check pipeline on the world that the gate tests use."""

from __future__ import annotations

import time

from qe_dashboard.risk.pipeline import assess
from support.risk_world import context, proposal

ORDERS = 20_000
WARM_UP = 2_000


def measure() -> list[float]:
    """Return seconds per whole assessment of a limit order."""
    order, world = proposal(), context()
    times: list[float] = []
    for number in range(ORDERS + WARM_UP):
        began = time.perf_counter()
        assess(order, world)
        if number >= WARM_UP:
            times.append(time.perf_counter() - began)
    return times
