"""Closed markets, currency pairs and replayed bars, as a client sees them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qe_dashboard.gateway_sim.replay_file import ReplayFileError, read_bars
from qe_dashboard.model.identifiers import AccountId
from qe_dashboard.sim_venue.hours import Hours
from qe_dashboard.sim_venue.venue import Venue, VenueConfig
from support.gateway_dialogue import Dialogue
from support.gateway_wire import AAPL, ACCOUNT, LATENCY_S, GatewayWorld

# A Wednesday, one at night in New York.
NIGHT = datetime(2026, 3, 11, 5, 0, tzinfo=UTC)
EUR = ["0", "EUR", "CASH", "", "0.0", "", "", "IDEALPRO", "", "USD", "", ""]
BARS = "start,seconds,open,high,low,close,volume\n"


def at_night() -> GatewayWorld:
    config = VenueConfig(latency=timedelta(seconds=LATENCY_S), hours=Hours.REAL)
    venue = Venue.create(seed=7, account=AccountId(ACCOUNT), now=NIGHT, config=config)
    return GatewayWorld(venue=venue, start=NIGHT)


async def test_an_order_at_night_waits_for_the_opening_with_399() -> None:
    dialogue = Dialogue(at_night())
    await dialogue.start()
    dialogue.take()
    await dialogue.order(lmtPrice="500.0")
    assert dialogue.take() == ["> 3 1", "< 5", "< 3 1 PreSubmitted", "< 4 1 399"]
    text = dialogue.heard[-1][4]
    assert text.startswith(
        "Order Message:\nBUY 10 AAPL NASDAQ\nWarning: Your order will not be placed at the"
    )
    assert text.endswith("until 2026-03-11 09:30:00 US/Eastern.")


async def test_frozen_data_while_the_market_is_shut() -> None:
    client = await at_night().client()
    await client.ask(59, 1, 2)
    answer = await client.ask(1, 11, 17, *AAPL, 0, "", 1, 0, "")
    assert ["58", "1", "17", "2"] in answer


async def test_a_pair_has_midpoints_and_no_trades(world: GatewayWorld) -> None:
    client = await world.client()
    [details, _] = await client.ask(9, 8, 11, *EUR, 0, "", "", "")
    assert (details[3], details[7], details[9], details[14]) == ("CASH", "IDEALPRO", "EUR.USD", "")
    terms = (0, "", "1 min", "600 S", 0)
    assert (await client.ask(20, 12, *EUR, *terms, "TRADES", 1, 0, ""))[0][2:4] == ["12", "162"]
    [bars] = await client.ask(20, 13, *EUR, *terms, "MIDPOINT", 1, 0, "")
    assert bars[0] == "17"
    assert {(volume, average) for volume, average in zip(bars[10::8], bars[11::8], strict=True)} == {
        ("-1", "-1.0")
    }


def test_bars_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(
        f"{BARS}2026-03-11T14:00:00+00:00,60,10,12,9,11,500\n1773237660,60,11,11.5,10.5,11.25,0\n", "utf-8"
    )
    first, second = read_bars(path)
    assert (first.start, first.seconds, first.high) == (
        datetime(2026, 3, 11, 14, 0, tzinfo=UTC),
        60,
        Decimal(12),
    )
    assert (second.start - first.start, second.volume) == (timedelta(minutes=1), 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("start,open\n", "line 1: the columns are start,seconds"),
        (f"{BARS}soon,60,10,12,9,11,500\n", "line 2: this is no bar"),
        (f"{BARS}1773237600,60,10,12,9,11,500\n1773237660,60,ten,12,9,11,500\n", "line 3: this is no bar"),
        (f"{BARS}1773237600,60,10,9,12,11,500\n", "line 2: this is no bar"),
        (f"{BARS}1773237600,60\n", "line 2: this is no bar"),
    ],
)
def test_a_file_that_is_no_bars_says_which_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ReplayFileError, match=words):
        read_bars(path)
    with pytest.raises(ReplayFileError, match="cannot be read"):
        read_bars(tmp_path)
