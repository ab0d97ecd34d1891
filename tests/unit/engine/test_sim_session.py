"""A whole session over the simulated venue and a real journal, with and without a codec between (section 6)."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from qe_dashboard.engine.facade import (
    CancelRequest,
    CancelScope,
    CloseRequest,
    CommandRefused,
    EngineClient,
    EngineHost,
    ModifyRequest,
    OrderRequest,
)
from qe_dashboard.engine.views import (
    AccountView,
    FillView,
    OrderView,
    PositionView,
    QuoteView,
    ResultKind,
    Topic,
    bars_key,
)
from qe_dashboard.journal.records import EventKind
from qe_dashboard.model.enums import LinkName, OrderSide, OrderType, TradingState
from qe_dashboard.model.identifiers import InstrumentId
from support.sim_host import SimHost

AAPL = InstrumentId("AAPL.STK.USD")
Facade = Callable[[EngineHost], EngineHost]


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[SimHost]:
    built = SimHost(tmp_path / "sim")
    yield built
    await built.stop()


@pytest.fixture
async def client(host: SimHost, facade: Facade) -> EngineClient:
    return await facade(host).start()


def buy(quantity: int = 10, limit: str | None = None) -> OrderRequest:
    return OrderRequest(
        "AAPL",
        OrderSide.BUY,
        Decimal(quantity),
        OrderType.MARKET if limit is None else OrderType.LIMIT,
        limit_price=None if limit is None else Decimal(limit),
    )


def rows(client: EngineClient, topic: Topic) -> list[object]:
    feed = client.watch(topic)
    delta = feed.drain()
    feed.close()
    return [] if delta is None else [row.view for row in delta.rows]


def positions(client: EngineClient) -> dict[str, Decimal]:
    return {
        row.symbol: row.quantity for row in rows(client, Topic.POSITIONS) if isinstance(row, PositionView)
    }


def orders(client: EngineClient) -> list[OrderView]:
    return [row for row in rows(client, Topic.ORDERS) if isinstance(row, OrderView)]


async def send(host: SimHost, client: EngineClient, request: OrderRequest) -> int:
    preview = await client.preview_order(request)
    result = await client.confirm(preview.token)
    assert result.kind is ResultKind.SENT, result.text
    assert result.order_number is not None
    await host.advance(1)
    return result.order_number


async def test_a_market_order_travels_every_layer(host: SimHost, client: EngineClient) -> None:
    await host.until(lambda: any(isinstance(q, QuoteView) and q.bid for q in rows(client, Topic.QUOTES)))
    number = await send(host, client, buy())
    assert positions(client) == {"AAPL": Decimal(10)}
    assert [(o.number, o.status.value, o.filled) for o in orders(client)] == [(number, "FILLED", Decimal(10))]
    fills = [row for row in rows(client, Topic.TAPE) if isinstance(row, FillView)]
    assert sum(fill.quantity for fill in fills) == Decimal(10)
    assert all(fill.commission is not None for fill in fills)
    await host.journal.flush()
    kinds = {event.kind for event in await host.reader.tail(count=1000)}
    assert {EventKind.INTENT, EventKind.VERDICTS, EventKind.ORDER, EventKind.EXECUTION} <= kinds


async def test_it_opens_healthy(host: SimHost, client: EngineClient) -> None:
    await host.advance(1)
    status = host.status()
    assert (status.can_trade, status.cannot_trade_because, status.banner) == (True, "", ())
    accounts = [row for row in rows(client, Topic.ACCOUNT) if isinstance(row, AccountView)]
    assert accounts[0].net_liquidation == Decimal(1_000_000)


async def test_a_resting_order_is_changed_and_cancelled(host: SimHost, client: EngineClient) -> None:
    await host.advance(1)
    number = await send(host, client, buy(limit="1.00"))
    preview = await client.preview_modify(
        ModifyRequest(orders(client)[0].number, limit_price=Decimal("1.01"))
    )
    assert (await client.confirm(preview.token)).kind is ResultKind.SENT
    await host.advance(1)
    assert orders(client)[0].limit_price == Decimal("1.01")
    preview = await client.preview_cancel(CancelRequest(CancelScope.MINE))
    assert (await client.confirm(preview.token)).kind is ResultKind.SENT
    await host.advance(1)
    assert [(o.number, o.status.value) for o in orders(client)] == [(number, "CANCELLED")]


async def test_flatten_ends_on_observed_flat(host: SimHost, client: EngineClient) -> None:
    await host.advance(1)
    await send(host, client, buy())
    preview = await client.preview_close(CloseRequest("AAPL", flatten=True))
    assert (await client.confirm(preview.token)).kind is ResultKind.SENT
    await host.until(lambda: positions(client) == {}, seconds=20)
    await host.until(lambda: "is flat, observed" in str(rows(client, Topic.LOG)), seconds=20)


async def test_a_cut_line_is_unknown_and_comes_back(host: SimHost, client: EngineClient) -> None:
    await host.advance(1)
    await send(host, client, buy())
    host.broker.lose_link()
    feed = client.watch(Topic.POSITIONS)
    delta = feed.drain()
    assert delta is not None
    assert delta.unknown is not None
    assert delta.as_of is not None
    assert [row.view.quantity for row in delta.rows if isinstance(row.view, PositionView)] == [Decimal(10)]
    preview = await client.preview_order(buy())
    assert not preview.can_send
    await host.broker.restore_link()
    await host.until(lambda: host.status().can_trade)
    delta = feed.drain()
    assert delta is not None
    assert delta.unknown is None


async def test_losing_one_link_is_not_trading(host: SimHost, client: EngineClient) -> None:
    host.broker.lose_link(LinkName.ORDER)
    status = host.status()
    assert not status.can_trade
    assert "order link" in status.cannot_trade_because
    await host.broker.restore_link()


async def test_bars_come_with_their_line(host: SimHost, client: EngineClient) -> None:
    await host.advance(1)
    feed = client.watch(Topic.BARS, (bars_key(AAPL, 60),))
    await host.advance(1)
    delta = feed.drain()
    assert delta is not None
    assert len(getattr(delta.rows[0].view, "bars", ())) >= 200
    feed.close()


async def test_what_cannot_be_is_refused_in_words(client: EngineClient) -> None:
    with pytest.raises(CommandRefused, match="no contract for NOSUCH"):
        await client.preview_order(OrderRequest("NOSUCH", OrderSide.BUY, Decimal(1), OrderType.MARKET))


async def test_a_restart_knows_position_orders_latch_and_numbers(tmp_path: Path, facade: Facade) -> None:
    first = SimHost(tmp_path / "sim")
    client = await facade(first).start()
    await first.advance(1)
    await send(first, client, buy())
    resting = await send(first, client, buy(limit="1.00"))
    await client.halt("lunch")
    await first.stop()

    second = SimHost(tmp_path / "sim", clock=first.clock, prefix="U")
    client = await facade(second).start()
    try:
        await second.advance(1)
        assert second.status().trading_state is TradingState.HALTED
        assert positions(client) == {"AAPL": Decimal(10)}
        own = {o.number: (o.status.value, o.is_own) for o in orders(client)}
        assert own == {resting - 1: ("FILLED", True), resting: ("WORKING", True)}
        assert (await client.resume(typed="resume")).kind is ResultKind.DONE
        assert await send(second, client, buy(limit="1.10")) == resting + 1
    finally:
        await second.stop()
