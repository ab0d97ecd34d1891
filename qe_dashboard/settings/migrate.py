"""Versions of the settings file's layout, and the steps between them as data (D29)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from qe_dashboard.settings.problems import Problem
from qe_dashboard.settings.schema import SCHEMA_VERSION
from qe_dashboard.settings.values import toml_text


@dataclass(frozen=True, slots=True)
class Migration:
    """One step from a version to the next; `change` edits the document in place, comments and all."""

    from_version: int
    description: str
    change: Callable[[tomlkit.TOMLDocument], None]


MIGRATIONS: tuple[Migration, ...] = ()


def version_problem(
    values: dict[str, Any], *, source: str, line: int | None, current: int = SCHEMA_VERSION
) -> Problem | None:
    """Return what is wrong with the file's `schema`, or None; a file without one is of the first version."""
    found = values.get("schema", 1)
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        return Problem(
            source=source, line=line, key="schema", found=toml_text(found), message=f"expected {current}"
        )
    if found > current:
        return Problem(
            source=source,
            line=line,
            key="schema",
            found=str(found),
            message=f"this file was written for layout {found}, this program reads layout {current}; "
            "expected an older file or a newer program, so nothing in it was used",
        )
    if found < current:
        return Problem(
            source=source,
            line=line,
            key="schema",
            found=str(found),
            message=f"this file has layout {found}, this program reads layout {current}; "
            "run `qe-dashboard settings check --migrate` to rewrite it; a backup is kept",
        )
    return None


def pending(found: int, migrations: Sequence[Migration] = MIGRATIONS) -> tuple[Migration, ...]:
    """Return the steps that lead from a version to the current one, in order."""
    return tuple(sorted((m for m in migrations if m.from_version >= found), key=lambda m: m.from_version))


def migrated(text: str, migrations: Sequence[Migration] = MIGRATIONS) -> str:
    """Return the text in the current layout, comments kept; unchanged when nothing is pending."""
    document = tomlkit.parse(text)
    steps = pending(int(document.get("schema", 1)), migrations)
    for step in steps:
        step.change(document)
        document["schema"] = step.from_version + 1
    return tomlkit.dumps(document) if steps else text
