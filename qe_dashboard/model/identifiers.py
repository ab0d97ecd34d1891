"""Names of things. Distinct types, so that one cannot be passed where another is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

AccountId = NewType("AccountId", str)
InstrumentId = NewType("InstrumentId", str)
IntentId = NewType("IntentId", str)
ExecId = NewType("ExecId", str)
OrderNumber = NewType("OrderNumber", int)
"""The small number a trader sees and types (`cancel 17`); unique within a profile (D21)."""


def exec_version(exec_id: ExecId) -> tuple[str, int]:
    """Split an exec id into the execution and the version of it: IBKR corrects one by raising the last part.

    An id of another form is its own execution, version 1.
    """
    stem, _, version = exec_id.rpartition(".")
    if stem.count(".") < 1 or not version.isdecimal():
        return exec_id, 1
    return stem, int(version)


ORDER_REF_PREFIX = "QE:"


@dataclass(frozen=True, slots=True, order=True)
class OrderKey:
    """How the venue's API addresses an order: order ids are only unique per client id (D21)."""

    client_id: int
    order_id: int

    def __str__(self) -> str:
        return f"{self.client_id}/{self.order_id}"


def order_ref_of(intent_id: IntentId) -> str:
    """Return the text an intent carries in the broker's orderRef (S13)."""
    return f"{ORDER_REF_PREFIX}{intent_id}"


def intent_of(order_ref: str) -> IntentId | None:
    """Return the intent an orderRef names, or None when the order is not ours."""
    if not order_ref.startswith(ORDER_REF_PREFIX):
        return None
    return IntentId(order_ref[len(ORDER_REF_PREFIX) :])
