"""Orders over the wire: sequences, refusals, and who is told (reference 4.7)."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from support.gateway_wire import LATENCY_S, GatewayWorld, WireClient, place_order

# Place of the order state in openOrder at version 176.
OPEN_STATUS_AT_176 = 94


def kinds(messages: list[list[str]]) -> list[str]:
    """Name messages in short: `3 Filled`, `4 202`, `11`."""
    detail = {"3": 2, "4": 3}
    return [
        f"{message[0]} {message[detail[message[0]]]}" if message[0] in detail else message[0]
        for message in messages
    ]


def about(messages: list[list[str]], *numbers: str) -> list[list[str]]:
    return [message for message in messages if message[0] in numbers]


async def bought(client: WireClient, order_id: int = 1, quantity: int = 10) -> list[list[str]]:
    return await client.order(orderId=order_id, orderType="MKT", totalQuantity=quantity, orderRef="QE:x")


async def test_a_market_order_fills_in_the_recorded_sequence(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await bought(client)
    assert kinds(messages) == ["5", "3 PreSubmitted", "11", "5", "3 Filled", "5", "59"]
    execution, commission = about(messages, "11")[0], about(messages, "59")[0]
    assert len(execution) == 31
    assert execution[1:3] == ["-1", "1"]
    assert execution[14] == commission[2]
    assert execution[16:21] == ["DU1234567", "NASDAQ", "BOT", "10", messages[4][5]]
    assert execution[26] == "QE:x"
    assert commission[3:] == ["1.0", "USD", "1.7976931348623157E308", "1.7976931348623157E308", ""]
    assert messages[4][3:5] == ["10", "0"]


@pytest.mark.parametrize(("version", "count"), [(157, 31), (176, 31), (178, 32)])
async def test_an_execution_has_the_exact_number_of_fields(
    world: GatewayWorld, version: int, count: int
) -> None:
    client = await world.client(version=version)
    [execution] = about(await bought(client), "11")
    assert len(execution) == count


async def test_a_resting_limit_is_pre_submitted_then_submitted(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await client.order(lmtPrice="100.0")
    assert kinds(messages) == ["5", "3 PreSubmitted", "5", "3 Submitted"]
    assert messages[0][24:26] == ["1", messages[1][6]]


async def test_a_stop_waits_pre_submitted_with_its_trigger(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await client.order(orderType="STP", auxPrice="900.0")
    assert kinds(messages) == ["5", "3 PreSubmitted"]
    assert messages[1][10] == "trigger"


async def test_a_large_order_fills_in_parts(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await bought(client, quantity=4000)
    for _ in range(200):
        if kinds(messages)[-1] == "59" and "3 Filled" in kinds(messages):
            break
        await world.pass_time(0.25)
        messages += await client.take()
    fills = about(messages, "11")
    assert len(fills) > 1
    assert sum(int(fill[19]) for fill in fills) == 4000
    assert [int(fill[24]) for fill in fills] == sorted(int(fill[24]) for fill in fills)
    assert kinds(messages).count("3 Submitted") >= 1
    assert fills[-1][24] == "4000"


async def test_new_terms_under_the_same_id_modify(world: GatewayWorld) -> None:
    client = await world.client()
    await client.order(lmtPrice="100.0")
    messages = await client.order(lmtPrice="101.0", totalQuantity="7")
    assert kinds(messages) == ["5", "3 Submitted"]
    assert (messages[0][14], messages[0][16]) == ("7", "101.0")
    assert len(world.venue.open_orders()) == 1


async def test_a_cancel_ends_with_status_then_202(world: GatewayWorld) -> None:
    client = await world.client()
    await client.order(lmtPrice="100.0")
    client.request(4, 1, 1, "")
    await world.pass_time(2 * LATENCY_S)
    messages = await client.take()
    assert kinds(messages) == ["3 Cancelled", "4 202"]
    assert messages[1][2] == "1"
    assert messages[1][4].startswith("Order Canceled - reason:")


async def cancelled(client: WireClient, order_id: int) -> list[str]:
    await client.take()
    client.request(4, 1, order_id, "")
    await client.world.pass_time(2 * LATENCY_S)
    return kinds(await client.take())


async def test_a_cancel_that_names_nothing_or_a_filled_order_is_refused(world: GatewayWorld) -> None:
    client = await world.client()
    await bought(client)
    assert await cancelled(client, 77) == ["4 10147"]
    assert await cancelled(client, 1) == ["4 10148"]


async def test_an_order_of_another_client_cannot_be_cancelled(world: GatewayWorld) -> None:
    owner, other = await world.client(1), await world.client(2)
    await owner.order(lmtPrice="100.0")
    assert await cancelled(other, 1) == ["4 10147"]
    assert len(world.venue.open_orders()) == 1


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"lmtPrice": "100.001"}, "110"),
        ({"totalQuantity": "0"}, "434"),
        ({"totalQuantity": "-5"}, "434"),
        ({"totalQuantity": "0.5"}, "355"),
        ({"totalQuantity": "1000000", "lmtPrice": "200.0"}, "201"),
        ({"symbol": "NOSUCH"}, "200"),
        ({"symbol": "MNQ", "secType": "FUT", "exchange": "CME"}, "200"),
        ({"secType": ""}, "321"),
        ({"orderType": "REL"}, "387"),
        ({"orderType": "TRAIL"}, "107"),
        ({"orderType": "MOC", "tif": "GTC"}, "113"),
        ({"tif": "GTD", "goodTillDate": "soon"}, "391"),
        ({"tif": "GTD", "goodTillDate": "20200101 10:00:00 UTC"}, "391"),
        ({"goodAfterTime": "later"}, "391"),
        ({"tif": "OPG"}, "111"),
        ({"action": "HOLD"}, "321"),
        ({"lmtPrice": ""}, "107"),
        ({"lmtPrice": "Infinite"}, "107"),
        ({"orderType": "STP", "auxPrice": ""}, "107"),
        ({"account": "U7654321"}, "321"),
        ({"parentId": "5"}, "10006"),
        ({"minQty": "5"}, "201"),
        ({"allOrNone": "1"}, "201"),
    ],
)
async def test_refused_orders_answer_with_their_code_and_nothing_else(
    world: GatewayWorld, terms: dict[str, str], code: str
) -> None:
    client = await world.client()
    messages = await client.order(**{"lmtPrice": "100.0"} | terms)
    assert kinds(messages) == [f"4 {code}"]
    assert messages[0][2] == "1"
    assert world.venue.open_orders() == ()


async def test_an_order_id_is_used_once(world: GatewayWorld) -> None:
    client = await world.client()
    await bought(client, 5)
    assert kinds(await client.order(orderId=5, lmtPrice="100.0")) == ["4 104"]
    assert kinds(await client.order(orderId=4, lmtPrice="100.0")) == ["4 103"]
    await client.order(orderId=6, lmtPrice="100.0")
    await cancelled(client, 6)
    assert kinds(await client.order(orderId=6, lmtPrice="100.0")) == ["4 103"]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"action": "SELL"}, "105"),
        ({"lmtPrice": "100.001"}, "110"),
        ({"tif": "IOC"}, "111"),
        ({"orderType": "MKT"}, "329"),
    ],
)
async def test_a_refused_modification_leaves_the_order_as_it_was(
    world: GatewayWorld, terms: dict[str, str], code: str
) -> None:
    client = await world.client()
    await client.order(lmtPrice="100.0")
    assert kinds(await client.order(**{"lmtPrice": "100.0"} | terms)) == [f"4 {code}"]
    [order] = world.venue.open_orders()
    assert (order.spec.limit_price, order.spec.side) == (Decimal(100), "BUY")


async def test_the_next_id_exceeds_every_id_used_also_after_a_reconnect(world: GatewayWorld) -> None:
    client = await world.client()
    await bought(client, 41)
    assert await client.ask(8, 1, 1) == [["9", "1", "42"]]
    client.request(*place_order(176, orderId=50, lmtPrice="100.0"))
    client.hang_up()
    await world.client()
    assert world.start_messages[2] == ["9", "1", "51"]
    await world.client(2)
    assert world.start_messages[2] == ["9", "1", "1"]


async def test_an_untransmitted_order_is_silence_until_it_is_transmitted(world: GatewayWorld) -> None:
    client = await world.client()
    assert await client.order(lmtPrice="100.0", transmit="0") == []
    assert world.venue.open_orders() == ()
    assert kinds(await client.order(lmtPrice="101.0")) == ["5", "3 PreSubmitted", "5", "3 Submitted"]
    assert await client.order(orderId=2, lmtPrice="100.0", transmit="0") == []
    assert await cancelled(client, 2) == ["4 202"]
    assert len(world.venue.open_orders()) == 1


async def test_only_the_placing_client_hears_of_its_orders(world: GatewayWorld) -> None:
    owner, other = await world.client(1), await world.client(2)
    await bought(owner)
    assert await other.take() == []


async def test_open_orders_are_the_own_ones_all_open_orders_everybodys(world: GatewayWorld) -> None:
    owner, other = await world.client(1), await world.client(2)
    await owner.order(lmtPrice="100.0", orderRef="QE:abc")
    assert kinds(await other.ask(5, 1)) == ["53"]
    assert kinds(await owner.ask(5, 1)) == ["5", "3 Submitted", "53"]
    everybodys = await other.ask(16, 1)
    assert kinds(everybodys) == ["5", "3 Submitted", "53"]
    assert (everybodys[0][23], everybodys[0][24]) == ("QE:abc", "1")


async def test_orders_from_before_a_restart_are_reported_from_the_venue_alone(world: GatewayWorld) -> None:
    owner = await world.client()
    await owner.order(lmtPrice="100.0", orderRef="QE:abc", tif="GTC")
    owner.hang_up()
    later = GatewayWorld(venue=world.venue)
    again = await later.client()
    messages = await again.ask(5, 1)
    assert kinds(messages) == ["5", "3 Submitted", "53"]
    assert len(messages[0]) == 136
    expected = ["BUY", "10", "LMT", "100.0", "0.0", "GTC", "", "DU1234567", "", "0", "QE:abc"]
    assert messages[0][13:24] == expected


async def test_orders_from_before_a_restart_can_be_changed_and_cancelled(world: GatewayWorld) -> None:
    owner = await world.client()
    await owner.order(lmtPrice="100.0")
    later = GatewayWorld(venue=world.venue, start=world.clock.now())
    again = await later.client()
    changed = await again.order(lmtPrice="101.0")
    assert (kinds(changed), changed[0][16]) == (["5", "3 Submitted"], "101.0")
    assert await cancelled(again, 1) == ["3 Cancelled", "4 202"]


async def test_a_change_that_is_not_transmitted_does_not_shield_the_order_from_a_cancel(
    world: GatewayWorld,
) -> None:
    client = await world.client()
    await client.order(lmtPrice="100.0")
    assert await client.order(lmtPrice="101.0", transmit="0") == []
    assert await cancelled(client, 1) == ["3 Cancelled", "4 202"]


async def test_auto_binding_is_for_client_0(world: GatewayWorld) -> None:
    client, default = await world.client(1), await world.client(0)
    assert kinds(await client.ask(15, 1, 1)) == ["4 327"]
    assert await default.ask(15, 1, 1) == []


async def test_global_cancel_reaches_every_client(world: GatewayWorld) -> None:
    first, second = await world.client(1), await world.client(2)
    await first.order(lmtPrice="100.0")
    await second.order(lmtPrice="100.0")
    first.request(58, 1)
    await world.pass_time(2 * LATENCY_S)
    assert kinds(await first.take()) == kinds(await second.take()) == ["3 Cancelled", "4 202"]


async def test_a_what_if_answers_margins_and_sends_nothing(world: GatewayWorld) -> None:
    client = await world.client()
    terms = {"symbol": "MNQ", "secType": "FUT", "lastTradeDate": "202603", "exchange": "CME"}
    [message] = await client.order(orderType="MKT", totalQuantity=2, whatIf="1", **terms)
    margins = [Decimal(text) for text in message[OPEN_STATUS_AT_176 + 1 : OPEN_STATUS_AT_176 + 10]]
    assert message[OPEN_STATUS_AT_176] == "PreSubmitted"
    assert margins == [0, 0, 1_000_000, 6600, 6000, Decimal("-1.24"), 6600, 6000, Decimal("999998.76")]
    assert message[OPEN_STATUS_AT_176 + 10] == "1.24"
    assert world.venue.open_orders() == ()
    assert kinds(await client.order(lmtPrice="100.0")) == ["5", "3 PreSubmitted", "5", "3 Submitted"]


async def test_a_what_if_that_closes_frees_margin(world: GatewayWorld) -> None:
    client = await world.client()
    terms = {"symbol": "MNQ", "secType": "FUT", "lastTradeDate": "202603", "exchange": "CME"}
    await client.order(orderType="MKT", totalQuantity=2, **terms)
    [message] = await client.order(
        orderId=2, orderType="MKT", action="SELL", totalQuantity=2, whatIf="1", **terms
    )
    before, change, after = (message[OPEN_STATUS_AT_176 + 1 + place] for place in (0, 3, 6))
    assert (before, change, after) == ("6600.0", "-6600.0", "0.0")


async def test_read_only_refuses_orders_and_order_books(world: GatewayWorld) -> None:
    client = await world.client()
    world.gateway.faults.read_only = True
    assert kinds(await client.order(lmtPrice="100.0")) == ["4 321"]
    for request in ((4, 1, 1, ""), (5, 1), (16, 1), (99, 0), (58, 1)):
        [error] = await client.ask(*request)
        assert error[3] == "321"
        assert "Read-Only" in error[4]
    assert kinds(await client.ask(61, 1)) == ["62"]


async def test_swallowed_orders_leave_no_trace(world: GatewayWorld) -> None:
    client = await world.client()
    world.gateway.faults.orders_to_swallow = 1
    assert await client.order(lmtPrice="100.0") == []
    assert world.venue.open_orders() == ()
    assert world.orders_read == 1
    assert kinds(await client.order(lmtPrice="100.0")) == ["5", "3 PreSubmitted", "5", "3 Submitted"]
    assert world.orders_read == 2


async def test_executions_pass_the_filter(world: GatewayWorld) -> None:
    client, other = await world.client(1), await world.client(2)
    await bought(client)
    await other.order(
        symbol="MNQ", secType="FUT", lastTradeDate="202603", exchange="CME", action="SELL", orderType="MKT",
        totalQuantity=1,
    )  # fmt: skip

    async def found(**filters: str) -> list[str]:
        names = "clientId account time symbol secType exchange side".split()  # noqa: SIM905
        values = [filters.get(name, "0" if name == "clientId" else "") for name in names]
        messages = await other.ask(7, 3, 9, *values)
        assert messages[-1] == ["55", "1", "9"]
        assert {message[1] for message in about(messages, "11")} <= {"9"}
        return [message[4] for message in about(messages, "11")]

    assert await found() == ["AAPL", "MNQ"]
    assert await found(clientId="2") == ["MNQ"]
    assert await found(symbol="AAPL") == ["AAPL"]
    assert await found(secType="FUT") == ["MNQ"]
    assert await found(exchange="CME") == ["MNQ"]
    assert await found(side="BUY") == ["AAPL"]
    assert await found(side="SLD") == ["MNQ"]
    assert await found(account="DU0000000") == []
    assert await found(time="20260311-13:59:00") == ["AAPL", "MNQ"]
    assert await found(time="20260311-15:00:00") == []
    assert kinds(await other.ask(7, 3, 9, 0, "", "yesterday", "", "", "", "")) == ["4 321"]


async def test_executions_are_those_since_midnight() -> None:
    world = GatewayWorld(start=datetime(2026, 3, 11, 23, 59, 59, tzinfo=ZoneInfo("America/New_York")))
    client = await world.client()
    await bought(client)
    assert kinds(await client.ask(7, 3, 9, 0, "", "", "", "", "", "")) == ["11", "59", "55"]
    await world.pass_time(1.0)
    await client.take()
    assert kinds(await client.ask(7, 3, 9, 0, "", "", "", "", "", "")) == ["55"]


async def test_completed_orders_say_how_they_ended(world: GatewayWorld) -> None:
    client = await world.client()
    await bought(client)
    await client.order(orderId=2, lmtPrice="100.0")
    await cancelled(client, 2)
    filled, gone, end = await client.ask(99, 0)
    assert end == ["102"]
    assert (len(filled), filled[-6]) == (101, "Filled Size: 10")
    assert filled[-7] == "20260311 10:00:00 US/Eastern"
    assert gone[-6] != ""


async def test_nothing_moves_while_the_upstream_is_down(world: GatewayWorld) -> None:
    client = await world.client()
    await client.order(lmtPrice="100.0")
    world.gateway.lose_upstream()
    assert kinds(await client.take()) == ["4 1100"]
    assert await client.order(orderId=2, lmtPrice="100.0") == []
    assert await cancelled(client, 1) == []
    world.gateway.restore_upstream(data_kept=True)
    assert kinds(await client.take()) == ["4 1102"]
    assert await cancelled(client, 1) == ["3 Cancelled", "4 202"]


async def test_what_happened_while_the_upstream_was_down_is_told_afterwards(world: GatewayWorld) -> None:
    client = await world.client()
    client.request(*place_order(176, orderType="MKT"))
    world.gateway.lose_upstream()
    await world.pass_time(1.0)
    assert kinds(await client.take()) == ["4 1100"]
    world.gateway.restore_upstream(data_kept=False)
    await world.pass_time(0.1)
    assert kinds(await client.take()) == ["4 1101", "5", "3 PreSubmitted", "11", "5", "3 Filled", "5", "59"]


async def test_every_event_is_saved(world: GatewayWorld) -> None:
    client = await world.client()
    await world.pass_time(2.0)
    assert world.saves == 0
    await client.order(lmtPrice="100.0")
    assert world.saves == 1
    world.gateway.stop()
    assert world.saves == 2
    assert client.transport.closed
