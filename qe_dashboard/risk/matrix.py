"""The D2 matrix, gate by class, as documents show it; printed from the table that the pipeline runs."""

from __future__ import annotations

from collections.abc import Sequence

from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.gate import Gate
from qe_dashboard.risk.table import GATES

REFUSES = "may refuse"
WARNS = "warns only"


def cell(gate: Gate, order_class: OrderClass) -> str:
    """Return what a gate can do to orders of a class."""
    return REFUSES if order_class in gate.binds else WARNS


def to_markdown(gates: Sequence[Gate] = GATES) -> str:
    """Return the matrix as a Markdown table, gates in the order they run."""
    classes = tuple(OrderClass)
    head = ["gate", "looks at", *(str(each) for each in classes)]
    rows = [[f"`{gate.name}`", gate.looks_at, *(cell(gate, each) for each in classes)] for gate in gates]
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
