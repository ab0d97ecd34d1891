"""`qe-dashboard bundle`: one zip file for whoever helps, masked, written on this machine and sent nowhere."""

from __future__ import annotations

import importlib.metadata
import io
import json
import locale
import os
import platform
import socket
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from qe_dashboard import __version__
from qe_dashboard.bootstrap import doctor
from qe_dashboard.bootstrap.launch import Launch
from qe_dashboard.bootstrap.masking import Masker
from qe_dashboard.core.clock import Clock, SystemClock
from qe_dashboard.core.logs import BACKUPS, FILE_NAME, MAX_BYTES
from qe_dashboard.core.plain_file import read_plain
from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.content import decode, read_if_present
from qe_dashboard.settings.load import Sources, load
from qe_dashboard.settings.problems import SettingsError, parse_toml
from qe_dashboard.settings.quick import peek
from qe_dashboard.settings.verbs import check_verb, show_verb

OK, REFUSED = 0, 2
LOG_LINES = 2000
JOURNAL_ROWS = 200
_PACKAGES = (
    *("textual", "rich", "pydantic", "tomlkit", "ib_insync", "ib_async"),
    *("eventkit", "aeventkit", "platformdirs", "tzdata"),
)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TERMINAL = ("TERM", "COLORTERM", "TMUX", "SSH_TTY", "LANG", "LC_ALL")

_README = """qe_dashboard {version} support bundle, made {at:%Y-%m-%d %H:%M:%S} UTC

Made on this machine and sent nowhere: it leaves it only when you send it. Look through it first.

In it:
{parts}
Masked in every file: account ids (DU***567), references of orders and intents (ref-1, the same one the same name),
paths behind web addresses, words after token, secret, password and key, IP addresses other than loopback, names of
hosts, the names in home directories, the program's own directories.
Not masked: symbols, sides, quantities, prices, times, order numbers.
"""


class PartMissing(Exception):
    """A part cannot be had; the text says why."""


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    about: str
    make: Callable[[], str]


def bundle(launch: Launch, path: str | None, *, clock: Clock | None = None) -> tuple[str, int]:
    """Write the bundle; returns what to say and the exit code. An existing file is left alone."""
    now = (clock if clock is not None else SystemClock()).now()
    name = f"qe-dashboard-bundle-{now:%Y%m%d-%H%M%S}.zip"
    target = Path(path).expanduser().absolute() if path is not None else Path.cwd() / name
    if target.is_dir():
        target = target / name
    data, missing = _collected(launch, now)
    try:
        # Readable for the owner alone: masked is not public.
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except FileExistsError:
        return f"{target} exists already and was left alone. Give another name.", REFUSED
    except OSError as error:
        return f"{target} cannot be written: {error.strerror or error}. Nothing was kept.", REFUSED
    said = [
        f"Written: {target}",
        "Nothing was sent anywhere. README.txt in it says what it holds and what was masked.",
    ]
    said += [f"Without {name}: {why}" for name, why in missing]
    return "\n".join(said), OK


def _collected(launch: Launch, now: datetime) -> tuple[bytes, list[tuple[str, str]]]:
    """Return the zip file's bytes and what is missing in it, each with the reason."""
    profile = _profile_of(launch)
    masker = _masker(launch)
    sources = doctor.sources_of(launch)
    parts = (
        _Part("versions.json", "program, Python, platform, packages, terminal", _versions),
        _Part("settings.txt", "every setting in force and where it comes from", lambda: _shown(sources)),
        _Part("settings-check.txt", "what `settings check` says", lambda: check_verb(sources).text),
        _Part("doctor.json", "what `doctor --json` says", lambda: _checked(launch, masker)),
        _Part(
            "journal.jsonl",
            f"the journal's last {JOURNAL_ROWS} rows",
            lambda: _journal(launch, profile, masker),
        ),
        _Part("log.txt", f"the log's last {LOG_LINES} lines", lambda: _log(launch)),
    )
    made: list[tuple[_Part, str]] = []
    missing: list[tuple[str, str]] = []
    for part in parts:
        try:
            made.append((part, part.make()))
        except PartMissing as why:
            missing.append((part.name, masker.text(str(why))))
    listed = "".join(f"  {part.name:<20} {part.about}\n" for part, _ in made)
    listed += "".join(f"  {name:<20} MISSING: {why}\n" for name, why in missing)
    files = {"README.txt": _README.format(version=__version__, at=now, parts=listed)}
    # Masked last, when the journal and the check have told every account and reference there is.
    files |= {part.name: masker.text(text) for part, text in made}
    return _zipped(files, now), missing


def _zipped(files: dict[str, str], now: datetime) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, now.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, text.encode("utf-8", errors="replace"))
    return buffer.getvalue()


def _profile_of(launch: Launch) -> Profile | None:
    try:
        return peek(launch.home.settings_file, profile=launch.profile, environ=launch.environ).profile
    except SettingsError:
        return None


def _masker(launch: Launch) -> Masker:
    """Return what knows the names of this machine, this user and the configured hosts and accounts."""
    home = launch.home
    folders = {
        Path.home(): "~",
        home.log_dir.parent: "HOME_DIR",
        home.data_dir.parent: "HOME_DIR",
        home.settings_file.parent: "SETTINGS_DIR",
        home.data_dir: "DATA_DIR",
        home.log_dir: "LOG_DIR",
    }
    masker = Masker({str(folder): name for folder, name in folders.items() if len(folder.parts) > 1})
    for name in {socket.gethostname(), socket.gethostname().partition(".")[0]} - {"", *_LOOPBACK}:
        masker.know_host(name, "this-machine")
    for host, account in _configured(launch):
        if host.casefold() not in ("", *_LOOPBACK):
            masker.know_host(host, "remote-host")
        masker.know_accounts([account])
    return masker


def _configured(launch: Launch) -> list[tuple[str, str]]:
    """Return hosts and accounts of the settings, also of a file that is refused as a whole: its lines are quoted."""
    try:
        settings = load(doctor.sources_of(launch)).settings
    except SettingsError:
        pass
    else:
        both = (settings.connection.ibkr_paper, settings.connection.ibkr_live)
        return [(one.host, one.account) for one in both]
    try:
        path = launch.home.settings_file
        values = parse_toml(decode(read_if_present(path) or b"", path), str(path))
    except SettingsError:
        return []
    tables = values.get("connection")
    found = (
        [table for table in tables.values() if isinstance(table, dict)] if isinstance(tables, dict) else []
    )
    return [(str(table.get("host", "")), str(table.get("account", ""))) for table in found]


def _versions() -> str:
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    environment = sorted(name for name in os.environ if name.startswith("QE_"))
    shown = {
        "qe_dashboard": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "packages": found,
        "encoding": locale.getpreferredencoding(do_setlocale=False),
        "terminal": {name: os.environ[name] for name in _TERMINAL if name in os.environ},
        "environment_names": environment,
    }
    return json.dumps(shown, indent=2)


def _shown(sources: Sources) -> str:
    outcome = show_verb(sources)
    if outcome.code != 0:
        raise PartMissing("the settings are not valid; settings-check.txt says why")
    return outcome.text


def _checked(launch: Launch, masker: Masker) -> str:
    found = doctor.diagnose(launch)
    if found.ladder is None:
        raise PartMissing(found.problem)
    masker.know_accounts(found.ladder.named)
    return json.dumps(masker.value(json.loads(doctor.as_json(found))), indent=2)


def _journal(launch: Launch, profile: Profile | None, masker: Masker) -> str:
    from qe_dashboard.journal.sqlite import verbs

    if profile is None:
        raise PartMissing("the settings name no valid profile")
    outcome = verbs.tail(launch.home.journal_file(profile), count=JOURNAL_ROWS, as_json=True)
    if outcome.code != 0:
        raise PartMissing(outcome.text)
    rows = [json.loads(line) for line in outcome.text.splitlines()]
    masker.know_accounts(_accounts_in(rows))
    return "".join(json.dumps(masker.value(row)) + "\n" for row in rows)


def _accounts_in(value: object, key: str = "") -> Iterator[str]:
    """Find the accounts that rows name, those of refused sessions too."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _accounts_in(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _accounts_in(item, key)
    elif isinstance(value, str) and key in ("account", "accounts"):
        yield value


def _log(launch: Launch) -> str:
    """Return the newest lines, of the files rotated away too when the present one is short."""
    names = [FILE_NAME, *(f"{FILE_NAME}.{number}" for number in range(1, BACKUPS + 1))]
    lines: list[str] = []
    for path in (launch.home.log_dir / name for name in names):
        if len(lines) >= LOG_LINES:
            break
        try:
            data = read_plain(path, limit=MAX_BYTES, newest=True)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise PartMissing(f"{path} cannot be read: {error.strerror or error}") from error
        lines = data.decode("utf-8", errors="replace").splitlines() + lines
    if not lines:
        raise PartMissing(f"there is no log in {launch.home.log_dir}")
    return "\n".join(lines[-LOG_LINES:]) + "\n"
