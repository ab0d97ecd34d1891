"""The listening socket: shut, refused, open again on the same port."""

import asyncio

import pytest

from qe_dashboard.gateway_sim.doors import Doors
from support.gateway_wire import GatewayWorld, greeting


async def greeted(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(greeting(176))
    answer = await reader.read(100)
    writer.close()
    return answer


async def test_a_restart_refuses_connections_and_then_serves_the_same_port(world: GatewayWorld) -> None:
    doors = Doors(world.gateway, host="127.0.0.1", port=0)
    host, _, port = (await doors.open()).rpartition(":")
    assert b"176\0" in await greeted(host, int(port))
    world.gateway.restart(20)
    with pytest.raises(ConnectionRefusedError):
        await greeted(host, int(port))
    await world.pass_time(19)
    with pytest.raises(ConnectionRefusedError):
        await greeted(host, int(port))
    await world.pass_time(1)
    assert b"176\0" in await greeted(host, int(port))
    doors.shut()
    with pytest.raises(ConnectionRefusedError):
        await greeted(host, int(port))


async def test_a_port_taken_meanwhile_is_logged(
    world: GatewayWorld, caplog: pytest.LogCaptureFixture
) -> None:
    doors = Doors(world.gateway, host="127.0.0.1", port=0)
    port = int((await doors.open()).rpartition(":")[2])
    doors.move(False)
    thief = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", port)
    doors.move(True)
    await world.pass_time(0)
    await world.pass_time(0)
    assert f"cannot listen on port {port} again" in caplog.text
    thief.close()
