"""Quotes and bars over the wire."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from qe_dashboard.sim_venue.bar_kinds import BarKind
from support.gateway_wire import AAPL, MNQ, GatewayWorld, WireClient


def stream(req_id: int, contract: list[str], *, snapshot: int = 0) -> list[object]:
    return [1, 11, req_id, *contract, 0, "", snapshot, 0, ""]


def history(
    req_id: int, *, size: str = "1 min", duration: str = "600 S", what: str = "TRADES", end: str = "",
    date_format: int = 2, live: int = 0, contract: list[str] = AAPL,
) -> list[object]:  # fmt: skip
    return [20, req_id, *contract, 0, end, size, duration, 0, what, date_format, live, ""]


def real_time(req_id: int, what: str = "TRADES") -> list[object]:
    return [50, 3, req_id, *AAPL, 5, what, 0, ""]


def ticks(messages: list[list[str]], number: str) -> dict[str, list[str]]:
    return {message[3]: message[4:] for message in messages if message[0] == number}


async def test_a_line_begins_with_parameters_type_and_every_tick(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await client.ask(*stream(17, AAPL))
    assert messages[0] == ["81", "17", "0.01", "9c0001", "3"]
    assert messages[1] == ["58", "1", "17", "1"]
    quote = world.venue.quote(world.venue.instruments[0].id)
    assert quote.bid is not None
    prices = ticks(messages, "1")
    assert set(prices) == {"1", "2", "4", "6", "7", "9", "14"}
    assert (Decimal(prices["1"][0]), Decimal(prices["1"][1]), prices["1"][2]) == (
        quote.bid,
        quote.bid_size,
        "1",
    )
    assert Decimal(prices["2"][0]) == quote.ask
    assert Decimal(prices["4"][0]) == quote.last
    assert Decimal(prices["9"][0]) == quote.prev_close
    assert ticks(messages, "2")["8"] == [f"{quote.volume}"]
    assert ticks(messages, "46")["45"] == [str(int(quote.as_of.timestamp()))]
    assert messages[-1] == ["45", "6", "17", "49", "0.0"]


async def test_afterwards_only_changes_are_sent_and_they_add_up(world: GatewayWorld) -> None:
    client = await world.client()
    first = await client.ask(*stream(17, AAPL))
    await world.pass_time(10)
    changes = await client.take()
    assert changes
    quote = world.venue.quote(world.venue.instruments[0].id)
    # A price tick says its size too, a size tick the size alone; the last word of either counts.
    seen: dict[str, str] = {}
    size_of = {"1": "0", "2": "3", "4": "5"}
    for message in first + changes:
        if message[0] == "1":
            seen[f"price {message[3]}"] = message[4]
            if message[3] in size_of:
                seen[f"size {size_of[message[3]]}"] = message[5]
        elif message[0] == "2":
            seen[f"size {message[3]}"] = message[4]
    expected = {
        "price 1": quote.bid, "price 2": quote.ask, "price 4": quote.last, "price 6": quote.high,
        "price 7": quote.low, "size 0": quote.bid_size, "size 3": quote.ask_size, "size 5": quote.last_size,
        "size 8": quote.volume,
    }  # fmt: skip
    assert {name: Decimal(seen[name]) for name in expected} == expected
    for before, after in itertools.pairwise(changes):
        assert before != after or before[0] == "46"


async def test_each_client_gets_its_own_lines_under_its_own_ids(world: GatewayWorld) -> None:
    first, second = await world.client(1), await world.client(2)
    await first.ask(*stream(17, AAPL))
    await second.ask(*stream(17, MNQ))
    await second.ask(*stream(18, AAPL))
    await world.pass_time(3)
    assert {message[2] for message in await first.take()} == {"17"}
    assert {message[2] for message in await second.take()} == {"17", "18"}


async def test_a_snapshot_ends_and_leaves_no_line(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await client.ask(*stream(17, AAPL, snapshot=1))
    assert messages[-1] == ["57", "1", "17"]
    assert set(ticks(messages, "1")) >= {"1", "2", "4"}
    await world.pass_time(3)
    assert await client.take() == []


async def test_cancelled_lines_are_silent_and_unknown_ones_are_300(world: GatewayWorld) -> None:
    client = await world.client()
    await client.ask(*stream(17, AAPL))
    assert await client.ask(2, 2, 17) == []
    await world.pass_time(3)
    assert await client.take() == []
    assert (await client.ask(2, 2, 17))[0][2:4] == ["17", "300"]


@pytest.mark.parametrize(
    ("contract", "code"),
    [
        (["0", "NOSUCH", *AAPL[2:]], "200"),
        ([*MNQ[:3], "", *MNQ[4:]], "200"),
        ([*AAPL[:2], "", *AAPL[3:]], "321"),
        ([*AAPL[:7], "NOWHERE", *AAPL[8:]], "200"),
        ([*AAPL[:9], "EUR", *AAPL[10:]], "200"),
    ],
)
async def test_a_contract_that_is_not_one_is_refused(
    world: GatewayWorld, contract: list[str], code: str
) -> None:
    client = await world.client()
    [error] = await client.ask(*stream(17, contract))
    assert error[2:4] == ["17", code]


async def test_a_con_id_alone_is_enough(world: GatewayWorld) -> None:
    client = await world.client()
    messages = await client.ask(*stream(17, ["265598", *[""] * 3, "0.0", "", "", "SMART", *[""] * 4]))
    assert messages[0][0] == "81"


async def test_one_id_is_one_line(world: GatewayWorld) -> None:
    client = await world.client()
    await client.ask(*stream(17, AAPL))
    assert (await client.ask(*stream(17, MNQ)))[0][2:4] == ["17", "102"]


async def test_a_competing_session_stops_the_quotes(world: GatewayWorld) -> None:
    client = await world.client()
    await client.ask(*stream(17, AAPL))
    world.gateway.set_competing(True)
    assert [message[2:4] for message in await client.take()] == [["17", "10197"]]
    await world.pass_time(3)
    assert await client.take() == []
    assert [message[0] for message in await client.ask(*stream(18, MNQ))] == ["4", "81", "58"]
    world.gateway.set_competing(False)
    await world.pass_time(1)
    assert {message[2] for message in await client.take()} == {"17", "18"}


@pytest.mark.parametrize(("data_kept", "survives"), [(True, True), (False, False)])
async def test_lines_survive_1102_and_not_1101(world: GatewayWorld, data_kept: bool, survives: bool) -> None:
    client = await world.client()
    await client.ask(*stream(17, AAPL))
    await client.ask(*history(18, live=1))
    await client.ask(*real_time(19))
    world.gateway.lose_upstream()
    await client.take()
    await world.pass_time(12)
    # Nothing but the loss itself, again and again.
    assert {message[3] for message in await client.take()} == {"1100"}
    world.gateway.restore_upstream(data_kept=data_kept)
    await client.take()
    await world.pass_time(12)
    assert {message[0] for message in await client.take()} >= ({"1", "50", "90"} if survives else set())
    assert bool(await after(client, 6)) is survives


async def after(client: WireClient, seconds: float) -> list[list[str]]:
    await client.world.pass_time(seconds)
    return await client.take()


def parse_bars(message: list[str]) -> list[list[str]]:
    count = int(message[4])
    fields = message[5:]
    assert len(fields) == 8 * count
    return [fields[8 * place : 8 * place + 8] for place in range(count)]


async def test_history_is_the_venues_bars(world: GatewayWorld) -> None:
    client = await world.client()
    [message] = await client.ask(*history(5))
    bars = world.venue.bars(world.venue.instruments[0].id, seconds=60, count=10)
    assert message[:2] == ["17", "5"]
    rows = parse_bars(message)
    assert [int(row[0]) for row in rows] == [int(bar.start.timestamp()) for bar in bars]
    assert [[Decimal(text) for text in row[1:6]] for row in rows] == [
        [bar.open, bar.high, bar.low, bar.close, bar.volume] for bar in bars
    ]
    assert all(Decimal(row[3]) <= Decimal(row[6]) <= Decimal(row[2]) for row in rows)


QUOTED = ["BID", "ASK", "MIDPOINT"]


@pytest.mark.parametrize("what", [*QUOTED, "BID_ASK"])
async def test_history_of_quotes_is_the_venues_and_has_no_volume(world: GatewayWorld, what: str) -> None:
    client = await world.client()
    [message] = await client.ask(*history(5, what=what))
    bars = world.venue.bars(world.venue.instruments[0].id, seconds=60, count=10, kind=BarKind(what))
    rows = parse_bars(message)
    assert [[Decimal(text) for text in row[1:5]] for row in rows] == [
        [bar.open, bar.high, bar.low, bar.close] for bar in bars
    ]
    assert {tuple(row[5:]) for row in rows} == {("-1", "-1.0", "-1")}


@pytest.mark.parametrize("what", QUOTED)
async def test_bars_of_quotes_are_kept_up_to_date(world: GatewayWorld, what: str) -> None:
    client = await world.client()
    await client.ask(*history(5, size="10 secs", what=what, live=1))
    updates = await after(client, 15)
    instrument = world.venue.instruments[0].id
    bars = world.venue.bars(instrument, seconds=10, count=3, kind=BarKind(what))
    for bar in bars[1:]:
        last = [message for message in updates if int(message[3]) == int(bar.start.timestamp())][-1]
        assert [Decimal(text) for text in last[4:8]] == [bar.open, bar.close, bar.high, bar.low]
    assert {(message[2], *message[8:]) for message in updates} == {("-1", "-1.0", "-1")}


@pytest.mark.parametrize(
    ("version", "date_format", "size", "first"),
    [
        (176, 1, "1 min", "20260311 09:51:00 US/Eastern"),
        (176, 2, "1 min", "1773237060"),
        (176, 1, "1 day", "20260311"),
        (176, 2, "1 day", "20260311"),
    ],
)
async def test_dates_come_in_the_format_asked_for(
    world: GatewayWorld, version: int, date_format: int, size: str, first: str
) -> None:
    client = await world.client(version=version)
    [message] = await client.ask(*history(5, size=size, date_format=date_format))
    assert parse_bars(message)[0][0] == first


async def test_old_sessions_get_local_time_without_a_zone(world: GatewayWorld) -> None:
    client = await world.client(version=163)
    [message] = await client.ask(*history(5, date_format=1))
    local = datetime(2026, 3, 11, 13, 51, tzinfo=UTC).astimezone()
    assert parse_bars(message)[0][0] == f"{local:%Y%m%d  %H:%M:%S}"


async def test_history_can_end_in_the_past(world: GatewayWorld) -> None:
    client = await world.client()
    [message] = await client.ask(*history(5, end="20260310-15:00:00", duration="2 D", size="1 hour"))
    rows = parse_bars(message)
    assert len(rows) == 48
    assert rows[-1][0] == str(int(datetime(2026, 3, 10, 14, tzinfo=UTC).timestamp()))
    assert message[2:4] == ["20260308 11:00:00 US/Eastern", "20260310 11:00:00 US/Eastern"]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"size": "7 mins"}, "321"),
        ({"size": "1 week"}, "321"),
        ({"duration": "soon"}, "321"),
        ({"duration": "0 S"}, "321"),
        ({"what": "FEE_RATE"}, "321"),
        ({"what": "BID_ASK", "live": 1}, "321"),
        ({"what": "ADJUSTED_LAST", "live": 1}, "321"),
        ({"end": "yesterday"}, "321"),
        ({"end": "20260310-15:00:00", "live": 1}, "321"),
        ({"size": "1 secs", "duration": "1 Y"}, "162"),
        ({"contract": ["0", "NOSUCH", *AAPL[2:]]}, "200"),
    ],
)
async def test_history_that_cannot_be_had_is_refused(
    world: GatewayWorld, terms: dict[str, object], code: str
) -> None:
    client = await world.client()
    [error] = await client.ask(*history(5, **terms))  # type: ignore[arg-type]
    assert error[2:4] == ["5", code]


async def test_history_kept_up_to_date_closes_a_bar_before_it_opens_the_next(world: GatewayWorld) -> None:
    client = await world.client()
    await client.ask(*history(5, size="10 secs", live=1))
    await world.pass_time(25)
    updates = await client.take()
    assert {(len(message), *message[:3]) for message in updates} == {(10, "90", "5", "-1")}
    starts = [int(message[3]) for message in updates]
    assert starts == sorted(starts)
    assert len(set(starts)) == 3
    instrument = world.venue.instruments[0].id
    bars = {int(bar.start.timestamp()): bar for bar in world.venue.bars(instrument, seconds=10, count=4)}
    for start in sorted(set(starts))[:2]:
        last = [message for message in updates if int(message[3]) == start][-1]
        bar = bars[start]
        # This message has the close before high and low, and the volume last.
        assert [Decimal(text) for text in last[4:8]] == [bar.open, bar.close, bar.high, bar.low]
        assert Decimal(last[9]) == bar.volume
    [note] = await client.ask(25, 1, 5)
    assert note[2:4] == ["5", "162"]
    assert await after(client, 12) == []
    assert (await client.ask(25, 1, 5))[0][2:4] == ["5", "366"]


async def test_real_time_bars_come_every_five_seconds_closed(world: GatewayWorld) -> None:
    client = await world.client()
    assert await client.ask(*real_time(6)) == []
    bars = await after(client, 21)
    assert [message[:3] for message in bars] == [["50", "3", "6"]] * 4
    starts = [int(message[3]) for message in bars]
    assert starts == [starts[0] + 5 * step for step in range(4)]
    venue_bars = world.venue.bars(world.venue.instruments[0].id, seconds=5, count=6)
    closed = {int(bar.start.timestamp()): bar for bar in venue_bars}
    for message in bars:
        bar = closed[int(message[3])]
        expected = [bar.open, bar.high, bar.low, bar.close, bar.volume]
        assert [Decimal(text) for text in message[4:9]] == expected
        assert bar.low <= Decimal(message[9]) <= bar.high
        assert message[10:] == ["-1"]
    assert await client.ask(51, 1, 6) == []
    assert await after(client, 11) == []
    assert (await client.ask(51, 1, 6))[0][3] == "300"


@pytest.mark.parametrize("what", QUOTED)
async def test_real_time_bars_of_quotes(world: GatewayWorld, what: str) -> None:
    client = await world.client()
    assert await client.ask(*real_time(6, what=what)) == []
    sent = await after(client, 16)
    assert len(sent) == 3
    venue_bars = world.venue.bars(world.venue.instruments[0].id, seconds=5, count=6, kind=BarKind(what))
    closed = {int(bar.start.timestamp()): bar for bar in venue_bars}
    for message in sent:
        bar = closed[int(message[3])]
        assert [Decimal(text) for text in message[4:8]] == [bar.open, bar.high, bar.low, bar.close]
        assert message[8:] == ["-1", "-1.0", "-1"]


@pytest.mark.parametrize("what", ["FEE_RATE", "BID_ASK", "ADJUSTED_LAST"])
async def test_real_time_bars_of_something_else_are_refused(world: GatewayWorld, what: str) -> None:
    client = await world.client()
    assert (await client.ask(*real_time(6, what=what)))[0][2:4] == ["6", "321"]


async def test_head_timestamp(world: GatewayWorld) -> None:
    client = await world.client()
    assert await client.ask(87, 7, *AAPL, 0, 0, "TRADES", 2) == [["88", "7", "946684800"]]
    assert await client.ask(87, 7, *AAPL, 0, 0, "TRADES", 1) == [["88", "7", "20000101-00:00:00"]]


async def test_the_data_type_is_live_whatever_was_asked_for(world: GatewayWorld) -> None:
    client = await world.client()
    assert await client.ask(59, 1, 3) == []
    assert (await client.ask(*stream(17, AAPL)))[1] == ["58", "1", "17", "1"]
    assert (await client.ask(59, 1, 9))[0][3] == "321"


async def test_the_lines_of_a_session_end_with_it(world: GatewayWorld) -> None:
    client = await world.client()
    await client.ask(*stream(17, AAPL))
    await client.ask(*history(5, size="10 secs", live=1))
    await client.ask(*real_time(6))
    client.hang_up()
    again = await world.client()
    assert await after(again, 12) == []
