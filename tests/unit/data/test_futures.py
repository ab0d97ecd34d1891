"""Which month a bare root means (D25)."""

from dataclasses import replace
from datetime import date

import pytest

from qe_dashboard.data.futures import lead_month, near_expiry_words, sessions_until
from qe_dashboard.model.instrument import Instrument
from support.risk_world import AAPL, MNQ


def month(expiry: date) -> Instrument:
    return replace(MNQ, expiry=expiry)


@pytest.mark.parametrize(
    ("today", "expiry", "sessions"),
    [
        (date(2026, 1, 5), date(2026, 1, 5), 0),
        (date(2026, 1, 5), date(2026, 1, 6), 1),
        (date(2026, 1, 9), date(2026, 1, 12), 1),
        (date(2026, 1, 5), date(2026, 1, 16), 9),
        (date(2026, 1, 5), date(2025, 12, 19), 0),
    ],
)
def test_weekdays_until_expiry(today: date, expiry: date, sessions: int) -> None:
    assert sessions_until(today, expiry) == sessions


def test_the_lead_is_the_nearest_over_eight_sessions_away() -> None:
    near, march, june = month(date(2026, 1, 15)), month(date(2026, 3, 20)), month(date(2026, 6, 18))
    assert lead_month([june, near, march], today=date(2026, 1, 5)) == march
    assert lead_month([june, near], today=date(2026, 1, 2)) == near


def test_without_a_month_that_qualifies_there_is_none() -> None:
    assert lead_month([month(date(2026, 1, 15)), AAPL], today=date(2026, 1, 5)) is None
    assert lead_month([], today=date(2026, 1, 5)) is None


def test_an_expiry_that_is_near_is_said() -> None:
    assert near_expiry_words(month(date(2026, 1, 15)), today=date(2026, 1, 5)) == (
        "MNQ Jan26 expires in 8 session(s), on 15 Jan 2026"
    )
    assert near_expiry_words(month(date(2026, 1, 16)), today=date(2026, 1, 5)) is None
    assert near_expiry_words(AAPL, today=date(2026, 1, 5)) is None
