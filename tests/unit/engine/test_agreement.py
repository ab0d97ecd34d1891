"""What is done while positions and executions disagree: read again, block, and say it (D24)."""

from decimal import Decimal

import pytest

from qe_dashboard.engine.facade import CloseRequest, CommandRefused, OrderRequest
from qe_dashboard.engine.views import ResultKind
from qe_dashboard.journal.records import EventKind
from qe_dashboard.model.enums import LinkName, LinkState, OrderSide, OrderType
from qe_dashboard.model.known import Known, Unknown
from support.engine_world import EngineWorld, stop
from support.risk_world import AAPL


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
