"""What a presenter hands out: text with a tone. `ui.themes` alone knows what a tone looks like."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from rich.cells import cell_len

from qe_dashboard.model.enums import AccountKind, OrderSide, Severity


class Tone(StrEnum):
    """What a piece of text means for the eye. Every meaning is in the words as well (NO_COLOR, D31)."""

    PLAIN = "plain"
    DIM = "dim"
    FAINT = "faint"
    """For shapes behind the data, never for text."""
    STRONG = "strong"
    TITLE = "title"
    KEY = "key"
    UP = "up"
    DOWN = "down"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    STALE = "stale"
    UNKNOWN = "unknown"
    ACCENT = "accent"
    BADGE = "badge"
    BADGE_SIM = "badge-sim"
    BADGE_PAPER = "badge-paper"
    BADGE_LIVE = "badge-live"
    BADGE_BAD = "badge-bad"


Cell: TypeAlias = tuple[str, Tone]
Line: TypeAlias = tuple[Cell, ...]

EMPTY: Line = ()


def line_width(line: Line) -> int:
    """Return how many terminal cells a line takes."""
    return sum(cell_len(text) for text, _ in line)


def sign_tone(value: Decimal | None) -> Tone:
    """Return the tone of a gain, a loss, or neither."""
    if value is None or not value.is_finite() or value == 0:
        return Tone.PLAIN
    return Tone.UP if value > 0 else Tone.DOWN


def side_tone(side: OrderSide) -> Tone:
    return Tone.UP if side is OrderSide.BUY else Tone.DOWN


def severity_tone(severity: Severity) -> Tone:
    return {
        Severity.INFO: Tone.PLAIN,
        Severity.WARNING: Tone.WARN,
        Severity.ERROR: Tone.BAD,
        Severity.CRITICAL: Tone.BADGE_BAD,
    }[severity]


def kind_tone(kind: AccountKind) -> Tone:
    """Return the tone of an account kind's badge."""
    return {
        AccountKind.SIM: Tone.BADGE_SIM,
        AccountKind.PAPER: Tone.BADGE_PAPER,
        AccountKind.LIVE: Tone.BADGE_LIVE,
    }[kind]
