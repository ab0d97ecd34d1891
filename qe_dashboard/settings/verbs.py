"""`qe-dashboard settings path|show|check|set`: each returns what to print and the exit code, and prints nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.advice import advice
from qe_dashboard.settings.changes import changes, when
from qe_dashboard.settings.fields import Leaf, by_path, flat, leaves, nearest_key
from qe_dashboard.settings.layers import from_text
from qe_dashboard.settings.load import Loaded, Sources, load
from qe_dashboard.settings.migrate import MIGRATIONS, Migration
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.redact import redacted
from qe_dashboard.settings.schema import Settings
from qe_dashboard.settings.store import StoreError, migrate_file, set_value
from qe_dashboard.settings.values import toml_text

OK = 0
REFUSED = 2

_UNTOUCHED = "Nothing was started and no order was touched."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb says and the exit code it ends with."""

    text: str
    code: int = OK


def path_verb(path: Path) -> Outcome:
    """Say where the settings file is."""
    return Outcome(str(path))


def show_verb(sources: Sources) -> Outcome:
    """List every value in force and where it comes from, account ids masked."""
    try:
        loaded = load(sources)
    except SettingsError as error:
        return Outcome(error.report(_UNTOUCHED), REFUSED)
    values = redacted(loaded.settings)
    rows = [
        (leaf.key, toml_text(values[leaf.path]), leaf.reading.unit, _origin(loaded, leaf))
        for leaf in leaves()
        if not (leaf.is_optional and values[leaf.path] is None)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return Outcome("\n".join(_aligned(row, widths) for row in rows))


def check_verb(
    sources: Sources, *, migrate: bool = False, migrations: Sequence[Migration] = MIGRATIONS
) -> Outcome:
    """Validate as a launch would; with `migrate`, first rewrite a file of an older layout."""
    said: list[str] = []
    try:
        written = migrate_file(sources.path, migrations=migrations) if migrate else None
        if written is not None:
            said.append(f"{sources.path} was rewritten; the old one is {written.backup}.")
        loaded = load(sources)
    except (SettingsError, StoreError) as error:
        text = error.report(_UNTOUCHED) if isinstance(error, SettingsError) else str(error)
        return Outcome("\n".join([*said, text]), REFUSED)
    said += [f"Warning: {sentence}" for sentence in advice(loaded.settings)]
    where = str(sources.path) if sources.path.exists() else f"no file at {sources.path}, shipped defaults"
    said.append(f"Settings are valid ({where}); profile {loaded.settings.broker}.")
    return Outcome("\n".join(said))


def set_verb(sources: Sources, key: str, text: str) -> Outcome:
    """Write one key into the settings file; a running dashboard notices by itself."""
    leaf = by_path().get(tuple(key.split(".")))
    if leaf is None:
        running = _running_profile(sources)
        nearest = nearest_key(tuple(key.split(".")), broker="" if running is None else running.value)
        hint = (
            f" Did you mean {nearest}?" if nearest != "" else " `qe-dashboard settings show` lists them all."
        )
        return Outcome(f"No setting is called {key}.{hint} Nothing was written.", REFUSED)
    try:
        old = _settings_of_file(sources)
        value = from_text(text, leaf)
        if old is not None and toml_text(flat(old)[leaf.path]) == toml_text(value):
            shown = toml_text(redacted(old)[leaf.path])
            said = [f"{leaf.key} = {shown} was in force already. Nothing was written."]
            return Outcome("\n".join([*said, *_overridden(sources, leaf)]))
        written = set_value(sources.path, leaf.path, value)
    except SettingsError as error:
        return Outcome(error.report("Nothing was written; the limits in force are as they were."), REFUSED)
    except StoreError as error:
        return Outcome(str(error), REFUSED)
    profile = _running_profile(sources) or written.loaded.settings.profile
    said = [_effect(leaf, old, written.loaded.settings, profile), f"Written to {sources.path}."]
    if written.backup is not None:
        said.append(f"The file as it was: {written.backup}.")
    return Outcome("\n".join([*said, *_overridden(sources, leaf)]))


def _overridden(sources: Sources, leaf: Leaf) -> list[str]:
    is_so = leaf.env_name in sources.environ
    return [f"Warning: {leaf.env_name} in the environment overrides it."] if is_so else []


def _running_profile(sources: Sources) -> Profile | None:
    """Return the profile of this launch, a flag's included; None while the settings are not valid."""
    try:
        return load(sources).settings.profile
    except SettingsError:
        return None


def _settings_of_file(sources: Sources) -> Settings | None:
    """Return what the file alone gave before; None when it was not valid, which this edit may mend."""
    try:
        return load(replace(sources, environ={}, overrides=())).settings
    except SettingsError:
        return None


def _effect(leaf: Leaf, old: Settings | None, new: Settings, profile: Profile) -> str:
    value = toml_text(redacted(new)[leaf.path])
    if old is None:
        return f"{leaf.key} = {value}; the file was not valid before and is now."
    change = next((item for item in changes(old, new, profile=profile) if item.path == leaf.path), None)
    if change is None:
        return f"{leaf.key} = {value} was in force already."
    return f"{change}. A running dashboard takes it {when(change)}."


def _origin(loaded: Loaded, leaf: Leaf) -> str:
    return str(loaded.origins[leaf.path])


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
    return "  ".join([*padded, row[-1]]).rstrip()
