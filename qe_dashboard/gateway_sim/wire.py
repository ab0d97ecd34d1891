"""How single values look on the wire: text terminated by NUL, with the protocol's several spellings of "unset"."""

from __future__ import annotations

from decimal import Decimal

from qe_dashboard.gateway_sim.framing import frame

UNSET_INTEGER = 2**31 - 1
UNSET_LONG = 2**63 - 1
# Java's spelling of the largest double: what TWS sends, and what ib_async waits past in a what-if (reference 2.3).
UNSET_DOUBLE = "1.7976931348623157E308"
# Largest doubles come in Java's and in Python's spelling; nothing real is near.
UNSET_DOUBLE_FROM = Decimal("1e308")

Field = str | int | bool | None


def message(*fields: Field) -> bytes:
    """Build one frame of NUL-terminated fields; None is the empty field."""
    # Most fields are texts without a NUL; an openOrder has 136 of them, and thousands may go out at once.
    texts = [field if type(field) is str and "\0" not in field else _text(field) for field in fields]
    return frame(("\0".join(texts) + "\0").encode("ascii", errors="backslashreplace"))


def _text(field: Field) -> str:
    if field is None:
        return ""
    if isinstance(field, bool):
        return "1" if field else "0"
    return str(field).replace("\0", " ")


def price(value: Decimal | None) -> str:
    """Write a price as TWS's Java does: `196.5`, `0.0`; empty when there is none."""
    if value is None:
        return ""
    text = format(value.normalize(), "f")
    return text if "." in text else f"{text}.0"


def size(value: Decimal | None) -> str:
    """Write a quantity: whole ones without a point, or ibapi 9.81's `int()` ends its session (reference 4.1)."""
    return "" if value is None else format(value.normalize(), "f")


def double_or_unset(value: Decimal | None) -> str:
    """Write a number where TWS sends its largest double for "none"."""
    return UNSET_DOUBLE if value is None else price(value)


def integer_or_unset(value: int | None) -> int:
    """Write an integer where TWS sends its largest one for "none"."""
    return UNSET_INTEGER if value is None else value


def escaped(text: str) -> str:
    """Double the backslashes of a text that clients unescape (long names, error texts)."""
    return text.replace("\\", "\\\\")
