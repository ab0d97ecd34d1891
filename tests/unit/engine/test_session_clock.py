"""The session word comes from the hours the venue sent, and unknown hours say so (D25)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qe_dashboard.engine.session_clock import SessionWord, session_word
from qe_dashboard.model.instrument import Session
from support.risk_world import AAPL

DAY = datetime(2026, 1, 5, tzinfo=UTC)


def at(hour: float, day: int = 0) -> datetime:
    return DAY + timedelta(days=day, hours=hour)


HOURS = replace(
    AAPL,
    trading_hours=(Session(at(9), at(25)), Session(at(9, 1), at(25, 1))),
    liquid_hours=(Session(at(14.5), at(21)), Session(at(14.5, 1), at(21, 1))),
)


@pytest.mark.parametrize(
    ("now", "word", "ends"),
    [
        (at(8), "CLOSED", at(9)),
        (at(9), "PRE", at(14.5)),
        (at(14.5), "OPEN", at(21)),
        (at(21), "POST", at(25)),
        (at(25), "CLOSED", at(9, 1)),
        (at(15, 1), "OPEN", at(21, 1)),
        (at(25, 1), "HOURS ?", None),
    ],
)
def test_words_through_a_day(now: datetime, word: str, ends: datetime | None) -> None:
    assert session_word(HOURS, now=now, always_open=False) == SessionWord(word, ends)


def test_unknown_hours_and_the_venue_that_never_closes() -> None:
    assert session_word(AAPL, now=at(15), always_open=False).word == "HOURS ?"
    assert session_word(None, now=at(15), always_open=False).word == "HOURS ?"
    assert session_word(None, now=at(15), always_open=True).word == "24h"
