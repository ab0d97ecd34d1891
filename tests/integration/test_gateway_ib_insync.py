"""A real client library against the gateway simulator in a process of its own, every byte over TCP.

Runs with ib_insync, or with ib_async in an environment that has that one instead (D30).
"""

import asyncio
import importlib
import importlib.util
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support.gateway_process import GatewayProcess, running_gateway

LIBRARY = "ib_insync" if importlib.util.find_spec("ib_insync") else "ib_async"
NEWEST_VERSION = {"ib_insync": 176, "ib_async": 178}[LIBRARY]
# Nothing here takes a second when all is well; a loaded machine gets this long.
DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def gateway() -> Iterator[GatewayProcess]:
    with running_gateway() as process:
        yield process


def library() -> Any:
    """Import the client library; ib_insync must be imported inside the running loop (reference 2.2)."""
    asyncio.get_running_loop()
    return importlib.import_module(LIBRARY)


@asynccontextmanager
async def connected(gateway: GatewayProcess, client_id: int) -> AsyncIterator[Any]:
    ib = library().IB()
    await ib.connectAsync(gateway.host, gateway.port, clientId=client_id, timeout=DEADLINE_S)
    try:
        yield ib
    finally:
        ib.disconnect()


async def until(ib: Any, condition: Callable[[], object]) -> None:
    """Wait for messages until a condition holds."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await ib.updateEvent


async def stock(ib: Any, symbol: str = "AAPL") -> Any:
    [contract] = await ib.qualifyContractsAsync(library().Stock(symbol, "SMART", "USD"))
    return contract


def statuses(trade: Any) -> list[str]:
    return [entry.status for entry in trade.log]


async def test_connects_at_once_without_a_warning(
    gateway: GatewayProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with connected(gateway, 1) as ib:
        # The library's own time-outs are whole seconds: any unanswered request would show here.
        assert loop.time() - started < 2
        assert ib.client.serverVersion() == NEWEST_VERSION
        assert ib.managedAccounts() == [gateway.account]
        values = {(value.tag, value.currency): value.value for value in ib.accountValues()}
        assert values["NetLiquidation", "USD"] == "1000000.00"
        assert ib.positions() == []
        assert await ib.reqCurrentTimeAsync() is not None
    complaints = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in complaints] == []


async def test_contracts(gateway: GatewayProcess) -> None:
    async with connected(gateway, 2) as ib:
        aapl = await stock(ib)
        assert (aapl.conId, aapl.primaryExchange, aapl.localSymbol) == (265598, "NASDAQ", "AAPL")
        months = await ib.reqContractDetailsAsync(library().Future("MNQ", exchange="CME"))
        assert len(months) == 2
        near = months[0]
        assert (near.contract.multiplier, near.minTick, near.timeZoneId) == ("2", 0.25, "US/Central")
        assert near.contract.lastTradeDateOrContractMonth == near.realExpirationDate
        assert near.lastTradeTime == "08:30"
        again = await ib.reqContractDetailsAsync(library().Contract(conId=near.contract.conId))
        assert [details.contract.localSymbol for details in again] == [near.contract.localSymbol]
        [rule] = await ib.reqMarketRuleAsync(int(near.marketRuleIds))
        assert (rule.lowEdge, rule.increment) == (0.0, 0.25)
        assert await ib.reqContractDetailsAsync(library().Stock("NOSUCH", "SMART", "USD")) == []
        found = await ib.reqMatchingSymbolsAsync("micro e-mini")
        assert {description.contract.symbol for description in found} == {"MNQ", "MES"}


async def test_quotes_stream(gateway: GatewayProcess) -> None:
    async with connected(gateway, 3) as ib:
        ticker = ib.reqMktData(await stock(ib))
        await until(ib, lambda: ticker.bid > 0 and ticker.ask > 0 and ticker.close > 0)
        assert ticker.marketDataType == 1
        assert ticker.bid < ticker.ask
        assert ticker.bidSize > 0
        first = ticker.volume
        await until(ib, lambda: ticker.volume > first)
        ib.cancelMktData(ticker.contract)
        [snapshot] = await ib.reqTickersAsync(ticker.contract)
        assert snapshot.last > 0


async def test_bars_come_and_keep_coming(gateway: GatewayProcess) -> None:
    async with connected(gateway, 4) as ib:
        contract = await stock(ib, "MSFT")
        bars = await ib.reqHistoricalDataAsync(
            contract, "", "1800 S", "1 min", "TRADES", useRTH=False, formatDate=2, keepUpToDate=True
        )
        assert len(bars) == 30
        assert all(
            bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars
        )
        assert {later.date - earlier.date for earlier, later in itertools.pairwise(bars)} == {
            bars[1].date - bars[0].date
        }
        before = (len(bars), bars[-1].volume)
        await until(ib, lambda: (len(bars), bars[-1].volume) != before)
        ib.cancelHistoricalData(bars)
        live = ib.reqRealTimeBars(contract, 5, "TRADES", False)
        await until(ib, lambda: live)
        assert live[0].low <= live[0].close <= live[0].high


async def test_bars_of_a_currency_pairs_quotes(gateway: GatewayProcess) -> None:
    async with connected(gateway, 14) as ib:
        [pair] = await ib.qualifyContractsAsync(library().Forex("EURUSD"))
        # An end in the past, so that the four answers are about the same bars.
        end = (await ib.reqCurrentTimeAsync()).replace(second=0, microsecond=0) - timedelta(minutes=1)
        bid, ask, middle, both = [
            await ib.reqHistoricalDataAsync(pair, end, "600 S", "1 min", what, useRTH=False, formatDate=2)
            for what in ("BID", "ASK", "MIDPOINT", "BID_ASK")
        ]
        assert [len(bars) for bars in (bid, ask, middle, both)] == [10] * 4
        for low, high, mean, two in zip(bid, ask, middle, both, strict=True):
            assert low.date == high.date == mean.date == two.date
            assert low.close < mean.close < high.close
            assert mean.close == pytest.approx((low.close + high.close) / 2, abs=1e-9)
            assert (two.low, two.high) == (low.low, high.high)
            assert two.low <= two.open < two.close <= two.high
            for bar in (low, high, mean, two):
                assert (bar.volume, bar.average, bar.barCount) == (-1, -1, -1)
        running = await ib.reqHistoricalDataAsync(
            pair, "", "600 S", "1 min", "BID", useRTH=False, formatDate=2, keepUpToDate=True
        )
        before = (len(running), running[-1].close)
        await until(ib, lambda: (len(running), running[-1].close) != before)
        ib.cancelHistoricalData(running)
        live = ib.reqRealTimeBars(pair, 5, "ASK", False)
        await until(ib, lambda: live)
        assert live[0].low <= live[0].close <= live[0].high
        assert (live[0].volume, live[0].wap, live[0].count) == (-1, -1, -1)


async def test_a_market_order_fills_and_the_books_follow(gateway: GatewayProcess) -> None:
    async with connected(gateway, 5) as ib:
        contract = await stock(ib, "NVDA")
        trade = ib.placeOrder(contract, library().MarketOrder("BUY", 10, orderRef="QE:abc"))
        await until(ib, lambda: trade.fills and trade.fills[0].commissionReport.commission)
        assert trade.orderStatus.status == "Filled"
        assert (trade.orderStatus.filled, trade.orderStatus.remaining) == (10, 0)
        execution = trade.fills[0].execution
        assert (execution.side, execution.shares, execution.orderRef) == ("BOT", 10, "QE:abc")
        assert execution.permId == trade.order.permId
        assert trade.fills[0].commissionReport.currency == "USD"
        await until(ib, lambda: any(item.contract.symbol == "NVDA" for item in ib.portfolio()))
        [position] = [item for item in ib.positions() if item.contract.symbol == "NVDA"]
        assert (position.position, position.avgCost) == (10, execution.avgPrice)
        again = await ib.reqExecutionsAsync()
        assert execution.execId in {fill.execution.execId for fill in again}
        completed = await ib.reqCompletedOrdersAsync(False)
        assert [done.orderStatus.status for done in completed if done.order.permId == execution.permId] == [
            "Filled"
        ]


async def test_a_large_order_fills_in_parts(gateway: GatewayProcess) -> None:
    async with connected(gateway, 6) as ib:
        trade = ib.placeOrder(await stock(ib, "AMD"), library().MarketOrder("BUY", 2500))
        await until(ib, lambda: trade.orderStatus.status == "Filled")
        assert len(trade.fills) > 1
        assert sum(fill.execution.shares for fill in trade.fills) == 2500
        assert trade.fills[-1].execution.cumQty == 2500


async def test_a_limit_order_rests_changes_and_goes(gateway: GatewayProcess) -> None:
    async with connected(gateway, 7) as ib, connected(gateway, 8) as other:
        order = library().LimitOrder("BUY", 5, 50.0, tif="GTC")
        trade = ib.placeOrder(await stock(ib, "TSLA"), order)
        await until(ib, lambda: trade.orderStatus.status == "Submitted")
        order.lmtPrice = 51.0
        ib.placeOrder(trade.contract, order)
        await until(ib, lambda: "Modified" in {entry.message for entry in trade.log})
        [seen] = [item for item in await other.reqAllOpenOrdersAsync() if item.order.clientId == 7]
        assert (seen.order.orderId, seen.order.lmtPrice, seen.order.tif) == (order.orderId, 51.0, "GTC")
        ib.cancelOrder(order)
        await until(ib, lambda: trade.orderStatus.status == "Cancelled")
        assert statuses(trade)[-1] == "Cancelled"
        assert await ib.reqOpenOrdersAsync() == []


async def test_a_price_off_the_tick_is_error_110(gateway: GatewayProcess) -> None:
    async with connected(gateway, 9) as ib:
        errors: list[tuple[int, int]] = []
        ib.errorEvent.connect(lambda req_id, code, *_: errors.append((req_id, code)), keep_ref=True)
        trade = ib.placeOrder(await stock(ib), library().LimitOrder("BUY", 5, 50.001))
        await until(ib, lambda: errors and errors[-1][1] == 110)
        assert errors[-1] == (trade.order.orderId, 110)
        assert await ib.reqOpenOrdersAsync() == []


async def test_what_if_says_margins(gateway: GatewayProcess) -> None:
    async with connected(gateway, 10) as ib:
        state = await ib.whatIfOrderAsync(await stock(ib), library().MarketOrder("BUY", 100))
        assert float(state.initMarginChange) > 0
        assert float(state.commission) == 1.0


async def test_a_second_client_of_the_same_id_gets_326_and_the_first_stays(gateway: GatewayProcess) -> None:
    async with connected(gateway, 11) as ib:
        second = library().IB()
        codes: list[int] = []
        second.errorEvent.connect(lambda _, code, *__: codes.append(code), keep_ref=True)
        with pytest.raises(TimeoutError):
            await second.connectAsync(gateway.host, gateway.port, clientId=11, timeout=1)
        assert codes == [326]
        assert await ib.reqCurrentTimeAsync() is not None


async def test_a_reconnect_sees_its_orders_and_greater_ids(gateway: GatewayProcess) -> None:
    ib = library().IB()
    await ib.connectAsync(gateway.host, gateway.port, clientId=12, timeout=DEADLINE_S)
    trade = ib.placeOrder(await stock(ib, "JPM"), library().LimitOrder("BUY", 5, 50.0, tif="GTC"))
    await until(ib, lambda: trade.orderStatus.status == "Submitted")
    ib.disconnect()
    await ib.connectAsync(gateway.host, gateway.port, clientId=12, timeout=DEADLINE_S)
    assert [open_trade.order.permId for open_trade in ib.openTrades()] == [trade.order.permId]
    assert ib.client.getReqId() > trade.order.orderId
    ib.cancelOrder(ib.openTrades()[0].order)
    await until(ib, lambda: not ib.openTrades())
    ib.disconnect()


async def test_a_dropped_connection_and_a_lost_upstream_are_told(gateway: GatewayProcess) -> None:
    async with connected(gateway, 13) as ib:
        codes: list[int] = []
        ib.errorEvent.connect(lambda _, code, *__: codes.append(code), keep_ref=True)
        await asyncio.to_thread(gateway.control, "1100")
        await asyncio.to_thread(gateway.control, "1102")
        await until(ib, lambda: codes == [1100, 1102])
        gone = asyncio.Event()
        ib.disconnectedEvent.connect(gone.set, keep_ref=True)
        await asyncio.to_thread(gateway.control, "drop")
        async with asyncio.timeout(DEADLINE_S):
            await gone.wait()
        assert not ib.isConnected()


async def test_a_live_account_is_presented_as_asked() -> None:
    with running_gateway(account="U7654321") as process:
        async with connected(process, 1) as ib:
            assert ib.managedAccounts() == ["U7654321"]


async def test_a_restart_with_state_keeps_positions_orders_and_ids(tmp_path: Path) -> None:
    state = tmp_path / "venue.json"
    with running_gateway(state=state) as process:
        async with connected(process, 1) as ib:
            contract = await stock(ib)
            filled = ib.placeOrder(contract, library().MarketOrder("BUY", 10))
            resting = ib.placeOrder(contract, library().LimitOrder("BUY", 5, 50.0, tif="GTC"))
            await until(ib, lambda: filled.isDone() and resting.orderStatus.status == "Submitted")
        process.kill()
    with running_gateway(state=state) as process:
        async with connected(process, 1) as ib:
            assert [(item.contract.symbol, item.position) for item in ib.positions()] == [("AAPL", 10)]
            [open_trade] = ib.openTrades()
            assert open_trade.order.permId == resting.order.permId
            assert ib.client.getReqId() > resting.order.orderId
            known = {fill.execution.execId for fill in ib.fills()}
            assert known == {filled.fills[0].execution.execId}
            second = ib.placeOrder(await stock(ib), library().MarketOrder("SELL", 10))
            await until(ib, second.isDone)
            assert second.fills[0].execution.execId not in known
