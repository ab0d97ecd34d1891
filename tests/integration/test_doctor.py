"""`qe-dashboard doctor` from a shell: exit codes, JSON, what a person reads, beside a running dashboard, on live."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.gateway_process import running_gateway

PATIENCE_S = 60.0
HOLD = """
import socket
import sys
from pathlib import Path
from qe_dashboard.core.lock import ProfileLock
with ProfileLock(Path(sys.argv[1])):
    links = [socket.create_connection(("127.0.0.1", int(sys.argv[2]))) for _ in range(int(sys.argv[3]))]
    print("held", flush=True)
    sys.stdin.read()
"""


def doctor(home: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the verb in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QE_")}
    for name in ("QE_IB_LIB",):
        if name in os.environ:
            kept[name] = os.environ[name]
    return subprocess.run(
        [sys.executable, "-m", "qe_dashboard", "doctor", *arguments],
        env={**kept, "QE_DASHBOARD_HOME": str(home), **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def settings(home: Path, port: int, *, broker: str = "ibkr-paper", more: str = "") -> None:
    (home / "settings.toml").write_text(
        f'schema = 1\nbroker = "{broker}"\n[connection.{broker}]\nport = {port}\n{more}', encoding="utf-8"
    )


def states(said: dict[str, Any]) -> dict[str, str]:
    return {rung["name"]: rung["state"] for rung in said["rungs"]}


def test_a_good_gateway_is_exit_0_and_one_json_object(tmp_path: Path) -> None:
    with running_gateway() as gateway:
        settings(tmp_path, gateway.port)
        done = doctor(tmp_path, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["schema"], said["ok"], said["account"]) == (1, True, "DU1234567")
    assert (said["host"], said["port"], said["profile"]) == ("127.0.0.1", gateway.port, "ibkr-paper")
    assert set(states(said).values()) == {"pass"}
    assert len(said["rungs"]) == 11
    assert not (tmp_path / "data").exists()


def test_a_refused_port_is_exit_3_and_its_fix_is_the_last_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings(tmp_path, port)
    done = doctor(tmp_path)
    assert (done.returncode, done.stderr) == (3, "")
    lines = done.stdout.splitlines()
    assert f"  FAIL     port open                  nothing listens on 127.0.0.1:{port}" in lines
    assert lines[-1].startswith("Fix:    Start TWS or IB Gateway and log in")
    assert str(port) in lines[-1]


def test_a_silent_handshake_ends_by_itself_and_names_the_window_to_look_at(tmp_path: Path) -> None:
    with running_gateway("--scenario", "silent-handshake") as gateway:
        settings(tmp_path, gateway.port)
        done = doctor(tmp_path)
    assert (done.returncode, done.stderr) == (3, "")
    assert "Failed: API handshake" in done.stdout
    assert "window" in done.stdout.splitlines()[-1]


def test_what_could_not_be_checked_is_exit_5(tmp_path: Path) -> None:
    settings(tmp_path, 4002)
    done = doctor(tmp_path, "--json", QE_IB_LIB="no_such_library")
    assert done.returncode == 5
    said = json.loads(done.stdout)
    assert (said["ok"], said["first_failure"]) == (False, None)
    assert "no_such_library" in next(
        rung["detail"] for rung in said["rungs"] if rung["name"] == "API handshake"
    )


@pytest.mark.parametrize("arguments", [(), ("--profile", "sim")])
def test_the_simulated_profile_is_not_applicable_and_exit_0(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    if arguments:
        settings(tmp_path, 4002)
    done = doctor(tmp_path, "--json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert said["ok"] is True
    assert set(states(said).values()) == {"n/a"}


def test_settings_that_are_not_valid_are_exit_2_as_for_every_verb(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("schema = 1\nbrokker = 'sim'\n", encoding="utf-8")
    told = doctor(tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert "did you mean broker" in told.stderr
    said = json.loads(doctor(tmp_path, "--json").stdout)
    assert (said["ok"], said["exit_code"]) == (False, 2)
    assert "brokker" in said["problem"]


def beside_a_dashboard(tmp_path: Path, *, links: int) -> tuple[int, subprocess.CompletedProcess[str]]:
    """Run doctor beside a process that holds the profile's lock and has this many sockets to the gateway."""
    with running_gateway() as gateway:
        settings(tmp_path, gateway.port)
        lock = tmp_path / "data" / "ibkr-paper" / "lock"
        with subprocess.Popen(
            [sys.executable, "-c", HOLD, str(lock), str(gateway.port), str(links)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            done = doctor(tmp_path)
            assert holder.stdin is not None
            holder.stdin.close()
    return holder.pid, done


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="whose connections they are, only /proc tells")
def test_beside_a_running_dashboard_its_ids_are_left_alone(tmp_path: Path) -> None:
    pid, done = beside_a_dashboard(tmp_path, links=2)
    assert done.returncode == 0, done.stdout
    assert f"client ids 1 and 2 are in use by your dashboard (process {pid})" in done.stdout


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="whose connections they are, only /proc tells")
def test_a_dashboards_lock_alone_does_not_make_the_ids_its_own(tmp_path: Path) -> None:
    _, done = beside_a_dashboard(tmp_path, links=0)
    assert done.returncode == 0, done.stdout
    assert "client ids 1 and 2 are free" in done.stdout


class TestLive:
    ALLOWED = '[limits.live]\nallow_list = ["AAPL"]\n'

    def test_is_checked_when_the_file_says_so_without_arming_anything(self, tmp_path: Path) -> None:
        log = tmp_path / "gateway.log"
        with running_gateway("--log", str(log), account="U1234567") as gateway:
            settings(tmp_path, gateway.port, broker="ibkr-live", more=self.ALLOWED)
            done = doctor(tmp_path, "--json")
        assert done.returncode == 0, done.stdout
        assert json.loads(done.stdout)["account_kind"] == "LIVE"
        # The order link's id is never used before the account was typed (D19).
        assert "71,2,2," not in log.read_text(encoding="utf-8")

    def test_a_paper_login_behind_the_live_profile_is_exit_3(self, tmp_path: Path) -> None:
        with running_gateway() as gateway:
            settings(tmp_path, gateway.port, broker="ibkr-live", more=self.ALLOWED)
            done = doctor(tmp_path)
        assert done.returncode == 3
        assert "DU1234567 is a PAPER account, profile ibkr-live needs LIVE" in done.stdout

    def test_the_command_line_and_the_environment_cannot_select_it(self, tmp_path: Path) -> None:
        assert doctor(tmp_path, "--profile", "ibkr-live").returncode == 2
        assert doctor(tmp_path, QE__BROKER="ibkr-live").returncode == 2
