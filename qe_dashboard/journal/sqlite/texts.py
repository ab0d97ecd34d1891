"""Values as the file holds them, and back. What is written reads back equal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from qe_dashboard.journal.records import Json

_LARGEST = 2**63 - 1


def time_text(at: datetime) -> str:
    """Write a time in UTC, always to the microsecond. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"a journal time needs its zone: {at}")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def decimal_text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def read_decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def plain(text: str) -> str:
    """Return text that UTF-8 can hold: a broker's broken characters must not stop a row from being written."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def whole(value: int | None) -> int | None:
    """Return a number SQLite can hold. Raises ValueError for a larger one."""
    if value is not None and abs(value) > _LARGEST:
        raise ValueError(f"{value} does not fit into the journal")
    return value


def canonical_json(payload: Mapping[str, Json]) -> str:
    """Write a payload in the one form that is hashed: sorted keys, no spaces, ASCII."""
    return json.dumps(
        dict(payload), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def read_json(text: str) -> dict[str, Json]:
    loaded: dict[str, Json] = json.loads(text)
    return loaded
