"""The files of the code catalogue: the shipped one, and the user's own laid over it field by field (C4, D27)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from qe_dashboard.broker.ibkr.code_book import ORDER_CLASSES, CodeBook, CodeEntry
from qe_dashboard.model.enums import MessageClass, Severity
from qe_dashboard.settings.content import decode, read_bytes, read_if_present
from qe_dashboard.settings.locate import line_numbers
from qe_dashboard.settings.paths import CODES_NAME
from qe_dashboard.settings.problems import Problem, SettingsError, parse_toml

log = logging.getLogger(__name__)

LONGEST_TEXT = 200
"""Characters: three such texts and the broker's own are one line of the log."""
HIGHEST_CODE = 99_999
_WIDEST_RANGE = 100
_EXPECTED_CODES = 'expected a code [201], several ["109, 163"] or a range ["10241-10243"]'
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_ALWAYS_SAID = (Severity.ERROR, Severity.CRITICAL)
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class _Fields:
    """What one table says; None where it says nothing. `line` is that of its header, `lines` those of its keys."""

    source: str
    name: str
    line: int | None
    lines: Mapping[str, int]
    message_class: MessageClass | None = None
    severity: Severity | None = None
    means: str | None = None
    orders: str | None = None
    press: str | None = None
    ends_new_order: bool | None = None
    quiet: bool | None = None
    invalid: frozenset[str] = frozenset()
    """Keys that are there and not valid, which is a problem of its own."""

    def problem(self, message: str, *, key: str = "", found: str = "", nearest: str = "") -> Problem:
        """Return what is wrong with one key, or with the table."""
        return Problem(
            source=self.source,
            message=message,
            key=f"[{self.name}]{f' {key}' if key else ''}",
            found=found,
            nearest=nearest,
            line=self.lines.get(key, self.line),
        )


def load_code_book(shipped: Path, user: Path) -> CodeBook:
    """Read the shipped catalogue and lay the user's file over it, when there is one. Blocks on the disk.

    A fault of the user's file is told in `CodeBook.problem` and the shipped catalogue stays in force. Raises
    SettingsError for a fault of the shipped one: that installation is damaged.
    """
    book = parse_shipped(decode(read_bytes(shipped), shipped), str(shipped))
    try:
        data = read_if_present(user)
        return book if data is None else overlaid(book, decode(data, user), str(user))
    except SettingsError as error:
        for problem in error.problems:
            log.error("code catalogue not used: %s", problem)
        more = len(error.problems) - 1
        rest = f" ({more} more in the log file)" if more else ""
        return replace(
            book,
            problem=f"Your {CODES_NAME} is not in force: {error.problems[0]}{rest}. The shipped catalogue is, and"
            " orders are handled as always. Correct the line, then start the program again.",
        )


def parse_shipped(text: str, source: str) -> CodeBook:
    """Return the catalogue that a complete file gives. Raises SettingsError with every problem found."""
    tables, problems = _read(text, source)
    entries: dict[int, CodeEntry] = {}
    for code, fields in tables.items():
        entry = _shipped_entry(code, fields)
        problems += _incomplete(entry, fields) + _wrongly_quiet(entry, fields)
        entries[code] = entry
    if problems:
        raise SettingsError(_once(problems))
    return CodeBook(MappingProxyType(entries))


def overlaid(book: CodeBook, text: str, source: str) -> CodeBook:
    """Return the catalogue with a user's file laid over it. Raises SettingsError; the book itself never changes."""
    tables, problems = _read(text, source)
    entries = dict(book.entries)
    for code, fields in tables.items():
        base = book.of(code)
        entry = _overlaid_entry(base, fields)
        if fields.ends_new_order and not base.ends_new_order:
            problems.append(
                fields.problem(
                    "expected false: an order taken for refused by mistake would be hidden while it works, so only"
                    " the shipped catalogue says which codes end a new order",
                    key="ends_new_order",
                    found="true",
                )
            )
        problems += _wrongly_quiet(entry, fields)
        entries[code] = entry
    if problems:
        raise SettingsError(_once(problems))
    return replace(book, entries=MappingProxyType(entries))


def _shipped_entry(code: int, fields: _Fields) -> CodeEntry:
    message_class = fields.message_class or MessageClass.UNKNOWN
    ends = fields.ends_new_order
    return CodeEntry(
        code,
        message_class,
        fields.severity or Severity.WARNING,
        fields.means or "",
        fields.orders or "",
        fields.press or "",
        ends_new_order=message_class is MessageClass.ORDER_REJECTED if ends is None else ends,
        quiet=bool(fields.quiet),
    )


def _overlaid_entry(base: CodeEntry, fields: _Fields) -> CodeEntry:
    message_class = fields.message_class or base.message_class
    # Calling it something other than a refusal is taken at its word; nothing makes a code end an order (C1).
    is_cleared = fields.message_class not in (None, base.message_class, MessageClass.ORDER_REJECTED)
    ends = base.ends_new_order and fields.ends_new_order is not False and not is_cleared
    return CodeEntry(
        base.code,
        message_class,
        fields.severity or base.severity,
        base.means if fields.means is None else fields.means,
        base.orders if fields.orders is None else fields.orders,
        base.press if fields.press is None else fields.press,
        ends_new_order=ends,
        quiet=base.quiet if fields.quiet is None else fields.quiet,
    )


def _incomplete(entry: CodeEntry, fields: _Fields) -> list[Problem]:
    found: dict[str, object] = {
        "class": fields.message_class,
        "severity": fields.severity,
        "means": fields.means,
    }
    if entry.severity is not Severity.INFO:
        found |= {"orders": fields.orders, "press": fields.press}
    return [
        fields.problem("expected a value, the key is missing", key=key)
        for key, value in found.items()
        if not value and key not in fields.invalid
    ]


def _wrongly_quiet(entry: CodeEntry, fields: _Fields) -> list[Problem]:
    if not entry.quiet or (entry.severity not in _ALWAYS_SAID and entry.message_class not in ORDER_CLASSES):
        return []
    what = "words about orders" if entry.message_class in ORDER_CLASSES else f"severity {entry.severity}"
    return [fields.problem(f"expected false: {what} is always said", key="quiet", found="true")]


# reading


def _read(text: str, source: str) -> tuple[dict[int, _Fields], list[Problem]]:
    document, headers, lines = parse_toml(text, source), dict[str, int](), dict[str, dict[str, int]]()
    for where, line in line_numbers(text).items():
        if len(where) == 1:
            headers[str(where[0])] = line
        elif len(where) == 2:
            lines.setdefault(str(where[0]), {})[str(where[1])] = line
    tables: dict[int, _Fields] = {}
    problems: list[Problem] = []
    for name, table in document.items():
        blank = _Fields(source, name, headers.get(name), lines.get(name, {}))
        codes = _codes(name)
        if codes is None:
            problems.append(blank.problem(_EXPECTED_CODES))
            continue
        if not isinstance(table, dict):
            problems.append(blank.problem("expected a table of keys", found=_shown(table)))
            continue
        fields, found = _fields(blank, table)
        problems += found
        for code in codes:
            if code in tables:
                first = tables[code]
                problems.append(
                    blank.problem(f"code {code} stands in line {first.line} already, as [{first.name}]")
                )
            else:
                tables[code] = fields
    return tables, problems


def _codes(name: str) -> list[int] | None:
    codes: list[int] = []
    for part in name.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if not 0 < first <= last <= min(HIGHEST_CODE, first + _WIDEST_RANGE):
            return None
        codes += range(first, last + 1)
    return codes if len(set(codes)) == len(codes) else None


def _fields(blank: _Fields, table: Mapping[str, object]) -> tuple[_Fields, list[Problem]]:
    values: dict[str, object] = {}
    problems: list[Problem] = []
    invalid: set[str] = set()
    for key, value in table.items():
        if key not in _READERS:
            nearest = get_close_matches(key, _READERS, n=1)
            expected = f"unknown key, expected one of {', '.join(_READERS)}"
            problems.append(blank.problem(expected, key=key, nearest=nearest[0] if nearest else ""))
            continue
        attribute, read = _READERS[key]
        try:
            values[attribute] = read(value)
        except ValueError as error:
            problems.append(blank.problem(str(error), key=key, found=_shown(value)))
            invalid.add(key)
    return replace(blank, **values, invalid=frozenset(invalid)), problems  # type: ignore[arg-type]


def _word(words: Iterable[_Word]) -> Callable[[object], _Word]:
    by_word = {word.value: word for word in words}

    def read(value: object) -> _Word:
        if not isinstance(value, str) or value not in by_word:
            raise ValueError(f"expected one of {', '.join(by_word)}")
        return by_word[value]

    return read


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= LONGEST_TEXT:
        raise ValueError(f"expected one line of text, at most {LONGEST_TEXT} characters")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


_READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "class": ("message_class", _word(word for word in MessageClass if word is not MessageClass.UNKNOWN)),
    "severity": ("severity", _word(Severity)),
    "means": ("means", _text),
    "orders": ("orders", _text),
    "press": ("press", _text),
    "ends_new_order": ("ends_new_order", _flag),
    "quiet": ("quiet", _flag),
}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """A range gives each of its codes the same problem."""
    return list(dict.fromkeys(problems))
