"""Which lines of the log are listed, and how the line above them says so."""

import pytest

from qe_dashboard.engine.health_views import ProgramLine
from qe_dashboard.ui.presenters.cells import Tone
from qe_dashboard.ui.presenters.program_log import LEVELS, LogFilter, filter_line, program_row
from support.view_builders import NOW


def line(
    level: str = "INFO", text: str = "Farm usfarm is ok", source: str = "qe_dashboard.broker.farms"
) -> ProgramLine:
    return ProgramLine(NOW, level, source, text)


@pytest.mark.parametrize(
    ("chosen", "listed"),
    [
        ("DEBUG", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "AUDIT"]),
        ("WARNING", ["WARNING", "ERROR", "CRITICAL", "AUDIT"]),
        ("ERROR", ["ERROR", "CRITICAL", "AUDIT"]),
    ],
)
def test_a_level_lists_itself_and_what_is_worse_or_not_known(chosen: str, listed: list[str]) -> None:
    wants = LogFilter(chosen).wants
    assert [level for level in (*LEVELS, "CRITICAL", "AUDIT") if wants(line(level))] == listed


def test_levels_go_round() -> None:
    chosen, seen = LogFilter("DEBUG", "x"), []
    for _ in range(5):
        seen.append(chosen.level)
        chosen = chosen.next_level()
    assert seen == ["DEBUG", "INFO", "WARNING", "ERROR", "DEBUG"]
    assert chosen.words == "x"


@pytest.mark.parametrize(
    ("words", "found"), [("USFARM", True), ("broker.f", True), ("qe_dash", False), ("  ", True)]
)
def test_words_are_looked_for_in_text_and_part_in_any_case(words: str, found: bool) -> None:
    assert LogFilter().with_words(words).wants(line()) is found


def test_a_row_names_the_module_and_keeps_markup_as_text() -> None:
    row = program_row(line("ERROR", "[red]lost[/]\nline 2"), zone="America/New_York")
    assert [text for text, _ in row] == ["10:30:00", "ERROR", "broker.farms", "[red]lost[/] line 2"]
    assert row[1][1] is Tone.BAD


def test_the_filter_says_how_many_of_how_many() -> None:
    words = "".join(
        text for text, _ in filter_line(LogFilter("INFO", "farm"), shown=34, held=512, follows=False)
    )
    assert "34 of 512" in words
    assert "“farm”" in words
    assert "G follows" in words
    assert len(words) < 80
