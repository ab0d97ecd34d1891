"""The audit record is frozen at once and written out by the journal's thread, with the same content (S40, P16)."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.execution.verdict_event import verdict_event
from qe_dashboard.journal.records import EventKind
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.verify import verify_chain
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter
from qe_dashboard.model.enums import OrderClass
from qe_dashboard.risk.context import Proposal, RiskContext
from qe_dashboard.risk.gate import Gate
from qe_dashboard.risk.pipeline import assess
from qe_dashboard.risk.table import GATES
from qe_dashboard.risk.verdict import Rule, Verdict
from support.risk_world import NOW, context, proposal


class Watched(Mapping[str, str]):
    """Arguments of a text that note which thread reads them."""

    def __init__(self) -> None:
        self.read_by: list[str] = []

    def __getitem__(self, key: str) -> str:
        self.read_by.append(threading.current_thread().name)
        return "seen"

    def __contains__(self, key: object) -> bool:
        return key == "watched"

    def __iter__(self) -> Iterator[str]:
        return iter(("watched",))

    def __len__(self) -> int:
        return 1


async def test_the_journal_thread_writes_it_out_with_every_number(tmp_path: Path) -> None:
    watched = Watched()
    rule = Rule("probe", "Q-PROBE", unit="x", scope="{label}")

    def check(asked: Proposal, ctx: RiskContext, _: OrderClass) -> Verdict:
        return rule.deny(asked, ctx, "It was {watched}.", measured=1, limit=2, args=watched)

    gates = (*GATES, Gate("probe", check, frozenset(OrderClass), "x"))
    found = assess(proposal(), context(), gates=gates)
    path = tmp_path / "journal.sqlite3"
    writer = SqliteJournalWriter(path, clock=ManualClock())
    await writer.start()
    writer.append(verdict_event(proposal(), found, None, at=NOW))
    await writer.close()
    assert set(watched.read_by) == {"journal"}
    (row,) = await SqliteJournalReader(path).tail(count=9, kind=EventKind.VERDICTS)
    assert verify_chain(path).problem is None
    assert (row.account, row.at, row.intent_id) == (proposal().account, NOW, None)
    assert row.payload == {
        "instrument": "AAPL.STK.USD",
        "side": "BUY",
        "quantity": "10",
        "terms": "LMT 100",
        "origin": "MANUAL",
        "class": "ADD",
        "outcome": "DENY",
        "verdicts": [
            {
                "gate": each.gate,
                "code": each.code,
                "outcome": each.outcome.value,
                "text": each.text,
                "measured": each.measured,
                "limit": each.limit,
                "unit": each.unit,
                "scope": each.scope,
                "source": each.source,
            }
            for each in found.verdicts
        ],
    }
    assert found.verdicts[-1].text == "It was seen."
