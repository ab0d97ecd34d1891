"""Account values, positions and P&L: answers, limits, and what is sent when something moves."""

from decimal import Decimal

from support.gateway_wire import ACCOUNT, GatewayWorld, WireClient

DBL_MAX = "1.7976931348623157E308"
MNQ_TERMS = {"symbol": "MNQ", "secType": "FUT", "lastTradeDate": "202603", "exchange": "CME"}


def only(messages: list[list[str]], number: str) -> list[list[str]]:
    return [message for message in messages if message[0] == number]


def values(messages: list[list[str]]) -> dict[tuple[str, str], str]:
    return {(message[2], message[4]): message[3] for message in only(messages, "6")}


async def buy(world: GatewayWorld, quantity: int = 10, client_id: int = 9) -> None:
    """Trade with a client of its own, so that the others' messages are about the account alone."""
    trader = await world.client(client_id)
    await trader.order(orderType="MKT", totalQuantity=quantity)
    trader.hang_up()


async def test_account_updates_come_in_the_documented_order(world: GatewayWorld) -> None:
    await buy(world)
    client = await world.client()
    messages = await client.ask(6, 2, 1, ACCOUNT)
    kinds = [message[0] for message in messages]
    assert kinds == sorted(kinds, key=["6", "7", "8", "54"].index)
    assert set(kinds) == {"6", "7", "8", "54"}
    assert messages[-1] == ["54", "1", ACCOUNT]
    assert {(len(message), message[1], message[5]) for message in only(messages, "6")} == {(6, "2", ACCOUNT)}
    assert only(messages, "8") == [["8", "1", f"{world.clock.now().astimezone():%H:%M}"]]
    found = values(messages)
    held = world.venue.account_values()
    assert Decimal(found["NetLiquidation", "USD"]) == held.net_liquidation
    assert Decimal(found["TotalCashBalance", "BASE"]) == held.total_cash
    assert found["AccountReady", ""] == "true"
    assert found["ExchangeRate", "USD"] == "1.00"


async def test_a_holding_is_shown_with_the_multiplier_in_its_cost(world: GatewayWorld) -> None:
    trader = await world.client(9)
    await trader.order(orderType="MKT", totalQuantity=2, **MNQ_TERMS)
    client = await world.client()
    [portfolio] = only(await client.ask(6, 2, 1, ""), "7")
    [position, _] = await client.ask(61, 1)
    [held] = world.venue.positions()
    assert len(portfolio) == 20
    assert portfolio[2:13] == [
        str(held.instrument.con_id), "MNQ", "FUT", "20260320", "0.0", "0", "2", "CME", "USD", "MNQH6", "MNQ",
    ]  # fmt: skip
    assert portfolio[13] == position[14] == "2"
    assert Decimal(portfolio[16]) == Decimal(position[15]) == held.avg_price * 2
    assert Decimal(portfolio[14]) == held.market_price
    assert Decimal(portfolio[15]) == held.market_price * 2 * 2
    assert Decimal(portfolio[17]) == held.unrealized_pnl
    assert len(position) == 16
    assert position[:3] == ["61", "3", ACCOUNT]
    assert position[3:14] == [
        str(held.instrument.con_id), "MNQ", "FUT", "20260320", "0.0", "", "2", "CME", "USD", "MNQH6", "MNQ",
    ]  # fmt: skip


async def test_a_fill_is_reported_to_account_and_position_subscribers_at_once(world: GatewayWorld) -> None:
    account, positions, nobody = [await world.client(number) for number in (1, 2, 3)]
    await account.ask(6, 2, 1, ACCOUNT)
    assert await positions.ask(61, 1) == [["62", "1"]]
    await buy(world)
    assert [message[14] for message in await positions.take()] == ["10"]
    changes = await account.take()
    assert {message[0] for message in changes} == {"6", "7", "8"}
    assert ("AccountCode", "") not in values(changes)
    assert ("NetLiquidation", "USD") in values(changes)
    assert await nobody.take() == []


async def test_a_closed_position_is_reported_as_zero_then_gone(world: GatewayWorld) -> None:
    client = await world.client()
    await client.ask(61, 1)
    await client.order(orderType="MKT")
    messages = await client.order(orderId=2, orderType="MKT", action="SELL")
    assert [message[14] for message in only(messages, "61")] == ["0"]
    assert await client.ask(61, 1) == [["62", "1"]]


async def test_values_that_move_with_prices_come_every_three_minutes_only(world: GatewayWorld) -> None:
    await buy(world)
    client = await world.client()
    await client.ask(6, 2, 1, ACCOUNT)
    await client.ask(62, 1, 7, "All", "NetLiquidation,TotalCashValue")
    await world.pass_time(175)
    assert await client.take() == []
    await world.pass_time(5)
    messages = await client.take()
    assert ("NetLiquidation", "USD") in values(messages)
    assert ("TotalCashValue", "USD") not in values(messages)
    assert [message[4] for message in only(messages, "63")] == ["NetLiquidation"]


async def test_unsubscribed_means_silence(world: GatewayWorld) -> None:
    client = await world.client()
    for request in ((6, 2, 1, ACCOUNT), (6, 2, 0, ACCOUNT), (61, 1), (64, 1)):
        await client.ask(*request)
    await client.ask(76, 1, 5, ACCOUNT, "", 0)
    await client.ask(77, 1, 5)
    await buy(world)
    assert await client.take() == []


async def test_a_wrong_account_is_321(world: GatewayWorld) -> None:
    client = await world.client()
    for request, about in (((6, 2, 1, "U7654321"), "-1"), ((76, 1, 5, "U7654321", "", 0), "5")):
        [error] = await client.ask(*request)
        assert error[2:4] == [about, "321"]


async def test_updates_multi(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await client.ask(76, 1, 5, ACCOUNT, "model", 0)
    assert messages[-1] == ["74", "1", "5"]
    assert {(message[0], message[2], message[3], message[4]) for message in messages[:-1]} == {
        ("73", "5", ACCOUNT, "model")
    }
    assert ["NetLiquidation", "1000000.00", "USD"] in [message[5:] for message in messages[:-1]]
    await buy(world)
    assert "TotalCashValue" in [message[5] for message in await client.take()]


async def test_a_summary_has_the_tags_it_was_asked_for(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await client.ask(62, 1, 7, "All", "NetLiquidation,NoSuchTag,AccountType,$LEDGER:ALL")
    assert messages[-1] == ["64", "1", "7"]
    assert {tuple(message[1:4]) for message in only(messages, "63")} == {("1", "7", ACCOUNT)}
    rows = [tuple(message[4:]) for message in only(messages, "63")]
    assert rows[:2] == [("NetLiquidation", "1000000.00", "USD"), ("AccountType", "INDIVIDUAL", "")]
    assert ("CashBalance", "1000000.00", "BASE") in rows[2:]
    assert ("CashBalance", "1000000.00", "USD") in rows[2:]


async def test_the_third_summary_is_refused(world: GatewayWorld) -> None:
    client, other = await world.client(1), await world.client(2)
    for req_id in (1, 2):
        assert (await client.ask(62, 1, req_id, "All", "NetLiquidation"))[-1][0] == "64"
    [error] = await client.ask(62, 1, 3, "All", "NetLiquidation")
    assert error[2:4] == ["3", "322"]
    assert (await other.ask(62, 1, 1, "All", "NetLiquidation"))[-1][0] == "64"
    await client.ask(63, 1, 1)
    assert (await client.ask(62, 1, 3, "All", "NetLiquidation"))[-1][0] == "64"


async def test_positions_multi(world: GatewayWorld) -> None:
    await buy(world)
    client = await world.client()
    position, end = await client.ask(74, 1, 6, ACCOUNT, "m")
    [held] = world.venue.positions()
    assert position == [
        "71", "1", "6", ACCOUNT, "265598", "AAPL", "STK", "", "0.0", "", "", "NASDAQ", "USD", "AAPL", "NMS",
        "10", str(held.avg_cost), "m",
    ]  # fmt: skip
    assert end == ["72", "1", "6"]


async def pnl(client: WireClient, *request: object) -> list[str]:
    [answer] = await client.ask(*request)
    return answer


async def test_pnl_is_the_ledgers_and_follows_prices(world: GatewayWorld) -> None:
    await buy(world, 100)
    client = await world.client()
    first = await pnl(client, 92, 8, ACCOUNT, "")
    held = world.venue.account_values()
    assert first[:2] == ["94", "8"]
    expected = [held.realized_pnl + held.unrealized_pnl, held.unrealized_pnl, held.realized_pnl]
    assert [Decimal(text) for text in first[2:]] == expected
    await world.pass_time(20)
    later = await client.take()
    assert 1 < len(later) <= 20
    assert Decimal(later[-1][3]) == world.venue.account_values().unrealized_pnl
    await client.ask(93, 8)
    await world.pass_time(20)
    assert await client.take() == []


async def test_pnl_of_one_position(world: GatewayWorld) -> None:
    client = await world.client()
    [held] = [instrument for instrument in world.venue.instruments if instrument.symbol == "AAPL"]
    assert await pnl(client, 94, 8, ACCOUNT, "", held.con_id) == ["95", "8", "0", *[DBL_MAX] * 4]
    await buy(world)
    await world.pass_time(1.0)
    answer = (await client.take())[-1]
    [position] = world.venue.positions()
    assert answer[:3] == ["95", "8", "10"]
    assert Decimal(answer[4]) == position.unrealized_pnl
    assert answer[5] == DBL_MAX
    assert Decimal(answer[6]) == position.market_value


async def test_other_accounts_can_be_presented(world: GatewayWorld) -> None:
    world.gateway.hub.accounts = ("U7654321",)
    client = await world.client()
    assert world.start_messages[1] == ["15", "1", "U7654321"]
    assert await client.ask(17, 1) == [["15", "1", "U7654321"]]
    assert (await client.ask(6, 2, 1, "U7654321"))[-1] == ["54", "1", "U7654321"]
    [execution] = only(await client.order(orderType="MKT", account="U7654321"), "11")
    assert execution[16] == "U7654321"


async def test_two_accounts_need_naming(world: GatewayWorld) -> None:
    world.gateway.hub.accounts = (ACCOUNT, "DU7654321")
    client = await world.client()
    [error] = await client.order(lmtPrice="100.0")
    assert error[3] == "435"
    assert (await client.order(lmtPrice="100.0", account=ACCOUNT))[0][0] == "5"
