"""What is wrong with a settings source, in words. Standard library only: used before the first paint."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# 3.11 to 3.13 put the place into the message only.
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
# tomllib takes minutes for a key of 100,000 parts.
_LONG_KEY = re.compile(
    r"""(?<![\w"'-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){50}""",
)
DEEPEST = 20
"""Levels of tables and lists; ours have four."""
MOST_ITEMS = 5000
"""The catalogue of codes, which is the longest, has 1,000; 5,000 unknown keys are told within a second."""
_TOO_DEEP = f"broken TOML: expected at most {DEEPEST} levels of lists and tables, it is nested deeper"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where, which key, what was found, what was expected, the nearest valid key."""

    source: str
    message: str
    key: str = ""
    found: str = ""
    nearest: str = ""
    line: int | None = None
    column: int | None = None

    @property
    def place(self) -> str:
        """`file:line:column`, or the name of the variable or flag."""
        parts = [self.source, *(str(number) for number in (self.line, self.column) if number is not None)]
        return ":".join(parts)

    def __str__(self) -> str:
        text = f"{self.place}: "
        if self.key != "":
            text += f"{self.key} = {self.found}: " if self.found != "" else f"{self.key}: "
        text += self.message
        if self.nearest != "":
            text += f"; did you mean {self.nearest}?"
        return text


class SettingsError(Exception):
    """Settings that cannot be used, with every problem found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.source, p.line or 0, p.column or 0)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def report(self, consequence: str) -> str:
        """Return all problems under a headline that ends in what they mean for the user's orders."""
        count = len(self.problems)
        head = f"Settings refused, {count} problem{'' if count == 1 else 's'}. {consequence}"
        return "\n".join([head, *(f"  {problem}" for problem in self.problems)])


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """Parse TOML with decimals kept exact; raise SettingsError naming line and column of broken syntax.

    A file of a shape that none of ours can have is refused as a whole: what reads it next would take minutes over it.
    """
    long_key = _LONG_KEY.search(text)
    if long_key is not None:
        line = text.count("\n", 0, long_key.start()) + 1
        raise SettingsError([Problem(source=source, line=line, message=_TOO_DEEP)])
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        match = _PLACE.search(message)
        what = message if match is None else message[: match.start()]
        line, column = _end_of(text)
        if match is not None and match["line"] is not None:
            line, column = int(match["line"]), int(match["column"])
        problem = Problem(
            source=source, line=line, column=column, message=f"broken TOML: {_lower_first(what)}"
        )
        raise SettingsError([problem]) from error
    except RecursionError as error:
        # tomllib follows each [ by a call of its own.
        raise SettingsError([Problem(source=source, message=_TOO_DEEP)]) from error
    wrong = _misshapen(values)
    if wrong:
        raise SettingsError([Problem(source=source, message=wrong)])
    return values


def _misshapen(values: dict[str, Any]) -> str:
    """Say what is too much about a document, empty when nothing is; walks without recursion."""
    level: list[Any] = [values]
    items = 0
    for _ in range(DEEPEST):
        level = [item for each in level for item in (each.values() if isinstance(each, dict) else each)]
        items += len(level)
        if items > MOST_ITEMS:
            return f"expected at most {MOST_ITEMS:,} keys and list items, there are more"
        level = [item for item in level if isinstance(item, (dict, list))]
        if not level:
            return ""
    return _TOO_DEEP


def _end_of(text: str) -> tuple[int, int]:
    lines = text.rstrip("\r\n").split("\n")
    return len(lines), len(lines[-1]) + 1


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
