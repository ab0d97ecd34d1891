"""Run merged values through the schema and say what is wrong in words, all of it at once."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from qe_dashboard.settings.fields import by_path, nearest_key, table_docs
from qe_dashboard.settings.layers import SHIPPED, Merged
from qe_dashboard.settings.locate import Where
from qe_dashboard.settings.problems import Problem
from qe_dashboard.settings.schema import Settings
from qe_dashboard.settings.values import RuleError, key_text, toml_text


@dataclass(frozen=True, slots=True)
class _Finding:
    """One thing pydantic or a rule refused."""

    where: Where
    message: str
    is_unknown: bool = False
    is_rule: bool = False
    others: tuple[Where, ...] = ()


def validated(merged: Merged) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, or None and every problem."""
    problems = _live_problems(merged)
    try:
        settings = Settings.model_validate(merged.values)
    except ValidationError as error:
        return None, [
            *(_problem(finding, merged) for finding in _all_findings(error, merged.values)),
            *problems,
        ]
    return settings if problems == [] else None, problems


def _all_findings(error: ValidationError, values: dict[str, Any]) -> list[_Finding]:
    first = list(_findings(error))
    # pydantic looks at a table's rules only when each of its values is right, so look again without the wrong ones.
    wrong = {finding.where for finding in first if not finding.is_rule}
    try:
        Settings.model_validate(_without(values, wrong))
    except ValidationError as more:
        rules = [finding for finding in _findings(more) if wrong.isdisjoint(finding.others)]
        return [*first, *(finding for finding in rules if finding not in first)]
    return first


def _findings(error: ValidationError) -> Iterator[_Finding]:
    for item in error.errors(include_url=False):
        where: Where = tuple(item["loc"])
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, RuleError):
            for broken in cause.broken:
                others = tuple((*where, other) for other in broken.others)
                is_unknown = broken.path[0] == "loosen"
                yield _Finding(
                    (*where, *broken.path), broken.message, is_unknown, is_rule=True, others=others
                )
        elif item["type"] == "extra_forbidden":
            yield _Finding(where, "no setting has this name", is_unknown=True)
        else:
            yield _Finding(where, _expected(where, item["msg"]))


def _expected(where: Where, otherwise: str) -> str:
    path = tuple(part for part in where if isinstance(part, str))
    leaf = by_path().get(path)
    if leaf is not None:
        return f"expected {leaf.reading.expected}"
    if path in table_docs():
        return "expected a table"
    return otherwise.replace("Value error, ", "expected ")


def _problem(finding: _Finding, merged: Merged) -> Problem:
    written = [merged.origin(where) for where in (finding.where, *finding.others)]
    # Of two keys that do not fit, point at the one that somebody wrote.
    origin = next((origin for origin in written if origin.source != SHIPPED), written[0])
    names = tuple(part for part in finding.where if isinstance(part, str))
    return Problem(
        source=origin.source,
        line=origin.line,
        key=key_text(finding.where),
        found=toml_text(_at(merged.values, finding.where)),
        message=finding.message,
        nearest=nearest_key(names, broker=str(merged.values.get("broker", ""))) if finding.is_unknown else "",
    )


def _without(values: dict[str, Any], wrong: Iterable[Where]) -> dict[str, Any]:
    left = copy.deepcopy(values)
    for where in wrong:
        table: Any = left
        for part in where[:-1]:
            table = table.get(part) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table.pop(where[-1], None)
    return left


def _live_problems(merged: Merged) -> list[Problem]:
    """Return what real money needs beyond valid tables: the user's own choice, and named symbols (D17, D19)."""
    if merged.values.get("broker") != "ibkr-live":
        return []
    where: Where = ("limits", "live", "allow_list")
    broker, allow_list = merged.origin(("broker",)), merged.origin(where)
    if broker.source == SHIPPED:
        message = "expected the user's settings file to choose real money, never the shipped one; reinstall"
        return [Problem(source=SHIPPED, key="broker", found='"ibkr-live"', message=message)]
    if _at(merged.values, where) != []:
        return []
    # Nobody wrote a shipped empty list; what asks for another one is the broker.
    origin = broker if allow_list.source == SHIPPED else allow_list
    message = (
        'ibkr-live must name the symbols in which it may add risk, such as ["AAPL", "MNQ"]; exits always pass'
    )
    return [Problem(source=origin.source, line=origin.line, key=key_text(where), found="[]", message=message)]


def _at(values: Any, where: Where) -> Any:
    """Return the raw value at a path; None where there is nothing."""
    for part in where:
        if isinstance(part, str) and isinstance(values, dict):
            values = values.get(part)
        elif isinstance(part, int) and isinstance(values, list) and part < len(values):
            values = values[part]
        else:
            return None
    return values
