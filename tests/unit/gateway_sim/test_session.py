"""Sessions: handshake, client ids, strictness, rate guard, and that one client's garbage is its own."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.gateway_wire import GatewayWorld, WireClient, frame, greeting, place_order


async def test_only_the_version_is_sent_before_start_api(world: GatewayWorld) -> None:
    client = WireClient(world, 176)
    client.receive(greeting(176))
    assert [message[0] for message in await client.take()] == ["176"]


async def test_the_greeting_may_come_byte_by_byte(world: GatewayWorld) -> None:
    client = WireClient(world, 176)
    for byte in greeting(176) + frame([71, 2, 1, ""]):
        client.receive(bytes([byte]))
    assert [message[0] for message in await client.take()] == ["176", "15", "9", "4", "4", "4"]


async def test_start_api_is_answered_with_accounts_id_and_farms(world: GatewayWorld) -> None:
    await world.client(3)
    version, *rest = world.start_messages
    assert version[0] == "176"
    assert rest[:2] == [["15", "1", "DU1234567"], ["9", "1", "1"]]
    assert [message[2:4] for message in rest[2:]] == [["-1", "2104"], ["-1", "2106"], ["-1", "2158"]]


@pytest.mark.parametrize(("version", "fields"), [(165, 5), (166, 6), (178, 6)])
async def test_errors_have_one_field_more_from_166_on(world: GatewayWorld, version: int, fields: int) -> None:
    await world.client(1, version=version)
    assert {len(message) for message in world.start_messages[3:]} == {fields}


async def test_a_second_client_of_the_same_id_is_refused_and_closed(world: GatewayWorld) -> None:
    first = await world.client(1)
    second = await world.client(1)
    assert world.start_messages[-1][3] == "326"
    assert second.transport.closed
    second.hang_up()
    assert not first.transport.closed
    assert (await first.ask(49, 1))[0][0] == "49"


async def test_a_client_id_is_free_again_once_its_session_ended(world: GatewayWorld) -> None:
    first = await world.client(1)
    first.hang_up()
    again = await world.client(1)
    assert not again.transport.closed


@pytest.mark.parametrize(
    "first_bytes", [b"GET / HTTP/1.1\r\n", b"API\0\xff\xff\xff\xff", b"API\0\0\0\0\x02hi"]
)
async def test_what_is_no_greeting_ends_the_session(world: GatewayWorld, first_bytes: bytes) -> None:
    client = WireClient(world, 176)
    client.receive(first_bytes)
    assert client.transport.closed
    assert await client.take() == []


async def test_everything_of_one_turn_is_written_at_once(world: GatewayWorld) -> None:
    client = await world.client()
    writes = client.transport.writes
    client.receive(frame([49, 1]) + frame([61, 1]) + frame([17, 1]))
    assert [message[0] for message in await client.take()] == ["49", "62", "15"]
    assert client.transport.writes == writes + 1


async def test_a_request_before_start_api_is_an_error(world: GatewayWorld) -> None:
    client = WireClient(world, 176)
    client.receive(greeting(176) + frame([49, 1]))
    assert (await client.take())[-1][3] == "320"


@pytest.mark.parametrize(
    ("request_fields", "about"),
    [
        (["999", "1"], "-1"),
        (["x"], "-1"),
        ([], "-1"),
        (["49", "1", "surplus"], "-1"),
        (["61"], "-1"),
        (["2", "2", "17", "surplus"], "17"),
        (place_order(176, orderId="23")[:-1], "23"),
        (place_order(178, orderId="24"), "24"),
    ],
)
async def test_a_message_of_the_wrong_shape_is_error_320(
    world: GatewayWorld, request_fields: list[str], about: str
) -> None:
    client = await world.client()
    [error] = await client.ask(*request_fields)
    assert error[:4] == ["4", "2", about, "320"]
    assert error[4].startswith("Error reading request.")
    assert not client.transport.closed


async def test_requests_that_are_not_served_are_refused_by_name(world: GatewayWorld) -> None:
    client = await world.client()
    [error] = await client.ask(83, 41, "9c0001")
    assert error[:4] == ["4", "2", "41", "321"]
    assert "83" in error[4]


async def test_more_messages_than_the_bucket_holds_are_dropped_with_100(world: GatewayWorld) -> None:
    client = await world.client()
    for _ in range(150):
        client.request(49, 1)
    codes = [message[3] if message[0] == "4" else message[0] for message in await client.take()]
    # startApi took one of the hundred.
    assert codes == ["49"] * 99 + ["100"] * 51
    await world.pass_time(1.0)
    await client.take()
    for _ in range(60):
        client.request(49, 1)
    codes = [message[0] for message in await client.take()]
    assert codes == ["49"] * 50 + ["4"] * 10


async def test_a_silent_gateway_takes_everything_and_says_nothing(world: GatewayWorld) -> None:
    client = await world.client()
    world.gateway.faults.silent = True
    assert await client.ask(49, 1) == []
    newcomer = WireClient(world, 176)
    newcomer.receive(greeting(176))
    assert await newcomer.take() == []
    world.gateway.faults.silent = False
    assert (await client.ask(49, 1))[0][0] == "49"


async def test_the_time_is_the_gateways_and_may_be_wrong(world: GatewayWorld) -> None:
    client = await world.client()
    [[_, _, epoch]] = await client.ask(49, 1)
    assert int(epoch) == int(world.clock.now().timestamp())
    world.gateway.faults.clock_skew_s = 90
    [[_, _, epoch]] = await client.ask(49, 1)
    assert int(epoch) == int(world.clock.now().timestamp()) + 90


async def test_a_client_that_does_not_read_is_dropped(
    world: GatewayWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = await world.client(1), await world.client(2)
    monkeypatch.setattr(client.transport, "get_write_buffer_size", lambda: 1 << 30)
    await client.ask(49, 1)
    assert client.transport.closed
    assert not other.transport.closed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.one_of(st.binary(max_size=200), st.lists(st.text(max_size=12), max_size=20).map(frame)))
async def test_garbage_never_reaches_the_others(garbage: bytes) -> None:
    world = GatewayWorld()
    client, other = await world.client(1), await world.client(2)
    client.receive(garbage)
    await world.pass_time(0.2)
    client.transport.written = b""
    assert (await other.ask(49, 1))[0][0] == "49"


@settings(max_examples=150, deadline=None)
@given(
    number=st.integers(0, 110),
    texts=st.lists(st.sampled_from(["", "0", "1", "AAPL", "STK", "-1", "1e9"]), max_size=20),
)
async def test_no_request_however_wrong_ends_the_session(number: int, texts: list[str]) -> None:
    world = GatewayWorld()
    client = await world.client(1)
    client.request(number, *texts)
    await world.pass_time(0.1)
    await client.take()
    assert not client.transport.closed
    assert (await client.ask(49, 1))[-1][:2] == ["49", "1"]
