"""Every key of the schema as a row: for error texts, environment names, F8 and the shipped file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from qe_dashboard.settings.fieldtypes import Reading, Table
from qe_dashboard.settings.limits import REASON, loosenable
from qe_dashboard.settings.schema import Settings
from qe_dashboard.settings.values import key_text

Path = tuple[str, ...]

ENV_PREFIX = "QE__"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One key that can be set."""

    path: Path
    reading: Reading
    description: str
    default: Any
    is_optional: bool = False
    """True for a key that has no shipped value, such as a reason for loosening."""

    @property
    def key(self) -> str:
        """The key as the file's reader writes it, `connection.ibkr-paper.port`."""
        return key_text(self.path)

    @property
    def env_name(self) -> str:
        """The environment variable that sets it (D29)."""
        return ENV_PREFIX + "__".join(part.replace("-", "_").upper() for part in self.path)


@cache
def leaves() -> tuple[Leaf, ...]:
    """Return every key of the schema, in file order."""
    return tuple(_walk(Settings, ()))


@cache
def by_path() -> dict[Path, Leaf]:
    """Return the same rows by their path."""
    return {leaf.path: leaf for leaf in leaves()}


@cache
def table_docs() -> dict[Path, str]:
    """Return the one-line description of every table by its path."""
    return dict(_tables(Settings, ()))


def flat(settings: Settings) -> dict[Path, Any]:
    """Return every key's value; None both for "off" and for an optional key that is not set."""
    return {leaf.path: value_at(settings, leaf.path) for leaf in leaves()}


def value_at(settings: Settings, path: Path) -> Any:
    """Return the value of one key; None for an optional key that is not set."""
    value: Any = settings
    for part in path:
        value = (
            getattr(value, attribute_of(type(value), part)) if isinstance(value, Table) else value.get(part)
        )
    return value


def attribute_of(table: type[Table], part: str) -> str:
    """Return the attribute that holds a key of a table: `ibkr_paper` for `ibkr-paper`."""
    return next(name for name, field in table.model_fields.items() if part in (field.alias, name))


def nearest_key(path: Path, *, broker: str = "") -> str:
    """Return the valid key or table most like an unknown one, or an empty string.

    Of equally good ones that of the selected profile (`broker`): a bare `port` is rarely real money's.
    """
    tables = {broker, broker.removeprefix("ibkr-")}
    known: list[Path] = [*(leaf.path for leaf in leaves()), *table_docs()]
    siblings = {key_text(item): item[-1] for item in known if item[:-1] == path[:-1]}
    close = difflib.get_close_matches(path[-1], siblings.values(), n=1, cutoff=0.6)
    if close:
        return next(key for key, last in siblings.items() if last == close[0])
    # A good key in the wrong table, such as a bare `port`.
    same_word = [item for item in known if item[-1] == path[-1]]
    if same_word:

        def rank(item: Path) -> tuple[bool, bool, float]:
            likeness = _likeness(item[:-1], path[:-1])
            return likeness >= _MEANT, not tables.isdisjoint(item), likeness

        likest = max(same_word, key=rank)
        return key_text(likest)
    close = difflib.get_close_matches(key_text(path), [key_text(item) for item in known], n=1, cutoff=0.8)
    return close[0] if close else ""


_MEANT = 0.9
"""From here on a table's name is that table's with a typing error."""


def _likeness(one: Path, other: Path) -> float:
    return difflib.SequenceMatcher(a=key_text(one), b=key_text(other)).ratio()


def _walk(model: type[Table], above: Path) -> Iterator[Leaf]:
    for name, field in model.model_fields.items():
        path = (*above, field.alias if field.alias is not None else name)
        table = _table_of(field.annotation)
        if table is not None:
            yield from _walk(table, path)
            continue
        reading = next((item for item in field.metadata if isinstance(item, Reading)), None)
        if reading is not None:
            yield Leaf(path, reading, field.description or "", field.get_default(call_default_factory=True))
            continue
        for key in loosenable():
            yield Leaf((*path, key), REASON, field.description or "", default=None, is_optional=True)


def _tables(model: type[Table], above: Path) -> Iterator[tuple[Path, str]]:
    for name, field in model.model_fields.items():
        path = (*above, field.alias if field.alias is not None else name)
        table = _table_of(field.annotation)
        if table is not None:
            yield path, (table.__doc__ or "").partition("\n")[0]
            yield from _tables(table, path)
        elif not any(isinstance(item, Reading) for item in field.metadata):
            yield path, field.description or ""


def _table_of(annotation: Any) -> type[Table] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, Table) else None
