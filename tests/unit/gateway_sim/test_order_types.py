"""Order types, families, groups and notices over the wire (reference 4.7, D10)."""

import pytest

from qe_dashboard.gateway_sim.control import Control
from support.gateway_dialogue import Dialogue
from support.gateway_wire import GatewayWorld

FILLED = ["< 5", "< 3 1 PreSubmitted", "< 11 1", "< 5", "< 3 1 Filled", "< 5", "< 59"]
# Places of openOrder's fields at version 176.
AUX_PRICE, OCA_GROUP, OCA_TYPE, TRAIL_STOP, TRAILING_PERCENT = 17, 19, 54, 74, 75


@pytest.fixture
async def dialogue(world: GatewayWorld) -> Dialogue:
    started = Dialogue(world)
    await started.start()
    started.take()
    return started


@pytest.fixture
def control(world: GatewayWorld) -> Control:
    return Control(world.gateway)


def statuses(dialogue: Dialogue) -> dict[str, list[str]]:
    """Return the last orderStatus of each order."""
    return {message[1]: message for message in dialogue.heard if message[0] == "3"}


def opened(dialogue: Dialogue) -> dict[str, list[str]]:
    """Return the last openOrder of each order."""
    return {message[1]: message for message in dialogue.heard if message[0] == "5"}


async def bracket(dialogue: Dialogue, entry: str) -> None:
    await dialogue.order(orderId=1, lmtPrice=entry, transmit=0)
    leg = {"action": "SELL", "parentId": 1, "tif": "GTC"}
    await dialogue.order(orderId=2, lmtPrice="900.0", transmit=0, **leg)
    await dialogue.order(orderId=3, orderType="STP", auxPrice="50.0", transmit=1, **leg)


async def test_a_bracket_is_silent_until_its_last_leg(dialogue: Dialogue) -> None:
    await bracket(dialogue, "100.0")
    assert dialogue.take() == [
        *("> 3 1", "> 3 2", "> 3 3", "< 5", "< 3 1 PreSubmitted", "< 5", "< 3 1 Submitted"),
        *("< 5", "< 3 2 PreSubmitted", "< 5", "< 3 3 PreSubmitted"),
    ]
    told = statuses(dialogue)
    assert [told[leg][10] for leg in ("1", "2", "3")] == ["", "child", "child,trigger"]
    assert [told[leg][7] for leg in ("1", "2", "3")] == ["0", "1", "1"]
    parent = told["1"][6]
    terms = opened(dialogue)
    assert [terms[leg][OCA_GROUP] for leg in ("1", "2", "3")] == ["", parent, parent]
    assert terms["2"][OCA_TYPE] == "3"


async def test_children_work_once_the_parent_filled_and_one_ends_the_other(dialogue: Dialogue) -> None:
    await bracket(dialogue, "500.0")
    told = statuses(dialogue)
    assert [told[leg][2] for leg in ("1", "2", "3")] == ["Filled", "Submitted", "PreSubmitted"]
    assert told["3"][10] == "trigger"
    dialogue.take()
    await dialogue.cancel(3)
    assert dialogue.take() == ["> 4 3", "< 3 3 Cancelled", "< 4 3 202", "< 3 2 Cancelled", "< 4 2 202"]


async def test_a_child_without_its_parent_is_refused(dialogue: Dialogue) -> None:
    await dialogue.order(orderId=2, lmtPrice="100.0", parentId=1)
    assert dialogue.take() == ["> 3 2", "< 4 2 10006"]


async def test_an_untransmitted_order_can_be_discarded(dialogue: Dialogue) -> None:
    await dialogue.order(lmtPrice="100.0", transmit=0)
    await dialogue.say(5, 1)
    await dialogue.cancel(1)
    await dialogue.order(lmtPrice="100.0")
    assert dialogue.take() == ["> 3 1", "> 5", "< 53", "> 4 1", "< 4 1 202", "> 3 1", "< 4 1 103"]


@pytest.mark.parametrize("oca_type", [1, 2, 3])
async def test_a_fill_ends_the_others_of_its_group(dialogue: Dialogue, oca_type: int) -> None:
    group = {"ocaGroup": "g", "ocaType": oca_type}
    await dialogue.order(orderId=1, lmtPrice="101.0", **group)
    await dialogue.order(orderId=2, lmtPrice="100.0", **group)
    dialogue.take()
    assert (opened(dialogue)["1"][OCA_GROUP], opened(dialogue)["1"][OCA_TYPE]) == ("g", str(oca_type))
    await dialogue.order(orderId=2, lmtPrice="500.0", **group)
    lines = dialogue.take()
    assert lines[:6] == ["> 3 2", "< 5", "< 3 2 Submitted", "< 11 2", "< 5", "< 3 2 Filled"]
    assert {"< 3 1 Cancelled", "< 4 1 202"} <= set(lines)


async def test_a_trail_follows_at_its_distance(dialogue: Dialogue, world: GatewayWorld) -> None:
    await dialogue.order(orderId=1, orderType="TRAIL", action="SELL", auxPrice="1.5")
    await dialogue.order(orderId=2, orderType="TRAIL", action="SELL", trailingPercent="2.0")
    assert dialogue.take() == ["> 3 1", "< 5", "< 3 1 PreSubmitted", "> 3 2", "< 5", "< 3 2 PreSubmitted"]
    by_amount, by_percent = opened(dialogue)["1"], opened(dialogue)["2"]
    assert (by_amount[AUX_PRICE], by_amount[TRAILING_PERCENT]) == ("1.5", "")
    assert (by_percent[AUX_PRICE], by_percent[TRAILING_PERCENT]) == ("0.0", "2.0")
    last = next(one for one in world.venue.instruments if one.symbol == "AAPL")
    bid = world.venue.quote(last.id).bid
    assert bid is not None
    assert 1 < float(bid) - float(by_amount[TRAIL_STOP]) < 2


@pytest.mark.parametrize(
    "terms",
    [
        {"orderType": "MIT", "auxPrice": "100.0"},
        {"orderType": "MOC"},
        {"orderType": "LOC", "lmtPrice": "100.0"},
        {"lmtPrice": "100.0", "goodAfterTime": "20260311 15:00:00 UTC"},
    ],
)
async def test_what_waits_is_pre_submitted(dialogue: Dialogue, terms: dict[str, object]) -> None:
    await dialogue.order(**terms)
    assert dialogue.take() == ["> 3 1", "< 5", "< 3 1 PreSubmitted"]


async def test_good_till_date_ends_with_202(dialogue: Dialogue) -> None:
    await dialogue.order(lmtPrice="100.0", tif="GTD", goodTillDate="20260311 14:05:00 UTC")
    assert dialogue.take()[-1] == "< 3 1 Submitted"
    await dialogue.wait(301)
    assert dialogue.take() == ["... 301 s", "< 3 1 Cancelled", "< 4 1 202"]


async def test_outside_hours_on_a_market_order_is_ignored_with_2109(dialogue: Dialogue) -> None:
    await dialogue.order(orderType="MKT", outsideRth=1)
    assert dialogue.take() == ["> 3 1", "< 4 1 2109", *FILLED]


async def test_a_short_sale_waits_for_shares_with_404(dialogue: Dialogue, control: Control) -> None:
    assert control.execute("shortable TSLA off") == "ok shares of TSLA to borrow off"
    await dialogue.order(symbol="TSLA", action="SELL", totalQuantity="1", lmtPrice="900.0")
    assert dialogue.take() == ["> 3 1", "< 5", "< 3 1 PreSubmitted", "< 4 1 404"]
    assert statuses(dialogue)["1"][10] == "locate"
    control.execute("shortable TSLA on")
    await dialogue.wait(0.1)
    assert dialogue.take() == ["< 5", "< 3 1 Submitted"]


async def test_no_permission_is_460(dialogue: Dialogue, control: Control) -> None:
    assert control.execute("permit FUT,CASH") == "ok permitted: CASH, FUT"
    await dialogue.order(lmtPrice="100.0")
    assert dialogue.take() == ["> 3 1", "< 4 1 460"]


async def test_a_preset_for_the_time_in_force_is_10349_and_the_order_lives(
    dialogue: Dialogue, control: Control
) -> None:
    control.execute("tif-preset on")
    await dialogue.order(lmtPrice="100.0", tif="")
    assert dialogue.take() == ["> 3 1", "< 4 1 10349", "< 5", "< 3 1 PreSubmitted", "< 5", "< 3 1 Submitted"]


async def test_a_halt_holds_market_orders_with_399(dialogue: Dialogue, control: Control) -> None:
    assert control.execute("market halt AAPL") == "ok market halt AAPL"
    await dialogue.order(orderType="MKT")
    assert dialogue.take() == ["> 3 1", "< 5", "< 3 1 PreSubmitted", "< 4 1 399"]
    control.execute("market normal AAPL")
    await dialogue.wait(0.5)
    assert dialogue.take()[:2] == ["< 11 1", "< 5"]


async def test_cancels_that_do_nothing(dialogue: Dialogue) -> None:
    await dialogue.order(lmtPrice="100.0")
    await dialogue.cancel(1)
    dialogue.take()
    await dialogue.cancel(1)
    await dialogue.cancel(99)
    assert dialogue.take() == ["> 4 1", "< 4 1 10148", "> 4 99", "< 4 99 10147"]


async def test_a_second_cancel_while_the_first_is_on_its_way_is_161(
    world: GatewayWorld, dialogue: Dialogue
) -> None:
    await dialogue.order(lmtPrice="100.0")
    dialogue.take()
    await dialogue.say(4, 1, 1, "")
    await dialogue.say(4, 1, 1, "")
    await dialogue.wait(0.06)
    assert dialogue.take() == ["> 4", "< 4 1 161", "< 3 1 Cancelled", "< 4 1 202"]
    await dialogue.cancel(99)
    await dialogue.cancel(99)
    assert dialogue.take() == ["> 4 99", "< 4 99 10147", "> 4 99", "< 4 99 10147"]


async def test_orders_entered_by_hand_are_bound_to_client_0(world: GatewayWorld, control: Control) -> None:
    zero, other = Dialogue(world), Dialogue(world)
    await zero.start(0)
    await other.start(5)
    control.execute("tws-order BUY 10 AAPL LMT 100")
    await world.pass_time(0.1)
    await other.say(16, 1)
    assert other.take()[-3:] == ["< 5", "< 3 0 Submitted", "< 53"]
    zero.take()
    await zero.say(15, 1, 1)
    await zero.say(5, 1)
    await zero.cancel(-1)
    assert zero.take() == [
        *("> 15", "> 5", "< 5", "< 3 -1 Submitted", "< 53", "> 4 -1", "< 3 -1 Cancelled", "< 4 -1 202")
    ]
    control.execute("tws-order SELL 5 AAPL MKT")
    await zero.wait(0.1)
    await other.wait(0.1)
    assert zero.take()[:4] == ["< 5", "< 3 -2 PreSubmitted", "< 11 -2", "< 5"]
    assert other.take() == []


@pytest.mark.parametrize(
    "line",
    [
        "tws-order BUY",
        "tws-order BUY 10 AAPL LMT",
        "tws-order BUY 10 AAPL MKT 5",
        "tws-order BUY 10 NONE MKT",
    ],
)
async def test_an_order_by_hand_that_cannot_be_is_an_error(control: Control, line: str) -> None:
    assert control.execute(line).startswith("error ")


async def test_the_master_client_hears_of_every_clients_orders(world: GatewayWorld) -> None:
    world.gateway.hub.master_client_id = 9
    master, owner = Dialogue(world), Dialogue(world)
    await master.start(9)
    await owner.start(1)
    master.take()
    await owner.order(orderType="MKT")
    await master.listen()
    assert master.take() == FILLED


BAD_COMMANDS = (
    "market/market up/market trend/market trend x/market gap 500/market calm A B/market halt X/permit/permit BOND/"
    "shortable AAPL/shortable NONE on/market-data some/data-lines x/flood 100001/positions some/false-cancel 1/"
    "farm usfarm/farm x up/restart -1"
)


@pytest.mark.parametrize("line", BAD_COMMANDS.split("/"))
async def test_a_bad_command_is_an_error_and_changes_nothing(
    world: GatewayWorld, control: Control, line: str
) -> None:
    assert control.execute(line).startswith("error ")
    assert world.gateway.faults == type(world.gateway.faults)()
