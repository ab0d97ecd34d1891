"""The engine's `SettingsService` over the settings file; the disk is touched in threads only (D29)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, get_args

from qe_dashboard.engine.facade import ConnectionRequest
from qe_dashboard.engine.settings_views import SettingsView, SettingView
from qe_dashboard.engine.views import CommandResult, ResultKind
from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.changes import Change, effect_of, when
from qe_dashboard.settings.fields import Leaf, Path, leaves, value_at
from qe_dashboard.settings.load import Loaded, Sources, load
from qe_dashboard.settings.problems import SettingsError
from qe_dashboard.settings.redact import mask
from qe_dashboard.settings.schema import Broker, LogLevel, Region, Theme, TimeZone
from qe_dashboard.settings.store import StoreError, set_value, set_values
from qe_dashboard.settings.values import key_text, toml_text
from qe_dashboard.settings.verbs import set_verb

_CHOICES = {
    "broker": get_args(Broker),
    "theme": get_args(Theme),
    "time_zone": get_args(TimeZone),
    "log_level": get_args(LogLevel),
    "ibkr_region": get_args(Region),
}


class FileSettings:
    """Reads what is in force from the watcher, writes the file; the watcher applies it."""

    def __init__(self, sources: Sources, loaded: Loaded) -> None:
        self._sources = sources
        self.loaded = loaded
        self.problems: tuple[str, ...] = ()
        """What is wrong with the file now; the last good settings stay in force."""

    async def view(self) -> SettingsView:
        """Return every setting of the last good file with where it came from."""
        rows = tuple(self._row(leaf) for leaf in leaves() if not leaf.is_optional)
        return SettingsView(path=str(self._sources.path), settings=rows, problems=self.problems)

    async def write(self, key: str, value: str) -> CommandResult:
        """Validate and write one value; the texts are those of `qe-dashboard settings set`."""
        outcome = await asyncio.to_thread(set_verb, self._sources, key, value)
        return CommandResult(ResultKind.DONE if outcome.code == 0 else ResultKind.REFUSED, outcome.text)

    async def set_watchlist(self, symbols: tuple[str, ...]) -> CommandResult:
        """Write the watchlist."""
        try:
            await asyncio.to_thread(set_value, self._sources.path, ("watchlist", "symbols"), list(symbols))
        except (SettingsError, StoreError) as error:
            return CommandResult(ResultKind.REFUSED, str(error))
        return CommandResult(ResultKind.DONE, f"saved in {self._sources.path}")

    async def set_connection(self, profile: Profile, request: ConnectionRequest) -> CommandResult:
        """Write what differs of a profile's connection in one write; all of it or nothing."""
        wanted = {
            "host": request.host,
            "port": request.port,
            "client_id": request.client_id,
            "order_client_id": "auto" if request.order_client_id is None else request.order_client_id,
        }
        try:
            written = await asyncio.to_thread(self._write_connection, profile, wanted)
        except (SettingsError, StoreError) as error:
            return CommandResult(ResultKind.REFUSED, f"{error} Nothing was changed.")
        words = "saved in" if written else "it stood already in"
        return CommandResult(ResultKind.DONE, f"{words} {self._sources.path}.")

    def _write_connection(self, profile: Profile, wanted: dict[str, Any]) -> bool:
        """Write what the file itself, without the environment, does not say yet; tell whether there was anything."""
        in_file = load(replace(self._sources, environ={}, overrides=())).settings.connection_of(profile)
        differing: dict[Path, Any] = {
            ("connection", profile.value, key): value
            for key, value in wanted.items()
            if getattr(in_file, key) != value
        }
        if differing:
            set_values(self._sources.path, differing)
        return bool(differing)

    def _row(self, leaf: Leaf) -> SettingView:
        value = value_at(self.loaded.settings, leaf.path)
        profile = self.loaded.settings.profile
        change = Change(leaf.path, value, value, effect_of(leaf.path, old=value, new=value, profile=profile))
        return SettingView(
            key=leaf.key,
            section=key_text(leaf.path[:-1]),
            name=leaf.path[-1],
            value=toml_text(mask(leaf.path, value)),
            default=toml_text(leaf.default),
            source=str(self.loaded.origins[leaf.path]),
            description=f"{leaf.description} Expected: {leaf.reading.expected}.",
            unit=leaf.reading.unit,
            choices=_choices(leaf),
            applies=when(change),
        )


def _choices(leaf: Leaf) -> tuple[str, ...]:
    if isinstance(leaf.default, bool):
        return ("true", "false")
    return _CHOICES.get(leaf.path[-1], ())
