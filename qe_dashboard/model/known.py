"""`Known` and `Unknown`: a book that could not be read is never an empty book (R01, R05, R16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A value somebody reported, and when (aware UTC)."""

    value: T_co
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    """The absence of knowledge, with the reason in words. It has no operators: arithmetic on it raises."""

    reason: str


Maybe: TypeAlias = Known[T] | Unknown


class UnknownValueError(Exception):
    """Somebody needed a value that is not known."""


def require(maybe: Known[T] | Unknown) -> T:
    """Return the value, or raise UnknownValueError with the reason."""
    if isinstance(maybe, Unknown):
        raise UnknownValueError(maybe.reason)
    return maybe.value


def map_known(maybe: Known[T] | Unknown, function: Callable[[T], U]) -> Known[U] | Unknown:
    """Apply a function to a known value, keeping its age; an Unknown passes through."""
    if isinstance(maybe, Unknown):
        return maybe
    return Known(function(maybe.value), maybe.as_of)
