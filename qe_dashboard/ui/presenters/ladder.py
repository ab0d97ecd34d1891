"""The connection ladder: a row per rung, the first failure with its one fix, and what the standard ports said."""

from __future__ import annotations

from qe_dashboard.model.enums import AccountKind, Profile
from qe_dashboard.model.ladder import Ladder, PortAnswer, PortScan, Rung, RungState
from qe_dashboard.ui import format as fmt
from qe_dashboard.ui.presenters.cells import Cell, Line, Tone, kind_tone
from qe_dashboard.ui.presenters.columns import table

LADDER = table(("STATE", 1), ("RUNG", 1), ("DETAIL", 1))

_STATE_WIDTH = 10
_NAME_WIDTH = 27
DETAIL_INDENT = _STATE_WIDTH + _NAME_WIDTH
"""Details start here; what is broken into further lines is indented as far."""

_STATES: dict[RungState, Cell] = {
    RungState.PASS: ("✓ pass", Tone.GOOD),
    RungState.FAIL: ("✗ FAIL", Tone.BAD),
    RungState.UNKNOWN: ("? unknown", Tone.UNKNOWN),
    RungState.NOT_APPLICABLE: ("· n/a", Tone.DIM),
}


def rung_rows(ladder: Ladder) -> list[tuple[str, Line]]:
    """Return one row per rung, bottom rung first; the first failure stands out from those that follow from it."""
    return [(rung.name.value, _row(rung, ladder)) for rung in ladder.rungs]


def ladder_lines(ladder: Ladder) -> tuple[Line, ...]:
    """Return verdict, fix and every rung as lines, for where there is no list."""
    rungs = tuple(
        (
            (state.ljust(_STATE_WIDTH), tone),
            (name.ljust(_NAME_WIDTH), name_tone),
            (detail, detail_tone),
        )
        for (state, tone), (name, name_tone), (detail, detail_tone) in (
            _row(rung, ladder) for rung in ladder.rungs
        )
    )
    return (*verdict_lines(ladder), *rungs)


def verdict_lines(ladder: Ladder) -> tuple[Line, ...]:
    """Say how the ladder stands in one short line and, when a rung failed, the one thing to do, in full, in another.

    The failed rung's own row has all that was measured.
    """
    failure = ladder.first_failure
    if failure is not None:
        detail = f": {fmt.first_sentence(failure.detail)}" if failure.detail else ""
        fix = fmt.plain(failure.fix) or "no fix is known; the log may say more"
        return (
            (("FAIL ", Tone.BAD), (f"{failure.name.value}{detail}", Tone.BAD)),
            (("FIX  ", Tone.KEY), (fix, Tone.STRONG)),
        )
    if all(rung.state is RungState.NOT_APPLICABLE for rung in ladder.rungs):
        return ((("n/a  ", Tone.DIM), ("this profile has no connection to climb", Tone.PLAIN)),)
    unknown = sum(rung.state is RungState.UNKNOWN for rung in ladder.rungs)
    if unknown:
        words = f"nothing failed, and {unknown} of {len(ladder.rungs)} rungs could not be told"
        return ((("?    ", Tone.UNKNOWN), (words, Tone.PLAIN)),)
    return ((("✓    ", Tone.GOOD), ("every rung passes", Tone.GOOD), *_whose(ladder)),)


def address(ladder: Ladder) -> str:
    """Return the address a ladder stands at; empty for a venue that has none."""
    return f"{fmt.plain(ladder.host)}:{ladder.port}" if ladder.host else ""


def tested_line(ladder: Ladder) -> Line:
    """Say what was tested, and that the test was nobody's session."""
    if not ladder.host:
        return (("Nothing had to be asked; nothing was changed", Tone.DIM),)
    return ((address(ladder), Tone.STRONG), (", on client ids of its own; nothing was changed", Tone.DIM))


def scan_line(answer: PortAnswer, profile: Profile) -> Line:
    """Say what one standard port said, whose account is behind it, and whether this profile takes it."""
    mark, tone = {True: ("✓", Tone.GOOD), False: ("·", Tone.DIM), None: ("?", Tone.UNKNOWN)}[answer.answers]
    wanted = AccountKind.LIVE if profile is Profile.IBKR_LIVE else AccountKind.PAPER
    refused = answer.kind is not None and answer.kind is not wanted
    if refused:
        mark, tone = "✗", Tone.BAD
    head: Cell = (f"{mark} {answer.port:<6}{fmt.plain(answer.usual):<14}", tone)
    kind: Cell = (" " * 7, Tone.PLAIN)
    if answer.kind is not None:
        kind = (f" {answer.kind.value} ".ljust(7), kind_tone(answer.kind))
    unsaid = [account for account in answer.accounts if account not in answer.detail]
    named: Line = ((f"{fmt.plain(' '.join(unsaid))} ", Tone.STRONG),) if unsaid else ()
    use: Line = ((f"not for {profile.value}: ", Tone.BAD),) if refused else ()
    return (head, kind, _SPACE, *use, *named, (fmt.plain(answer.detail), Tone.PLAIN))


def scan_summary(scan: PortScan) -> Line:
    """Say how many of the standard ports answer."""
    found = [answer for answer in scan.answers if answer.answers]
    unclear = sum(answer.answers is None for answer in scan.answers)
    doubt = f", {unclear} unclear" if unclear else ""
    words = f"{len(found)} of {len(scan.answers)} standard ports answer{doubt}."
    return ((words, Tone.STRONG), (" ↑ ↓ choose, Enter takes one.", Tone.DIM))


def kind_words(kind: AccountKind | None) -> str:
    """Name the kind of account behind an address, or that it is not known."""
    return "account kind not known" if kind is None else f"{kind.value} account"


_SPACE: Cell = (" ", Tone.PLAIN)


def _row(rung: Rung, ladder: Ladder) -> Line:
    state, tone = _STATES[rung.state]
    words = Tone.PLAIN if rung.state is RungState.PASS else Tone.DIM
    if rung.state is RungState.FAIL:
        # What fails above the first failure follows from it.
        words = tone = Tone.BAD if rung == ladder.first_failure else Tone.WARN
    return ((state, tone), (rung.name.value, words), (fmt.plain(rung.detail) or fmt.DASH, words))


def _whose(ladder: Ladder) -> Line:
    if ladder.account is None:
        return ()
    return ((f": {fmt.plain(ladder.account)}, {kind_words(ladder.account_kind)}", Tone.PLAIN),)
