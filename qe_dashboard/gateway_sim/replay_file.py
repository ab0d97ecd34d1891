"""Recorded bars from a CSV file, for the venue to replay."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from qe_dashboard.sim_venue.replay import ReplayRow

COLUMNS = ("start", "seconds", "open", "high", "low", "close", "volume")


class ReplayFileError(Exception):
    """A file of bars that cannot be used; the text names the line."""


def read_bars(path: Path) -> tuple[ReplayRow, ...]:
    """Read bars with a header line `start,seconds,open,high,low,close,volume`. Raises ReplayFileError.

    `start` is ISO 8601 or epoch seconds; without a zone it is UTC.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise ReplayFileError(f"{path}, line 1: the columns are {','.join(COLUMNS)}.")
            return tuple(_row(path, reader.line_num, fields) for fields in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReplayFileError(f"{path} cannot be read: {error}.") from error


def _row(path: Path, line: int, fields: Mapping[str | None, str | None]) -> ReplayRow:
    texts = {name: fields.get(name) or "" for name in COLUMNS}
    try:
        return ReplayRow(
            start=_start(texts["start"]),
            seconds=int(texts["seconds"]),
            open=Decimal(texts["open"]),
            high=Decimal(texts["high"]),
            low=Decimal(texts["low"]),
            close=Decimal(texts["close"]),
            volume=int(texts["volume"]),
        )
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise ReplayFileError(f"{path}, line {line}: this is no bar: {error}.") from error


def _start(text: str) -> datetime:
    if text.isascii() and text.isdigit():
        return datetime.fromtimestamp(int(text), UTC)
    start = datetime.fromisoformat(text)
    return start.replace(tzinfo=UTC) if start.tzinfo is None else start
