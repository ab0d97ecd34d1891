"""The control: each command does its act and answers in one line."""

import pytest

from qe_dashboard.gateway_sim.control import COMMANDS, Control
from support.gateway_wire import AAPL, GatewayWorld


@pytest.fixture
def control(world: GatewayWorld) -> Control:
    return Control(world.gateway)


async def test_drop_closes_every_socket(world: GatewayWorld, control: Control) -> None:
    clients = [await world.client(1), await world.client(2)]
    assert control.execute("drop\n") == "ok dropped 2 sockets"
    assert all(client.transport.closed for client in clients)


async def test_silence(world: GatewayWorld, control: Control) -> None:
    client = await world.client()
    assert control.execute("silence on").startswith("ok")
    assert await client.ask(49, 1) == []
    assert control.execute("silence off").startswith("ok")
    assert await client.ask(49, 1) != []


async def test_accounts(world: GatewayWorld, control: Control) -> None:
    assert control.execute("accounts U7654321,DU1") == "ok accounts U7654321,DU1"
    await world.client()
    assert world.start_messages[1] == ["15", "1", "U7654321,DU1"]


async def test_drop_orders(world: GatewayWorld, control: Control) -> None:
    client = await world.client()
    assert control.execute("drop-orders 1") == "ok the next 1 orders vanish"
    assert await client.order(lmtPrice="100.0") == []
    assert await client.order(lmtPrice="100.0") != []


@pytest.mark.parametrize("restore", ["1101", "1102"])
async def test_the_upstream_goes_and_comes(world: GatewayWorld, control: Control, restore: str) -> None:
    client = await world.client()
    assert control.execute("1100") == "ok connection to the venue lost"
    assert [message[3] for message in await client.take()] == ["1100"]
    assert await client.order(lmtPrice="100.0") == []
    assert control.execute(restore).startswith("ok connection to the venue restored")
    assert [message[3] for message in await client.take()] == [restore]
    assert await client.order(lmtPrice="100.0") != []


async def test_competing(world: GatewayWorld, control: Control) -> None:
    client = await world.client()
    await client.ask(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    assert control.execute("competing") == "ok competing session on"
    assert [message[3] for message in await client.take()] == ["10197"]
    assert control.execute("competing off") == "ok competing session off"
    assert not world.gateway.faults.competing


async def test_read_only(world: GatewayWorld, control: Control) -> None:
    client = await world.client()
    control.execute("read-only on")
    assert (await client.order(lmtPrice="100.0"))[0][3] == "321"
    control.execute("read-only off")
    assert (await client.order(lmtPrice="100.0"))[0][0] == "5"


async def test_clock(world: GatewayWorld, control: Control) -> None:
    client = await world.client()
    [[_, _, before]] = await client.ask(49, 1)
    assert control.execute("clock +90") == "ok clock wrong by 90 s"
    [[_, _, after]] = await client.ask(49, 1)
    assert int(after) - int(before) == 90
    assert control.execute("clock -3.5") == "ok clock wrong by -3.5 s"


async def test_help_lists_every_command(control: Control) -> None:
    answer = control.execute("help")
    assert all(f"{command.word} " in answer or f"{command.word}:" in answer for command in COMMANDS.values())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fly", "known: drop, restart"),
        ("drop now", "nothing is expected after it, got 'now'; write: drop"),
        ("silence", "on or off is expected, got ''; write: silence on|off"),
        ("drop-orders many", "a count is expected"),
        ("drop-orders -1", "a count is expected"),
        ("accounts a,!", "letters and digits"),
        ("accounts", "letters and digits"),
        ("clock soon", "seconds are a number"),
        ("clock nan", "seconds are a number"),
        ("clock 9999999", "within a week"),
        ("competing maybe", "on or off"),
        ("1100 now", "nothing is expected"),
    ],
)
async def test_a_command_that_cannot_be_done_says_how_it_is_written(
    control: Control, world: GatewayWorld, line: str, words: str
) -> None:
    answer = control.execute(line)
    assert answer.startswith("error ")
    assert words in answer
    assert world.gateway.faults == type(world.gateway.faults)()


async def test_an_empty_line_answers_nothing(control: Control) -> None:
    assert control.execute("\n") == ""
