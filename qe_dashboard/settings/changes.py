"""What an edited file changes, which way each change goes, and when it may take effect (D17, D29)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from qe_dashboard.model.enums import Profile
from qe_dashboard.settings.fields import Path, attribute_of, by_path, flat
from qe_dashboard.settings.fieldtypes import Table
from qe_dashboard.settings.limits import is_looser, limit_keys
from qe_dashboard.settings.redact import mask
from qe_dashboard.settings.schema import Settings
from qe_dashboard.settings.values import key_text, toml_text


class Effect(StrEnum):
    """Which way a change goes."""

    TIGHTEN = "tighten"
    NEUTRAL = "neutral"
    LOOSEN = "loosen"
    NEXT_LAUNCH = "next launch"


_WAYS = {Effect.TIGHTEN: "tighter", Effect.LOOSEN: "looser"}
_AT_LAUNCH = frozenset({"schema", "broker", "simulated"})

# The engine reconnects with these, or holds them while orders work (D21); intervals belong to the links as built.
_RECONNECTS = frozenset({"host", "port", "client_id", "order_client_id", "account"})
_TAKEN_AT_ONCE = _RECONNECTS | {"daily_restart", "ibkr_region"}


@dataclass(frozen=True, slots=True)
class Change:
    """One key with a new value."""

    path: Path
    old: Any
    new: Any
    effect: Effect

    @property
    def key(self) -> str:
        """The key as written in the file."""
        return key_text(self.path)

    @property
    def values(self) -> str:
        """The key with its old and its new value."""
        return f"{self.key}: {_shown(self.path, self.old)} -> {_shown(self.path, self.new)}"

    def __str__(self) -> str:
        moment = "next launch" if waits(self) else "at once"
        way = _WAYS.get(self.effect)
        return f"{self.values} ({moment if way is None else f'{way}, {moment}'})"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a proposed change comes to: the settings in force from now on, and what waits."""

    settings: Settings
    applied: tuple[Change, ...]
    deferred: tuple[Change, ...]


def changes(old: Settings, new: Settings, *, profile: Profile | None = None) -> tuple[Change, ...]:
    """Return every key that differs, in file order. `profile` is the one that runs, when `old` does not name it."""
    before, after = flat(old), flat(new)
    running = old.profile if profile is None else profile
    return tuple(
        Change(
            path,
            before[path],
            after[path],
            effect_of(path, old=before[path], new=after[path], profile=running),
        )
        for path in by_path()
        if before[path] != after[path]
    )


def effect_of(path: Path, *, old: Any, new: Any, profile: Profile) -> Effect:
    """Return which way a new value of one key goes while a profile runs; another profile's connection is not in use."""
    if path[0] in _AT_LAUNCH:
        return Effect.NEXT_LAUNCH
    if path[0] == "connection":
        in_use = is_connection(path, profile) and path[2] in _TAKEN_AT_ONCE
        return Effect.NEUTRAL if in_use else Effect.NEXT_LAUNCH
    if path[0] == "limits" and len(path) == 3 and path[2] in limit_keys():
        return Effect.LOOSEN if is_looser(path[2], new, than=old) else Effect.TIGHTEN
    return Effect.NEUTRAL


def is_connection(path: Path, profile: Profile) -> bool:
    """Tell whether a key says how this profile connects."""
    return path[:2] == ("connection", profile.value)


def waits(change: Change) -> bool:
    """Tell whether a change waits for the next launch: identity always, a looser live limit too (D17)."""
    if change.effect is Effect.NEXT_LAUNCH:
        return True
    is_live_limit = change.path[:2] == ("limits", "live")
    return change.effect is Effect.LOOSEN and is_live_limit


def when(change: Change) -> str:
    """Say when a running dashboard takes a change, as the end of a sentence."""
    if waits(change):
        return "at its next launch"
    reconnects = change.path[0] == "connection" and change.path[-1] in _RECONNECTS
    return "at once, or with Save in `connection` while own orders work" if reconnects else "at once"


def decide(running: Settings, proposed: Settings) -> Decision:
    """Return what of a valid edit applies now; tightening always does, loosening a live limit never does."""
    found = changes(running, proposed)
    deferred = tuple(change for change in found if waits(change))
    applied = tuple(change for change in found if not waits(change))
    settings = running
    for change in applied:
        settings = _with(settings, change.path, change.new)
    return Decision(settings, applied, deferred)


def _with(table: Any, path: Path, value: Any) -> Any:
    """Return a copy with one key changed; an optional key that becomes None goes away."""
    name, rest = path[0], path[1:]
    if not isinstance(table, Table):
        kept = {key: item for key, item in table.items() if key != name}
        return kept if value is None else {**kept, name: value}
    name = attribute_of(type(table), name)
    inner = value if rest == () else _with(getattr(table, name), rest, value)
    return table.model_copy(update={name: inner})


def _shown(path: Path, value: Any) -> str:
    is_absent = value is None and by_path()[path].is_optional
    return "absent" if is_absent else toml_text(mask(path, value))
