"""`qe-dashboard journal verify | tail | export`: text and exit code; nothing here prints."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qe_dashboard.journal.port import JournalError
from qe_dashboard.journal.records import StoredEvent
from qe_dashboard.journal.sqlite import queries
from qe_dashboard.journal.sqlite.texts import canonical_json, decimal_text, time_text
from qe_dashboard.journal.sqlite.verify import verify_chain
from qe_dashboard.model.money import Money
from qe_dashboard.model.order import Fill

OK, WRONG, COULD_NOT_CHECK = 0, 3, 5
"""The exit codes of every checking verb (design section 12)."""

JSON_VERSION = 1

FILL_COLUMNS = (
    "time_utc",
    "account",
    "instrument",
    "side",
    "quantity",
    "price",
    "currency",
    "commission",
    "commission_currency",
    "realized",
    "realized_currency",
    "exec_id",
    "order",
    "order_ref",
)


@dataclass(frozen=True, slots=True)
class VerbResult:
    """What a verb says and the code it exits with."""

    text: str
    code: int


def verify(path: Path) -> VerbResult:
    """Walk the hash chain and say whether every row is as it was written."""
    try:
        found = verify_chain(path)
    except JournalError as error:
        return VerbResult(str(error), COULD_NOT_CHECK)
    if found.problem is None:
        last = (
            "" if found.last_good is None else f" The last is row {found.last_good} of {found.last_good_at}."
        )
        return VerbResult(f"{path}: {found.rows} rows, every one as it was written.{last}", OK)
    good = (
        "No row before it is good."
        if found.last_good is None
        else f"The last good row is {found.last_good} of {found.last_good_at}."
    )
    return VerbResult(
        f"{path}: row {found.bad_seq} is bad: {found.problem}. {good}\n"
        "Keep a copy of the file; compare with the broker's statement what comes after the last good row.",
        WRONG,
    )


def tail(path: Path, *, count: int, as_json: bool) -> VerbResult:
    """Show the last events, as text or as one JSON object a line."""
    try:
        with queries.reading(path) as connection:
            events = queries.tail(connection, count=count)
    except JournalError as error:
        return VerbResult(str(error), COULD_NOT_CHECK)
    lines = [_json_line(each) if as_json else _text_line(each) for each in events]
    return VerbResult("\n".join(lines), OK)


def export(path: Path, csv_path: Path) -> VerbResult:
    """Write every execution with its commission to a new CSV file; an existing file is left alone."""
    try:
        with queries.reading(path) as connection:
            text, count = _fills_csv(queries.all_fills(connection))
    except JournalError as error:
        return VerbResult(str(error), COULD_NOT_CHECK)
    try:
        with csv_path.open("x", encoding="utf-8", newline="") as target:
            target.write(text)
    except FileExistsError:
        return VerbResult(f"{csv_path} exists already and was left alone. Give another name.", WRONG)
    except OSError as error:
        return VerbResult(f"{csv_path} cannot be written: {error.strerror}.", COULD_NOT_CHECK)
    return VerbResult(f"{count} executions written to {csv_path}.", OK)


def _json_line(event: StoredEvent) -> str:
    return json.dumps(
        {
            "version": JSON_VERSION,
            "seq": event.seq,
            "at": time_text(event.at),
            "kind": event.kind.value,
            "account": event.account,
            "intent_id": event.intent_id,
            "payload": dict(event.payload),
        }
    )


def _text_line(event: StoredEvent) -> str:
    intent = "" if event.intent_id is None else f" {event.intent_id}"
    return (
        f"{event.seq:>7}  {event.at:%Y-%m-%d %H:%M:%S}Z  {event.kind.value:<13}  {event.account}{intent}"
        f"  {canonical_json(event.payload)}"
    )


def _fills_csv(fills: Iterable[Fill]) -> tuple[str, int]:
    rows = [
        (
            time_text(fill.at),
            fill.account,
            fill.instrument_id,
            fill.side.value,
            decimal_text(fill.quantity),
            decimal_text(fill.price),
            fill.currency,
            *_money_columns(fill.commission),
            *_money_columns(fill.realized),
            fill.exec_id,
            str(fill.key),
            fill.order_ref,
        )
        for fill in fills
    ]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([FILL_COLUMNS, *rows])
    return buffer.getvalue(), len(rows)


def _money_columns(money: Money | None) -> tuple[str, str]:
    """Return amount and currency; what was never reported stays empty, it is not zero (R50)."""
    return ("", "") if money is None else (str(money.amount), money.currency)
