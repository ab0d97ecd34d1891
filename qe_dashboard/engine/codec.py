"""Facade messages as JSON text and back: what an engine in a process of its own would put on its socket.

Types are named by their annotations, so a reader needs no tags beyond the class of the outermost value; a value that
does not fit its annotation raises instead of being guessed at (R45).
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, Union

from qe_dashboard.engine import facade, health_views, settings_views, views
from qe_dashboard.model import connection, ladder, market_data, money

T = TypeVar("T")

_CLASSES = {
    cls.__name__: cls
    for module in (views, health_views, settings_views, facade, market_data, money, connection, ladder)
    for cls in vars(module).values()
    if isinstance(cls, type) and dataclasses.is_dataclass(cls)
}


class CodecError(Exception):
    """The text is not what was expected; the message names the place."""


def encode(value: object) -> str:
    """Write one facade message (a dataclass of `views` or `facade`) as JSON."""
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise CodecError(f"{name} is not a facade message")
    return json.dumps({"type": name, "value": _plain(value)}, separators=(",", ":"), ensure_ascii=False)


def decode(text: str) -> object:
    """Read one facade message. Raises CodecError."""
    try:
        document = json.loads(text)
        cls = _CLASSES[document["type"]]
        value = document["value"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CodecError(f"not a facade message: {error}") from error
    return _read(value, cls, cls.__name__)


def _plain(value: object) -> Any:
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise CodecError(f"{value} cannot cross the facade: what is not known is None")
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    raise CodecError(f"a {type(value).__name__} cannot cross the facade")


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _read(value: Any, annotation: Any, place: str) -> Any:
    origin = typing.get_origin(annotation)
    if origin in (Union, types.UnionType):
        return _read_union(value, annotation, place)
    if origin is tuple:
        return _read_tuple(value, annotation, place)
    # NewTypes of the model are their base on the wire.
    annotation = getattr(annotation, "__supertype__", annotation)
    if dataclasses.is_dataclass(annotation):
        return _read_dataclass(value, annotation, place)
    return _read_scalar(value, annotation, place)


def _read_union(value: Any, annotation: Any, place: str) -> Any:
    options = typing.get_args(annotation)
    if value is None:
        if type(None) in options:
            return None
        raise CodecError(f"{place}: null is not allowed")
    if isinstance(value, dict) and "type" in value:
        named = next((o for o in options if getattr(o, "__name__", "") == value["type"]), None)
        if named is None:
            raise CodecError(f"{place}: {value['type']} is not expected here")
        return _read(value, named, place)
    rest = [o for o in options if o is not type(None)]
    if len(rest) != 1:
        raise CodecError(f"{place}: cannot tell which of {len(rest)} types this is")
    return _read(value, rest[0], place)


def _read_tuple(value: Any, annotation: Any, place: str) -> Any:
    if not isinstance(value, list):
        raise CodecError(f"{place}: a list was expected")
    item = typing.get_args(annotation)[0]
    return tuple(_read(each, item, f"{place}[{index}]") for index, each in enumerate(value))


def _read_dataclass(value: Any, annotation: Any, place: str) -> Any:
    if not isinstance(value, dict) or value.get("type") != annotation.__name__:
        raise CodecError(f"{place}: {annotation.__name__} was expected")
    hints = _hints(annotation)
    names = {field.name for field in dataclasses.fields(annotation)}
    if names != set(value) - {"type"}:
        raise CodecError(f"{place}: fields differ: {sorted(names ^ (set(value) - {'type'}))}")
    fields = {name: _read(value[name], hints[name], f"{place}.{name}") for name in names}
    try:
        return annotation(**fields)
    except ValueError as error:
        raise CodecError(f"{place}: {error}") from error


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment


def _read_scalar(value: Any, annotation: Any, place: str) -> Any:
    try:
        if annotation is Decimal and isinstance(value, str):
            return Decimal(value)
        if annotation is datetime and isinstance(value, str):
            return _aware(datetime.fromisoformat(value))
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            return annotation(value)
    except (ValueError, ArithmeticError) as error:
        raise CodecError(f"{place}: {error}") from error
    if isinstance(annotation, type) and type(value) is annotation:
        return value
    raise CodecError(f"{place}: {value!r} is no {getattr(annotation, '__name__', annotation)}")
