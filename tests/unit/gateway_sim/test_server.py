"""Opening the venue, the state file, the stamps and the arguments."""

import argparse
import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from qe_dashboard.core.clock import ManualClock
from qe_dashboard.gateway_sim import cli
from qe_dashboard.gateway_sim.server import Options, StartRefusedError, open_venue
from qe_dashboard.gateway_sim.stamps import StampFile
from qe_dashboard.gateway_sim.state_file import StateFile
from qe_dashboard.sim_venue.venue import Venue, VenueConfig, VenueStateError
from support.gateway_wire import MORNING, GatewayWorld

CONFIG = VenueConfig()


def venue_for(path: Path | None = None, **options: object) -> Venue:
    asked = Options(host="127.0.0.1", port=0, state=path, **options)  # type: ignore[arg-type]
    return open_venue(asked, clock=ManualClock(MORNING + timedelta(hours=1)), config=CONFIG)


async def traded(path: Path) -> GatewayWorld:
    """Trade ten shares and leave a resting order, saved to a file."""
    world = GatewayWorld()
    client = await world.client()
    await client.order(orderType="MKT")
    await client.order(orderId=2, lmtPrice="100.0", tif="GTC")
    StateFile(path).save(world.venue)
    return world


async def test_the_venue_comes_back_with_positions_orders_and_ids(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    before = (await traded(path)).venue
    after = venue_for(path)
    assert after.account == before.account
    assert [(held.instrument.id, held.quantity) for held in after.positions()] == [
        ("AAPL.STK.USD", Decimal(10))
    ]
    assert [order.key.order_id for order in after.open_orders()] == [2]
    assert after.next_valid_id(1) == 3
    assert after.executions() == before.executions()


def test_without_a_file_a_new_account_begins(tmp_path: Path) -> None:
    venue = venue_for(tmp_path / "none.json", account="U7654321", starting_cash=Decimal(5000))
    assert venue.account == "U7654321"
    assert venue.account_values().total_cash == 5000


def test_the_seed_makes_the_prices() -> None:
    def bid(seed: int | None = None) -> Decimal | None:
        venue = venue_for(seed=seed)
        return venue.quote(venue.instruments[0].id).bid

    assert bid() == bid(7)
    assert bid(8) != bid(7)


async def first_exec_id(*, start: datetime, epoch: int | None = None) -> str:
    options = Options(host="", port=0, epoch=epoch)
    world = GatewayWorld(venue=open_venue(options, clock=ManualClock(start), config=CONFIG), start=start)
    client = await world.client()
    await client.order(orderType="MKT")
    return world.venue.executions()[0].exec_id


async def test_without_memory_ids_follow_the_start_time_unless_the_epoch_is_pinned() -> None:
    later = MORNING + timedelta(seconds=1)
    assert await first_exec_id(start=MORNING) != await first_exec_id(start=later)
    assert await first_exec_id(start=MORNING, epoch=5) == await first_exec_id(start=later, epoch=5)
    assert await first_exec_id(start=MORNING, epoch=5) != await first_exec_id(start=MORNING, epoch=6)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}', "\x00"])
def test_a_broken_state_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(
        StartRefusedError, match=r"state\.json cannot be read: .* Remove it to begin afresh\."
    ):
        venue_for(path)


def test_a_state_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(VenueStateError):
        StateFile(path).load()


async def test_the_state_of_another_account_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    await traded(path)
    with pytest.raises(StartRefusedError, match="belongs to account DU1234567, not U7654321"):
        venue_for(path, account="U7654321")
    assert venue_for(path, account="DU1234567").account == "DU1234567"


def test_a_state_file_that_cannot_be_written_is_refused_before_the_first_order(tmp_path: Path) -> None:
    with pytest.raises(StartRefusedError, match="cannot be written"):
        venue_for(tmp_path / "nowhere" / "state.json")


async def test_a_venue_that_came_back_is_saved_at_once(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    await traded(path)
    before = path.read_text()
    venue_for(path)
    assert path.read_text() != before


async def test_saving_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    await traded(tmp_path / "state.json")
    await traded(tmp_path / "state.json")
    assert os.listdir(tmp_path) == ["state.json"]


def test_a_stamp_is_a_line_at_once(tmp_path: Path) -> None:
    path, clock = tmp_path / "stamps", ManualClock()
    stamps = StampFile(path, clock)
    clock.advance(12.5)
    stamps.order_read()
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"t": 12.5, "name": "order"}]
    stamps.close()


def parse(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    cli.add_arguments(parser)
    return parser.parse_args(argv)


def test_the_arguments_have_the_documented_defaults() -> None:
    args = parse()
    assert (args.host, args.port, args.control, args.read_only) == ("127.0.0.1", 4002, False, False)


@pytest.mark.parametrize(
    "argv",
    [
        ("--port", "70000"),
        ("--port", "http"),
        ("--account", "du1"),
        ("--account", "D"),
        ("--seed", "-1"),
        ("--epoch", "4294967296"),
        ("--starting-cash", "nan"),
        ("--starting-cash", "0"),
        ("--starting-cash", "much"),
    ],
)
def test_arguments_out_of_range_are_refused(argv: tuple[str, str]) -> None:
    with pytest.raises(argparse.ArgumentError):
        parse(*argv)


@pytest.mark.parametrize(
    ("host", "warned"),
    [
        ("127.0.0.1", False),
        ("localhost", False),
        ("::1", False),
        ("0.0.0.0", True),
        ("gateway.example", True),
    ],
)
def test_other_hosts_than_this_machine_are_warned_about(
    host: str, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The log cannot be a directory, so it ends before it listens anywhere.
    code = cli.run(parse("--host", host, "--log", str(tmp_path)))
    errors = capsys.readouterr().err
    assert code == 2
    assert ("WARNING" in errors) is warned
    assert "cannot be written" in errors


def test_the_help_loads_no_server() -> None:
    code = (
        "import argparse, sys; from qe_dashboard.gateway_sim import cli; "
        "cli.add_arguments(argparse.ArgumentParser()); print(sorted(m for m in sys.modules if m == 'asyncio' "
        "or m.startswith('qe_dashboard.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['qe_dashboard.gateway_sim', 'qe_dashboard.gateway_sim.cli']"
