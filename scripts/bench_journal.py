"""Time durable intent commits at the spacing of real orders."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from qe_dashboard.core.clock import SystemClock
from qe_dashboard.journal.records import IntentAction, IntentRecord
from qe_dashboard.journal.sqlite.open import open_journal
from qe_dashboard.model.enums import OrderClass, OrderSide, OrderType, Origin
from qe_dashboard.model.identifiers import AccountId, InstrumentId, IntentId, OrderKey, OrderNumber
from qe_dashboard.model.order import OrderSpec

COMMITS = 200
SPACING_S = 0.02


async def measure(folder: Path) -> list[float]:
    """Return seconds from asking for a commit until it is on disk."""
    clock = SystemClock()
    writer, _ = await open_journal(folder / "journal.sqlite3", clock=clock)
    spec = OrderSpec(InstrumentId("AAPL.STK.USD"), OrderSide.BUY, Decimal(10), OrderType.MARKET)
    times: list[float] = []
    for number in range(1, COMMITS + 1):
        record = IntentRecord(
            intent_id=IntentId(f"B{number:06d}"),
            action=IntentAction.PLACE,
            number=OrderNumber(number),
            key=OrderKey(2, number),
            account=AccountId("DU1234567"),
            spec=spec,
            order_class=OrderClass.ADD,
            origin=Origin.MANUAL,
            at=datetime.now(UTC),
        )
        began = time.perf_counter()
        await writer.commit_intent(record)
        times.append(time.perf_counter() - began)
        await clock.sleep(SPACING_S)
    await writer.close()
    return times
