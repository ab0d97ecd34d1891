"""The gates' answers: two columns that hold, numbers that are never cut and are grouped one way."""

import pytest

from qe_dashboard.model.enums import Outcome
from qe_dashboard.ui.presenters.verdicts import figure, passes, verdict_words
from support.view_builders import make_verdict

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize("width", [74, 104])
def test_passing_checks_stand_two_a_line_each_half_the_panel_wide(width: int) -> None:
    verdicts = (
        make_verdict("quantity", measured="10", limit="10000", unit="sh"),
        make_verdict("feed", measured="x" * 60, limit="", unit=""),
        make_verdict("order_link", measured="up", limit="up", unit="link"),
        make_verdict("notional", outcome=Outcome.DENY),
    )
    first, *rest = passes(verdicts, width=width).splitlines()
    assert first == f"✓ quantity         10 / 10{NBSP}000 sh".ljust(width // 2) + "✓ order link       up"
    assert "".join(rest).count("x") == 60


def test_a_number_that_does_not_fit_half_is_whole_on_its_own_line() -> None:
    wide = make_verdict("notional", measured="123456789.25", limit="9876543210.75", unit="USD a day")
    assert passes((wide,), width=74) == (
        f"✓ notional         123{NBSP}456{NBSP}789.25 / 9{NBSP}876{NBSP}543{NBSP}210.75 USD a day"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2333.3000", f"2{NBSP}333.3"),
        ("250000", f"250{NBSP}000"),
        ("-1500.00", f"-1{NBSP}500"),
        ("0.00", "0"),
        ("100", "100"),
        ("up", "up"),
        ("", ""),
        ("Infinity", "Infinity"),
        ("1E+3", "1E+3"),
        ("2026-11-20", "2026-11-20"),
    ],
)
def test_only_whole_numbers_are_grouped_and_trimmed(text: str, shown: str) -> None:
    assert figure(text) == shown


def test_a_gate_that_needs_two_lines_goes_on_under_its_words() -> None:
    lines = verdict_words(make_verdict("size", outcome=Outcome.DENY, text="too many " * 20), width=74)
    first, *rest = lines.splitlines()
    assert first.startswith("✗ size             too many")
    assert rest
    assert all(line.startswith(" " * 19) and line[19] != " " for line in rest)
    assert max(len(line) for line in lines.splitlines()) <= 74
