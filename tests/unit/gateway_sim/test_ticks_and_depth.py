"""Books, single ticks, data types, generic ticks and the limits on all of them (reference 4.3)."""

import pytest

from qe_dashboard.gateway_sim.control import Control
from support.gateway_wire import AAPL, MNQ, GatewayWorld, WireClient


def kinds(messages: list[list[str]]) -> set[str]:
    return {message[0] for message in messages}


def of_kind(messages: list[list[str]], *numbers: str) -> list[list[str]]:
    return [message for message in messages if message[0] in numbers]


async def later(world: GatewayWorld, client: WireClient, seconds: float) -> list[list[str]]:
    await world.pass_time(seconds)
    return await client.take()


# depth --------------------------------------------------------------------------------


async def test_a_book_comes_as_inserts_then_as_changes(world: GatewayWorld) -> None:
    client = await world.client()
    rows = await client.ask(10, 5, 21, *MNQ, 4, 0, "")
    assert [row[:6] for row in rows] == [
        ["12", "1", "21", str(place), "0", str(side)] for side in (0, 1) for place in range(4)
    ]
    asks, bids = [float(row[6]) for row in rows[:4]], [float(row[6]) for row in rows[4:]]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert bids[0] < asks[0]
    changes = of_kind(await later(world, client, 5), "12")
    assert {row[4] for row in changes} == {"1"}


async def test_a_smart_book_names_who_is_there(world: GatewayWorld) -> None:
    client = await world.client()
    rows = await client.ask(10, 5, 21, *AAPL, 3, 1, "")
    assert {(row[0], row[4], row[9]) for row in rows} == {("13", "NASDAQ", "1")}


async def test_three_books_at_most_and_cancel_frees_one(world: GatewayWorld) -> None:
    client, other = await world.client(1), await world.client(2)
    for book in (21, 22):
        await client.ask(10, 5, book, *AAPL, 3, 0, "")
    assert (await client.ask(10, 5, 22, *AAPL, 3, 0, ""))[0][2:4] == ["22", "102"]
    assert kinds(await other.ask(10, 5, 23, *AAPL, 3, 0, "")) == {"13"}
    assert (await client.ask(10, 5, 24, *AAPL, 3, 0, ""))[0][2:4] == ["24", "309"]
    assert await client.ask(11, 1, 21, 0) == []
    assert kinds(await client.ask(10, 5, 24, *AAPL, 3, 0, "")) == {"13"}
    assert (await client.ask(11, 1, 99, 0))[0][2:4] == ["99", "310"]
    other.hang_up()
    assert kinds(await client.ask(10, 5, 25, *AAPL, 3, 0, "")) == {"13"}


async def test_depth_exchanges(world: GatewayWorld) -> None:
    [answer] = await (await world.client()).ask(82)
    assert answer[:2] == ["80", "2"]


# tick by tick --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "number", "fields"), [("BidAsk", "3", 9), ("MidPoint", "4", 5), ("AllLast", "2", 9)]
)
async def test_single_ticks_come_as_they_happen(
    world: GatewayWorld, kind: str, number: str, fields: int
) -> None:
    client = await world.client()
    assert await client.ask(97, 31, *AAPL, kind, 0, 0) == []
    ticks = of_kind(await later(world, client, 5), "99")
    assert len(ticks) > 3
    assert {(tick[1], tick[2], len(tick)) for tick in ticks} == {("31", number, fields)}
    assert await client.ask(98, 31) == []
    assert of_kind(await later(world, client, 5), "99") == []
    assert (await client.ask(98, 31))[0][2:4] == ["31", "300"]


async def test_single_ticks_can_begin_with_past_ones(world: GatewayWorld) -> None:
    client = await world.client()
    [past] = await client.ask(97, 31, *AAPL, "BidAsk", 7, 0)
    assert (past[0], past[1], past[2], past[-1]) == ("97", "31", "7", "1")


async def test_five_lines_of_single_ticks_at_most(world: GatewayWorld) -> None:
    client = await world.client()
    for line in range(5):
        await client.ask(97, line, *AAPL, "Last", 0, 0)
    assert (await client.ask(97, 9, *AAPL, "Last", 0, 0))[0][2:4] == ["9", "10190"]
    assert (await client.ask(97, 9, *AAPL, "Middle", 0, 0))[0][2:4] == ["9", "321"]


@pytest.mark.parametrize(("what", "message"), [("TRADES", "98"), ("BID_ASK", "97"), ("MIDPOINT", "96")])
async def test_past_ticks_up_to_an_end_and_from_a_start(world: GatewayWorld, what: str, message: str) -> None:
    client = await world.client()
    [until] = await client.ask(96, 41, *AAPL, 0, "", "20260311-13:00:00", 20, what, 0, 0, "")
    assert (until[0], until[1], until[-1]) == (message, "41", "1")
    assert 0 < int(until[2]) <= 20
    [since] = await client.ask(96, 42, *AAPL, 0, "20260311-13:00:00", "", 20, what, 0, 0, "")
    assert int(since[3]) >= int(until[-4 if what == "MIDPOINT" else -6 if what == "TRADES" else -7])


@pytest.mark.parametrize(
    ("start", "end", "count", "what"),
    [
        ("", "", 10, "TRADES"),
        ("20260311-13:00:00", "20260311-13:00:01", 10, "TRADES"),
        ("20260311-13:00:00", "", 0, "TRADES"),
        ("20260311-13:00:00", "", 1001, "TRADES"),
        ("20260311-13:00:00", "", 10, "BID"),
        ("yesterday", "", 10, "TRADES"),
    ],
)
async def test_past_ticks_that_cannot_be(
    world: GatewayWorld, start: str, end: str, count: int, what: str
) -> None:
    client = await world.client()
    assert (await client.ask(96, 41, *AAPL, 0, start, end, count, what, 0, 0, ""))[0][2:4] == ["41", "321"]


async def test_a_histogram_counts_every_unit_once(world: GatewayWorld) -> None:
    client = await world.client()
    [answer] = await client.ask(88, 51, *AAPL, 0, 0, "30 mins")
    assert answer[:2] == ["89", "51"]
    prices = [float(text) for text in answer[3::2]]
    assert len(prices) == int(answer[2]) > 1
    assert prices == sorted(prices)
    assert (await client.ask(88, 52, *AAPL, 0, 0, "ages"))[0][2:4] == ["52", "321"]


# data types and generic ticks --------------------------------------------------------------------------------


async def test_live_data_comes_whatever_else_was_asked_for(world: GatewayWorld) -> None:
    client = await world.client()
    for number in (1, 2, 3, 4):
        await client.ask(59, 1, number)
        [answer] = of_kind(await client.ask(1, 11, number, *AAPL, 0, "", 1, 0, ""), "58")
        assert answer == ["58", "1", str(number), "1"]
    assert (await client.ask(59, 1, 5))[0][3] == "321"


async def test_no_subscription_is_354(world: GatewayWorld) -> None:
    client = await world.client()
    Control(world.gateway).execute("market-data none")
    assert [one[2:4] for one in await client.ask(1, 11, 17, *AAPL, 0, "", 0, 0, "")] == [["17", "354"]]


async def test_delayed_data_is_a_quarter_of_an_hour_old(world: GatewayWorld) -> None:
    client = await world.client()
    live = of_kind(await client.ask(1, 11, 17, *AAPL, 0, "", 1, 0, ""), "1")
    Control(world.gateway).execute("market-data delayed")
    await world.pass_time(900)
    await client.ask(59, 1, 3)
    delayed = of_kind(await client.ask(1, 11, 18, *AAPL, 0, "", 0, 0, ""), "1")
    price = {tick[3]: tick[4] for tick in live}
    late = {tick[3]: tick[4] for tick in delayed}
    assert (late["66"], late["67"], late["68"]) == (price["1"], price["2"], price["4"])
    assert {tick[3] for tick in of_kind(await later(world, client, 5), "1")} <= {"66", "67", "68", "72", "73"}


async def test_generic_ticks(world: GatewayWorld) -> None:
    client = await world.client()
    answer = await client.ask(1, 11, 17, *AAPL, 0, "233,236,221", 0, 0, "")
    [volume] = [tick for tick in of_kind(answer, "46") if tick[3] == "48"]
    assert [len(volume[4].split(";")), volume[4].split(";")[-1]] == [6, "true"]
    assert ["45", "6", "17", "46", "3.0"] in answer
    assert ["2", "6", "17", "89", "1000000"] in answer
    assert [tick[3] for tick in of_kind(answer, "1")].count("37") == 1
    assert any(tick[3] == "48" for tick in of_kind(await later(world, client, 5), "46"))


async def test_generic_ticks_that_do_not_exist_or_do_not_go_with_a_snapshot(world: GatewayWorld) -> None:
    client = await world.client()
    for generic, snapshot in (("999", 0), ("x", 0), ("233", 1)):
        assert (await client.ask(1, 11, 17, *AAPL, 0, generic, snapshot, 0, ""))[0][3] == "321"


async def test_a_halt_is_told_on_every_line(world: GatewayWorld) -> None:
    client, control = await world.client(), Control(world.gateway)
    await client.ask(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    control.execute("market halt AAPL")
    assert ["45", "6", "17", "49", "1.0"] in await later(world, client, 0.1)
    assert of_kind(await later(world, client, 10), "1", "2") == []
    control.execute("market normal AAPL")
    assert ["45", "6", "17", "49", "0.0"] in await later(world, client, 0.1)


async def test_a_login_has_a_hundred_lines(world: GatewayWorld) -> None:
    client, other = await world.client(1), await world.client(2)
    for line in range(60):
        await client.ask(1, 11, line, *AAPL, 0, "", 0, 0, "")
    await world.pass_time(3)
    for line in range(40):
        await other.ask(1, 11, line, *AAPL, 0, "", 0, 0, "")
    assert (await other.ask(1, 11, 99, *AAPL, 0, "", 0, 0, ""))[0][2:4] == ["99", "101"]
    await client.ask(2, 1, 7)
    assert "81" in kinds(await other.ask(1, 11, 99, *AAPL, 0, "", 0, 0, ""))


# pacing --------------------------------------------------------------------------------


async def bars(client: WireClient, request: int, duration: str, size: str = "5 secs") -> str:
    terms = (0, "", size, duration, 0, "TRADES", 1, 0, "")
    [answer] = of_kind(await client.ask(20, request, *AAPL, *terms), "17", "4")
    return answer[0] if answer[0] == "17" else answer[3]


async def test_an_identical_request_waits_fifteen_seconds(world: GatewayWorld) -> None:
    client = await world.client()
    assert [await bars(client, 1, "60 S"), await bars(client, 2, "60 S")] == ["17", "162"]
    await world.pass_time(15)
    assert await bars(client, 3, "60 S") == "17"


async def test_six_within_two_seconds_are_too_many(world: GatewayWorld) -> None:
    client = await world.client()
    answers = [await bars(client, number, f"{60 + number} S") for number in range(6)]
    assert answers == ["17"] * 5 + ["162"]
    await world.pass_time(2)
    assert await bars(client, 7, "90 S") == "17"


async def test_sixty_within_ten_minutes(world: GatewayWorld) -> None:
    client = await world.client()
    answers = []
    for number in range(61):
        answers.append(await bars(client, number, f"{60 + number} S"))
        await world.pass_time(3)
    assert answers == ["17"] * 60 + ["162"]


async def test_longer_bars_have_no_pacing(world: GatewayWorld) -> None:
    client = await world.client()
    assert [await bars(client, number, "1800 S", "1 min") for number in range(7)] == ["17"] * 7


# positions of several accounts --------------------------------------------------------------------------------


async def test_positions_multi_keep_coming_until_they_are_cancelled(world: GatewayWorld) -> None:
    client = await world.client()
    assert await client.ask(74, 1, 61, "DU1234567", "") == [["72", "1", "61"]]
    moved = of_kind(await client.order(orderType="MKT"), "71")
    assert [(row[2], row[3], row[15]) for row in moved] == [("61", "DU1234567", "10")]
    await client.ask(75, 1, 61)
    assert of_kind(await client.order(orderId=2, orderType="MKT"), "71") == []
