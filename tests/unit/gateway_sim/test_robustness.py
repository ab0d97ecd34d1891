"""Bad input closes or answers the one who sent it; the others go on (issue 3, proof 5)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qe_dashboard.gateway_sim.routes import START_API, UNSERVED
from qe_dashboard.gateway_sim.session import MAX_UNREAD_BYTES
from support.gateway_wire import (
    AAPL,
    GatewayWorld,
    MemoryTransport,
    WireClient,
    frame,
    greeting,
    order_field_names,
    place_order,
)

FIELD = st.one_of(
    st.sampled_from(
        ["", "0", "1", "-1", "2147483647", "1.7976931348623157E308", "Infinite", "NaN", "AAPL", "BAG"]
    ),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
)
MESSAGE_IDS = st.integers(0, 110)


async def still_served(client: WireClient) -> bool:
    return any(message[0] == "49" for message in await client.ask(49, 1))


def faults_of_ours(messages: list[list[str]]) -> list[list[str]]:
    """Return the answers that say that serving a request failed, which no input may bring about."""
    return [one for one in messages if one[0] == "4" and "Error processing request." in one[4]]


async def pair(world: GatewayWorld) -> tuple[WireClient, WireClient]:
    return await world.client(1), await world.client(2)


@given(data=st.binary(max_size=400))
@settings(max_examples=200)
async def test_random_bytes_instead_of_a_handshake(data: bytes) -> None:
    world = GatewayWorld()
    witness, stranger = await world.client(1), WireClient(world, 176)
    stranger.receive(data)
    assert await still_served(witness)


@given(data=st.binary(min_size=1, max_size=400))
@settings(max_examples=200)
async def test_random_bytes_after_the_handshake(data: bytes) -> None:
    world = GatewayWorld()
    witness, client = await pair(world)
    client.receive(data)
    await world.pass_time(0.5)
    assert await still_served(witness)


@given(number=MESSAGE_IDS, fields=st.lists(FIELD, max_size=40))
@settings(max_examples=400)
async def test_any_request_with_any_fields_is_answered_or_taken(number: int, fields: list[str]) -> None:
    world = GatewayWorld()
    witness, client = await pair(world)
    client.request(number, *fields)
    await world.pass_time(1.2)
    assert faults_of_ours(await client.take()) == []
    assert not client.transport.closed
    assert await still_served(client)
    assert await still_served(witness)


# A good request of every kind, to be spoilt in a field or two.
GOOD: tuple[tuple[object, ...], ...] = (
    (1, 11, 17, *AAPL, 0, "233", 0, 0, ""),
    (2, 1, 17),
    (4, 1, 5, ""),
    (6, 2, 1, ""),
    (7, 3, 18, 0, "", "", "", "", "", ""),
    (8, 1, 1),
    (9, 8, 19, *AAPL, 0, "", "", ""),
    (10, 5, 20, *AAPL, 5, 0, ""),
    (20, 21, *AAPL, 0, "", "5 secs", "60 S", 0, "TRADES", 1, 1, ""),
    (50, 3, 22, *AAPL, 5, "TRADES", 0, ""),
    (59, 1, 3),
    (62, 1, 23, "All", "NetLiquidation,$LEDGER:ALL"),
    (74, 1, 24, "DU1234567", ""),
    (76, 1, 25, "DU1234567", "", 0),
    (78, 26, "AAPL", "", "STK", 265598),
    (81, 27, "AAP"),
    (87, 28, *AAPL, 0, 0, "TRADES", 1),
    (88, 29, *AAPL, 0, 0, "30 mins"),
    (91, 26),
    (92, 30, "DU1234567", ""),
    (94, 31, "DU1234567", "", 265598),
    (96, 32, *AAPL, 0, "", "20260311-13:00:00", 20, "TRADES", 0, 0, ""),
    (97, 33, *AAPL, "BidAsk", 5, 0),
    (99, 0),
)


@given(request=st.sampled_from(GOOD), spoils=st.lists(st.tuples(st.integers(1, 25), FIELD), max_size=2))
@settings(max_examples=600)
async def test_a_good_request_with_a_bad_field_is_answered_or_taken(
    request: tuple[object, ...], spoils: list[tuple[int, str]]
) -> None:
    world = GatewayWorld()
    witness, client = await pair(world)
    await client.order(orderType="MKT")
    fields = list(request)
    for place, value in spoils:
        fields[1 + place % (len(fields) - 1)] = value
    client.request(*fields)
    await world.pass_time(1.2)
    assert faults_of_ours(await client.take()) == []
    assert not client.transport.closed
    assert await still_served(client)
    assert await still_served(witness)


@given(changes=st.dictionaries(st.sampled_from(order_field_names(176)), FIELD, min_size=1, max_size=6))
@settings(max_examples=300)
async def test_an_order_with_any_values_is_answered(changes: dict[str, Any]) -> None:
    world = GatewayWorld()
    witness, client = await pair(world)
    client.request(*place_order(176, **{"lmtPrice": "100.0"} | changes))
    await world.pass_time(1.2)
    assert faults_of_ours(await client.take()) == []
    assert not client.transport.closed
    assert await still_served(client)
    assert await still_served(witness)


@given(cut=st.integers(1, 30), pieces=st.lists(st.integers(1, 9), max_size=20))
async def test_a_truncated_frame_waits_for_the_rest(cut: int, pieces: list[int]) -> None:
    world = GatewayWorld()
    witness, client = await pair(world)
    whole = frame([61, 1]) + frame([49, 1])
    client.receive(whole[: min(cut, len(whole) - 1)])
    assert await still_served(witness)
    rest = whole[min(cut, len(whole) - 1) :]
    for size in pieces:
        client.receive(rest[:size])
        rest = rest[size:]
    client.receive(rest)
    assert [message[0] for message in await client.take()][-2:] == ["62", "49"]


@pytest.mark.parametrize("length", [2**32 - 1, 2**31, 2**20 + 1])
async def test_an_impossible_length_ends_the_session_at_once(world: GatewayWorld, length: int) -> None:
    witness, client = await pair(world)
    client.receive(length.to_bytes(4, "big"))
    assert client.transport.closed
    assert await still_served(witness)


@pytest.mark.parametrize("number", [0, 18_000, -1, 99_999_999_999])
async def test_an_unknown_message_id_is_320(world: GatewayWorld, number: int) -> None:
    _, client = await pair(world)
    [error] = await client.ask(number, 1, 2, 3)
    assert error[3] == "320"
    assert await still_served(client)


@pytest.mark.parametrize("number", sorted(UNSERVED))
async def test_what_is_not_simulated_is_refused_by_name(world: GatewayWorld, number: int) -> None:
    _, client = await pair(world)
    [error] = await client.ask(number, 1, 2, 3)
    assert error[3] == "321"
    assert f"Request {number} " in error[4]


async def test_requests_before_the_client_has_a_name_are_320(world: GatewayWorld) -> None:
    client = WireClient(world, 176)
    client.receive(greeting(176))
    await client.take()
    [error] = await client.ask(61, 1)
    assert error[3] == "320"
    client.request(START_API, 2, 4, "")
    assert await still_served(client)


async def test_a_client_that_stops_reading_is_dropped_and_the_others_go_on(
    world: GatewayWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    witness, client = await pair(world)
    await client.ask(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    unread = 0

    def stuck(transport: MemoryTransport) -> int:
        return unread if transport is client.transport else 0

    monkeypatch.setattr(MemoryTransport, "get_write_buffer_size", stuck)
    unread = MAX_UNREAD_BYTES
    await world.pass_time(2)
    closed = [client.transport.closed]
    unread = MAX_UNREAD_BYTES + 1
    await world.pass_time(2)
    assert [*closed, client.transport.closed] == [False, True]
    assert await still_served(witness)
