"""What the first paint may know, and that it loads nothing heavy for it (D29)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.quick import Peek, peek


def test_missing_file_is_sim(file: Path) -> None:
    assert peek(file, environ={}) == Peek(Profile.SIM, None)


def test_file_names_profile_and_theme(file: Path) -> None:
    file.write_text('broker = "ibkr-paper"\ndisplay.theme = "light"\n')
    assert peek(file, environ={}) == Peek(Profile.IBKR_PAPER, "light")


def test_environment_over_file_and_command_line_over_environment(file: Path) -> None:
    file.write_text('broker = "ibkr-live"\n')
    environ = {"QE__BROKER": "ibkr-paper", "QE__DISPLAY__THEME": "light"}
    assert peek(file, environ=environ) == Peek(Profile.IBKR_PAPER, "light")
    assert peek(file, profile="sim", environ=environ).profile is Profile.SIM


def test_only_the_file_can_name_real_money(file: Path) -> None:
    """None: full validation refuses it right after (D19)."""
    assert peek(file, profile="ibkr-live", environ={}).profile is None
    assert peek(file, environ={"QE__BROKER": "ibkr-live"}).profile is None
    file.write_text('broker = "ibkr-live"\n')
    assert peek(file, environ={}).profile is Profile.IBKR_LIVE


@pytest.mark.parametrize("text", ['broker = "paper"\n', "broker = 3\n", "broker = []\n"])
def test_profile_that_is_none_is_not_taken_for_sim(file: Path, text: str) -> None:
    file.write_text(text)
    assert peek(file, environ={}).profile is None


def test_display_that_is_no_table_has_no_theme(file: Path) -> None:
    file.write_text("display = 3\n")
    assert peek(file, environ={}).theme is None


def test_broken_syntax_names_line_and_column(file: Path) -> None:
    file.write_text('broker = "sim\n')
    with pytest.raises(SettingsError, match=r"settings.toml:1:\d+: broken TOML"):
        peek(file, environ={})


@pytest.mark.parametrize("module", ["quick", "paths", "locate", "watch", "content", "problems"])
def test_cheap_modules_load_nothing_heavy(module: str, project_root: Path) -> None:
    script = (
        f"import sys, qe_dashboard.settings.{module}\n"
        "heavy = {'pydantic', 'tomlkit', 'platformdirs', 'textual', 'ib_insync', 'rich'} & set(sys.modules)\n"
        "raise SystemExit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project_root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
