"""Time a check of an order, part by part, and what it comes to with 40 gates (P16)."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from decimal import Decimal

from qe_dashboard.execution.verdict_event import verdict_event
from qe_dashboard.model.enums import OrderSide
from qe_dashboard.risk.classify import explain_class
from qe_dashboard.risk.context import Proposal
from qe_dashboard.risk.gate import Gate
from qe_dashboard.risk.pipeline import assess, verdict_of
from qe_dashboard.risk.table import GATES
from support.order_bench import OrderBench
from support.risk_world import limits, spec

CHECKS = 500
WARM_UP = 500
ROUNDS = 40
"""Rounds of CHECKS each: on a shared machine the quietest one says what the code costs, the spread what others do."""
WORKING = 4
TO_COME = 40
"""Gates that the table will have, about."""

Part = Callable[[], object]


async def _desk(*, working: int) -> OrderBench:
    """Return a desk that holds 10 and has sent and working orders."""
    bench = OrderBench(limits(max_order_notional_pct_nlv=Decimal(50)))
    await bench.hold(10)
    for number in range(working):
        await bench.working(spec(limit=f"9{number}"))
    return bench


def measure() -> dict[str, list[list[float]]]:
    """Return seconds per part of a check: part -> rounds -> one figure per check."""
    # As the program itself does once it is up (bootstrap.host).
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    bench, quiet = asyncio.run(_desk(working=WORKING)), asyncio.run(_desk(working=0))
    adding, closing = bench.proposal(), bench.proposal(spec(OrderSide.SELL, 5, limit="101"))
    more = (*GATES, *GATES, *GATES)[:TO_COME]
    parts = {
        "a bare loop, for noise": _loop,
        "context": _context(bench, adding),
        "classify, adding": _classify(bench, adding),
        "classify, closing": _classify(bench, closing),
        f"{len(GATES)} gates": _gates(bench, adding),
        "assessment + audit record": _assessment(bench, adding, GATES),
        f"assessment + audit, {TO_COME} gates": _assessment(bench, adding, more),
        "whole check, adding": _whole(bench, adding, GATES),
        "whole check, closing": _whole(bench, closing, GATES),
        f"whole check, {TO_COME} gates": _whole(bench, adding, more),
        "the same, no order working": _whole(quiet, quiet.proposal(), more),
    }
    for part in parts.values():
        _round(part, WARM_UP)
    times: dict[str, list[list[float]]] = {name: [] for name in parts}
    for _ in range(ROUNDS):
        for name, part in parts.items():
            times[name].append(_round(part, CHECKS))
    return times


def _round(part: Part, count: int) -> list[float]:
    found: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        part()
        found.append(time.perf_counter() - began)
    return found


def _loop() -> object:
    total = 0
    for number in range(2000):
        total += number
    return total


def _context(bench: OrderBench, proposal: Proposal) -> Part:
    return lambda: bench.desk.context(proposal)


def _classify(bench: OrderBench, proposal: Proposal) -> Part:
    ctx = bench.desk.context(proposal)
    return lambda: explain_class(proposal, ctx)


def _gates(bench: OrderBench, proposal: Proposal) -> Part:
    ctx = bench.desk.context(proposal)
    order_class = explain_class(proposal, ctx).order_class
    return lambda: [verdict_of(gate, proposal, ctx, order_class=order_class) for gate in GATES]


def _assessment(bench: OrderBench, proposal: Proposal, gates: Sequence[Gate]) -> Part:
    ctx, at = bench.desk.context(proposal), bench.clock.now()
    return lambda: verdict_event(proposal, assess(proposal, ctx, gates=gates), None, at=at)


def _whole(bench: OrderBench, proposal: Proposal, gates: Sequence[Gate]) -> Part:
    def check() -> object:
        found = assess(proposal, bench.desk.context(proposal), gates=gates)
        return verdict_event(proposal, found, None, at=bench.clock.now())

    return check
