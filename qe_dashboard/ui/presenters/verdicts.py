"""The gates' answers in the confirm step: what speaks against the order in full, what passed in two columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import zip_longest

from qe_dashboard.engine.views import VerdictView
from qe_dashboard.model.enums import Outcome
from qe_dashboard.ui.format import plain

_MARKS = {Outcome.ALLOW: "✓", Outcome.WARN: "!", Outcome.ASK: "?", Outcome.DENY: "✗"}
# The longest gate name; words that start in one column are read faster.
_GATE_WIDTH = 16
_TEXT_COLUMN = _GATE_WIDTH + 3
# Two of them fit the narrowest panel, that of an 80-column terminal.
LEAST_CELL = 37
# As in the sentence above: a space that no line is broken at.
_THOUSANDS = "\N{NO-BREAK SPACE}"


def verdict_words(verdict: VerdictView, *, width: int) -> str:
    """Return one gate's lines: mark, gate, words, then its numbers and where the limit comes from.

    The scope matters once a gate speaks against the order; beside a yes it would only push the numbers away.
    """
    numbers = ""
    if verdict.measured or verdict.limit:
        measured, limit = figure(verdict.measured), figure(verdict.limit)
        of = f"{measured or '—'} / {limit}" if limit else measured
        # A unit counts something: "all symbols symbol" counts nothing.
        counts = (limit or measured)[:1].isdigit() or measured[:1].isdigit()
        numbers = f"{of} {verdict.unit}".strip() if counts else of
    scope = "" if verdict.outcome is Outcome.ALLOW else verdict.scope
    notes = " · ".join(part for part in (numbers, scope, verdict.source) if part)
    line = f"{_head(verdict)} {plain(verdict.text)}"
    whole = f"{line}  [{_plain(notes)}]" if notes else line
    return textwrap.fill(whole, max(width, _TEXT_COLUMN * 2), subsequent_indent=" " * _TEXT_COLUMN)


def passes(verdicts: Iterable[VerdictView], *, width: int) -> str:
    """Return the gates that said yes, two a line: name and what was measured, against its limit where that is a number.

    Their sentences are for `why`; here a trader looks for what is not a tick. What is wider than half the panel
    stands below on a line of its own: a number is never cut.
    """
    half = max(width // 2, LEAST_CELL)
    cells = [_pass_cell(verdict) for verdict in verdicts if verdict.outcome is Outcome.ALLOW]
    short = [cell for cell in cells if len(cell) < half]
    rows = [
        f"{left:<{half}}{right}".rstrip()
        for left, right in zip_longest(short[::2], short[1::2], fillvalue="")
    ]
    indent = " " * _TEXT_COLUMN
    rows += [textwrap.fill(cell, half * 2, subsequent_indent=indent) for cell in cells if len(cell) >= half]
    return "\n".join(rows)


def figure(text: str) -> str:
    """Write a number in groups of three and without trailing zeros; anything else stays as it is."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or not text.strip("-").replace(".", "", 1).isdigit():
        return text
    digits = f"{value:,f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits.replace(",", _THOUSANDS)


def _pass_cell(verdict: VerdictView) -> str:
    measured, limit = figure(verdict.measured), figure(verdict.limit)
    is_number = limit[:1].isdigit()
    numbers = f"{measured} / {limit} {verdict.unit}" if is_number else measured
    return f"{_head(verdict)} {_plain(numbers)}"


def _head(verdict: VerdictView) -> str:
    return f"{_MARKS[verdict.outcome]} {plain(verdict.gate.replace('_', ' ')).ljust(_GATE_WIDTH)}"


def _plain(text: str) -> str:
    """Clean foreign text part by part: the groups' spaces are ours and stay unbreakable."""
    return _THOUSANDS.join(plain(part) for part in text.split(_THOUSANDS))
