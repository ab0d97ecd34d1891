"""Line numbers of keys in a TOML text; neither tomllib nor tomlkit gives them (D29). Standard library only.

The text should be valid, which tomllib decides first; of a broken one the keys before the break are found.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Mapping

Where = tuple[str | int, ...]
"""Keys and list positions from the top of the document: ("watchlist", "symbols", 2)."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_INLINE_BLANK = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONG_STRINGS = (
    re.compile(r'"""(?:\\.|(?!""")[^\\])*"{3,5}', re.S),
    re.compile(r"'''.*?'{3,5}", re.S),
)
_SHORT_STRINGS = (
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)
_ESCAPE = re.compile(r"\\(?:U([0-9A-Fa-f]{8})|.)", re.S)
_SCALAR = re.compile(r"[^\s,\]}#=]+(?: \d[^\s,\]}#=]*)?")


class _BrokenError(Exception):
    """The text stopped being TOML here."""


def line_numbers(text: str) -> Mapping[Where, int]:
    """Return the line, from 1, on which each key, table header and list item of a TOML text stands."""
    scan = _Scanner(text)
    # Nested deeper than a call can follow: what was found until there is still true.
    with contextlib.suppress(_BrokenError, RecursionError):
        scan.document()
    return scan.lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Where, int] = {}
        self._text = text
        self._at = 0
        self._counted_to = 0
        self._line = 1
        # How many times each [[array of tables]] has been opened.
        self._opened: dict[Where, int] = {}

    def document(self) -> None:
        table: Where = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Where:
        start = self._at
        is_array = self._text.startswith("[[", start)
        self._at += 2 if is_array else 1
        keys = self._dotted_key()
        self._expect("]]" if is_array else "]")
        path: Where = ()
        for key in keys[:-1]:
            path = self._inside((*path, key))
            self._note(path, start)
        path = (*path, keys[-1])
        self._note(path, start)
        if is_array:
            self._opened[path] = self._opened.get(path, 0) + 1
            path = self._inside(path)
            self._note(path, start)
        return path

    def _inside(self, path: Where) -> Where:
        """Return the newest element when the path is an array of tables."""
        count = self._opened.get(path)
        return path if count is None else (*path, count - 1)

    def _pair(self, table: Where) -> None:
        start = self._at
        path = table
        for key in self._dotted_key():
            path = (*path, key)
            self._note(path, start)
        self._expect("=")
        self._skip(_INLINE_BLANK)
        self._value(path)

    def _value(self, path: Where) -> None:
        opening = self._text[self._at : self._at + 1]
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        elif opening in ('"', "'"):
            self._string(_LONG_STRINGS + _SHORT_STRINGS)
        else:
            self._take(_SCALAR)

    def _array(self, path: Where) -> None:
        self._expect("[")
        index = 0
        while not self._closes("]"):
            self._note((*path, index), self._at)
            self._value((*path, index))
            index += 1
            self._comma_before("]")

    def _inline_table(self, path: Where) -> None:
        self._expect("{")
        while not self._closes("}"):
            self._pair(path)
            self._comma_before("}")

    def _closes(self, closing: str) -> bool:
        self._skip(_BLANK)
        if not self._text.startswith(closing, self._at):
            return False
        self._at += 1
        return True

    def _comma_before(self, closing: str) -> None:
        self._skip(_BLANK)
        if self._text.startswith(",", self._at):
            self._at += 1
        elif not self._text.startswith(closing, self._at):
            raise _BrokenError

    def _dotted_key(self) -> list[str]:
        keys = [self._simple_key()]
        while True:
            self._skip(_INLINE_BLANK)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1
            keys.append(self._simple_key())

    def _simple_key(self) -> str:
        self._skip(_INLINE_BLANK)
        if self._text[self._at : self._at + 1] in ('"', "'"):
            return _unquoted(self._string(_SHORT_STRINGS))
        return self._take(_BARE_KEY)

    def _string(self, patterns: tuple[re.Pattern[str], ...]) -> str:
        for pattern in patterns:
            match = pattern.match(self._text, self._at)
            if match is not None:
                self._at = match.end()
                return match.group()
        raise _BrokenError

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise _BrokenError
        self._at = match.end()
        return match.group()

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()

    def _expect(self, literal: str) -> None:
        self._skip(_INLINE_BLANK)
        if not self._text.startswith(literal, self._at):
            raise _BrokenError
        self._at += len(literal)

    def _note(self, path: Where, start: int) -> None:
        """Remember the line of the first place that names the path."""
        self._line += self._text.count("\n", self._counted_to, start)
        self._counted_to = start
        self.lines.setdefault(path, self._line)


def _unquoted(token: str) -> str:
    """Return the key a quoted token stands for."""
    if token.startswith("'"):
        return token[1:-1]
    # TOML's \UXXXXXXXX is the one escape JSON lacks.
    widened = _ESCAPE.sub(_narrowed, token)
    try:
        return str(json.loads(widened, strict=False))
    except ValueError:
        raise _BrokenError from None


def _narrowed(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    code = int(match[1], 16)
    if code > sys.maxunicode:
        raise _BrokenError
    return json.dumps(chr(code))[1:-1]
