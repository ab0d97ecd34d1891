"""Every place on disk: one variable moves all, directories are private, and unusable ones are named (D27, R21)."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import IO, Any

import pytest

from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.paths import Home, HomeError, prepare, resolve_home, shipped_config_dir


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return resolve_home({"QE_DASHBOARD_HOME": str(tmp_path / "home")})


def test_the_variable_moves_settings_data_and_logs_together(tmp_path: Path, home: Home) -> None:
    root = tmp_path / "home"
    assert home == Home(root / "settings.toml", root / "data", root / "logs", root / "ibkr_codes.toml")
    assert not root.exists()


def test_profiles_share_nothing_but_the_halt_file(tmp_path: Path, home: Home) -> None:
    data = tmp_path / "home" / "data"
    assert home.halt_file == data / "HALT"
    assert home.journal_file(Profile.SIM) == data / "sim" / "journal.sqlite3"
    assert home.lock_file(Profile.IBKR_PAPER) == data / "ibkr-paper" / "lock"
    assert home.state_file(Profile.IBKR_LIVE, "venue.json") == data / "ibkr-live" / "state" / "venue.json"


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert resolve_home({"QE_DASHBOARD_HOME": "here"}).data_dir == tmp_path / "here" / "data"


@pytest.mark.parametrize("environ", [{}, {"QE_DASHBOARD_HOME": " "}])
def test_without_the_variable_the_platforms_directories_are_used(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("HOME", str(tmp_path))
    home = resolve_home(environ)
    for path in (home.settings_file, home.data_dir, home.log_dir):
        assert path.is_absolute()
        assert tmp_path in path.parents
    assert home.settings_file.name == "settings.toml"
    assert home.settings_file.parent.name == "qe-dashboard"


def test_another_settings_file_moves_nothing_else(home: Home, tmp_path: Path) -> None:
    other = home.with_settings(tmp_path / "mine.toml")
    assert other.settings_file == tmp_path / "mine.toml"
    assert other.data_dir == home.data_dir


def test_prepared_directories_are_there_private_and_left_clean(home: Home) -> None:
    prepare(home, Profile.SIM)
    made = [
        home.data_dir,
        home.profile_dir(Profile.SIM),
        home.profile_dir(Profile.SIM) / "state",
        home.log_dir,
    ]
    for directory in [home.data_dir.parent, *made]:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert [path for path in home.data_dir.parent.rglob("*") if path.is_file()] == []
    assert not home.profile_dir(Profile.IBKR_LIVE).exists()


def test_preparing_twice_changes_nothing(home: Home) -> None:
    prepare(home, Profile.SIM)
    home.journal_file(Profile.SIM).write_bytes(b"rows")
    prepare(home, Profile.SIM)
    assert home.journal_file(Profile.SIM).read_bytes() == b"rows"


def test_a_file_in_the_way_is_named_with_what_to_do(home: Home) -> None:
    home.data_dir.parent.mkdir()
    home.log_dir.write_text("not a directory")
    with pytest.raises(HomeError) as caught:
        prepare(home, Profile.SIM)
    assert str(caught.value) == (
        f"Cannot write in {home.log_dir}: File exists. Orders need a journal on disk: nothing was started. "
        "Make it writable for you, or set QE_DASHBOARD_HOME to a directory that is."
    )


def test_a_directory_that_takes_no_files_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def read_only(path: Path, mode: str) -> IO[Any]:
        if path.parent == home.log_dir:
            raise PermissionError(13, "Permission denied")
        return opened(path, mode)

    monkeypatch.setattr(Path, "open", read_only)
    with pytest.raises(HomeError, match=f"Cannot write in {home.log_dir}: Permission denied"):
        prepare(home, Profile.SIM)


def test_the_shipped_files_are_found() -> None:
    names = {path.name for path in shipped_config_dir().glob("*.toml")}
    assert {"default.toml", "paper.example.toml", "live.example.toml"} <= names
