"""Each shipped scenario about orders, data and the account, as both sides saw it (issue 3, proof 3)."""

from support.gateway_dialogue import Dialogue, play
from support.gateway_wire import AAPL, GatewayWorld

ACKNOWLEDGED = ["< 5", "< 3 1 PreSubmitted", "< 5", "< 3 1 Submitted"]


async def started(world: GatewayWorld, name: str) -> Dialogue:
    play(world, name)
    dialogue = Dialogue(world)
    await dialogue.start()
    dialogue.take()
    return dialogue


async def bought(world: GatewayWorld, name: str) -> Dialogue:
    dialogue = await started(world, name)
    await dialogue.order(orderType="MKT")
    return dialogue


async def rested(world: GatewayWorld, name: str) -> Dialogue:
    dialogue = await started(world, name)
    await dialogue.order(lmtPrice="100.0")
    return dialogue


async def test_swallowed_order(world: GatewayWorld) -> None:
    dialogue = await rested(world, "swallowed-order")
    await dialogue.order(orderId=2, lmtPrice="100.0")
    await dialogue.wait(60)
    await dialogue.say(5, 1)
    assert dialogue.take() == [
        *("> 3 1", *ACKNOWLEDGED, "> 3 2", "... 60 s", "> 5", "< 5", "< 3 1 Submitted", "< 53")
    ]


async def test_late_ack(world: GatewayWorld) -> None:
    dialogue = await rested(world, "late-ack")
    await dialogue.wait(7)
    await dialogue.wait(1)
    assert dialogue.take() == ["> 3 1", "... 7 s", "... 1 s", *ACKNOWLEDGED]


async def test_fill_without_status(world: GatewayWorld) -> None:
    dialogue = await bought(world, "fill-without-status")
    await dialogue.wait(60)
    assert dialogue.take() == ["> 3 1", "< 5", "< 3 1 PreSubmitted", "< 11 1", "< 59", "... 60 s"]


async def test_status_without_execution(world: GatewayWorld) -> None:
    dialogue = await bought(world, "status-without-execution")
    await dialogue.wait(60)
    assert dialogue.take() == [
        *("> 3 1", "< 5", "< 3 1 PreSubmitted", "< 5", "< 3 1 Filled", "< 5", "... 60 s")
    ]


async def test_double_execution(world: GatewayWorld) -> None:
    dialogue = await bought(world, "double-execution")
    first, second = (message for message in dialogue.heard if message[0] == "11")
    assert first == second
    assert dialogue.take() == [
        *("> 3 1", "< 5", "< 3 1 PreSubmitted", "< 11 1", "< 5", "< 3 1 Filled", "< 5", "< 59")
    ]


async def test_false_cancel_10349(world: GatewayWorld) -> None:
    dialogue = await rested(world, "false-cancel-10349")
    await dialogue.say(5, 1)
    assert dialogue.take() == [
        *("> 3 1", *ACKNOWLEDGED, "< 4 1 10349", "> 5", "< 5", "< 3 1 Submitted", "< 53")
    ]


async def test_false_cancel_202(world: GatewayWorld) -> None:
    dialogue = await rested(world, "false-cancel-202")
    await dialogue.say(5, 1)
    assert dialogue.take() == ["> 3 1", *ACKNOWLEDGED, "< 4 1 202", "> 5", "< 5", "< 3 1 Submitted", "< 53"]


async def test_unsolicited_cancel(world: GatewayWorld) -> None:
    dialogue = await rested(world, "unsolicited-cancel")
    await dialogue.wait(6)
    assert dialogue.take() == ["> 3 1", *ACKNOWLEDGED, "... 6 s", "< 3 1 Cancelled", "< 4 1 202"]


async def test_double_perm_id(world: GatewayWorld) -> None:
    dialogue = await rested(world, "double-perm-id")
    await dialogue.order(lmtPrice="101.0")
    changed = ["< 5", "< 3 1 Submitted"]
    assert dialogue.take() == ["> 3 1", *ACKNOWLEDGED, "> 3 1", *changed, *changed]
    perm_ids = [message[6] for message in dialogue.heard if message[0] == "3"]
    assert perm_ids[0] == perm_ids[1]
    assert perm_ids[1] != perm_ids[2] == perm_ids[3]


async def test_reject_everything(world: GatewayWorld) -> None:
    dialogue = await rested(world, "reject-everything")
    await dialogue.say(5, 1)
    assert dialogue.take() == ["> 3 1", "< 4 1 201", "> 5", "< 53"]


async def test_endless_positions(world: GatewayWorld) -> None:
    dialogue = await bought(world, "endless-positions")
    dialogue.take()
    await dialogue.say(61, 1)
    await dialogue.wait(60)
    assert dialogue.take() == ["> 61", "< 61 AAPL 10", "... 60 s"]


async def test_corrupt_row(world: GatewayWorld) -> None:
    dialogue = await bought(world, "corrupt-row")
    dialogue.take()
    await dialogue.say(61, 1)
    assert dialogue.take() == ["> 61", "< 61 AAPL #corrupt#", "< 62"]


async def test_empty_positions(world: GatewayWorld) -> None:
    dialogue = await bought(world, "empty-positions")
    dialogue.take()
    await dialogue.say(61, 1)
    await dialogue.say(6, 2, 1, "")
    assert dialogue.take() == ["> 61", "< 62", "> 6", "< 6", "< 7", "< 8", "< 54"]


async def test_slow_account(world: GatewayWorld) -> None:
    dialogue = await bought(world, "slow-account")
    dialogue.take()
    await dialogue.say(6, 2, 1, "")
    await dialogue.say(61, 1)
    await dialogue.wait(5)
    await dialogue.wait(1)
    assert dialogue.take() == [
        *("> 6", "> 61", "< 61 AAPL 10", "< 62", "... 5 s", "... 1 s", "< 6", "< 7", "< 8", "< 54")
    ]


async def test_silent_data(world: GatewayWorld) -> None:
    dialogue = await started(world, "silent-data")
    await dialogue.say(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    await dialogue.wait(60)
    assert dialogue.take() == ["> 1", "< 81", "< 58 17 1", "... 60 s"]


async def test_competing_session(world: GatewayWorld) -> None:
    dialogue = await started(world, "competing-session")
    await dialogue.say(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    await dialogue.wait(4)
    await dialogue.wait(8)
    await dialogue.wait(4)
    assert dialogue.take() == [
        *("> 1", "< 81", "< 58 17 1", "< ticks", "... 4 s", "< ticks", "< 4 17 10197", "... 8 s"),
        *("... 4 s", "< ticks"),
    ]


async def test_data_line_limit(world: GatewayWorld) -> None:
    dialogue = await started(world, "data-line-limit")
    for line in (17, 18, 19):
        await dialogue.say(1, 11, line, *AAPL, 0, "", 0, 0, "")
    assert dialogue.take() == [
        *("> 1", "< 81", "< 58 17 1", "< ticks", "> 1", "< 81", "< 58 18 1", "< ticks", "> 1", "< 4 19 101")
    ]


async def test_delayed_data(world: GatewayWorld) -> None:
    dialogue = await started(world, "delayed-data")
    await dialogue.say(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    await dialogue.say(59, 1, 3)
    await dialogue.say(1, 11, 18, *AAPL, 0, "", 0, 0, "")
    assert dialogue.take() == [
        "> 1",
        "< 4 17 10168",
        "> 59",
        "> 1",
        "< 4 18 10167",
        "< 81",
        "< 58 18 3",
        "< ticks",
    ]
    kinds = {message[3] for message in dialogue.heard if message[0] in ("1", "2", "45", "46")}
    assert kinds == {"66", "67", "68", "72", "73", "74", "75", "76", "88", "90"}


async def test_flood(world: GatewayWorld) -> None:
    dialogue = await started(world, "flood")
    await dialogue.say(1, 11, 17, *AAPL, 0, "", 0, 0, "")
    assert dialogue.take() == ["> 1", "< 81", "< 58 17 1", "< ticks"]
    dialogue.heard.clear()
    await dialogue.wait(1)
    assert len(dialogue.heard) >= 5000
