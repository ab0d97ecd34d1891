"""Every place on disk, in one file (D27). Standard library only, so that the first paint need not wait."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from qe_dashboard.model.enums import Profile

HOME_VARIABLE = "QE_DASHBOARD_HOME"
CODES_NAME = "ibkr_codes.toml"
_APP = "qe-dashboard"
_OWNER_ONLY = 0o700


class HomeError(Exception):
    """A directory that cannot be used, in words for the terminal; the program must not start (R21)."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where this installation keeps its settings, journals and logs."""

    settings_file: Path
    data_dir: Path
    log_dir: Path
    codes_file: Path
    """The user's own part of the IBKR code catalogue (C4); may be absent."""

    @property
    def halt_file(self) -> Path:
        """While this file exists, every profile is halted (D6)."""
        return self.data_dir / "HALT"

    def profile_dir(self, profile: Profile) -> Path:
        """Return the directory that one profile owns."""
        return self.data_dir / profile.value

    def journal_file(self, profile: Profile) -> Path:
        """Return the profile's journal."""
        return self.profile_dir(profile) / "journal.sqlite3"

    def lock_file(self, profile: Profile) -> Path:
        """Return the file whose lock means that an instance runs this profile."""
        return self.profile_dir(profile) / "lock"

    def state_file(self, profile: Profile, name: str) -> Path:
        """Return the file of one piece of the profile's state, such as the simulated venue's checkpoint."""
        return self.profile_dir(profile) / "state" / name

    def with_settings(self, path: Path) -> Home:
        """Return the same places with another settings file (`--settings PATH`)."""
        return replace(self, settings_file=path.expanduser().absolute())


def resolve_home(environ: Mapping[str, str]) -> Home:
    """Return the places that `$QE_DASHBOARD_HOME` names, else the platform's own. Nothing is created."""
    named = environ.get(HOME_VARIABLE, "").strip()
    if named != "":
        root = Path(named).expanduser().absolute()
        return Home(root / "settings.toml", root / "data", root / "logs", root / CODES_NAME)
    # Here, not at the top: with the variable set it is not needed.
    import platformdirs

    config = Path(platformdirs.user_config_dir(_APP, appauthor=False))
    return Home(
        config / "settings.toml",
        Path(platformdirs.user_data_dir(_APP, appauthor=False)),
        Path(platformdirs.user_log_dir(_APP, appauthor=False)),
        config / CODES_NAME,
    )


def prepare(home: Home, profile: Profile) -> None:
    """Create the profile's directories for the owner only and prove each writable; raise HomeError."""
    for directory in (
        home.data_dir,
        home.profile_dir(profile),
        home.profile_dir(profile) / "state",
        home.log_dir,
    ):
        try:
            make_directory(directory)
            _prove_writable(directory)
        except OSError as error:
            reason = error.strerror if error.strerror is not None else str(error)
            raise HomeError(
                f"Cannot write in {directory}: {reason}. Orders need a journal on disk: nothing was started. "
                f"Make it writable for you, or set {HOME_VARIABLE} to a directory that is."
            ) from error


def make_directory(directory: Path) -> None:
    """Create a directory and its missing parents, each open to the owner only; raise OSError."""
    # `mode` holds for the last part alone; parents made on the way would be open to others.
    for part in (*reversed(directory.parents), directory):
        if not part.is_dir():
            part.mkdir(mode=_OWNER_ONLY)


def shipped_config_dir() -> Path:
    """Return where the shipped defaults and examples are: in the wheel, else in the source tree (D29)."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_config"
    return installed if installed.is_dir() else package.parent / "config"


def _prove_writable(directory: Path) -> None:
    probe = directory / f".probe-{os.getpid()}"
    with probe.open("wb") as file:
        file.write(b"writable?\n")
        file.flush()
        os.fsync(file.fileno())
    probe.unlink()
