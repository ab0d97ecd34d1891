"""F9's LOG pane: the program's log, filtered by level and by words."""

from __future__ import annotations

from dataclasses import dataclass

from qe_dashboard.engine.health_views import ProgramLine
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Line, Tone
from qe_dashboard.ui.presenters.columns import table

PROGRAM_LOG = table(("TIME", 1), ("LEVEL", 1), ("PART", 3), ("TEXT", 1))

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_TONES = {
    "DEBUG": Tone.DIM,
    "INFO": Tone.PLAIN,
    "WARNING": Tone.WARN,
    "ERROR": Tone.BAD,
    "CRITICAL": Tone.BADGE_BAD,
}
# Every module is below it: nine cells that tell nothing apart.
_PACKAGE = "qe_dashboard."


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are listed: of this level and above, with these words in text or part, in any case."""

    level: str = "INFO"
    words: str = ""

    def next_level(self) -> LogFilter:
        """Return the filter with the next higher level; after the highest comes the lowest."""
        return LogFilter(LEVELS[(LEVELS.index(self.level) + 1) % len(LEVELS)], self.words)

    def with_words(self, words: str) -> LogFilter:
        return LogFilter(self.level, words.strip())

    def wants(self, line: ProgramLine) -> bool:
        """Whether a line is listed; one of a level nobody knows always passes the level."""
        if line.level in LEVELS and LEVELS.index(line.level) < LEVELS.index(self.level):
            return False
        words = self.words.casefold()
        return words in fmt.plain(line.text).casefold() or words in part_words(line).casefold()


def part_words(line: ProgramLine) -> str:
    """Name the module that wrote a line."""
    return fmt.plain(line.source).removeprefix(_PACKAGE)


def program_row(line: ProgramLine, *, zone: str) -> Line:
    """Present one line in the order of PROGRAM_LOG."""
    tone = _TONES.get(line.level, Tone.UNKNOWN)
    return (
        (fmt.clock(line.at, zone), Tone.DIM),
        (fmt.plain(line.level), tone),
        (part_words(line), Tone.DIM),
        (fmt.plain(line.text), Tone.PLAIN if tone is Tone.BADGE_BAD else tone),
    )


def filter_line(chosen: LogFilter, *, shown: int, held: int, follows: bool) -> Line:
    """Say which lines are listed, how many of all that is, and whether new ones scroll in."""
    line: Line = ((" level ", Tone.DIM),)
    for level in LEVELS:
        line = (*line, (f" {level} ", Tone.BADGE if level == chosen.level else Tone.DIM))
    searched: Line = (
        (("  search ", Tone.DIM), (f"“{fmt.plain(chosen.words)}”", Tone.KEY)) if chosen.words else ()
    )
    tail = "following" if follows else "G follows"
    # What can be long comes last, where a narrow screen cuts it.
    return (*line, (f"  {shown} of {held}", Tone.STRONG), (f"  {tail}", Tone.DIM), *searched)
