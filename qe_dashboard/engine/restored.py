"""Own orders as the journal remembers them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from qe_dashboard.journal.records import IntentAction, IntentRecord, OrderRecord
from qe_dashboard.model.identifiers import IntentId
from qe_dashboard.model.order import Order, OrderSpec


def restored_orders(intents: Sequence[IntentRecord], records: Sequence[OrderRecord]) -> tuple[Order, ...]:
    """Rebuild orders from their placing intents and newest rows; rows of others have no intent and are left out.

    The terms are the last ones asked for, which the venue may not have taken: its open orders say which are in force.
    Nothing is filled yet: executions follow.
    """
    placed = {record.intent_id: record for record in intents if record.action is IntentAction.PLACE}
    terms: dict[IntentId, OrderSpec] = {record.intent_id: record.spec for record in intents}
    return tuple(
        _order(record, placed[record.intent_id], terms[record.intent_id])
        for record in records
        if record.intent_id is not None and record.intent_id in placed
    )


def _order(record: OrderRecord, intent: IntentRecord, spec: OrderSpec) -> Order:
    return Order(
        number=record.number,
        intent_id=intent.intent_id,
        key=intent.key,
        perm_id=record.perm_id,
        account=record.account,
        spec=spec,
        status=record.status,
        created_at=intent.at,
        updated_at=record.at,
        origin=intent.origin,
        order_class=intent.order_class,
        why=record.why,
    )
