"""Which contract a bare futures root means (D25). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from qe_dashboard.model.instrument import Instrument

ROOTS = frozenset(
    [
        "ES",
        "MES",
        "NQ",
        "MNQ",
        "YM",
        "MYM",
        "RTY",
        "M2K",
        "CL",
        "MCL",
        "QM",
        "NG",
        "GC",
        "MGC",
        "SI",
        "SIL",
        "HG",
        "ZB",
        "ZN",
        "ZF",
        "ZT",
        "ZC",
        "ZS",
        "ZW",
        "6E",
        "6J",
        "6B",
        "6A",
        "6C",
        "BTC",
        "MBT",
    ]
)
"""Roots that are looked up as futures when typed bare."""

MIN_SESSIONS_TO_EXPIRY = 8
"""A new entry goes to the nearest contract further away than this many sessions (D25)."""


def sessions_until(today: date, expiry: date) -> int:
    """Count weekdays after today up to and including expiry: an upper bound of sessions, holidays not taken out."""
    days = (expiry - today).days
    return sum((today + timedelta(days=n)).weekday() < 5 for n in range(1, days + 1))


def lead_month(contracts: Sequence[Instrument], *, today: date) -> Instrument | None:
    """Choose the nearest contract over 8 sessions from expiry; None when no contract qualifies."""
    dated = sorted(
        (
            c
            for c in contracts
            if c.expiry is not None and sessions_until(today, c.expiry) > MIN_SESSIONS_TO_EXPIRY
        ),
        key=lambda c: c.expiry or date.max,
    )
    return dated[0] if dated else None


def near_expiry_words(instrument: Instrument, *, today: date) -> str | None:
    """Warn from 8 sessions before expiry; None when there is nothing to say."""
    if instrument.expiry is None:
        return None
    left = sessions_until(today, instrument.expiry)
    if left > MIN_SESSIONS_TO_EXPIRY:
        return None
    return f"{instrument.label} expires in {left} session(s), on {instrument.expiry:%d %b %Y}"
