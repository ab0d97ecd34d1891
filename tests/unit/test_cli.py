"""The command line: unknown words start nothing, each verb reaches its own, live needs its opt-in (R34, D19, L0)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from qe_dashboard import __version__
from qe_dashboard.cli import VERBS, main

LIVE = 'schema = 1\nbroker = "ibkr-live"\n[limits.live]\nallow_list = ["AAPL"]\n'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the program at an empty home."""
    monkeypatch.setenv("QE_DASHBOARD_HOME", str(tmp_path))
    for name in ("QE__BROKER", "QE_LIVE_TRADING"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def code_of(arguments: list[str]) -> int:
    """Run the program in process; returns its exit code however it ends."""
    try:
        return main(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (["setings", "check"], "Did you mean `settings`?"),
        (["kill"], "There are: doctor, gateway-sim, settings, journal, sim, bundle."),
        (["--profile", "sim", "jurnal"], "Did you mean `journal`?"),
        (["--settings", "x.toml", "gateway"], "Did you mean `gateway-sim`?"),
        (["run"], "There are:"),
    ],
)
def test_an_unknown_verb_names_the_nearest_and_starts_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], nearest: str
) -> None:
    assert code_of(arguments) == 2
    said = capsys.readouterr().err
    assert nearest in said
    assert "Nothing was started." in said
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help_of_its_own(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert code_of([verb, "--help"]) == 0
    assert f"qe-dashboard {verb}" in capsys.readouterr().out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(["--version"]) == 0
    assert capsys.readouterr().out == f"qe-dashboard {__version__}\n"


@pytest.mark.parametrize("place", ["before", "after"])
def test_live_cannot_be_asked_for_on_the_command_line(
    home: Path, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    option = ["--profile", "ibkr-live"]
    assert code_of([*option] if place == "before" else ["journal", "verify", *option]) == 2
    assert "invalid choice: 'ibkr-live'" in capsys.readouterr().err


class TestSettings:
    def test_path_names_the_file(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert code_of(["settings", "path"]) == 0
        assert str(home / "settings.toml") in capsys.readouterr().out

    def test_another_file_before_or_after_the_verb(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = str(home / "other.toml")
        assert code_of(["--settings", other, "settings", "path"]) == 0
        assert code_of(["settings", "path", "--settings", other]) == 0
        assert capsys.readouterr().out.count(other) == 2

    def test_check_of_nothing_is_well_and_of_nonsense_is_not(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert code_of(["settings", "check"]) == 0
        (home / "settings.toml").write_text("schema = 1\nbrokker = 'sim'\n", encoding="utf-8")
        assert code_of(["settings", "check"]) == 2
        assert "brokker" in capsys.readouterr().err

    def test_set_writes_one_value(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert code_of(["settings", "set", "limits.paper.allow_short", "false"]) == 0
        assert "allow_short = false" in (home / "settings.toml").read_text(encoding="utf-8")
        assert code_of(["settings", "show"]) == 0
        assert "allow_short" in capsys.readouterr().out

    @pytest.mark.parametrize("arguments", [["set"], ["set", "broker"]])
    def test_set_needs_key_and_value(
        self, home: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
    ) -> None:
        assert code_of(["settings", *arguments]) == 2
        assert "needs KEY and VALUE" in capsys.readouterr().err

    def test_an_unknown_act_is_refused(self, home: Path) -> None:
        assert code_of(["settings", "delete"]) == 2


class TestSim:
    def test_reset_starts_the_next_account_and_keeps_the_old_state(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert code_of(["sim", "reset"]) == 0
        assert code_of(["sim", "reset"]) == 0
        said = capsys.readouterr().out
        assert "SIM1000001" in said
        assert "SIM1000002" in said
        state = json.loads((home / "data" / "sim" / "state" / "venue.json").read_text(encoding="utf-8"))
        assert state["account"] == "SIM1000002"

    def test_reset_is_refused_while_a_dashboard_runs(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(home / "data" / "sim" / "lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdin is not None
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == "held\n"
            assert code_of(["sim", "reset"]) == 4
            assert str(holder.pid) in capsys.readouterr().err
        finally:
            holder.stdin.close()
            holder.wait()
            holder.stdout.close()


HOLD = """
import sys
from pathlib import Path
from qe_dashboard.core.lock import ProfileLock
with ProfileLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


class TestJournal:
    def test_of_a_profile_that_never_ran_says_so(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert code_of(["journal", "verify"]) != 0
        assert "journal.sqlite3" in capsys.readouterr().err

    def test_verify_tail_and_export_of_a_written_one(
        self, home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        subprocess.run(
            [sys.executable, "-c", WRITE, str(home / "data" / "sim" / "journal.sqlite3")], check=True
        )
        assert code_of(["journal", "verify"]) == 0
        assert code_of(["journal", "tail", "--count", "1", "--json"]) == 0
        assert "kept" in capsys.readouterr().out
        out = tmp_path / "out.csv"
        assert code_of(["journal", "export", str(out)]) == 0
        assert out.exists()

    def test_export_needs_a_path(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert code_of(["journal", "export"]) == 2
        assert "path" in capsys.readouterr().err


WRITE = """
import asyncio, sys
from pathlib import Path
from qe_dashboard.core.clock import SystemClock
from qe_dashboard.journal.records import EventKind, JournalEvent
from qe_dashboard.journal.sqlite.open import open_journal

async def write():
    clock = SystemClock()
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True)
    writer, _ = await open_journal(path, clock=clock)
    writer.append(JournalEvent(EventKind.SESSION, "", clock.now(), {"text": "kept"}))
    await writer.close()

asyncio.run(write())
"""


class TestDashboard:
    def test_through_a_pipe_it_says_that_it_needs_a_terminal(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert code_of([]) == 2
        assert "needs a terminal" in capsys.readouterr().err
        assert not (home / "data").exists()

    def test_broken_settings_are_told_before_anything_is_drawn(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (home / "settings.toml").write_text("broker = \n", encoding="utf-8")
        assert code_of([]) == 2
        said = capsys.readouterr().err
        assert "settings.toml" in said
        assert "no order was touched" in said


START = """
import asyncio, os, sys
from qe_dashboard.bootstrap.host import LocalHost
from qe_dashboard.bootstrap.launch import make_launch
from qe_dashboard.engine.facade import StartRefused

async def start():
    host = LocalHost(make_launch(environ=os.environ))
    try:
        await host.start()
    except StartRefused as refusal:
        print(refusal.exit_code, refusal.text)
    finally:
        await host.stop()

asyncio.run(start())
print([name for name in sys.modules if name.startswith(("qe_dashboard.broker.ibkr", "ib_insync", "eventkit"))])
"""


def start(home: Path, **environ: str) -> list[str]:
    """Start a session in a process of its own; returns what it said, its last line the broker modules it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", START],
        env={"QE_DASHBOARD_HOME": str(home), "PATH": "", **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


class TestLive:
    @pytest.mark.parametrize("words", [None, "", "1", "i_mean_it"])
    def test_without_its_variable_the_adapter_is_never_loaded(self, home: Path, words: str | None) -> None:
        (home / "settings.toml").write_text(LIVE, encoding="utf-8")
        said = start(home, **({} if words is None else {"QE_LIVE_TRADING": words}))
        assert said[0].startswith("2 ")
        assert "QE_LIVE_TRADING=I_MEAN_IT" in said[0]
        assert said[-1] == "[]"
        assert not (home / "data").exists()

    def test_the_environment_cannot_select_it(self, home: Path) -> None:
        said = start(home, QE__BROKER="ibkr-live", QE_LIVE_TRADING="I_MEAN_IT")
        assert said[0].startswith("2 ")
        assert said[-1] == "[]"
