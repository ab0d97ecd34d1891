"""Small plain values of the settings file and how they are written as TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

OFF = "off"
"""Written for "no limit"; read as None."""

_NOTIONAL = re.compile(
    r"min\(\s*(?P<amount>\d+(?:\.\d+)?)\s*,\s*(?P<pct>\d+(?:\.\d+)?)\s*%(?:\s*NLV)?\s*\)", re.I
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class NotionalLimit:
    """A cash limit per order: an amount in account currency and, if set, a share of NLV; the lower binds."""

    amount: Decimal
    pct_nlv: Decimal | None = None

    @classmethod
    def parse(cls, text: str) -> NotionalLimit | None:
        """Read the form `min(25000, 10%)`; None when the text is something else."""
        match = _NOTIONAL.fullmatch(text.strip())
        return None if match is None else cls(Decimal(match["amount"]), Decimal(match["pct"]))

    def allows_more_than(self, other: NotionalLimit) -> bool:
        """Tell whether some account exists in which this limit lets through more than the other."""
        if self.amount > other.amount:
            return True
        if other.pct_nlv is None:
            return False
        return self.pct_nlv is None or self.pct_nlv > other.pct_nlv

    def __str__(self) -> str:
        return f"{self.amount:f}" if self.pct_nlv is None else f"min({self.amount:f}, {self.pct_nlv:f}%)"


@dataclass(frozen=True, slots=True)
class Broken:
    """A key whose value does not fit to others of its table, though each alone is fine."""

    path: tuple[str, ...]
    """Within the table."""
    message: str
    others: tuple[str, ...] = ()
    """The keys it was compared with; where one of those is wrong itself, nothing is said about this one."""


class RuleError(ValueError):
    """Values that are each fine but do not go together."""

    def __init__(self, broken: Iterable[Broken]) -> None:
        self.broken = tuple(broken)
        super().__init__("; ".join(f"{key_text(item.path)}: {item.message}" for item in self.broken))


def key_text(path: Iterable[str | int]) -> str:
    """Return a path as TOML writes it: `connection.ibkr-paper.port`, list positions as `symbols[2]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        word = part if _BARE_KEY.fullmatch(part) else _quoted(part)
        text += f".{word}" if text != "" else word
    return text


def flattened(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Return nested tables as one mapping from path to value; empty tables leave nothing."""
    flat: dict[tuple[str, ...], Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat.update(flattened(value, (*above, key)))
        else:
            flat[(*above, key)] = value
    return flat


def toml_text(value: object) -> str:
    """Return a settings value as it would be written in the file; None is `"off"`."""
    if value is None:
        return f'"{OFF}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, NotionalLimit):
        return f"{value.amount:f}" if value.pct_nlv is None else f'"{value}"'
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{key_text([str(key)])} = {toml_text(item)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_text(item) for item in value) + "]"
    return str(value)


def _quoted(text: str) -> str:
    # JSON leaves DEL as it is, TOML does not allow it.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
