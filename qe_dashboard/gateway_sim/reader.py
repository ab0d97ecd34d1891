"""Strict positional reading of one request: every field has a place, a type and a version gate; none may remain."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, field, fields, is_dataclass
from decimal import Decimal
from typing import Any, TypeVar, get_type_hints

from qe_dashboard.gateway_sim.wire import UNSET_DOUBLE_FROM, UNSET_INTEGER

T = TypeVar("T")

NEVER = 10**6

_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
# Floats come as `1e-05`, `10.0`, `1.7976931348623157E308` (reference 4.1).
_REAL = re.compile(r"-?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,3})?", re.ASCII)


class DecodeError(Exception):
    """A request that does not have the shape its message id and the session's version demand."""


class FieldReader:
    """Takes the fields of one request in order."""

    def __init__(self, texts: list[str], *, version: int) -> None:
        self.version = version
        self._texts = texts
        self._next = 0

    def text(self, name: str) -> str:
        """Take a field as it is."""
        if self._next >= len(self._texts):
            raise DecodeError(f"field {self._next + 1} ({name}) is missing")
        value = self._texts[self._next]
        self._next += 1
        return value

    def integer(self, name: str) -> int:
        """Take an integer; an empty field is 0."""
        value = self.text(name)
        if not value:
            return 0
        if _INTEGER.fullmatch(value) is None:
            raise DecodeError(f"field {self._next} ({name}) is no integer: {value[:40]!r}")
        return int(value)

    def optional_integer(self, name: str) -> int | None:
        """Take an integer of which empty and 2147483647 mean none."""
        if self.peek() == "":
            self.text(name)
            return None
        value = self.integer(name)
        return None if value == UNSET_INTEGER else value

    def optional_real(self, name: str) -> Decimal | None:
        """Take a number of which empty and the largest double mean none; `Infinite` is infinity."""
        value = self.text(name)
        if not value:
            return None
        if value in ("Infinite", "Infinity"):
            return Decimal("Infinity")
        if _REAL.fullmatch(value) is None:
            raise DecodeError(f"field {self._next} ({name}) is no number: {value[:40]!r}")
        number = Decimal(value)
        return None if number >= UNSET_DOUBLE_FROM else number

    def real(self, name: str) -> Decimal:
        """Take a number; unset is 0."""
        value = self.optional_real(name)
        return Decimal(0) if value is None else value

    def flag(self, name: str) -> bool:
        """Take a boolean; empty is false."""
        value = self.text(name)
        if value not in ("", "0", "1"):
            raise DecodeError(f"field {self._next} ({name}) is neither 0 nor 1: {value[:40]!r}")
        return value == "1"

    def count(self, name: str) -> int:
        """Take the length of a list that follows, each element at least one field long."""
        value = self.integer(name)
        if not 0 <= value <= len(self._texts) - self._next:
            raise DecodeError(f"field {self._next} ({name}) announces {value} elements")
        return value

    def peek(self) -> str | None:
        """Return the next field without taking it; None at the end."""
        return self._texts[self._next] if self._next < len(self._texts) else None

    def record(self, cls: type[T]) -> T:
        """Take the fields of a dataclass, whose declaration order is the order on the wire."""
        taken = {
            name: read(self, name)
            for name, read, since, until in _layout(cls)
            if since <= self.version < until
        }
        return cls(**taken)

    def finish(self) -> None:
        """Raise DecodeError when fields remain: then the two sides disagree about the layout."""
        left = self._texts[self._next :]
        if left:
            raise DecodeError(f"{len(left)} unread fields after field {self._next}: {left[:5]!r}")


def gated(default: T, *, since: int = 0, until: int = NEVER) -> T:
    """Declare a field that is on the wire only from version `since` on, and before version `until`."""
    return field(default=default, metadata={"since": since, "until": until})


_READERS: dict[object, Callable[[FieldReader, str], object]] = {
    str: FieldReader.text,
    int: FieldReader.integer,
    bool: FieldReader.flag,
    Decimal: FieldReader.real,
    int | None: FieldReader.optional_integer,
    Decimal | None: FieldReader.optional_real,
}


_Place = tuple[str, Callable[[FieldReader, str], object], int, int]
_LAYOUTS: dict[type[Any], list[_Place]] = {}


def _layout(cls: type[Any]) -> list[_Place]:
    """Return name, reader and version gates of each field, worked out once per class."""
    if cls not in _LAYOUTS:
        hints = get_type_hints(cls)
        _LAYOUTS[cls] = [
            (
                item.name,
                _reader_of(hints[item.name]),
                item.metadata.get("since", 0),
                item.metadata.get("until", NEVER),
            )
            for item in fields(cls)
            if item.default is MISSING or item.metadata
        ]
    return _LAYOUTS[cls]


def _reader_of(kind: Any) -> Callable[[FieldReader, str], object]:
    if is_dataclass(kind) and isinstance(kind, type):
        return lambda reader, _: reader.record(kind)
    return _READERS[kind]
