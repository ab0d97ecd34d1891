"""What is written reads back equal, whoever reads it (D21, D27, R27)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from qe_dashboard.journal.records import EventKind, IntentAction
from qe_dashboard.journal.sqlite.reader import SqliteJournalReader
from qe_dashboard.journal.sqlite.writer import SqliteJournalWriter
from qe_dashboard.model.enums import OrderSide, OrderType, TradingState
from qe_dashboard.model.identifiers import InstrumentId, OrderKey
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import OrderSpec
from qe_dashboard.model.order_status import OrderStatus
from support.journal_rows import (
    ACCOUNT,
    AT,
    OTHER,
    SPEC,
    commission,
    event,
    fill,
    intent,
    later,
    order,
    trading_state,
)

MARKET = OrderSpec(InstrumentId("AAPL.STK.USD"), OrderSide.BUY, Decimal("0.125"), OrderType.MARKET)


async def test_an_empty_journal_knows_nothing(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    assert await reader.intents(ACCOUNT) == ()
    assert await reader.latest_orders(ACCOUNT) == ()
    assert await reader.fills(ACCOUNT, since=AT) == ()
    assert await reader.trading_state(ACCOUNT) is None
    assert await reader.order_id_mark(2) == 0
    assert await reader.last_order_number() == 0
    assert await reader.tail(count=5) == ()


async def test_intents_come_back_in_order_and_by_account(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    records = [intent(1), intent(2, spec=MARKET), intent(1, action=IntentAction.MODIFY)]
    for record in records:
        await writer.commit_intent(record)
    await writer.commit_intent(intent(3, account=OTHER))
    assert list(await reader.intents(ACCOUNT)) == records


async def test_the_newest_state_of_each_order_wins(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    filled = order(2, status=OrderStatus.FILLED, why="done", at=later(5))
    foreign = order(3, intent_id=None, key=None, perm_id=None)
    for record in (order(2), order(1), foreign, order(4, account=OTHER), filled):
        writer.append_order(record)
    await writer.flush()
    assert list(await reader.latest_orders(ACCOUNT)) == [order(1), filled, foreign]
    assert len(await reader.tail(count=9, kind=EventKind.ORDER)) == 5


async def test_fills_come_back_exact_and_since(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    early, late = fill("E1", at=AT), fill("E2", at=later(60), price=Decimal("1E+2"))
    for each in (late, early, fill("E3", account=OTHER)):
        writer.append_fill(each)
    await writer.flush()
    found = await reader.fills(ACCOUNT, since=AT)
    assert list(found) == [early, late]
    assert [str(each.price) for each in found] == ["20970.2500", "1E+2"]
    assert list(await reader.fills(ACCOUNT, since=later(0.000001))) == [late]


async def test_a_repeated_execution_changes_nothing(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    writer.append_fill(fill("E1"))
    writer.append_fill(replace(fill("E1"), price=Decimal(1)))
    writer.append_fill(fill("E1", account=OTHER))
    await writer.flush()
    assert list(await reader.fills(ACCOUNT, since=AT)) == [fill("E1")]
    assert len(await reader.tail(count=9)) == 2


@pytest.mark.parametrize("commission_first", [True, False])
async def test_a_commission_meets_its_execution(
    writer: SqliteJournalWriter, reader: SqliteJournalReader, commission_first: bool
) -> None:
    def report() -> None:
        writer.append_commission(commission("E1", "0.62", realized="-12.50"), account=ACCOUNT, at=AT)

    if commission_first:
        report()
    writer.append_fill(fill("E1"))
    if not commission_first:
        report()
    await writer.flush()
    (found,) = await reader.fills(ACCOUNT, since=AT)
    assert found.commission == Money(Decimal("0.62"), "USD")
    assert found.realized == Money(Decimal("-12.50"), "EUR")


async def test_a_commission_is_noted_once_and_corrected(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    writer.append_fill(fill("E1"))
    for amount, realized in (("0.62", None), ("0.62", None), ("0.85", None), ("0.85", "3")):
        writer.append_commission(commission("E1", amount, realized), account=ACCOUNT, at=later(1))
    await writer.flush()
    (found,) = await reader.fills(ACCOUNT, since=AT)
    assert (found.commission, found.realized) == (Money(Decimal("0.85"), "USD"), Money(Decimal(3), "EUR"))
    assert len(await reader.tail(count=9, kind=EventKind.COMMISSION)) == 3


async def test_the_newest_trading_state_of_an_account_counts(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    await writer.commit_trading_state(trading_state(TradingState.HALTED))
    await writer.commit_trading_state(trading_state(TradingState.ACTIVE, at=later(-60)))
    await writer.commit_trading_state(trading_state(TradingState.REDUCING, account=OTHER))
    assert await reader.trading_state(ACCOUNT) == trading_state(TradingState.ACTIVE, at=later(-60))
    assert await reader.trading_state(OTHER) == trading_state(TradingState.REDUCING, account=OTHER)


async def test_marks_cover_intents_and_orders_of_the_client(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    await writer.commit_intent(intent(5, key=OrderKey(2, 40)))
    await writer.commit_intent(intent(3, key=OrderKey(2, 7), account=OTHER))
    writer.append_order(order(9, key=OrderKey(2, 55)))
    writer.append_order(order(8, key=OrderKey(4, 99)))
    await writer.flush()
    assert await reader.order_id_mark(2) == 55
    assert await reader.order_id_mark(4) == 99
    assert await reader.order_id_mark(5) == 0
    assert await reader.last_order_number() == 9
    await writer.commit_intent(intent(12, key=OrderKey(2, 60)))
    assert await reader.order_id_mark(2) == 60
    assert await reader.last_order_number() == 12


async def test_everything_lands_in_one_order(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    writer.append(event("verdicts", EventKind.VERDICTS, intent_id=intent().intent_id))
    writer.append_order(order())
    await writer.commit_intent(intent())
    writer.append_fill(fill())
    writer.append_commission(commission(), account=ACCOUNT, at=AT)
    await writer.commit_trading_state(trading_state())
    found = await reader.tail(count=100)
    assert [each.kind for each in found] == [
        EventKind.VERDICTS,
        EventKind.ORDER,
        EventKind.INTENT,
        EventKind.EXECUTION,
        EventKind.COMMISSION,
        EventKind.TRADING_STATE,
    ]
    assert [each.seq for each in found] == [1, 2, 3, 4, 5, 6]
    assert {each.account for each in found} == {ACCOUNT}
    assert {each.at for each in found} == {AT}
    assert [each.intent_id for each in found[:4]] == ["I000001", "I000001", "I000001", None]
    assert found[0].payload == {"text": "verdicts"}
    assert found[2].payload["stop_price"] == str(SPEC.stop_price)


async def test_the_tail_is_the_end(writer: SqliteJournalWriter, reader: SqliteJournalReader) -> None:
    for number in range(10):
        writer.append(event(str(number)))
    await writer.flush()
    assert [each.payload["text"] for each in await reader.tail(count=3)] == ["7", "8", "9"]
    assert await reader.tail(count=0) == ()
    assert await reader.tail(count=-1) == ()


async def test_what_a_session_wrote_the_next_one_reads_and_continues(
    writer: SqliteJournalWriter, reader: SqliteJournalReader
) -> None:
    await writer.commit_intent(intent(1))
    await writer.close()
    await writer.start()
    await writer.commit_intent(intent(2))
    assert [each.seq for each in await reader.tail(count=9)] == [1, 2]
    assert len(await reader.intents(ACCOUNT)) == 2


@pytest.mark.parametrize(
    "text", ["Müller Ω 日本", "line\nbreak\x00nul", "lone \ud800 surrogate", "'; DROP TABLE events"]
)
async def test_any_words_of_the_broker_can_be_written(
    writer: SqliteJournalWriter, reader: SqliteJournalReader, text: str
) -> None:
    writer.append_order(order(why=text))
    writer.append(event(text))
    await writer.flush()
    (found,) = await reader.latest_orders(ACCOUNT)
    assert found.why == text.encode("utf-8", "backslashreplace").decode()
    assert (await reader.tail(count=1))[0].payload == {"text": text}
