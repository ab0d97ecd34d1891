"""Building blocks of the schema: how a value is read, what it expects in words, unit, safer way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from qe_dashboard.settings.values import OFF, NotionalLimit

Tighter = Literal["smaller", "larger", "false", "subset"]
"""Which way a limit gets safer; "subset" is a list of what is allowed, in which empty allows everything."""

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9 ./-]{0,31}")


class Table(BaseModel):
    """A TOML table: unknown keys are errors, values are never coerced, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True, slots=True)
class Reading:
    """How one kind of value is read; error texts, the manual and the shipped file are made of its words."""

    expected: str
    read: Callable[[object], object]
    unit: str = ""
    tighter: Tighter | None = None
    is_text: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Put `read` before pydantic's own strict check of the type."""
        return core_schema.no_info_before_validator_function(self.read, handler(source))


def whole(low: int, high: int, *, unit: str = "") -> Reading:
    """Read an integer in a range."""
    expected = f"an integer from {low} to {high}" if low < high else str(low)

    def read(value: object) -> object:
        return _check(
            isinstance(value, int) and not isinstance(value, bool) and low <= value <= high, value, expected
        )

    return Reading(expected, read, unit)


def whole_or_auto(low: int, high: int) -> Reading:
    """Read an integer in a range, or the word "auto"."""
    numbers = whole(low, high)
    expected = f'{numbers.expected} or "auto"'

    def read(value: object) -> object:
        try:
            return value if value == "auto" else numbers.read(value)
        except ValueError:
            raise ValueError(expected) from None

    return Reading(expected, read)


def seconds(low: str, high: str, *, why: str = "") -> Reading:
    """Read a duration, whole or decimal, held as float seconds."""
    expected = f"a number of seconds from {low} to {high}" + (f" ({why})" if why != "" else "")

    def read(value: object) -> object:
        number = _number(value)
        if number is None or not Decimal(low) <= number <= Decimal(high):
            raise ValueError(expected)
        return float(number)

    return Reading(expected, read, "s")


def limit(
    unit: str,
    *,
    tighter: Tighter = "smaller",
    integral: bool = False,
    may_be_off: bool = True,
    high: int | None = None,
) -> Reading:
    """Read a limit: positive and exact; `"off"` is None where a limit may be absent."""
    kind = "a positive whole number" if integral else "a positive number"
    upto = f" up to {high}" if high is not None else ""
    expected = f"{kind}{upto} ({unit})" + (f' or "{OFF}"' if may_be_off else "")

    def read(value: object) -> object:
        if value == OFF and may_be_off:
            return None
        number = _number(value)
        if number is None or number <= 0 or (high is not None and number > high):
            raise ValueError(expected)
        if not integral:
            return number
        return _check(number == number.to_integral_value(), int(number), expected)

    return Reading(expected, read, unit, tighter)


def notional_limit(unit: str) -> Reading:
    """Read a cash limit: an amount, or `min(AMOUNT, PERCENT%)` of net liquidation."""
    expected = f'a positive amount ({unit}), "min(AMOUNT, PERCENT%)" with a share of NLV, or "{OFF}"'

    def read(value: object) -> object:
        if value == OFF:
            return None
        found = NotionalLimit.parse(value) if isinstance(value, str) else value
        number = _number(value)
        if number is not None:
            found = NotionalLimit(number)
        if not isinstance(found, NotionalLimit):
            raise ValueError(expected)
        is_positive = found.amount > 0 and (found.pct_nlv is None or found.pct_nlv > 0)
        return _check(is_positive, found, expected)

    return Reading(expected, read, unit, "smaller")


def symbol_list(most: int, *, tighter: Tighter | None = None) -> Reading:
    """Read a list of ticker symbols, upper-cased, each once."""
    expected = f'a list of at most {most} different symbols, such as ["AAPL", "MNQ"]'

    def read(value: object) -> object:
        if not isinstance(value, list | tuple) or len(value) > most:
            raise ValueError(expected)
        words = tuple(item.upper() for item in value if isinstance(item, str))
        are_symbols = len(set(words)) == len(value) and all(_SYMBOL.fullmatch(word) for word in words)
        return _check(are_symbols, words, expected)

    return Reading(expected, read, "symbols", tighter)


def one_of(literal: object) -> Reading:
    """Read one of the words of a Literal type."""
    words = get_args(literal)
    quoted = [f'"{word}"' for word in words]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"

    def read(value: object) -> object:
        return _check(value in words, value, expected)

    return Reading(expected, read, is_text=True)


def text(pattern: str, described: str) -> Reading:
    """Read a string that matches the whole pattern."""
    expected = f"{described}"

    def read(value: object) -> object:
        return _check(isinstance(value, str) and re.fullmatch(pattern, value) is not None, value, expected)

    return Reading(expected, read, is_text=True)


def switch(*, tighter: Tighter | None = None) -> Reading:
    """Read true or false."""
    expected = "true or false"

    def read(value: object) -> object:
        return _check(isinstance(value, bool), value, expected)

    return Reading(expected, read, tighter=tighter)


def _check(is_fine: bool, value: object, expected: str) -> object:
    if not is_fine:
        raise ValueError(expected)
    return value


def _number(value: object) -> Decimal | None:
    """Return an exact finite number; None for anything else, booleans included."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None
