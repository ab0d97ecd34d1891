"""Each shipped scenario about sockets, sessions and the login, as both sides saw it (issue 3, proof 3)."""

from support.gateway_dialogue import Dialogue, play
from support.gateway_wire import AAPL, GatewayWorld

HELLO = ["> API", "< version 176", "> 71", "< 15 DU1234567", "< 9"]
FARMS = ["< 4 -1 2104", "< 4 -1 2106", "< 4 -1 2158"]


async def started(world: GatewayWorld, name: str) -> Dialogue:
    play(world, name)
    dialogue = Dialogue(world)
    await dialogue.start()
    return dialogue


async def test_nightly_restart(world: GatewayWorld) -> None:
    doors: list[bool] = []
    world.gateway.on_doors(doors.append)
    dialogue = await started(world, "nightly-restart")
    await dialogue.wait(12)
    await dialogue.wait(5)
    assert dialogue.take() == [*HELLO, *FARMS, "... 12 s", "< 4 -1 1100", "... 5 s", "< closed"]
    assert doors == [False]
    await world.pass_time(20)
    assert doors == [False, True]
    again = Dialogue(world)
    await again.start(client_id=2)
    await again.order(lmtPrice="100.0")
    assert again.take()[-2:] == ["< 5", "< 3 1 Submitted"]


async def test_login_expiry(world: GatewayWorld) -> None:
    dialogue = await started(world, "login-expiry")
    await dialogue.say(49, 1)
    await dialogue.wait(11)
    assert dialogue.take() == [*HELLO, *FARMS, "> 49", "< 49", "... 11 s", "< closed"]
    late = Dialogue(world)
    await late.start()
    assert late.take() == ["> API", "> 71"]


async def test_two_factor(world: GatewayWorld) -> None:
    dialogue = await started(world, "two-factor")
    await dialogue.wait(31)
    assert dialogue.take() == ["> API", "> 71", "... 31 s", "< closed"]
    later = Dialogue(world)
    await later.start()
    assert later.take() == [*HELLO, *FARMS]


async def test_outage_data_lost(world: GatewayWorld) -> None:
    dialogue = await started(world, "outage-data-lost")
    await dialogue.say(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    dialogue.take()
    await dialogue.wait(6)
    await dialogue.order(lmtPrice="100.0")
    await dialogue.wait(10)
    await dialogue.wait(5)
    assert dialogue.take() == [
        *("... 6 s", "< ticks", "< 4 -1 1100", "> 3 1", "... 10 s", "< 4 -1 1100", "< 4 -1 1101", "... 5 s"),
    ]


async def test_outage_data_kept(world: GatewayWorld) -> None:
    dialogue = await started(world, "outage-data-kept")
    await dialogue.say(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    dialogue.take()
    await dialogue.wait(6)
    await dialogue.wait(10)
    assert dialogue.take() == [
        "... 6 s",
        "< ticks",
        "< 4 -1 1100",
        "... 10 s",
        "< 4 -1 1100",
        "< 4 -1 1102",
        "< ticks",
    ]


async def test_dark_line(world: GatewayWorld) -> None:
    dialogue = await started(world, "dark-line")
    await dialogue.say(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    dialogue.take()
    await dialogue.wait(6)
    await dialogue.wait(10)
    await dialogue.wait(60)
    assert dialogue.take() == [
        *("... 6 s", "< ticks", "< 4 -1 1100", "... 10 s", "< 4 -1 1100", "< 4 -1 1102", "... 60 s"),
    ]


async def test_farm_flap(world: GatewayWorld) -> None:
    dialogue = await started(world, "farm-flap")
    await dialogue.say(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    dialogue.take()
    await dialogue.wait(6)
    await dialogue.wait(4)
    assert dialogue.take() == [
        *("... 6 s", "< ticks", "< 4 -1 2103", "... 4 s", "< 4 -1 2104", "< ticks", "< 4 -1 2105", "< ticks"),
    ]
    bars = (0, "", "1 min", "1800 S", 0, "TRADES", 1, 0, "")
    await dialogue.say(20, 18, *AAPL, *bars)
    await dialogue.wait(4)
    await dialogue.say(9, 8, 19, *AAPL, 0, "", "", "")
    await dialogue.wait(3)
    await dialogue.say(9, 8, 20, *AAPL, 0, "", "", "")
    assert [line for line in dialogue.take() if line != "< ticks"] == [
        *("> 20", "< 4 18 162", "... 4 s", "< 4 -1 2106", "< 4 -1 2157"),
        *("> 9", "... 3 s", "< 4 -1 2158", "> 9", "< 10", "< 52"),
    ]


async def test_read_only(world: GatewayWorld) -> None:
    dialogue = await started(world, "read-only")
    dialogue.take()
    await dialogue.order(lmtPrice="100.0")
    await dialogue.cancel(1)
    await dialogue.say(5, 1)
    await dialogue.say(99, 0)
    assert dialogue.take() == [
        *("> 3 1", "< 4 1 321", "> 4 1", "< 4 1 321", "> 5", "< 4 -1 321", "> 99", "< 4 -1 321"),
    ]


async def test_wrong_account(world: GatewayWorld) -> None:
    dialogue = await started(world, "wrong-account")
    dialogue.take()
    await dialogue.say(17, 1)
    assert dialogue.take() == ["> 17", "< 15 U7654321"]


async def test_client_id_taken(world: GatewayWorld) -> None:
    dialogue = await started(world, "client-id-taken")
    assert dialogue.take() == ["> API", "< version 176", "> 71", "< 4 -1 326", "< closed"]
    await world.pass_time(16)
    again = Dialogue(world)
    await again.start()
    assert again.take() == [*HELLO, *FARMS]


async def test_accept_then_close(world: GatewayWorld) -> None:
    dialogue = await started(world, "accept-then-close")
    assert dialogue.take() == ["> API", "< closed", "> 71"]


async def test_silent_handshake(world: GatewayWorld) -> None:
    dialogue = await started(world, "silent-handshake")
    await dialogue.wait(60)
    assert dialogue.take() == ["> API", "> 71", "... 60 s"]


async def test_byte_writes(world: GatewayWorld) -> None:
    play(world, "byte-writes")
    client = await world.client()
    client.transport.writes = 0
    await client.take()
    client.request(49, 1)
    [answer] = await client.take()
    assert answer[0] == "49"
    assert client.transport.writes == len("\0\0\0\0" + "\0".join(answer) + "\0")


async def test_half_closed(world: GatewayWorld) -> None:
    dialogue = await started(world, "half-closed")
    await dialogue.wait(2)
    await dialogue.say(49, 1)
    await dialogue.order(lmtPrice="100.0")
    assert dialogue.take() == [*HELLO, *FARMS, "... 2 s", "< end of file", "> 49", "> 3 1"]
    assert len(world.venue.open_orders()) == 1


async def test_clock_skew(world: GatewayWorld) -> None:
    dialogue = await started(world, "clock-skew")
    dialogue.take()
    await dialogue.say(49, 1)
    assert dialogue.take() == ["> 49", "< 49"]
    assert int(dialogue.heard[-1][2]) - int(world.clock.now().timestamp()) == 90
