"""Scenarios in a gateway of its own process: from the command line to the bytes on the socket."""

import socket
import subprocess
import sys
from pathlib import Path

from support.gateway_process import running_gateway
from support.gateway_wire import AAPL, frame, greeting, unframe

DEADLINE_S = 20.0


def test_list_prints_a_line_for_each() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qe_dashboard", "gateway-sim", "--list"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert any(line.startswith("nightly-restart ") for line in done.stdout.splitlines())


def test_a_shipped_scenario_by_name() -> None:
    with running_gateway("--scenario", "accept-then-close") as gateway:
        with socket.create_connection((gateway.host, gateway.port), timeout=DEADLINE_S) as connection:
            assert connection.recv(100) == b""
        # The hand is stronger than the scenario.
        gateway.control("close-at-once off")
        with socket.create_connection((gateway.host, gateway.port), timeout=DEADLINE_S) as connection:
            connection.sendall(greeting(176))
            assert unframe(connection.recv(100))[0][0] == "176"


def test_a_scenario_of_ones_own_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'description = "x"\n[[step]]\non = "startApi"\ndo = "accounts U7654321"\n', encoding="utf-8"
    )
    with (
        running_gateway("--scenario", str(path)) as gateway,
        socket.create_connection((gateway.host, gateway.port), timeout=DEADLINE_S) as connection,
    ):
        connection.sendall(greeting(176))
        connection.recv(100)
        connection.sendall(frame([71, 2, 1, ""]))
        assert unframe(connection.recv(65536))[0] == ["15", "1", "U7654321"]


def test_half_a_client_cannot_hold_the_others_up() -> None:
    with running_gateway() as gateway:
        address = (gateway.host, gateway.port)
        with (
            socket.create_connection(address, timeout=DEADLINE_S) as rude,
            socket.create_connection(address, timeout=DEADLINE_S) as polite,
        ):
            rude.sendall(greeting(176) + (2**32 - 1).to_bytes(4, "big"))
            polite.sendall(greeting(176))
            assert unframe(polite.recv(100))[0][0] == "176"
            while rude.recv(100):
                pass


def test_a_replay_that_cannot_be_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    for replay in ("AAPL", "NOSUCH=x", f"AAPL={tmp_path / 'none.csv'}"):
        done = subprocess.run(
            [sys.executable, "-m", "qe_dashboard.gateway_sim", "--port", "0", "--replay", replay],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


def test_a_contract_follows_recorded_bars(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(
        "start,seconds,open,high,low,close,volume\n0,3600,777,777,777,777,500000\n", encoding="utf-8"
    )
    with (
        running_gateway("--replay", f"AAPL={path}") as gateway,
        socket.create_connection((gateway.host, gateway.port), timeout=DEADLINE_S) as connection,
    ):
        connection.sendall(greeting(176))
        connection.recv(100)
        connection.sendall(frame([71, 2, 1, ""]) + frame([1, 11, 17, *AAPL, 0, "", 0, 0, ""]))
        received = b""
        while b"\x00777.0\x00" not in received:
            more = connection.recv(65536)
            assert more
            received += more
