"""`qe-dashboard bundle`: what is in the zip file, and what is nowhere in it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from qe_dashboard.core.clock import SystemClock
from qe_dashboard.core.logs import FILE_NAME
from qe_dashboard.journal.records import EventKind
from qe_dashboard.journal.sqlite.open import open_journal
from qe_dashboard.model.identifiers import AccountId
from support.gateway_process import running_gateway
from support.journal_rows import event, fill, intent

PATIENCE_S = 90.0
SECRETS = ("DU1234567", "DU7654321", "U7777777", "Advisor99", "s3cret", "hunter2", "I000001", "mybot-7")
ACCOUNT = re.compile(r"(?i)(?<![a-z])D?[UF][0-9]{5,}")
LOG = """2026-11-20T15:00:00.000+00:00 INFO     qe_dashboard.engine: account DU7654321 up on 10.1.2.3:4002
2026-11-20T15:00:01.000+00:00 ERROR    qe_dashboard.alerts: POST https://hooks.slack.com/services/T0/s3cret failed
2026-11-20T15:00:02.000+00:00 ERROR    qe_dashboard.alerts: token=hunter2 refused for U7777777, order mybot-7
"""


def bundle(home: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QE_")}
    return subprocess.run(
        [sys.executable, "-m", "qe_dashboard", "bundle", *arguments],
        env={**kept, "QE_DASHBOARD_HOME": str(home), **environ},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


async def write_journal(path: Path) -> None:
    path.parent.mkdir(parents=True)
    journal, _ = await open_journal(path, clock=SystemClock())
    await journal.commit_intent(intent(1))
    journal.append_fill(fill("E1", order_ref="QE:I000001"))
    journal.append_fill(fill("E2", order_ref="mybot-7"))
    journal.append(event("said by DU7654321 about xDU1234567x", EventKind.MESSAGE))
    await journal.close()


def plant(home: Path, port: int) -> None:
    """Put accounts and secrets into settings, journal and log."""
    (home / "settings.toml").write_text(
        f'schema = 1\nbroker = "ibkr-paper"\n[connection.ibkr-paper]\nport = {port}\naccount = "DU1234567"\n'
        '[connection.ibkr-live]\nhost = "vps.example.org"\naccount = "Advisor99"\n',
        encoding="utf-8",
    )
    (home / "logs").mkdir()
    (home / "logs" / FILE_NAME).write_text(LOG + "to vps.example.org as Advisor99\n", encoding="utf-8")
    asyncio.run(write_journal(home / "data" / "ibkr-paper" / "journal.sqlite3"))


def test_everything_is_in_it_and_nothing_that_names_anybody(tmp_path: Path) -> None:
    target = tmp_path / "out.zip"
    with running_gateway() as gateway:
        plant(tmp_path, gateway.port)
        done = bundle(tmp_path, str(target))
    assert done.returncode == 0, done.stderr
    assert str(target) in done.stdout
    assert "Nothing was sent anywhere" in done.stdout
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    found = contents(target)
    assert set(found) == {
        *("README.txt", "versions.json", "settings.txt", "settings-check.txt"),
        *("doctor.json", "journal.jsonl", "log.txt"),
    }
    for name, text in found.items():
        for secret in (*SECRETS, "vps.example.org", "10.1.2.3"):
            assert secret not in text, (name, secret)
        assert ACCOUNT.search(text) is None, name
    assert "MISSING" not in found["README.txt"]
    rows = [json.loads(line) for line in found["journal.jsonl"].splitlines()]
    fills = [row for row in rows if row["kind"] == "execution"]
    placed = next(row for row in rows if row["kind"] == "intent")
    # Masked, and still to be matched.
    assert fills[0]["payload"]["order_ref"] == placed["intent_id"] == "ref-1"
    assert fills[1]["payload"]["order_ref"] == "ref-2"
    assert "order ref-2" in found["log.txt"]
    assert {row["account"] for row in rows} <= {"DU***567", ""}
    checked = json.loads(found["doctor.json"])
    assert (checked["schema"], checked["ok"], checked["account"]) == (1, True, "DU***567")
    assert "connection.ibkr-live.host" in found["settings.txt"]
    assert '"remote-host"' in found["settings.txt"]
    assert json.loads(found["versions.json"])["packages"]["textual"]


@pytest.mark.parametrize("account", ["DF123456", "DEMO77"])
def test_an_account_that_only_the_gateway_names_is_masked_in_the_log_too(
    tmp_path: Path, account: str
) -> None:
    """No pattern knows each form: what the check was told is looked for by its letters, also between others."""
    with running_gateway(account=account) as gateway:
        (tmp_path / "settings.toml").write_text(
            f'schema = 1\nbroker = "ibkr-paper"\n[connection.ibkr-paper]\nport = {gateway.port}\n',
            encoding="utf-8",
        )
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / FILE_NAME).write_text(f"as x{account}y\n", encoding="utf-8")
        assert bundle(tmp_path, "out.zip").returncode == 0
    found = contents(tmp_path / "out.zip")
    assert json.loads(found["doctor.json"])["ok"] is True
    assert [name for name, text in found.items() if account in text] == []


@pytest.mark.parametrize("account", ["F1234567", "ODD-ONE", "All"])
def test_an_account_that_only_the_journal_has_is_masked_too(tmp_path: Path, account: str) -> None:
    async def journal() -> None:
        path = tmp_path / "data" / "sim" / "journal.sqlite3"
        path.parent.mkdir(parents=True)
        writer, _ = await open_journal(path, clock=SystemClock())
        writer.append(replace(event("said something", EventKind.MESSAGE), account=AccountId(account)))
        await writer.close()

    asyncio.run(journal())
    (tmp_path / "logs").mkdir()
    glued = f"as x{account}y\n" if len(account) > 3 else "nothing of it\n"
    (tmp_path / "logs" / FILE_NAME).write_text(glued, encoding="utf-8")
    assert bundle(tmp_path, "out.zip").returncode == 0
    found = contents(tmp_path / "out.zip")
    rows = [json.loads(line) for line in found["journal.jsonl"].splitlines()]
    assert account not in {row["account"] for row in rows}
    assert any("***" in row["account"] for row in rows)
    assert account not in found["log.txt"]


@pytest.mark.skipif(os.name == "nt", reason="home is told by other variables there")
def test_the_home_directory_is_not_named(tmp_path: Path) -> None:
    home, own = tmp_path / "jane.doe", tmp_path / "own"
    (own / "logs").mkdir(parents=True)
    (own / "logs" / FILE_NAME).write_text(f"wrote {home}/notes.txt\n", encoding="utf-8")
    assert bundle(own, "out.zip", HOME=str(home)).returncode == 0
    found = contents(own / "out.zip")
    assert "wrote ~/notes.txt" in found["log.txt"]
    assert [name for name, text in found.items() if "jane.doe" in text] == []


def test_parts_that_are_missing_are_said_and_the_rest_is_there(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("broker = \n", encoding="utf-8")
    done = bundle(tmp_path)
    assert done.returncode == 0, done.stderr
    [target] = tmp_path.glob("qe-dashboard-bundle-*.zip")
    found = contents(target)
    assert set(found) == {"README.txt", "versions.json", "settings-check.txt"}
    assert "broken TOML" in found["settings-check.txt"]
    for name in ("settings.txt", "doctor.json", "journal.jsonl", "log.txt"):
        assert re.search(rf"{name}\s+MISSING: ", found["README.txt"])
        assert f"Without {name}: " in done.stdout


def test_it_works_while_the_journal_is_written_and_leaves_it_alone(tmp_path: Path) -> None:
    async def run() -> subprocess.CompletedProcess[str]:
        path = tmp_path / "data" / "sim" / "journal.sqlite3"
        path.parent.mkdir(parents=True)
        journal, reader = await open_journal(path, clock=SystemClock())
        await journal.commit_intent(intent(1))
        try:
            done = await asyncio.to_thread(bundle, tmp_path, "out.zip")
            await journal.commit_intent(intent(2))
            assert len(await reader.tail(count=100)) >= 2
        finally:
            await journal.close()
        return done

    assert asyncio.run(run()).returncode == 0
    assert '"kind": "intent"' in contents(tmp_path / "out.zip")["journal.jsonl"]


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "mine.zip"
    target.write_text("mine", encoding="utf-8")
    done = bundle(tmp_path, str(target))
    assert done.returncode == 2
    assert "left alone" in done.stderr
    assert target.read_text(encoding="utf-8") == "mine"


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = bundle(tmp_path, str(tmp_path / "no" / "such" / "out.zip"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize("lines", [2500])
def test_only_the_last_lines_of_the_log_go_in_older_files_first(tmp_path: Path, lines: int) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    newest, older = lines - 1900, 1900
    (logs / f"{FILE_NAME}.1").write_text("".join(f"old {n}\n" for n in range(older)), encoding="utf-8")
    (logs / FILE_NAME).write_text("".join(f"new {n}\n" for n in range(newest)), encoding="utf-8")
    assert bundle(tmp_path, "out.zip").returncode == 0
    kept = contents(tmp_path / "out.zip")["log.txt"].splitlines()
    assert len(kept) == 2000
    assert (kept[0], kept[-1]) == ("old 500", f"new {newest - 1}")
