"""Contract details, price rules, symbol search."""

from datetime import UTC, datetime

import pytest

from qe_dashboard.gateway_sim.encode_contracts import hours
from qe_dashboard.model.instrument import Session
from support.gateway_wire import AAPL, MNQ, GatewayWorld, WireClient


def request(version: int, contract: list[str], req_id: int = 4) -> list[object]:
    tail = ["", "", ""] if version >= 176 else ["", ""]
    return [9, 8, req_id, *contract, 0, *tail]


async def details(client: WireClient, contract: list[str]) -> list[list[str]]:
    *found, end = await client.ask(*request(client.version, contract))
    assert end == ["52", "1", "4"]
    return found


async def test_a_stock(world: GatewayWorld) -> None:
    [row] = await details(await world.client(), AAPL)
    assert len(row) == 40
    assert row[:14] == [
        "10", "4", "AAPL", "STK", "", "0", "", "SMART", "USD", "AAPL", "NMS", "NMS", "265598", "0.01",
    ]  # fmt: skip
    assert (row[14], row[16], row[17]) == ("", "SMART,NASDAQ", "1")
    assert (row[19], row[20], row[25]) == ("Apple Inc.", "NASDAQ", "US/Eastern")
    assert row[31:] == ["1", "", "", "26,26", "", "COMMON", "1", "1", "1"]


async def test_a_future_with_its_expiry(world: GatewayWorld) -> None:
    [row] = await details(await world.client(), MNQ)
    assert (row[4], row[7], row[9]) == ("20260320 08:30 US/Central", "CME", "MNQH6")
    assert (row[13], row[14], row[16], row[21], row[25]) == ("0.25", "2", "CME", "202603", "US/Central")
    assert row[31:37] == ["2147483647", "MNQ", "IND", "27", "20260320", ""]


@pytest.mark.parametrize(("version", "count"), [(157, 39), (163, 40), (164, 40), (176, 40), (178, 40)])
async def test_the_layout_of_each_version(world: GatewayWorld, version: int, count: int) -> None:
    [row] = await details(await world.client(version=version), AAPL)
    assert len(row) == count
    assert row[1] == ("8" if version < 164 else "4")


@pytest.mark.parametrize(
    ("changes", "symbols"),
    [
        ({3: ""}, ["MNQH6", "MNQM6"]),
        ({3: "20260320"}, ["MNQH6"]),
        ({3: "2026"}, ["MNQH6", "MNQM6"]),
        ({1: "", 3: "", 10: "MNQM6"}, ["MNQM6"]),
        ({6: "2"}, ["MNQH6"]),
        ({11: "MNQ"}, ["MNQH6"]),
        ({7: ""}, ["MNQH6"]),
    ],
)
async def test_what_is_filled_in_selects(
    world: GatewayWorld, changes: dict[int, str], symbols: list[str]
) -> None:
    contract = [changes.get(place, text) for place, text in enumerate(MNQ)]
    found = await details(await world.client(), contract)
    assert [row[9] for row in found] == symbols


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({1: "NOSUCH"}, "200"),
        ({3: "209901"}, "200"),
        ({6: "5"}, "200"),
        ({7: "NYMEX"}, "200"),
        ({9: "EUR"}, "200"),
        ({0: "999"}, "200"),
        ({1: ""}, "321"),
        ({2: ""}, "321"),
    ],
)
async def test_what_does_not_exist_is_an_error(
    world: GatewayWorld, changes: dict[int, str], code: str
) -> None:
    client = await world.client()
    contract = [changes.get(place, text) for place, text in enumerate(MNQ)]
    [error] = await client.ask(*request(176, contract))
    assert error[2:4] == ["4", code]


async def test_a_con_id_decides_alone(world: GatewayWorld) -> None:
    [row] = await details(await world.client(), ["265598", *[""] * 3, "0.0", *[""] * 7])
    assert (row[2], row[7]) == ("AAPL", "SMART")


async def test_market_rules_are_numbered_and_unknown_ones_refused(world: GatewayWorld) -> None:
    client = await world.client()
    assert await client.ask(91, 26) == [["93", "26", "1", "0.0", "0.01"]]
    assert await client.ask(91, 27) == [["93", "27", "1", "0.0", "0.25"]]
    assert (await client.ask(91, 999))[0][3] == "321"


@pytest.mark.parametrize(("version", "row"), [(176, 8), (175, 6)])
async def test_matching_symbols(world: GatewayWorld, version: int, row: int) -> None:
    client = await world.client(version=version)
    [message] = await client.ask(81, 6, "aap")
    assert message[:3] == ["79", "6", "1"]
    assert message[3:9] == ["265598", "AAPL", "STK", "NASDAQ", "USD", "0"]
    assert len(message) == 3 + row
    assert (await client.ask(81, 6, "apple"))[0][4] == "AAPL"
    assert await client.ask(81, 6, "zzz") == [["79", "6", "0"]]
    assert await client.ask(81, 6, " ") == [["79", "6", "0"]]


async def test_depth_exchanges_and_options(world: GatewayWorld) -> None:
    client = await world.client()
    any_group = "2147483647"
    assert await client.ask(82) == [
        ["80", "2", "ISLAND", "STK", "", "Deep2", any_group, "CME", "FUT", "", "Deep", any_group]
    ]
    assert await client.ask(78, 5, "AAPL", "", "STK", 265598) == [["76", "5"]]


def utc(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_hours_are_written_per_local_day() -> None:
    sessions = (Session(utc(6, 14), utc(6, 21)), Session(utc(9, 22), utc(10, 21)))
    text = hours(sessions, "America/Chicago", today=utc(6, 12))
    # Clocks go forward on the 8th: nine in the morning is 14 or 15 UTC.
    assert text.split(";") == [
        "20260306:0800-20260306:1500",
        "20260307:CLOSED",
        "20260308:CLOSED",
        "20260309:1700-20260310:0000",
        "20260310:0000-20260310:1600",
        "20260311:CLOSED",
    ]


def test_unknown_hours_are_not_closed_ones() -> None:
    assert hours(None, "America/Chicago", today=utc(6, 12)) == ""


async def test_hours_of_a_venue_that_never_closes(world: GatewayWorld) -> None:
    [row] = await details(await world.client(), AAPL)
    days = row[26].split(";")
    assert len(days) == 6
    assert days[0] == "20260311:0000-20260312:0000"
    assert row[26] == row[27]
