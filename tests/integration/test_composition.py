"""The real program in a real terminal, in the simulated venue and over TCP: what issue 2 wants seen (R36)."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.gateway_process import GatewayProcess
from support.terminal import Program

LIMIT = 30.0
"""Seconds a condition may take on a loaded two-core machine; nothing waits this long when all is well."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """A home of its own, and none of the developer's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QE_", "QE__"))}
    return {**kept, "QE_DASHBOARD_HOME": str(home), "TEXTUAL_ANIMATIONS": "none", **more}


def dashboard(home: Path, *, columns: int = 120, lines: int = 36, **more: str) -> Program:
    """The program on its terminal."""
    return Program(
        [sys.executable, "-m", "qe_dashboard"], environment(home, **more), columns=columns, lines=lines
    )


def verb(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A verb of the command line, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "qe_dashboard", *words],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def shows(*texts: str) -> Callable[[str], bool]:
    """Whether all texts are on the screen."""
    return lambda screen: all(text in screen for text in texts)


def paper(home: Path, port: int, *, broker: str = "ibkr-paper") -> None:
    """Settings for a gateway on a port, with intervals short enough for a test (D32)."""
    table = "connection.ibkr-live" if broker == "ibkr-live" else "connection.ibkr-paper"
    home.mkdir(parents=True, exist_ok=True)
    (home / "settings.toml").write_text(
        f'schema = 1\nbroker = "{broker}"\n[{table}]\nport = {port}\nkeepalive_s = 1.0\n'
        "keepalive_deadline_s = 1.0\nretry_min_s = 0.2\nretry_max_s = 0.5\n"
        '[limits.live]\nallow_list = ["AAPL"]\n[watchlist]\nsymbols = ["AAPL"]\n'
    )


def ready(text: str) -> bool:
    """Connected, and the books are read: until then the trading state is `ACTIVE, blocked`."""
    return "Connected" in text and "ACTIVE" in text and "blocked" not in text and "AAPL" in text


def buy_ten(program: Program) -> None:
    """Type the order once orders can be sent, see its sentence, say yes."""
    program.wait(ready, LIMIT)
    program.type("/")
    program.type("buy AAPL 10 mkt\r")
    program.wait(shows("BUY 10 AAPL MKT DAY"), LIMIT)
    confirm(program)


def confirm(program: Program) -> None:
    """Press y until the confirm step takes it: it ignores keys for its first 250 ms, and redraws when prices move."""
    for _ in range(40):
        program.type("y")
        program.drain(0.4)
        if "Drop" not in program.text():
            return
    raise AssertionError(f"the confirm step never took the y:\n{program.text()}")


def leave(program: Program) -> None:
    """Esc out of whatever is open; one at a time, since Esc and the next key in one read are another key."""
    for _ in range(2):
        program.type("\x1b")
        program.drain(0.4)


def kinds(home: Path, profile: str) -> list[str]:
    """The kinds of the journal's last rows, through the program's own verb."""
    done = verb(home, "--profile", profile, "journal", "tail", "--count", "500", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["kind"] for line in done.stdout.splitlines()]


def test_an_order_in_the_simulated_venue_is_filled_shown_and_journalled(tmp_path: Path) -> None:
    with dashboard(tmp_path) as program:
        program.wait(shows("SIM", "Connected", "AAPL"), LIMIT)
        buy_ten(program)
        program.wait(shows("TAPE", "BUY"), LIMIT)
        program.type("0")
        program.wait(shows("FILLED"), LIMIT)
        assert program.stop(signal.SIGTERM) == 0
    found = kinds(tmp_path, "sim")
    assert {"intent", "verdicts", "order", "execution", "commission"} <= set(found)
    assert found.index("verdicts") < found.index("intent") < found.index("execution")
    assert verb(tmp_path, "--profile", "sim", "journal", "verify").returncode == 0


def test_the_simulated_account_remembers_its_position_over_a_restart(tmp_path: Path) -> None:
    with dashboard(tmp_path) as program:
        program.wait(shows("Connected", "AAPL"), LIMIT)
        buy_ten(program)
        program.type("0")
        program.wait(shows("FILLED"), LIMIT)
    with dashboard(tmp_path) as program:
        program.wait(shows("Connected"), LIMIT)
        program.type("0")
        program.wait(shows("FILLED"), LIMIT)
        program.type("/flatten AAPL\r")
        program.wait(shows("FLATTEN", "position 10 to 0"), LIMIT)


def test_a_paper_session_trades_over_tcp_survives_the_gateway_and_comes_back(tmp_path: Path) -> None:
    state = str(tmp_path / "venue.json")
    gateway = GatewayProcess.start("--state", state)
    paper(tmp_path, gateway.port)
    with dashboard(tmp_path) as program:
        program.wait(shows("PAPER", "Connected", "DU1234567"), LIMIT)
        buy_ten(program)
        program.type("0")
        program.wait(shows("FILLED"), LIMIT)
        port = gateway.port
        gateway.stop()
        program.wait(shows("BROKER OFFLINE"), LIMIT)
        program.type("/buy AAPL 1 mkt\r")
        program.wait(lambda text: "link" in text or "not known" in text, LIMIT)
        leave(program)
        gateway = GatewayProcess.start("--state", state, port=port)
        program.wait(shows("PAPER", "Connected"), LIMIT)
        program.type("1")
        program.wait(shows("POSITIONS", "AAPL"), LIMIT)
        assert program.stop(signal.SIGTERM) == 0
    gateway.stop()
    assert {"intent", "execution", "connection"} <= set(kinds(tmp_path, "ibkr-paper"))


def test_a_paper_profile_that_finds_a_live_account_says_so_and_sends_nothing(tmp_path: Path) -> None:
    gateway = GatewayProcess.start(account="U7654321")
    paper(tmp_path, gateway.port)
    with dashboard(tmp_path) as program:
        program.wait(shows("U7654321"), LIMIT)
        program.wait(shows("BROKER OFFLINE"), LIMIT)
    gateway.stop()


def test_live_without_its_opt_in_ends_with_words_and_code_two(tmp_path: Path) -> None:
    paper(tmp_path, 4001, broker="ibkr-live")
    with dashboard(tmp_path) as program:
        assert program.exit_code() == 2
        assert "QE_LIVE_TRADING=I_MEAN_IT" in program.text()


def test_live_with_its_opt_in_asks_for_the_account_before_any_order(tmp_path: Path) -> None:
    gateway = GatewayProcess.start(account="U7654321")
    paper(tmp_path, gateway.port, broker="ibkr-live")
    with dashboard(tmp_path, QE_LIVE_TRADING="I_MEAN_IT") as program:
        program.wait(shows("LIVE: real money", "type U7654321"), LIMIT)
    gateway.stop()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema = 1\nbrker = 'sim'\n", ("settings.toml", "2", "brker", "broker")),
        ("schema = 1\n[connection.ibkr-paper]\nport = 'x'\n", ("settings.toml", "3", "port", "65535")),
        (
            "schema = 1\n[connection.ibkr-paper]\nclient_id = 3\norder_client_id = 3\n",
            ("order_client_id", "client_id"),
        ),
    ],
)
def test_bad_settings_leave_the_screen_name_the_place_and_exit_two(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "settings.toml").write_text(text)
    with dashboard(tmp_path) as program:
        assert program.exit_code() == 2
        said = "".join(program.text().split())
        assert all(word in said for word in words), program.text()


def test_a_journal_that_cannot_be_written_refuses_orders_and_says_so(tmp_path: Path) -> None:
    with dashboard(tmp_path) as program:
        program.wait(shows("Connected", "AAPL"), LIMIT)
        held = sqlite3.connect(tmp_path / "data" / "sim" / "journal.sqlite3", isolation_level=None)
        held.execute("BEGIN EXCLUSIVE")
        try:
            buy_ten(program)
            program.wait(lambda text: "journal" in text.lower(), LIMIT)
            leave(program)
            program.type("0")
            program.wait(shows("NOT SENT"), LIMIT)
        finally:
            held.execute("ROLLBACK")
            held.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with dashboard(tmp_path) as program:
        program.wait(shows("Connected"), LIMIT)
        assert program.stop(number) == 0


def test_a_second_instance_says_who_holds_the_profile(tmp_path: Path) -> None:
    with dashboard(tmp_path) as first:
        first.wait(shows("Connected"), LIMIT)
        with dashboard(tmp_path) as second:
            assert second.exit_code() == 4
            assert "process" in second.text()


def test_a_terminal_that_is_too_small_says_what_it_needs(tmp_path: Path) -> None:
    with dashboard(tmp_path, columns=60, lines=20) as program:
        program.wait(shows("80x24", "60x20"), LIMIT)
