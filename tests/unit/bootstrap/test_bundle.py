"""Nothing that names anybody is left in a bundle, wherever it was planted; no file of the user can hang it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from qe_dashboard.bootstrap.bundle import bundle
from qe_dashboard.bootstrap.launch import make_launch
from qe_dashboard.core.logs import FILE_NAME
from qe_dashboard.core.plain_file import read_plain
from support.scripted_gateway import ScriptedGateway
from support.threaded import serving

LOG = """2026-11-20 10:00:00 ERROR refused: the login has DUM111222, DUM333444 and U7778889, F1234567, DUH1234567
account=DUM555666 Authorization: Bearer abc.def.ghi token is abc123 https://user:pw@ntfy.sh/topicSECRET
pass: hunter2  "pwd":"hunter3" Passwort=geheim my_token = 'zz top' api-key 12345 /home/otheruser/x
10.1.2.3 fe80::1%eth0 192.168.1.77:7496 host=trader-box.lan to VPS.example.org in {home}
"""
PLANTED = (
    *("111222", "333444", "7778889", "1234567", "555666", "abc", "topicSECRET", "hunter", "geheim", "zz top"),
    *(
        "12345",
        "otheruser",
        "10.1.2.3",
        "fe80",
        "192.168",
        "trader-box",
        "vps.example.org",
        "444555",
        "Advisor",
    ),
)
SETTINGS = """schema = 1
broker = "ibkr-paper"
[connection.ibkr-paper]
port = {port}
[connection.ibkr-live]
host = "vps.example.org"
"""


def made(home: Path) -> tuple[str, str]:
    """Return what the bundle said and all its text."""
    said, code = bundle(make_launch(environ={"QE_DASHBOARD_HOME": str(home)}), str(home / "out.zip"))
    assert code == 0, said
    with zipfile.ZipFile(home / "out.zip") as archive:
        return said, "\n".join(archive.read(name).decode() for name in archive.namelist())


def test_planted_values_are_nowhere_in_it(tmp_path: Path) -> None:
    gateway = ScriptedGateway()
    gateway.accounts = "DUM444555,Advisor99"
    (tmp_path / "logs").mkdir()
    log = LOG.format(home=tmp_path) + "Advisor99 was refused\n"
    (tmp_path / "logs" / FILE_NAME).write_text(log, encoding="utf-8")
    with serving(gateway):
        (tmp_path / "settings.toml").write_text(SETTINGS.format(port=gateway.port), encoding="utf-8")
        _, text = made(tmp_path)
    assert "several accounts" in text
    assert [word for word in (*PLANTED, str(tmp_path)) if word.casefold() in text.casefold()] == []


def test_settings_that_are_refused_name_nobody_either(tmp_path: Path) -> None:
    text = '[connection.ibkr-paper]\nhost = "Trader9"\naccount = "Advisor99"\nhsot = "Trader9 of Advisor99"\n'
    (tmp_path / "settings.toml").write_text(f"schema = 1\n{text}", encoding="utf-8")
    _, text = made(tmp_path)
    assert "no setting has this name" in text
    assert [word for word in ("Trader9", "Advisor99", str(tmp_path)) if word in text] == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_in_place_of_the_log_is_named_and_the_rest_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    os.mkfifo(tmp_path / "logs" / FILE_NAME)
    said, text = made(tmp_path)
    assert "Without log.txt" in said
    assert "it is a FIFO" in said
    assert "versions.json" in text
    assert read_plain(tmp_path / "out.zip", limit=1_000_000)
