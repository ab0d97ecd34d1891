"""Scenario files: what they may say, and that every problem names file, line and key."""

from pathlib import Path

import pytest

from qe_dashboard.gateway_sim.cli import main
from qe_dashboard.gateway_sim.control import COMMANDS
from qe_dashboard.gateway_sim.scenario import (
    ScenarioError,
    find_scenario,
    load_scenario,
    shipped_scenarios,
)
from qe_dashboard.gateway_sim.scenario_run import ScenarioRun
from support.gateway_wire import GatewayWorld

GOOD = """description = "Something happens."

[[step]]
at = 2.5
do = "drop"

[[step]]
on = "placeOrder"
nth = 3
after = 1
do = ["1100", "silence on"]
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_is_read(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, GOOD))
    assert (scenario.name, scenario.description) == ("mine", "Something happens.")
    commands = [[(command.word, argument) for command, argument in step.commands] for step in scenario.steps]
    assert commands == [[("drop", "")], [("1100", ""), ("silence", "on")]]
    timed, triggered = scenario.steps
    assert (timed.after, timed.request) == (2.5, None)
    assert (triggered.after, triggered.request, triggered.nth) == (1.0, 3, 3)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('description = "Something happens."', "", 1, "description is one line of text"),
        ('description = "Something happens."', "description = 3", 1, "description is one line"),
        ('description = "Something happens."', 'descripton = "x"', 1, "descripton is not known here"),
        ("at = 2.5", "att = 2.5", 4, "att is not known in a step; known are at, on, nth, after, do"),
        ("at = 2.5", "at = -1", 4, "at is a number of seconds"),
        ("at = 2.5", 'at = "soon"', 4, "at is a number of seconds"),
        ("at = 2.5", "at = true", 4, "at is a number of seconds"),
        ("at = 2.5", "", 3, "at or `on` is needed"),
        ("at = 2.5", "at = 2.5\nnth = 2", 5, "nth goes with `on`"),
        ('on = "placeOrder"', 'on = "placeorder"', 8, "on is a request such as placeOrder"),
        ('on = "placeOrder"', 'on = "placeOrder"\nat = 1', 9, "at or `on` is needed, and not both"),
        ("nth = 3", "nth = 0", 9, "nth is a whole number from 1"),
        ("after = 1", "after = 99999999", 10, "after is a number of seconds"),
        ('do = "drop"', 'do = "fly"', 5, "do unknown command 'fly'"),
        ('do = "drop"', 'do = "drop now"', 5, "do nothing is expected after it"),
        ('do = "drop"', "do = []", 5, "do is a command of the control"),
        ('do = "drop"', "", 3, "do is a command of the control"),
    ],
)
def test_a_problem_names_file_line_and_key(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{path}, line {line}: {words}")


def test_what_is_no_toml_says_where(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"mine\.toml.*line 2"):
        load_scenario(written(tmp_path, 'description = "x"\n[[step\n'))


def test_a_scenario_without_steps_is_none(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="step is missing"):
        load_scenario(written(tmp_path, 'description = "x"\n'))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path)
    with pytest.raises(
        ScenarioError, match="no scenario and no file 'nosuch'; the scenarios are: accept-then"
    ):
        find_scenario("nosuch")


def test_found_by_name_and_by_file(tmp_path: Path) -> None:
    assert find_scenario("nightly-restart").name == "nightly-restart"
    assert find_scenario(str(written(tmp_path, GOOD))).name == "mine"


def test_list_prints_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{one.name:<22} {one.description}" for one in shipped_scenarios()]
    assert len(lines) >= 32


def test_a_bad_scenario_stops_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--scenario", str(written(tmp_path, "x = 1"))]) == 2
    assert "line 1: x is not known here" in capsys.readouterr().err


def test_every_shipped_scenario_has_a_test_of_its_own(project_root: Path) -> None:
    tests = "".join(
        path.read_text(encoding="utf-8")
        for path in (project_root / "tests/unit/gateway_sim").glob("test_scenarios_*.py")
    )
    missing = [
        one.name for one in shipped_scenarios() if f"def test_{one.name.replace('-', '_')}(" not in tests
    ]
    assert missing == []


def test_every_fault_is_used_by_a_scenario() -> None:
    used = {command.word for one in shipped_scenarios() for step in one.steps for command, _ in step.commands}
    # Those are for the hand alone: lists, markets and orders that a scenario cannot know beforehand.
    by_hand = {"help", "tws-order", "tif-preset", "market", "permit", "shortable"}
    assert set(COMMANDS) - used == by_hand


async def test_a_triggered_step_acts_before_the_request_is_served(world: GatewayWorld) -> None:
    scenario = find_scenario("swallowed-order")
    assert [step.nth for step in scenario.steps] == [2]
    ScenarioRun(scenario, gateway=world.gateway, clock=world.clock).start()
    client = await world.client()
    assert await client.order(orderId=1, lmtPrice="100.0") != []
    assert await client.order(orderId=2, lmtPrice="100.0") == []
    assert await client.order(orderId=3, lmtPrice="100.0") != []


def test_the_manual_knows_every_scenario_and_every_command(project_root: Path) -> None:
    manual = (project_root / "docs/gateway-simulator.md").read_text(encoding="utf-8")
    for one in shipped_scenarios():
        assert f"| `{one.name}` | {one.description} |" in manual
    for command in COMMANDS.values():
        written = f"{command.word} {command.arguments}".strip().replace("|", "\\|")
        assert f"| `{written}` | {command.description.replace('|', chr(92) + '|')} |" in manual
