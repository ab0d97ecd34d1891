"""The gateway simulator as a process: its one line, its end, its files, its exit codes."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.gateway_process import GatewayProcess, GatewayProcessError, running_gateway
from support.gateway_wire import frame, greeting, place_order, unframe

DEADLINE_S = 20.0


def read_messages(connection: socket.socket, *last: str) -> list[list[str]]:
    """Read whole frames until a message that begins like this has come at the end."""
    data = b""
    messages: list[list[str]] = []
    while not messages or tuple(messages[-1][: len(last)]) != last:
        received = connection.recv(65536)
        assert received, f"the gateway closed the connection after {messages}"
        data += received
        while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[:4], "big"):
            end = 4 + int.from_bytes(data[:4], "big")
            messages += unframe(data[:end])
            data = data[end:]
    return messages


def connect(gateway: GatewayProcess) -> socket.socket:
    connection = socket.create_connection((gateway.host, gateway.port), timeout=DEADLINE_S)
    connection.sendall(greeting(176) + frame([71, 2, 1, ""]))
    read_messages(connection, "4", "2", "-1", "2158")
    return connection


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    gateway = GatewayProcess.start()
    with connect(gateway) as connection:
        assert gateway.stop(number) == 0
        assert end_of(connection)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((gateway.host, gateway.port), timeout=DEADLINE_S)


def end_of(connection: socket.socket) -> bool:
    """Read to the end: the other side closed its socket, it did not just vanish."""
    while connection.recv(65536):
        pass
    return True


def test_it_listens_on_loopback_and_says_nothing_else() -> None:
    with running_gateway() as gateway:
        assert gateway.host == "127.0.0.1"
        assert gateway.account == "DU1234567"
        assert gateway.stop() == 0
        assert gateway.errors() == ""


def test_the_end_of_the_control_input_ends_it() -> None:
    gateway = GatewayProcess.start()
    assert gateway.process.stdin is not None
    gateway.process.stdin.close()
    assert gateway.process.wait(DEADLINE_S) == 0
    gateway.kill()


def test_the_control_needs_a_pipe(tmp_path: Path) -> None:
    commands = tmp_path / "commands"
    commands.write_text("drop\n")
    with commands.open() as stdin:
        done = subprocess.run(
            [sys.executable, "-m", "qe_dashboard.gateway_sim", "--control", "--port", "0"],
            stdin=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--control needs a pipe or a terminal as standard input.\n"


def test_a_port_in_use_is_one_sentence_and_exit_2() -> None:
    with running_gateway() as gateway:
        done = subprocess.run(
            [sys.executable, "-m", "qe_dashboard.gateway_sim", "--port", str(gateway.port)],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"Cannot listen on 127.0.0.1:{gateway.port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_same_port_is_free_again_after_a_kill() -> None:
    with running_gateway() as gateway:
        port = gateway.port
        connection = connect(gateway)
        gateway.kill()
        connection.close()
    with running_gateway(port=port) as again:
        assert again.port == port


def test_orders_are_stamped_on_the_monotonic_clock(tmp_path: Path) -> None:
    stamps = tmp_path / "stamps.jsonl"
    with running_gateway("--stamps", str(stamps)) as gateway, connect(gateway) as connection:
        before = time.monotonic()
        for order_id in (1, 2):
            connection.sendall(frame(place_order(176, orderId=order_id, lmtPrice="100.0")))
        connection.sendall(frame([49, 1]))
        read_messages(connection, "49")
        lines = [json.loads(line) for line in stamps.read_text().splitlines()]
        assert [line["name"] for line in lines] == ["order", "order"]
        assert before <= lines[0]["t"] <= lines[1]["t"] <= time.monotonic()


def test_the_log_has_every_message_both_ways(tmp_path: Path) -> None:
    log = tmp_path / "gateway.log"
    with running_gateway("--log", str(log)) as gateway, connect(gateway) as connection:
        connection.sendall(frame([61, 1]))
        read_messages(connection, "62")
        text = log.read_text()
    assert ">> 61,1" in text
    assert "<< 62,1" in text


def test_read_only_from_the_start() -> None:
    with running_gateway("--read-only") as gateway, connect(gateway) as connection:
        connection.sendall(frame(place_order(176, lmtPrice="100.0")))
        read_messages(connection, "4", "2", "1", "321")


def test_a_control_that_cannot_be_done_is_told() -> None:
    with running_gateway() as gateway, pytest.raises(GatewayProcessError, match="unknown command"):
        gateway.control("fly")


def test_a_start_that_fails_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(GatewayProcessError, match="cannot be written"):
        GatewayProcess.start("--log", str(tmp_path))
