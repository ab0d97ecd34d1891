"""What is done while positions and executions disagree: read again, block, and say it (D24)."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qe_dashboard.engine.facade import CloseRequest, CommandRefused, OrderRequest
from qe_dashboard.engine.views import ResultKind
from qe_dashboard.journal.records import EventKind
from qe_dashboard.model.enums import LinkName, LinkState, OrderSide, OrderType
from qe_dashboard.model.known import Known, Unknown
from support.engine_world import EngineWorld, stop
from support.order_bench import account_state
from support.risk_world import AAPL, ACCOUNT


async def wait(world: EngineWorld, seconds: int) -> None:
    for _ in range(seconds):
        await world.clock.advance_async(1)
        world.tick()


def held(world: EngineWorld) -> Decimal | str:
    position = world.parts.desk.position_of(AAPL.id)
    return position.reason if isinstance(position, Unknown) else position.value


async def start(world: EngineWorld, quantity: int) -> None:
    world.start_with(quantity)
    await world.client.reconcile()


async def sell(world: EngineWorld, quantity: int) -> None:
    """Sell and have it filled, without a word about the position."""
    preview = await world.client.preview_close(CloseRequest("AAPL", quantity=Decimal(quantity)))
    assert (await world.client.confirm(preview.token)).kind is ResultKind.SENT
    wire = world.last
    world.broker.heard.on_order(world.broker.report(wire))
    world.broker.heard.on_fill(world.broker.execution(wire, quantity))


def buy(quantity: int = 1) -> OrderRequest:
    return OrderRequest("AAPL", OrderSide.BUY, Decimal(quantity), OrderType.LIMIT, limit_price=Decimal(100))


async def test_a_lagging_position_is_never_closed_twice(world: EngineWorld) -> None:
    """HIGH 11: three seconds after the fill the old position was believed, and the exit passed again."""
    await start(world, 10)
    await sell(world, 10)
    for _ in range(6):
        await wait(world, 1)
        with pytest.raises(CommandRefused, match="the broker shows 10 held, the executions make it 0"):
            await world.client.preview_close(CloseRequest("AAPL"))
    world.broker.hold(0)
    await wait(world, 3)
    assert held(world) == 0
    assert world.status().banner == ()


async def test_it_is_read_again_until_it_agrees_and_not_more_often_than_every_two_seconds(
    world: EngineWorld,
) -> None:
    await start(world, 10)
    await sell(world, 10)
    world.broker.reads.clear()
    await wait(world, 6)
    assert world.broker.reads.count("executions") == 3
    world.broker.hold(0)
    await wait(world, 3)
    world.broker.reads.clear()
    await wait(world, 5)
    assert world.broker.reads == []


async def test_another_clients_trade_is_explained_within_a_second_and_blocks_nothing(
    world: EngineWorld,
) -> None:
    await start(world, 10)
    world.broker.trade_elsewhere(3)
    world.broker.heard.on_positions(world.broker.position_book)
    assert "13 held" in str(held(world))
    await wait(world, 1)
    assert held(world) == 13
    assert (await world.client.preview_order(buy())).can_send


async def test_drift_is_said_once_and_blocks_what_adds_while_what_both_show_can_be_sold(
    world: EngineWorld,
) -> None:
    await start(world, 10)
    world.broker.hold(13)
    world.broker.heard.on_positions(world.broker.position_book)
    await wait(world, 45)
    words = [text for text in world.words() if "DRIFT" in text]
    assert len(words) == 1
    assert "the broker shows 13 held, the executions make it 10" in words[0]
    assert "exits pass up to 10" in words[0]
    assert [line.text for line in world.status().banner] == words
    assert [event.payload for event in world.journal.of(EventKind.RECONCILE)] == [{"drift": words[0]}]
    refused = await world.client.preview_order(buy())
    assert not refused.can_send
    assert "Q-POSITION-DRIFT" in {verdict.code for verdict in refused.verdicts}
    preview = await world.client.preview_close(CloseRequest("AAPL"))
    assert preview.sentence.startswith("SELL 10 AAPL")
    assert (await world.client.confirm(preview.token)).kind is ResultKind.SENT
    with pytest.raises(CommandRefused, match="10 shares are held, 11 cannot be closed"):
        await world.client.preview_close(CloseRequest("AAPL", quantity=Decimal(11)))


async def test_where_the_two_are_on_different_sides_nothing_is_sent(world: EngineWorld) -> None:
    await start(world, 10)
    await sell(world, 10)
    await wait(world, 45)
    assert any("exits wait too" in line.text for line in world.status().banner)
    with pytest.raises(CommandRefused, match="10 held, the executions make it 0"):
        await world.client.preview_close(CloseRequest("AAPL"))


async def test_drift_ends_with_a_word_when_the_two_agree(world: EngineWorld) -> None:
    await start(world, 10)
    world.broker.hold(13)
    world.broker.heard.on_positions(world.broker.position_book)
    await wait(world, 15)
    assert len(world.status().banner) == 1
    world.broker.hold(10)
    world.broker.heard.on_positions(world.broker.position_book)
    assert world.status().banner == ()
    assert "AAPL: positions and executions agree again" in world.words()
    assert held(world) == 10


async def test_a_fill_missed_while_a_link_was_down_is_found_and_explains_the_position(
    world: EngineWorld,
) -> None:
    await start(world, 10)
    world.broker.set_link(LinkName.ORDER, LinkState.WAITING, "closed")
    world.broker.trade_elsewhere(-10)
    world.broker.set_link(LinkName.ORDER, LinkState.READY)
    await wait(world, 1)
    assert held(world) == 0
    assert world.parts.desk.watch.drift == {}


async def test_a_restart_takes_the_brokers_number(world: EngineWorld) -> None:
    again = await world.restart()
    again.broker.hold(7)
    await again.connect()
    assert held(again) == 7
    again.broker.heard.on_positions(Known((), again.clock.now()))
    assert isinstance(held(again), str)
    await stop(again)


async def drift(world: EngineWorld, shown: int = 13) -> None:
    """Let the broker show something that no execution explains, until it is called drift."""
    await start(world, 10)
    world.broker.hold(shown)
    world.broker.heard.on_positions(world.broker.position_book)
    await wait(world, 45)
    assert world.parts.desk.watch.drift


async def test_a_person_ends_drift_by_typing_the_brokers_number(world: EngineWorld) -> None:
    await drift(world)
    assert "`accept AAPL` takes that" in world.status().banner[0].text
    question = await world.client.ask_drift("aapl")
    assert (question.symbol, question.word) == (AAPL.id, "13")
    assert "the broker shows 13 held, the executions make it 10" in question.lines[0]
    held_preview = await world.client.preview_close(CloseRequest("AAPL"))
    before = world.parts.desk.epoch
    result = await world.client.accept_position(question.symbol, typed="13")
    assert world.parts.desk.epoch > before, (
        "an order whose intent is being written now was checked on the old number"
    )
    assert (result.kind, result.text) == (ResultKind.DONE, "AAPL counts as 13 held from now on.")
    assert held(world) == 13
    assert world.status().banner == ()
    assert (await world.client.preview_order(buy())).can_send
    assert (await world.client.confirm(held_preview.token)).kind is ResultKind.REDRAWN
    payload = world.journal.of(EventKind.RECONCILE)[-1].payload
    assert (payload["instrument"], payload["held"]) == (AAPL.id, "13")
    assert "AAPL: positions and executions agree again" not in world.words()


async def test_the_number_typed_must_be_what_a_fresh_read_shows(world: EngineWorld) -> None:
    await drift(world)
    world.broker.hold(14)
    refused = await world.client.accept_position("AAPL", typed="13")
    assert refused.kind is ResultKind.REFUSED
    assert "13 is not what the broker shows now: the broker shows 14 held" in refused.text
    assert isinstance(held(world), str)
    world.broker.execution_book = Unknown("time-out")
    unread = await world.client.accept_position("AAPL", typed="14")
    assert unread.kind is ResultKind.REFUSED
    assert isinstance(held(world), str)
    assert len(world.journal.of(EventKind.RECONCILE)) == 1


async def test_where_nothing_drifts_nothing_is_accepted(world: EngineWorld) -> None:
    await start(world, 10)
    with pytest.raises(CommandRefused, match="nothing to accept"):
        await world.client.ask_drift("AAPL")
    with pytest.raises(CommandRefused, match="does not drift"):
        await world.client.accept_position("AAPL", typed="10")


async def test_the_days_executions_that_come_late_are_in_the_first_read_already(world: EngineWorld) -> None:
    """An execution of this morning, listed half a minute after the start, made DRIFT until a restart."""
    await start(world, 0)
    world.broker.trade_elsewhere(3)
    late = world.broker.execution_book
    world.parts.desk.watch.clear()
    world.broker.execution_book = Known((), world.clock.now())
    await wait(world, 5)
    await world.client.reconcile()
    assert held(world) == 3
    await wait(world, 40)
    world.broker.execution_book = late
    await world.client.reconcile()
    assert isinstance(held(world), str)
    await wait(world, 15)
    assert held(world) == 3
    assert world.parts.desk.watch.drift == {}


async def test_own_fills_right_after_the_start_are_counted_whatever_the_venues_clock_says(
    world: EngineWorld,
) -> None:
    preview = await world.client.preview_order(buy(2))
    assert (await world.client.confirm(preview.token)).kind is ResultKind.SENT
    fill = world.broker.execution(world.last, 2)
    world.broker.hold(2)
    world.broker.heard.on_positions(world.broker.position_book)
    world.broker.heard.on_fill(replace(fill, at=fill.at - timedelta(hours=1)))
    assert held(world) == 2


async def test_an_empty_first_answer_that_the_account_values_deny_is_not_flat() -> None:
    world = EngineWorld()
    kind = world.kind
    state = replace(account_state(world.clock, kind), gross_position_value=Decimal("656.37"))
    world.broker.connect(ACCOUNT, kind)
    world.broker.heard.on_account(Known(state, world.clock.now()))
    await wait(world, 60)
    assert not world.status().can_trade
    assert "its account values say 656.37 is held" in str(world.status().cannot_trade_because)
    world.broker.hold(3)
    await wait(world, 3)
    assert held(world) == 3
    assert world.status().can_trade
    await stop(world)
